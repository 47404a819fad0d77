// One uplink of two dies under full load and comes back: what a TCP flow and 1000 numbered packets
// per second each way notice, in virtual time. Each case is cut at several moments, since the core
// probes, reports and measures in cycles.
//
// WIREBRAID_OUTAGE_SEEDS=N cuts each case at N moments.
#include <gtest/gtest.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <deque>
#include <random>

#include "tests/core/sim/budget.h"
#include "tests/core/sim/simulator.h"

namespace wirebraid::sim {
namespace {

using namespace std::chrono_literals;
using fabric::LinkState;

constexpr uint16_t kBulk = 1;
constexpr uint16_t kNumbered = 2;  // and 3 for the other direction
constexpr size_t kNumberedSize = 200;
constexpr Duration kNumberedInterval = 1ms;
constexpr Duration kWarmUp = 6s;
constexpr Duration kOutage = 3s;
constexpr Duration kAfterwards = 2500ms;
constexpr Duration kStep = 10ms;
constexpr size_t kShort = 20;  // steps that must average 80 % of what remains,
constexpr size_t kLong = 100;  // and steps from the same moment on that must as well
constexpr double kRecovered = 0.8;
constexpr double kUsed = 0.05;  // of an uplink's rate, over ten steps: used again
// Inner bytes per byte on the wire, of bulk packets.
constexpr double kPayload = 1400.0 / 1468;

enum class Cut : uint8_t {
  silent,  ///< nothing passes, nobody is told
  up,      ///< nothing passes from the gateway to the server
  down,    ///< nor the other way
  told,    ///< the gateway's system says so
};

struct Case {
  const char* name;
  size_t uplink;  ///< that dies: 0 is the faster
  Cut cut;
  Side bulk_from;
};

/// For the test's messages.
std::ostream& operator<<(std::ostream& out, const Case& value) { return out << value.name; }

struct Limits {
  Duration gap;     ///< between numbered packets, when the uplink goes
  Duration stall;   ///< of TCP, likewise
  Duration slow;    ///< until TCP has 80 % of what remains
  Duration unused;  ///< after it is back
  Duration return_gap;
};
constexpr Limits kSilent = {100ms, 150ms, 500ms, 1s, 50ms};
/// The news and what has to be sent again both take the remaining uplink: a round trip of 60 ms.
constexpr Limits kTold = {80ms, 150ms, 500ms, 1s, 50ms};
/// When a slow uplink is back, TCP's window decides when there is something for it.
constexpr Limits kSlowSilent = {100ms, 150ms, 500ms, 3s, 50ms};
constexpr Limits kSlowTold = {60ms, 150ms, 500ms, 3s, 50ms};

struct Outcome {
  Duration gap_up{};
  Duration gap_down{};
  Duration stall{};
  Duration slow{};
  Duration not_up{};  ///< after it is back: until both ends say that it is up,
  Duration unused{};  ///< and until it carries something
  Duration return_gap{};
  Duration return_stall{};
  uint64_t lost = 0;
};

double milliseconds(Duration duration) { return static_cast<double>(duration.count()) / 1e3; }

class Outage {
 public:
  Outage(const Case& which, uint64_t seed) : case_(which) {
    Simulator::Options options;
    options.seed = seed;
    options.uplinks = {uplink(50'000'000, 15ms), uplink(20'000'000, 60ms)};
    simulator_ = std::make_unique<Simulator>(options);
    simulator_->run_for(1s);
    TcpFlow::Options bulk;
    bulk.flow = kBulk;
    bulk.from = case_.bulk_from;
    bulk.start = simulator_->now();
    tcp_ = &simulator_->add<TcpFlow>(bulk);
    std::mt19937_64 random(seed);
    const Duration phase(static_cast<int64_t>(random() % 1'000'000));
    DatagramFlow::Options numbered;
    numbered.size = kNumberedSize;
    numbered.interval = kNumberedInterval;
    numbered.start = simulator_->now();
    numbered.end = simulator_->now() + kWarmUp + phase + kOutage + kAfterwards;
    for (const Side side : {Side::gateway, Side::server}) {
      numbered.flow = number_of(side);
      numbered.from = side;
      simulator_->add<DatagramFlow>(numbered);
    }
    simulator_->run_for(kWarmUp + phase);
  }

  Outcome run() {
    Outcome outcome;
    set(false);
    begin();
    const auto delivered = watch(kOutage);
    outcome.gap_up = gap(Side::gateway);
    outcome.gap_down = gap(Side::server);
    outcome.stall = tcp_->longest_stall(simulator_->now());
    outcome.slow = slow_for(delivered);
    set(true);
    begin();
    wait_for_use(kAfterwards, outcome);
    outcome.return_gap = std::max(gap(Side::gateway), gap(Side::server));
    outcome.return_stall = tcp_->longest_stall(simulator_->now());
    simulator_->run_for(1s);
    for (const Side side : {Side::gateway, Side::server}) {
      outcome.lost += simulator_->record(number_of(side), side).lost();
    }
    return outcome;
  }
  Simulator& simulator() { return *simulator_; }
  const TcpFlow& tcp() const { return *tcp_; }

 private:
  static uint16_t number_of(Side side) { return kNumbered + (side == Side::server ? 1 : 0); }

  void set(bool good) {
    const auto put = [this, good](Side side, LinkState bad) {
      simulator_->edit(case_.uplink, side,
                       [good, bad](auto& link) { link.state = good ? LinkState::up : bad; });
    };
    const LinkState bad = case_.cut == Cut::told ? LinkState::down : LinkState::blackhole;
    if (case_.cut != Cut::down) put(Side::gateway, bad);
    if (case_.cut != Cut::up) put(Side::server, bad);
    if (case_.cut == Cut::told) {
      simulator_->interface(Side::gateway)
          .set_network(UplinkId{static_cast<uint32_t>(case_.uplink)}, good, simulator_->now());
    }
  }
  void begin() {
    simulator_->ledger().reset_gaps(simulator_->now());
    tcp_->reset_stall(simulator_->now());
  }
  /// The running one included.
  Duration gap(Side side) {
    const FlowRecord& record = simulator_->record(number_of(side), side);
    return std::max(record.longest_gap, simulator_->now() - record.last_delivery);
  }
  /// Bytes that TCP has delivered, at each step.
  std::vector<uint64_t> watch(Duration duration) {
    std::vector<uint64_t> delivered = {tcp_->delivered_bytes()};
    for (Duration passed{}; passed < duration; passed += kStep) {
      simulator_->run_for(kStep);
      delivered.push_back(tcp_->delivered_bytes());
    }
    return delivered;
  }
  /// Bytes per step that the uplink which is left has for TCP.
  double remaining() {
    const double seconds = std::chrono::duration<double>(kStep).count();
    const auto rate =
        static_cast<double>(simulator_->link(1 - case_.uplink, case_.bulk_from).options().rate);
    const double numbered =
        (kNumberedSize + 80) * 8 / std::chrono::duration<double>(kNumberedInterval).count();
    return (rate - numbered) * kPayload / 8 * seconds;
  }
  Duration slow_for(const std::vector<uint64_t>& delivered) {
    const auto enough = [&](size_t from, size_t steps) {
      return static_cast<double>(delivered[from + steps] - delivered[from]) >=
             kRecovered * remaining() * static_cast<double>(steps);
    };
    size_t step = 0;
    while (step + kLong < delivered.size() && !(enough(step, kShort) && enough(step, kLong))) {
      ++step;
    }
    return static_cast<int64_t>(step) * kStep;
  }
  /// After the return; the figures are `duration` for what has not happened by then.
  void wait_for_use(Duration duration, Outcome& outcome) {
    const auto carried = [this] {
      return simulator_->link(case_.uplink, case_.bulk_from).statistics().delivered_bytes;
    };
    const double rate =
        static_cast<double>(simulator_->link(case_.uplink, case_.bulk_from).options().rate) / 8;
    const double enough = kUsed * rate * std::chrono::duration<double>(10 * kStep).count();
    std::deque<uint64_t> steps = {carried()};
    outcome.not_up = outcome.unused = duration;
    for (Duration passed = kStep; passed <= duration; passed += kStep) {
      simulator_->run_for(kStep);
      steps.push_back(carried());
      if (steps.size() > 11) steps.pop_front();
      const bool up = simulator_->path(Side::gateway, case_.uplink).state == PathState::up &&
                      simulator_->path(Side::server, case_.uplink).state == PathState::up;
      if (up) outcome.not_up = std::min(outcome.not_up, passed);
      const bool used = up && static_cast<double>(steps.back() - steps.front()) >= enough;
      if (used) outcome.unused = std::min(outcome.unused, passed);
    }
  }

  Case case_;
  std::unique_ptr<Simulator> simulator_;
  TcpFlow* tcp_ = nullptr;
};

/// What is not kept, as text.
std::string broken(const Outcome& outcome, const Limits& limits) {
  std::string text;
  if (outcome.lost > 0) text += " lost;";
  if (std::max(outcome.gap_up, outcome.gap_down) > limits.gap) text += " gap;";
  if (outcome.stall > limits.stall) text += " stall;";
  if (outcome.slow > limits.slow) text += " slow to recover;";
  if (outcome.unused > limits.unused) text += " not used again;";
  if (outcome.return_gap > limits.return_gap) text += " gap on return;";
  return text;
}

class Outages : public ::testing::TestWithParam<Case> {};

TEST_P(Outages, AreHardlyNoticed) {
  const Case& which = GetParam();
  const bool told = which.cut == Cut::told;
  const Limits limits =
      which.uplink == 0 ? (told ? kTold : kSilent) : (told ? kSlowTold : kSlowSilent);
  for (uint64_t seed = 1; seed <= from_environment("WIREBRAID_OUTAGE_SEEDS", kSanitized ? 1 : 3);
       ++seed) {
    Outage outage(which, seed);
    const Outcome outcome = outage.run();
    const std::string why = broken(outcome, limits);
    std::printf("%-24s seed %" PRIu64
                ": gap up %.1f, down %.1f, TCP stall %.1f, slow for %.0f ms; back: not up "
                "%.0f, "
                "unused %.0f, gap %.1f, stall %.1f ms; lost %" PRIu64 ", retransmitted %" PRIu64
                ", timeouts %" PRIu64 "%s%s\n",
                which.name, seed, milliseconds(outcome.gap_up), milliseconds(outcome.gap_down),
                milliseconds(outcome.stall), milliseconds(outcome.slow),
                milliseconds(outcome.not_up), milliseconds(outcome.unused),
                milliseconds(outcome.return_gap), milliseconds(outcome.return_stall), outcome.lost,
                outage.tcp().retransmitted(), outage.tcp().timeouts(), why.empty() ? "" : ":",
                why.c_str());
    EXPECT_EQ(why, "") << "seed " << seed << ": " << outage.simulator().counters();
    for (const auto& violation : outage.simulator().ledger().violations()) {
      ADD_FAILURE() << "seed " << seed << ": " << violation;
    }
  }
}

constexpr Case kCases[] = {
    {"fast_silent", 0, Cut::silent, Side::server},
    {"fast_silent_upload", 0, Cut::silent, Side::gateway},
    {"fast_dead_up", 0, Cut::up, Side::server},
    {"fast_dead_down", 0, Cut::down, Side::server},
    {"fast_told", 0, Cut::told, Side::server},
    {"fast_told_upload", 0, Cut::told, Side::gateway},
    {"slow_silent", 1, Cut::silent, Side::server},
    {"slow_silent_upload", 1, Cut::silent, Side::gateway},
    {"slow_dead_up", 1, Cut::up, Side::server},
    {"slow_dead_down", 1, Cut::down, Side::server},
    {"slow_told", 1, Cut::told, Side::server},
    {"slow_told_upload", 1, Cut::told, Side::gateway},
};

INSTANTIATE_TEST_SUITE_P(Of, Outages, ::testing::ValuesIn(kCases),
                         [](const auto& which) { return std::string(which.param.name); });

}  // namespace
}  // namespace wirebraid::sim
