#include "bench/throughput/promises.h"

#include <algorithm>

#include "bench/support/spread.h"

namespace wirebraid::throughput {
namespace {

double rate(const Measurement& m) { return m.bits_per_second(); }
double caused(const Measurement& m) { return m.caused_per_gigabyte(); }
double median_us(const Measurement& m) { return m.echo ? m.echo->median_us : 0; }
double p99_us(const Measurement& m) { return m.echo ? m.echo->p99_us : 0; }

bool is_reference(const SystemSpec& candidate, const SystemSpec& of, const Promise& promise) {
  if (candidate.kind != promise.reference || candidate.before != promise.before) return false;
  const bool ours = candidate.kind == Kind::single || candidate.kind == Kind::bonded;
  return !ours || (candidate.engine == of.engine && candidate.cipher == of.cipher);
}

}  // namespace

std::vector<Promise> promises() {
  using Comparison = Promise::Comparison;
  std::vector<Promise> all;
  for (const char* load : {"tcp-1-up", "tcp-1-down"}) {
    all.push_back({.load = load,
                   .text = "throughput, times wireguard-go's",
                   .kind = Kind::single,
                   .reference = Kind::wireguard_go,
                   .figure = rate,
                   .limit = 2,
                   .at_least = true});
    all.push_back({.load = load,
                   .text = "processor time per GB, times wireguard-go's",
                   .kind = Kind::single,
                   .reference = Kind::wireguard_go,
                   .figure = caused,
                   .limit = 0.35});
  }
  all.push_back({.load = "udp-1400",
                 .text = "processor time per GB, times wireguard-go's",
                 .kind = Kind::single,
                 .reference = Kind::wireguard_go,
                 .figure = caused,
                 .limit = 0.15});
  for (const char* load : {"tcp-1-up", "tcp-1-down", "tcp-4-up", "tcp-4-down", "udp-1400"}) {
    all.push_back({.load = load,
                   .text = "processor time per GB, times a single uplink's",
                   .kind = Kind::bonded,
                   .reference = Kind::single,
                   .figure = caused,
                   .limit = 1.15});
  }
  all.push_back({.load = "echo",
                 .text = "median above raw, us",
                 .kind = Kind::single,
                 .reference = Kind::raw,
                 .comparison = Comparison::difference,
                 .figure = median_us,
                 .limit = 100});
  all.push_back({.load = "echo",
                 .text = "99th percentile above raw, us",
                 .kind = Kind::single,
                 .reference = Kind::raw,
                 .comparison = Comparison::difference,
                 .figure = p99_us,
                 .limit = 200});
  for (const char* load : {"tcp-1-up", "tcp-4-up", "udp-1400", "udp-64"}) {
    for (const Kind kind : {Kind::single, Kind::bonded}) {
      all.push_back({.load = load,
                     .text = "processor time per GB, times the version before's",
                     .kind = kind,
                     .reference = kind,
                     .before = true,
                     .figure = caused,
                     .limit = 1.05});
    }
  }
  return all;
}

std::vector<Verdict> judge(const Promise& promise, const Run& run) {
  std::vector<Verdict> verdicts;
  for (const SystemSpec& system : run.systems) {
    if (system.kind != promise.kind || system.before) continue;
    const auto reference = std::find_if(run.systems.begin(), run.systems.end(), [&](const auto& s) {
      return is_reference(s, system, promise);
    });
    if (reference == run.systems.end()) continue;
    const std::vector<Measurement>& mine = run.of(promise.load, system.name);
    const std::vector<Measurement>& theirs = run.of(promise.load, reference->name);
    // A measurement that failed leaves no pairs to compare.
    if (mine.empty() || mine.size() != theirs.size()) continue;
    Verdict verdict{.system = system.name};
    for (size_t i = 0; i < mine.size(); ++i) {
      const double a = promise.figure(mine[i]);
      const double b = promise.figure(theirs[i]);
      if (promise.comparison == Promise::Comparison::difference) {
        verdict.values.push_back(a - b);
      } else {
        verdict.values.push_back(b > 0 ? a / b : 0);
      }
    }
    const double middle = bench::median(verdict.values);
    verdict.good = promise.at_least ? middle >= promise.limit : middle <= promise.limit;
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace wirebraid::throughput
