#include "bench/throughput/report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bench/support/spread.h"
#include "bench/throughput/promises.h"

namespace wirebraid::throughput {
namespace {

using bench::shown;
using nlohmann::json;

/// Programs that are none of ours may take so much of a processor before it is worth a word.
constexpr double kDisturbance = 0.03;

struct Column {
  std::string title;
  int digits;
  const char* unit;
  std::function<double(const Measurement&)> value;
};

std::vector<Column> columns(const Load& load) {
  const Column daemons{"daemons and kernel threads", 2, "s/GB",
                       [](const Measurement& m) { return m.caused_per_gigabyte(); }};
  const Column machine{"whole machine", 2, "s/GB",
                       [](const Measurement& m) { return m.machine_per_gigabyte(); }};
  const Column lost{"lost", 2, "%", [](const Measurement& m) { return m.loss() * 100; }};
  switch (load.kind) {
    case Load::Kind::tcp:
      return {{"throughput", 2, "Gbit/s",
               [](const Measurement& m) { return m.bits_per_second() / 1e9; }},
              daemons,
              machine};
    case Load::Kind::udp:
      return {{"arrived", 1, "kpkt/s",
               [](const Measurement& m) { return m.datagrams_per_second() / 1e3; }},
              lost,
              daemons,
              machine};
    case Load::Kind::echo:
      return {
          {"median", 0, "us", [](const Measurement& m) { return m.echo ? m.echo->median_us : 0; }},
          {"99th percentile", 0, "us",
           [](const Measurement& m) { return m.echo ? m.echo->p99_us : 0; }},
          lost};
  }
  return {};
}

/// A line about programs that have nothing to do with it, if they disturbed a measurement of this
/// load; of the one that was disturbed most.
void print_disturbance(std::FILE* out, const Run& run, const Load& load) {
  double most = kDisturbance;
  std::string program;
  for (const SystemSpec& system : run.systems) {
    for (const Measurement& each : run.of(load.name, system.name)) {
      const double share = each.seconds > 0 ? each.cpu.others_s / each.seconds : 0;
      if (share <= most) continue;
      most = share;
      program = each.cpu.busiest_other;
    }
  }
  if (program.empty()) return;
  std::fprintf(out,
               "  disturbed: other programs (%s) took up to %.0f %% of a processor meanwhile\n",
               program.c_str(), most * 100);
}

void print_load(std::FILE* out, const Run& run, const Load& load) {
  std::fprintf(out, "\n%s: %s\n", load.name.c_str(), load.summary.c_str());
  const std::vector<Column> all = columns(load);
  std::fprintf(out, "  %-24s", "");
  for (const Column& each : all) std::fprintf(out, "  %-32s", each.title.c_str());
  std::fprintf(out, "\n");
  for (const SystemSpec& system : run.systems) {
    const std::vector<Measurement>& repeats = run.of(load.name, system.name);
    if (repeats.empty()) continue;
    std::fprintf(out, "  %-24s", system.name.c_str());
    for (const Column& column : all) {
      std::vector<double> values(repeats.size());
      std::transform(repeats.begin(), repeats.end(), values.begin(), column.value);
      std::fprintf(out, "  %-32s", shown(values, column.digits, column.unit).c_str());
    }
    std::fprintf(out, "\n");
  }
  print_disturbance(out, run, load);
}

json measurement_json(const Measurement& m) {
  json result{{"seconds", m.seconds},
              {"payload_bytes", m.bytes},
              {"bps", m.bits_per_second()},
              {"daemons_cpu_s", m.cpu.daemons_s},
              {"kernel_threads_cpu_s", m.cpu.kernel_threads_s},
              {"machine_cpu_s", m.cpu.machine_s},
              {"others_cpu_s", m.cpu.others_s},
              {"tcp_retransmits", m.retransmits},
              {"datagrams_sent", m.sent},
              {"datagrams_lost", m.lost}};
  if (m.echo) {
    result["echo_median_us"] = m.echo->median_us;
    result["echo_p99_us"] = m.echo->p99_us;
  }
  return result;
}

}  // namespace

bool print_report(std::FILE* out, const Run& run) {
  for (const SystemSpec& each : run.systems) {
    const auto about = run.about.find(each.name);
    if (about == run.about.end()) continue;
    std::fprintf(out, "%-24s  %s\n", each.name.c_str(), about->second.c_str());
  }
  for (const Load& each : run.loads) print_load(out, run, each);
  bool all_good = true;
  bool first = true;
  for (const Promise& promise : promises()) {
    for (const Verdict& verdict : judge(promise, run)) {
      if (first) std::fprintf(out, "\nIn pairs of one repeat:\n");
      first = false;
      const std::string limit = shown({promise.limit}, 2, promise.at_least ? "or more" : "or less");
      std::fprintf(out, "  %-10s  %-24s  %-48s  %-24s %s (wanted: %s)\n", promise.load.c_str(),
                   verdict.system.c_str(), promise.text.c_str(),
                   shown(verdict.values, 2, "").c_str(), verdict.good ? "ok" : "MISSED",
                   limit.c_str());
      all_good = all_good && verdict.good;
    }
  }
  return all_good;
}

std::string to_json(const Run& run) {
  json systems = json::array();
  for (const SystemSpec& each : run.systems) {
    const auto about = run.about.find(each.name);
    systems.push_back({{"name", each.name},
                       {"engine", each.engine},
                       {"cipher", each.cipher},
                       {"about", about == run.about.end() ? "" : about->second}});
  }
  json loads = json::array();
  for (const Load& load : run.loads) {
    json results = json::object();
    for (const SystemSpec& system : run.systems) {
      json repeats = json::array();
      for (const Measurement& each : run.of(load.name, system.name)) {
        repeats.push_back(measurement_json(each));
      }
      results[system.name] = repeats;
    }
    loads.push_back({{"name", load.name}, {"summary", load.summary}, {"repeats", results}});
  }
  return json{{"schema", "wirebraid-throughput"},
              {"version", kJsonVersion},
              {"systems", systems},
              {"loads", loads},
              {"errors", run.errors}}
             .dump(1) +
         "\n";
}

}  // namespace wirebraid::throughput
