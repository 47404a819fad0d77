#include "bench/scenarios/report.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string>

#include "bench/support/spread.h"
#include "twin/lab/format.h"

namespace wirebraid::scenarios {
namespace {

using bench::median;
using bench::shown;
using bench::spread;
using lab::with_unit;

double to_ms(std::chrono::microseconds time) { return static_cast<double>(time.count()) / 1000; }

class Judge {
 public:
  explicit Judge(std::FILE* out) : out_(out) {}

  void line(const std::string& what, const std::string& value) {
    std::fprintf(out_, "    %-42s %s\n", what.c_str(), value.c_str());
  }
  void judge(bool good, const std::string& what, const std::string& value,
             const std::string& wanted) {
    std::fprintf(out_, "    %-42s %-26s %s (wanted: %s)\n", what.c_str(), value.c_str(),
                 good ? "ok" : "MISSED", wanted.c_str());
    good_ = good_ && good;
  }
  bool good() const { return good_; }

 private:
  std::FILE* out_;
  bool good_ = true;
};

template <typename Result>
std::vector<double> each(const std::vector<const Result*>& results,
                         const std::function<double(const Result&)>& value) {
  std::vector<double> values;
  for (const Result* result : results) values.push_back(value(*result));
  return values;
}

std::string rates(const std::vector<UplinkSpec>& uplinks,
                  const std::vector<std::vector<double>>& by_repeat) {
  std::string text;
  for (size_t i = 0; i < uplinks.size(); ++i) {
    std::vector<double> values;
    for (const auto& rates_of_one : by_repeat) values.push_back(rates_of_one.at(i) / 1e6);
    text += (text.empty() ? "" : ", ") + with_unit(median(values), 1, uplinks[i].name.c_str());
  }
  return text + " (Mbit/s)";
}

std::string describe(const Load& load) {
  std::string text = load.name() + ": ";
  text += load.sender == kQuic ? "a QUIC-like flow" : "one flow of the kernel's TCP";
  text += load.download ? ", down" : ", up";
  if (load.strict) text += ", end points that do not tolerate reordering";
  return text;
}

/// The same load in all repeats.
void print_row(Judge& judge, const Scenario& scenario,
               const std::vector<const ThroughputRow*>& rows) {
  using Row = ThroughputRow;
  std::vector<std::vector<double>> alone;
  std::vector<std::vector<double>> used;
  std::vector<double> slowest;
  for (const Row* row : rows) {
    alone.emplace_back();
    for (const Measurement& each : row->alone) alone.back().push_back(each.bits_per_second);
    used.push_back(row->bond.uplink_bps);
    slowest.push_back(slowest_used_ms(scenario.uplinks, row->bond));
  }
  const auto values = [&](const std::function<double(const Row&)>& value) {
    return each<Row>(rows, value);
  };
  judge.line("alone", rates(scenario.uplinks, alone));
  std::vector<double> warm_up;
  for (const Row* row : rows) {
    for (const Measurement& one : row->alone) warm_up.push_back(one.warm_up_s);
    warm_up.push_back(row->bond.warm_up_s);
  }
  judge.line("longest warm-up", with_unit(spread(warm_up).most, 1, "s"));
  judge.line("the bond",
             shown(values([](const Row& r) { return r.bond.bits_per_second / 1e6; }), 1, "Mbit/s") +
                 "; on the links " + rates(scenario.uplinks, used));
  const auto share = values([](const Row& r) { return r.share() * 100; });
  if (scenario.wanted.share > 0) {
    judge.judge(median(share) >= scenario.wanted.share * 100, "share of the sum",
                shown(share, 1, "%"), "at least " + with_unit(scenario.wanted.share * 100, 0, "%"));
  } else {
    judge.line("share of the sum", shown(share, 1, "%"));
  }
  const auto best = values([](const Row& r) { return r.of_best() * 100; });
  judge.judge(median(best) >= scenario.wanted.of_best * 100, "share of the best uplink",
              shown(best, 1, "%"), "at least " + with_unit(scenario.wanted.of_best * 100, 0, "%"));
  const auto ping = values([](const Row& r) { return r.bond.ping.median_ms; });
  judge.judge(median(ping) <= median(slowest) + kPingOverMs, "ping while full, median",
              shown(ping, 1, "ms"), "at most " + with_unit(median(slowest) + kPingOverMs, 0, "ms"));
  judge.line("ping p95, p99, lost",
             shown(values([](const Row& r) { return r.bond.ping.p95_ms; }), 1, "ms") + ", " +
                 shown(values([](const Row& r) { return r.bond.ping.p99_ms; }), 1, "ms") + ", " +
                 shown(values([](const Row& r) { return static_cast<double>(r.bond.ping.lost); }),
                       0, "packets"));
  judge.line(
      "retransmitted, of it in vain",
      shown(values([](const Row& r) { return static_cast<double>(r.bond.counters.retransmits); }),
            0, "packets") +
          ", " +
          shown(values([](const Row& r) { return static_cast<double>(r.bond.counters.spurious); }),
                0, "packets"));
  judge.line(
      "out of order, of the flow and the probe",
      shown(values([](const Row& r) { return static_cast<double>(r.bond.counters.out_of_order); }),
            0, "packets") +
          ", " +
          shown(values([](const Row& r) { return static_cast<double>(r.bond.probe_reordered); }), 0,
                "packets"));
}

void print_throughput(std::FILE* out, Judge& judge, const Scenario& scenario,
                      const std::vector<const ThroughputResult*>& results) {
  std::vector<std::vector<double>> raw;
  for (const ThroughputResult* result : results) raw.push_back(result->raw_bps);
  std::fprintf(out, "  plain TCP without wirebraid, all links at once\n");
  judge.line("raw", rates(scenario.uplinks, raw));
  for (size_t i = 0; i < results.front()->rows.size(); ++i) {
    std::vector<const ThroughputRow*> rows;
    for (const ThroughputResult* result : results) rows.push_back(&result->rows.at(i));
    std::fprintf(out, "  %s\n", describe(rows.front()->load).c_str());
    print_row(judge, scenario, rows);
  }
}

std::string optional_ms(
    const std::vector<const FailureResult*>& results,
    const std::function<std::optional<std::chrono::milliseconds>(const FailureResult&)>& value) {
  std::vector<double> values;
  for (const FailureResult* result : results) {
    const auto time = value(*result);
    if (!time) return "never";
    values.push_back(static_cast<double>(time->count()));
  }
  return shown(values, 0, "ms");
}

bool within(
    const std::vector<const FailureResult*>& results,
    const std::function<std::optional<std::chrono::milliseconds>(const FailureResult&)>& value,
    std::chrono::milliseconds limit) {
  std::vector<double> values;
  for (const FailureResult* result : results) {
    const auto time = value(*result);
    if (!time) return false;
    values.push_back(static_cast<double>(time->count()));
  }
  return median(values) <= static_cast<double>(limit.count());
}

void print_failure(std::FILE* out, Judge& judge, const Scenario& scenario,
                   const std::vector<const FailureResult*>& results) {
  using Result = FailureResult;
  const auto values = [&](const std::function<double(const Result&)>& value) {
    return each<Result>(results, value);
  };
  const auto most = [](const std::vector<double>& all) {
    return *std::max_element(all.begin(), all.end());
  };
  const auto below = [](const std::vector<double>& all, std::chrono::milliseconds limit) {
    return median(all) <= static_cast<double>(limit.count());
  };
  const auto limit_text = [](std::chrono::milliseconds limit) {
    return "at most " + std::to_string(limit.count()) + " ms";
  };
  const auto gap_limit = scenario.wanted.longest_gap;

  std::fprintf(out, "  1000 numbered UDP packets per second each way and one TCP flow, %s fails\n",
               results.front()->uplink.c_str());
  const auto intact = values([](const Result& r) { return r.flow_intact ? 0.0 : 1.0; });
  judge.judge(most(intact) == 0, "the TCP flow", most(intact) == 0 ? "survived" : "broken",
              "every byte, in order");
  auto lost = values([](const Result& r) { return static_cast<double>(r.fault.lost); });
  judge.judge(most(lost) == 0, "packets lost by the failure", shown(lost, 0, "packets"), "none");
  auto gap = values([](const Result& r) { return to_ms(r.fault.udp_gap); });
  judge.judge(below(gap, gap_limit), "longest gap between packets", shown(gap, 1, "ms"),
              limit_text(gap_limit));
  auto stall = values([](const Result& r) { return to_ms(r.fault.tcp_stall); });
  judge.judge(below(stall, kLongestStall), "longest stall of TCP", shown(stall, 1, "ms"),
              limit_text(kLongestStall));
  judge.line("remaining uplink alone, TCP",
             shown(values([](const Result& r) { return r.remaining_bps / 1e6; }), 1, "Mbit/s"));
  const auto first = [](const Result& r) { return r.recovery.first; };
  judge.judge(within(results, first, kRecoveredWithin), "TCP back at 80 % of that, over 100 ms",
              optional_ms(results, first), limit_text(kRecoveredWithin));
  judge.line("and from then on, over 1 s",
             optional_ms(results, [](const Result& r) { return r.recovery.steady; }));
  std::fprintf(out, "  %s works again\n", results.front()->uplink.c_str());
  const auto carries = [](const Result& r) { return r.carries_again; };
  judge.judge(within(results, carries, kCarriesWithin), "carries again after",
              optional_ms(results, carries), limit_text(kCarriesWithin));
  lost = values([](const Result& r) { return static_cast<double>(r.back.lost); });
  judge.judge(most(lost) == 0, "packets lost", shown(lost, 0, "packets"), "none");
  gap = values([](const Result& r) { return to_ms(r.back.udp_gap); });
  judge.judge(below(gap, gap_limit), "longest gap between packets", shown(gap, 1, "ms"),
              limit_text(gap_limit));
  stall = values([](const Result& r) { return to_ms(r.back.tcp_stall); });
  judge.judge(below(stall, kLongestStall), "longest stall of TCP", shown(stall, 1, "ms"),
              limit_text(kLongestStall));
  std::fprintf(out, "  all the time\n");
  const auto count = [&](const char* what, uint64_t Result::*member) {
    judge.line(
        what, shown(values([member](const Result& r) { return static_cast<double>(r.*member); }), 0,
                    "packets"));
  };
  count("sent, both ways", &Result::packets_sent);
  count("lost", &Result::packets_lost);
  count("out of order", &Result::packets_reordered);
}

}  // namespace

bool print_report(std::FILE* out, const ScenarioOutcome& outcome) {
  std::fprintf(out, "\n%s: %s\n", outcome.scenario.name.c_str(), outcome.scenario.summary.c_str());
  Judge judge(out);
  std::vector<const ThroughputResult*> throughput;
  std::vector<const FailureResult*> failure;
  bool complete = true;
  for (const Outcome& repeat : outcome.repeats) {
    if (repeat.throughput) throughput.push_back(&*repeat.throughput);
    if (repeat.failure) failure.push_back(&*repeat.failure);
    if (repeat.error.empty()) continue;
    std::fprintf(out, "  could not be measured: %s\n", repeat.error.c_str());
    complete = false;
  }
  if (!throughput.empty()) print_throughput(out, judge, outcome.scenario, throughput);
  if (!failure.empty()) print_failure(out, judge, outcome.scenario, failure);
  std::fflush(out);
  return complete && judge.good();
}

}  // namespace wirebraid::scenarios
