// The sets of uplinks that wirebraid promises figures for, in virtual time. Each share is of what
// the same flow gets over the uplinks one by one, in the same weather.
//
// WIREBRAID_SCENARIO_SEEDS=N runs seeds 1 to N of each and prints the lowest and the median share;
// --gtest_filter='*tcp_50at15_20at60' runs one. WIREBRAID_SCENARIO_WARM_UP=S measures from second S
// on.
#include "tests/core/sim/scenario.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <numeric>

#include "tests/core/sim/budget.h"

namespace wirebraid::sim {
namespace {

using namespace std::chrono_literals;

struct Promise {
  Scenario scenario;
  double of_sum = 0;    ///< at least
  double of_best = 0;   ///< at least
  double of_links = 0;  ///< at least
  double spurious = 1;  ///< share of the bond's packets, at most
};

/// For the test's messages.
std::ostream& operator<<(std::ostream& out, const Promise& promise) {
  return out << promise.scenario.name;
}

/// Above, half the time will do.
constexpr uint64_t kFast = 300'000'000;

uint64_t capacity(const Scenario& scenario) {
  uint64_t sum = 0;
  for (const WeatheredUplink& each : scenario.uplinks) sum += each.spec.down.rate;
  return sum;
}

WeatheredUplink steady(uint64_t megabits, Duration round_trip) {
  return {uplink(megabits * 1'000'000, round_trip)};
}

WeatheredUplink lossy(uint64_t megabits, Duration round_trip, double loss, Duration jitter = 0ms) {
  WeatheredUplink result = steady(megabits, round_trip);
  for (fabric::LinkOptions* link : {&result.spec.up, &result.spec.down}) {
    link->loss = loss;
    link->jitter = jitter;
  }
  return result;
}

std::vector<Promise> promises() {
  std::vector<Promise> all;
  const auto add =
      [&all](const char* name, const std::vector<WeatheredUplink>& uplinks, double of_sum,
             const std::vector<Transport>& transports = {Transport::tcp}, double of_best = 0.98) {
        for (const Transport transport : transports) {
          Promise promise;
          promise.scenario.name = std::string(to_string(transport)) + "_" + name;
          promise.scenario.uplinks = uplinks;
          promise.scenario.transport = transport;
          promise.of_sum = of_sum;
          promise.of_best = of_best;
          if (transport == Transport::quic) {
            promise.of_sum = std::min(of_sum, 0.93);
            promise.spurious = 0.001;
          }
          if (capacity(promise.scenario) > kFast) promise.scenario.length = 3s;
          promise.scenario.warm_up = std::chrono::seconds(from_environment(
              "WIREBRAID_SCENARIO_WARM_UP", static_cast<uint64_t>(promise.scenario.warm_up / 1s)));
          all.push_back(promise);
        }
      };
  const std::vector<Transport> every = {Transport::tcp, Transport::strict_tcp, Transport::quic};
  add("50at15_20at60", {steady(50, 15ms), steady(20, 60ms)}, 0.97, every);
  add("50at20_50at20", {steady(50, 20ms), steady(50, 20ms)}, 0.97, every);
  add("300at10_80at30", {steady(300, 10ms), steady(80, 30ms)}, 0.97, every);
  add("one_lossy_with_jitter", {steady(50, 15ms), lossy(20, 60ms, 0.01, 10ms)}, 0.93, every);
  UplinkSpec lte = uplink(20'000'000, 50ms);
  lte.up.queue = lte.down.queue = 200ms;
  add("varying_lte",
      {steady(50, 15ms), steady(20, 60ms), with_varying_rate(lte, 5'000'000, 40'000'000)}, 0.90,
      every);
  add("satellite", {steady(100, 5ms), steady(2, 600ms)}, 0, every);
  add("one_at_10_percent_loss", {steady(50, 15ms), lossy(20, 30ms, 0.1)}, 0, every);
  add("starlink_delay_jumps",
      {steady(50, 15ms), with_delay_jumps(uplink(100'000'000, 40ms), 10ms, 35ms)}, 0.90, every);
  // Alone it is not worth much to any flow, so the share of the sum says little.
  for (Promise& promise : all) {
    if (promise.scenario.name.ends_with("starlink_delay_jumps")) promise.of_links = 0.80;
  }
  add("eight",
      {steady(50, 15ms), steady(20, 60ms), steady(30, 30ms), steady(10, 40ms), steady(16, 25ms),
       steady(25, 50ms), steady(40, 20ms), steady(8, 90ms)},
      0.93);
  return all;
}

/// What is not kept, as text.
std::string broken(const Promise& promise, const Comparison& comparison) {
  const Measurement& bond = comparison.bond;
  std::string text;
  if (comparison.of_sum < promise.of_sum) {
    text += " below " + std::to_string(promise.of_sum) + " of the sum;";
  }
  if (comparison.of_best < promise.of_best) {
    text += " below " + std::to_string(promise.of_best) + " of the best;";
  }
  if (comparison.of_links < promise.of_links) {
    text += " below " + std::to_string(promise.of_links) + " of the links;";
  }
  if (bond.ping_median > ping_limit(bond)) text += " the ping takes too long;";
  const double packets =
      bond.rate / 8 / 1350 * std::chrono::duration<double>(promise.scenario.length).count();
  if (static_cast<double>(bond.spurious) > packets * promise.spurious) {
    text += " too much taken for lost that was not;";
  }
  return text;
}

class Scenarios : public ::testing::TestWithParam<Promise> {};

TEST_P(Scenarios, KeepTheirPromise) {
  const Promise& promise = GetParam();
  const Scenario& scenario = promise.scenario;
  if (kSanitized) {  // figures would take minutes: only whether it runs, and in order
    Scenario brief = scenario;
    brief.warm_up = brief.length = 1s;
    EXPECT_TRUE(measure(brief, brief.uplinks, 1).violations.empty());
    return;
  }
  std::vector<double> shares;
  std::string failures;
  for (uint64_t seed = 1; seed <= from_environment("WIREBRAID_SCENARIO_SEEDS", 1); ++seed) {
    const Comparison comparison = compare(scenario, seed);
    const std::string line = describe(scenario, seed, comparison);
    std::printf("%s\n", line.c_str());
    for (const auto& violation : comparison.bond.violations) ADD_FAILURE() << violation;
    shares.push_back(comparison.of_sum);
    const std::string why = broken(promise, comparison);
    if (!why.empty())
      failures.append(line)
          .append("\n ")
          .append(why)
          .append("\n ")
          .append(comparison.bond.counters)
          .append("\n");
  }
  if (shares.size() > 1) {
    std::sort(shares.begin(), shares.end());
    std::printf("%-33s of the sum: lowest %.3f, median %.3f, highest %.3f\n", scenario.name.c_str(),
                shares.front(), shares[shares.size() / 2], shares.back());
  }
  EXPECT_EQ(failures, "");
}

INSTANTIATE_TEST_SUITE_P(Of, Scenarios, ::testing::ValuesIn(promises()),
                         [](const auto& promise) { return promise.param.scenario.name; });

TEST(Scenarios, SeveralFlowsShareFairly) {
  if (kSanitized) GTEST_SKIP() << "figures are for other builds";
  for (const Transport transport : {Transport::tcp, Transport::strict_tcp, Transport::quic}) {
    Scenario scenario;
    scenario.name = std::string("four ") + to_string(transport) + " flows";
    scenario.uplinks = {steady(50, 15ms), steady(20, 60ms)};
    scenario.transport = transport;
    scenario.flows = 4;
    const Comparison comparison = compare(scenario, 1);
    std::printf("%s\n ", describe(scenario, 1, comparison).c_str());
    double squares = 0;
    for (const double rate : comparison.bond.rates) {
      squares += rate * rate;
      std::printf(" %.2f", rate / 1e6);
    }
    // Jain, Chiu, Hawe: "A Quantitative Measure of Fairness", 1984. 1: all equal.
    const double fairness = comparison.bond.rate * comparison.bond.rate / (4 * squares);
    std::printf(" Mbit/s, fairness %.3f\n", fairness);
    EXPECT_GE(fairness, 0.98);
    EXPECT_GE(comparison.of_sum, transport == Transport::quic ? 0.93 : 0.97);
  }
}

}  // namespace
}  // namespace wirebraid::sim
