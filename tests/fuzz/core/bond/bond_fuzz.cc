// Frames of a hostile but authenticated far side at a Bond that sends and receives. The input is a
// script: each step hands over a frame with chosen bytes, sends an inner packet, changes a path or
// lets time pass. Nothing may crash, every delivered packet is an IP packet, and once the far side
// is silent for long enough nothing is kept.
//
// Run: build/fuzz/tests/fuzz/bond_fuzz -max_total_time=60
#include <algorithm>
#include <cstdlib>

#include "core/bond/bond.h"
#include "tests/support/fake_platform.h"

namespace {

using namespace wirebraid;
using namespace std::chrono_literals;

constexpr PathIndex kPaths = 3;

void require(bool condition) {
  if (!condition) std::abort();
}

class Script {
 public:
  explicit Script(ConstByteSpan bytes) : rest_(bytes) {}
  bool empty() const { return rest_.empty(); }
  uint8_t byte() {
    if (rest_.empty()) return 0;
    const uint8_t value = rest_[0];
    rest_ = rest_.subspan(1);
    return value;
  }
  ConstByteSpan bytes(size_t n) {
    const auto out = rest_.first(std::min(n, rest_.size()));
    rest_ = rest_.subspan(out.size());
    return out;
  }

 private:
  ConstByteSpan rest_;
};

/// Accepts every frame and keeps none.
class Sink : public FrameSender {
 public:
  Sealed seal(PathIndex path, Packet, uint8_t, Time) override {
    return {.sent = true, .session = session, .counter = counters[path]++};
  }
  void connect(PathIndex, Time) override {}
  uint32_t session = 1;
  uint64_t counters[kPaths] = {};
};

class World {
 public:
  World() {
    for (PathIndex i = 0; i < kPaths; ++i) {
      bond_.add_path({}, now_);
      bond_.session_established(i, now_);
    }
  }
  void step(Script& script) {
    const uint8_t what = script.byte();
    const auto path = static_cast<PathIndex>(script.byte() % kPaths);
    switch (what % 8) {
      case 0:
      case 1:
      case 2:
        frame(path, script.byte(), script);
        break;
      case 3:
      case 4:
        send(script.byte());
        break;
      case 5:
        run(Duration(script.byte() * 1000));
        break;
      case 6:
        run(Duration(script.byte() * 50));
        break;
      default:
        change(path, script.byte());
    }
    bond_.poll(now_, delivered_);
    check();
  }
  void end() {
    for (PathIndex i = 0; i < kPaths; ++i) bond_.remove_path(i, now_);
    run(10s);
    require(bond_.statistics().held == 0);
    require(bond_.statistics().queued == 0);
    require(pool_.in_use() == 0);
  }

 private:
  void frame(PathIndex path, uint8_t size, Script& script) {
    ReceivedFrame frame;
    frame.payload = pool_.allocate();
    if (!frame.payload) return;
    const auto bytes = script.bytes(size);
    frame.payload.resize(bytes.size());
    std::copy(bytes.begin(), bytes.end(), frame.payload.data());
    frame.session = script.byte() % 4;
    received_[path] += script.byte();
    frame.counter = received_[path];
    frame.traffic_class = script.byte();
    frame.datagram_size = bytes.size() + 32;
    bond_.receive(path, std::move(frame), now_, delivered_);
  }
  void send(uint8_t flow) {
    Packet packet = pool_.allocate();
    if (!packet) return;
    packet.resize(40);
    std::fill_n(packet.data(), 40, uint8_t{0});
    packet.data()[0] = 0x45;
    packet.data()[3] = 40;
    packet.data()[12] = flow;
    const auto info = read_ip(packet.bytes());
    bond_.send(std::move(packet), *info, now_);
  }
  void change(PathIndex path, uint8_t how) {
    switch (how % 6) {
      case 0:
        bond_.session_lost(path, now_);
        break;
      case 1:
        ++sink_.session;
        bond_.session_established(path, now_);
        break;
      case 2:
        bond_.set_network(path, false, now_);
        break;
      case 3:
        bond_.set_network(path, true, now_);
        break;
      case 4:
        bond_.forget_far_side(path, now_);
        break;
      default:
        BondOptions changed;
        changed.mode = kModes[how % kModes.size()];
        bond_.set_options(changed, now_);
    }
  }
  void run(Duration length) {
    const Time until = now_ + length;
    for (int turns = 0; turns < 2000; ++turns) {
      const Time next = bond_.next_deadline(now_);
      if (next > until) break;
      now_ = std::max(now_ + Duration(1), next);
      bond_.poll(now_, delivered_);
      check();
    }
    now_ = std::max(now_, until);
    bond_.poll(now_, delivered_);
    check();
  }
  void check() {
    for (const Packet& packet : delivered_) {
      const auto info = read_ip(packet.bytes());
      require(info && info->length == packet.size());
    }
    delivered_.clear();
  }

  wirebraid::testing::FakePlatform platform_;
  BufferPool pool_{1500, 4096};
  Sink sink_;
  Time now_{1000s};
  std::vector<Packet> delivered_;
  uint64_t received_[kPaths] = {};
  Bond bond_{platform_, pool_, sink_, {}};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Script script({data, size});
  World world;
  while (!script.empty()) world.step(script);
  world.end();
  return 0;
}
