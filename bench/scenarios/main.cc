// wirebraid-scenarios: what a bond gives over emulated uplinks, for real TCP.
// Exit status: 0 all figures are as promised, 1 some are not, 2 it could not be run, 130
// interrupted.
#include <unistd.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/scenarios/catalogue.h"
#include "bench/scenarios/json.h"
#include "bench/scenarios/outcome.h"
#include "bench/scenarios/picture.h"
#include "bench/scenarios/report.h"
#include "bench/support/output.h"
#include "bench/support/program.h"
#include "twin/lab/bonded_lab.h"
#include "twin/lab/format.h"
#include "twin/lab/interrupt.h"

namespace wirebraid::scenarios {
namespace {

namespace po = boost::program_options;

struct Options {
  std::vector<std::string> names;
  std::vector<std::string> loads;
  std::string programs;
  std::string engine;
  std::string mode;
  std::string json_file;
  std::string svg_directory;
  int seconds = 0;
  int repeat = 1;
  bool list = false;
  bool help = false;
};

Options parse(int argc, char** argv) {
  Options options;
  po::options_description description(
      "wirebraid-scenarios [OPTIONS] [NAME...]: what a bond gives over emulated uplinks.\n"
      "NAME may have * and ? as in a shell; without any, all scenarios run");
  auto add = description.add_options();
  add("help,h", "this text");
  add("list", "the scenarios");
  add("load", po::value(&options.loads),
      "SENDER[,up][,strict], may be repeated: sender cubic, bbr, ... or quic; up: from the LAN to "
      "the "
      "target; strict: end points that do not tolerate reordering. Otherwise cubic, and all of "
      "these "
      "for the lossless scenarios");
  add("seconds", po::value(&options.seconds), "measure each flow over the bond for so long");
  add("repeat", po::value(&options.repeat)->default_value(1),
      "so many times; the table has medians, the least and the most");
  add("json", po::value(&options.json_file), "file for all figures, as JSON");
  add("svg", po::value(&options.svg_directory),
      "directory for pictures, one per scenario and load");
  add("mode", po::value(&options.mode), "the bond's Mode instead of the scenario's");
  add("engine", po::value(&options.engine), "epoll or io_uring, for both daemons");
  add("programs", po::value(&options.programs)->default_value(lab::own_build()),
      "directory of wirebraidd and wirebraid");
  po::options_description hidden;
  hidden.add_options()("name", po::value(&options.names));
  po::options_description all;
  all.add(description).add(hidden);
  po::positional_options_description positional;
  positional.add("name", -1);
  po::variables_map given;
  po::store(po::command_line_parser(argc, argv).options(all).positional(positional).run(), given);
  po::notify(given);
  options.list = given.contains("list");
  options.help = given.contains("help");
  if (options.repeat < 1) throw std::runtime_error("--repeat: at least 1");
  if (options.seconds < 0) throw std::runtime_error("--seconds: at least 1");
  if (options.help) std::cout << description;
  return options;
}

std::string available_congestion_controls() {
  std::ifstream file("/proc/sys/net/ipv4/tcp_available_congestion_control");
  std::string text;
  std::getline(file, text);
  return text;
}

std::vector<Load> loads_for(const Options& options, const Scenario& scenario) {
  if (!options.loads.empty()) {
    std::vector<Load> loads;
    for (const std::string& each : options.loads) loads.push_back(parse_load(each));
    return loads;
  }
  if (!scenario.variants) return {{}};
  return all_loads(available_congestion_controls());
}

lab::BondedLabOptions lab_options(const Options& options, const Scenario& scenario) {
  lab::BondedLabOptions result;
  for (const UplinkSpec& each : scenario.uplinks) {
    result.uplinks.push_back({each.name, each.wire});
  }
  result.programs = lab::find_programs(options.programs);
  result.config.mode = scenario.mode;
  result.engine = options.engine;
  result.prefix = "wb" + std::to_string(::getpid());
  return result;
}

Outcome run_once(const Options& options, const Scenario& scenario) {
  Outcome outcome;
  std::string logs;
  try {
    bench::tell("building " + scenario.name);
    lab::BondedLab lab(lab_options(options, scenario));
    try {
      lab.wait_for_bond();
      const auto progress = [&](const std::string& what) {
        bench::tell(scenario.name + ": " + what);
      };
      if (scenario.fault) {
        outcome.failure =
            measure_failure(lab, scenario, loads_for(options, scenario).front(), progress);
      } else {
        outcome.throughput =
            measure_throughput(lab, scenario, loads_for(options, scenario), progress);
      }
    } catch (const lab::Interrupted&) {
      throw;
    } catch (const std::exception&) {
      logs = lab.log_tails();
      throw;
    }
  } catch (const lab::Interrupted&) {
    throw;
  } catch (const std::exception& error) {
    outcome.error = error.what();
    std::fprintf(stderr, "\nwirebraid-scenarios: %s: %s\n%s", scenario.name.c_str(), error.what(),
                 logs.c_str());
  }
  bench::tell("");
  return outcome;
}

/// Of the last repeat: one picture, and one more for each further load.
void draw_pictures(const std::string& directory, const ScenarioOutcome& outcome) {
  std::filesystem::create_directories(directory);
  const Scenario& scenario = outcome.scenario;
  const std::string base = directory + "/" + scenario.name;
  const Outcome& last = outcome.repeats.back();
  if (last.failure) {
    bench::write_file(base + ".svg", draw(last.failure->series,
                                          {.title = scenario.name, .subtitle = scenario.summary}));
  }
  if (!last.throughput) return;
  for (const ThroughputRow& row : last.throughput->rows) {
    const bool first = &row == &last.throughput->rows.front();
    const std::string share = lab::with_unit(row.share() * 100, 1, "% of the sum");
    bench::write_file(
        base + (first ? "" : "-" + row.load.name()) + ".svg",
        draw(row.bond.series, {.title = scenario.name + ", " + row.load.name() + ": " + share,
                               .subtitle = scenario.summary,
                               .sum_bps = row.sum_bps(),
                               .warm_up_s = row.bond.warm_up_s}));
  }
}

void list(const std::vector<Scenario>& scenarios) {
  for (const Scenario& each : scenarios) {
    std::printf("%-22s %s\n", each.name.c_str(), each.summary.c_str());
  }
}

int run(const Options& options) {
  std::vector<Scenario> scenarios = select(options.names);
  if (options.list) {
    list(scenarios);
    return bench::kGood;
  }
  lab::require_rights();
  lab::remove_leftovers();
  bool good = true;
  std::vector<ScenarioOutcome> outcomes;
  for (Scenario& scenario : scenarios) {
    if (!options.mode.empty()) scenario.mode = options.mode;
    if (options.seconds > 0) scenario.bond = std::chrono::seconds(options.seconds);
    ScenarioOutcome outcome{.scenario = scenario};
    for (int i = 0; i < options.repeat; ++i) {
      outcome.repeats.push_back(run_once(options, scenario));
    }
    good = print_report(stdout, outcome) && good;
    if (!options.svg_directory.empty()) draw_pictures(options.svg_directory, outcome);
    outcomes.push_back(std::move(outcome));
    // After each, so that an interrupted run has left something.
    if (!options.json_file.empty()) bench::write_file(options.json_file, to_json(outcomes));
  }
  return good ? bench::kGood : bench::kPoor;
}

}  // namespace
}  // namespace wirebraid::scenarios

int main(int argc, char** argv) {
  using namespace wirebraid;
  return bench::run_program("wirebraid-scenarios", [&] {
    const scenarios::Options options = scenarios::parse(argc, argv);
    if (options.help) return bench::kGood;
    lab::catch_signals();
    return scenarios::run(options);
  });
}
