// Datagrams from nowhere at a Device that has a live session. The input is a script: each step
// hands over arbitrary bytes, or a genuine datagram of the peer with some of its bytes changed, or
// lets time pass. Nothing may crash, and whatever was sent, an honest exchange must still work
// afterwards.
//
// Run: build/fuzz/tests/fuzz/device_fuzz -max_total_time=60
#include <cstdlib>

#include "tests/support/fake_platform.h"
#include "wirebraid/wireguard/device.h"

namespace {

using namespace wirebraid;
using namespace wirebraid::wireguard;
using namespace std::chrono_literals;

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

struct End {
  End(uint64_t seed, const DeviceOptions& options)
      : platform(seed), device(platform, pool, options) {
    device.set_private_key(generate_private_key(platform), Time{}, out);
  }

  void receive(ConstByteSpan bytes, Time now) {
    Datagram batch[1];
    batch[0].bytes = pool.allocate();
    batch[0].bytes.resize(bytes.size());
    std::copy(bytes.begin(), bytes.end(), batch[0].bytes.data());
    batch[0].remote = *Endpoint::parse("192.0.2.1:1");
    device.receive(batch, now, out);
  }
  void send(Time now) {
    Outgoing batch[1];
    batch[0].payload = pool.allocate();
    batch[0].payload.resize(5);
    std::fill_n(batch[0].payload.data(), 5, uint8_t{0x45});
    device.send(*peer, batch, now, out);
  }

  BufferPool pool{2048, 2048};
  testing::FakePlatform platform;
  Outbox out;
  Device device;
  Peer* peer = nullptr;
};

DeviceOptions options_of(uint8_t flags) {
  DeviceOptions options;
  if ((flags & 1U) != 0) options.under_load_per_second = 0;
  return options;
}

class Wire {
 public:
  explicit Wire(uint8_t flags) : a(1, options_of(0)), b(2, options_of(flags)) {
    a.peer = a.device.add_peer(b.device.public_key());
    b.peer = b.device.add_peer(a.device.public_key());
    a.device.set_endpoint(*a.peer, *Endpoint::parse("192.0.2.2:2"));
  }

  void exchange() {
    for (int turn = 0; turn < 20 && !(a.out.datagrams.empty() && b.out.datagrams.empty()); ++turn) {
      for (auto& datagram : std::exchange(a.out.datagrams, {}))
        b.receive(datagram.bytes.bytes(), now);
      for (auto& datagram : std::exchange(b.out.datagrams, {}))
        a.receive(datagram.bytes.bytes(), now);
    }
  }
  void pass(Duration time) {
    now += time;
    for (End* end : {&a, &b}) {
      if (end->device.next_deadline() <= now) end->device.handle_deadline(now, end->out);
      require(end->device.next_deadline() > now);
    }
  }
  /// Until a payload of a's arrives at b.
  bool works() {
    for (int tries = 0; tries < 40; ++tries) {
      b.out.clear();
      a.send(now);
      exchange();
      if (!b.out.payloads.empty()) return true;
      pass(1s);
    }
    return false;
  }

  Time now{1000s};
  End a;
  End b;
};

void run(Script& script) {
  Wire wire(script.byte());
  require(wire.works());
  while (!script.empty()) {
    const uint8_t action = script.byte();
    switch (action % 6) {
      case 0: {  // arbitrary bytes
        const size_t size = script.byte();
        wire.b.receive(script.bytes(size), wire.now);
        break;
      }
      case 1:
      case 2: {  // a genuine datagram, changed in up to three places, perhaps cut or prolonged
        wire.a.send(wire.now);
        if (wire.a.out.datagrams.empty()) break;
        const auto genuine = wire.a.out.datagrams.back().bytes.bytes();
        std::vector<uint8_t> bytes(genuine.begin(), genuine.end());
        for (int i = action % 4; i > 0; --i) {
          const size_t at = script.byte();
          bytes[at % bytes.size()] ^= script.byte();
        }
        if ((action & 64U) != 0) bytes.resize(script.byte());
        wire.b.receive(bytes, wire.now);
        if ((action & 128U) != 0) wire.b.receive(bytes, wire.now);
        break;
      }
      case 3:
        wire.pass(std::chrono::milliseconds(script.byte() * 100));
        break;
      case 4:
        wire.a.device.initiate(*wire.a.peer, wire.now, wire.a.out);
        break;
      case 5:
        wire.exchange();
        break;
      default:
        break;
    }
    wire.a.out.events.clear();
    wire.b.out.events.clear();
    wire.b.out.payloads.clear();
    if (wire.a.out.datagrams.size() > 100) wire.a.out.datagrams.clear();
    if (wire.b.out.datagrams.size() > 100) wire.b.out.datagrams.clear();
  }
  wire.exchange();
  require(wire.works());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Script script({data, size});
  run(script);
  return 0;
}
