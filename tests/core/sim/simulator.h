// A gateway and a server, joined by emulated links, in virtual time. Everything follows from the
// seed.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "tests/core/sim/tcp_flow.h"
#include "tests/core/sim/traffic.h"
#include "tests/support/fake_platform.h"
#include "twin/fabric/delay_line.h"
#include "wirebraid/interface.h"

namespace wirebraid::sim {

/// One uplink of the gateway. A zero in `link.delay` is allowed.
struct UplinkSpec {
  fabric::LinkOptions up;    ///< gateway to server
  fabric::LinkOptions down;  ///< server to gateway
  PathOptions path;
};

/// Symmetric: `rate` bits per second of IP packets, and half the round trip each way.
UplinkSpec uplink(uint64_t rate, Duration round_trip);

/// What a network may do to datagrams beside losing them. Each share between 0 and 1.
struct Disorder {
  double late = 0;   ///< share that takes `delay` longer and so is overtaken
  double twice = 0;  ///< share that comes a second time, `delay` later
  Duration delay{10'000};
};

class Simulator : private Host {
 public:
  struct Options {
    uint64_t seed = 1;
    std::vector<UplinkSpec> uplinks;
    BondOptions gateway_bond;
    BondOptions server_bond;
    size_t pool_slots = 32'768;  ///< per side
    size_t mtu = 1420;
  };
  explicit Simulator(const Options& options);
  ~Simulator() override;

  Time now() const { return now_; }
  void add(std::unique_ptr<Application> application);
  template <class Flow, class FlowOptions>
  Flow& add(const FlowOptions& flow_options) {
    auto flow = std::make_unique<Flow>(flow_options);
    Flow& reference = *flow;
    add(std::move(flow));
    return reference;
  }
  /// One line of both bonds' counters, to explain a failure.
  std::string counters();
  /// Their packets under way still count.
  void remove_applications() { applications_.clear(); }
  /// Runs `action` at `when`, in the order of `when`.
  void at(Time when, std::function<void()> action);
  void run_until(Time until);
  void run_for(Duration duration) { run_until(now_ + duration); }

  fabric::Link& link(size_t uplink, Side from);
  /// Both directions at once.
  void set_state(size_t uplink, fabric::LinkState state);
  void edit(size_t uplink, Side from, const std::function<void(fabric::LinkOptions&)>& change);
  /// Share of ECN-capable datagrams that the network marks.
  void set_marking(double share) { marking_ = share; }
  /// Of the datagrams that `from` sends on `uplink`.
  void set_disorder(size_t uplink, Side from, const Disorder& disorder);
  /// For the next start of this side as well.
  void set_bond_options(Side side, const BondOptions& options);
  void set_path_options(Side side, size_t uplink, const PathOptions& options);
  /// The daemon of one side ends and starts again with the same keys; what it held is gone.
  void restart(Side side);

  Interface& interface(Side side) { return *ends_[index(side)].interface; }
  BufferPool& pool(Side side) { return ends_[index(side)].pool; }
  PathStatus path(Side side, size_t uplink);
  UplinkState uplink_state(Side side, size_t uplink);
  BondStatistics bond(Side side);
  Ledger& ledger() { return ledger_; }
  FlowRecord& record(uint16_t flow, Side from) { return ledger_.record(flow, from); }
  /// HELLOs sent, told by their size: no inner packet here is that short.
  uint64_t hellos(Side side) const { return ends_[index(side)].hellos; }
  uint64_t datagrams(Side side) const { return ends_[index(side)].datagrams; }
  /// Turns of the loop: a measure of how often the core asks to be woken.
  uint64_t turns() const { return turns_; }

 private:
  struct Wire {
    std::vector<uint8_t> bytes;
    uint8_t traffic_class = 0;
  };
  using Line = fabric::DelayLine<Wire>;
  struct End {
    explicit End(uint64_t seed, size_t payload, size_t slots)
        : platform(seed), pool(payload, slots) {}
    wirebraid::testing::FakePlatform platform;
    BufferPool pool;
    Duration clock_offset{};  ///< its clock minus the simulator's
    std::unique_ptr<Interface> interface;
    std::vector<UplinkId> uplinks;
    BondId bond{};
    std::vector<Packet> from_tun;
    uint64_t datagrams = 0;
    uint64_t hellos = 0;
  };

  static size_t index(Side side) { return static_cast<size_t>(side); }
  void send(Side from, const Message& message) override;
  void start(Side side);
  Time local(const End& end) const { return now_ + end.clock_offset; }
  Time next_event() const;
  void turn();
  void watch_plain();
  void run_side(Side side);
  bool chance(double share) {
    return share > 0 && static_cast<double>(random_() >> 11) * 0x1.0p-53 < share;
  }
  void arrive(Side at, size_t uplink, const Wire& wire, std::vector<Datagram>& batch);
  void take_output(Side side);

  Options options_;
  Time now_{std::chrono::seconds(1)};
  std::mt19937_64 random_;
  std::array<End, 2> ends_;
  std::vector<PrivateKey> gateway_keys_;
  PrivateKey server_key_;
  std::vector<PublicKey> gateway_public_;
  PublicKey server_public_;
  std::array<std::vector<Line>, 2> lines_;         ///< by sending side, then uplink
  std::array<std::vector<Disorder>, 2> disorder_;  ///< as lines_
  std::array<std::multimap<Time, std::pair<size_t, Wire>>, 2> late_;  ///< by receiving side
  std::map<uint16_t, std::unique_ptr<Application>> applications_;
  std::multimap<Time, std::function<void()>> actions_;
  Ledger ledger_;
  double marking_ = 0;
  bool disordered_ = false;  ///< some link was, ever
  Time next_watch_{};
  Time last_plain_{};
  uint64_t turns_ = 0;
};

}  // namespace wirebraid::sim
