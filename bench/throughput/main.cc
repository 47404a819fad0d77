// wirebraid-throughput: what the data path carries and costs, beside other tunnels.
// Exit status: 0 all figures are as promised, 1 some are not, 2 something could not be measured,
// 130 interrupted.
#include <boost/program_options.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/support/output.h"
#include "bench/support/program.h"
#include "bench/support/select.h"
#include "bench/throughput/report.h"
#include "bench/throughput/run.h"
#include "twin/lab/bonded_lab.h"
#include "twin/lab/interrupt.h"

namespace wirebraid::throughput {
namespace {

namespace po = boost::program_options;

struct Options {
  std::vector<std::string> loads;
  std::vector<std::string> systems;
  std::vector<std::string> engines;
  std::vector<std::string> ciphers;
  std::string programs;
  std::string before;
  std::string wireguard_go;
  std::string json_file;
  int seconds = 0;
  int repeat = 0;
  bool list = false;
  bool help = false;
};

/// What ./dev has fetched, or the one in PATH.
std::string default_wireguard_go() {
  const char* const fetched = std::getenv("WIREBRAID_BACKPORTED_WIREGUARD_GO");
  return fetched != nullptr ? fetched : "wireguard-go";
}

Options parse(int argc, char** argv) {
  Options options;
  po::options_description description(
      "wirebraid-throughput [OPTIONS] [LOAD...]: what the data path carries and costs.\n"
      "LOAD may have * and ? as in a shell; without any, all loads run");
  auto add = description.add_options();
  add("help,h", "this text");
  add("list", "the loads and the systems");
  add("system", po::value(&options.systems),
      "measure this one, may be repeated and have * and ?; otherwise all");
  add("engine", po::value(&options.engines),
      "epoll or io_uring, for wirebraidd at both ends; may be repeated");
  add("cipher", po::value(&options.ciphers),
      "Cipher of wirebraidd's configuration at both ends; may be repeated");
  add("seconds", po::value(&options.seconds)->default_value(4), "of each measurement");
  add("repeat", po::value(&options.repeat)->default_value(5),
      "so many times; the table has medians, the least and the most");
  add("json", po::value(&options.json_file), "file for all figures, as JSON");
  add("programs", po::value(&options.programs)->default_value(lab::own_build()),
      "directory of wirebraidd and wirebraid");
  add("before", po::value(&options.before),
      "such a directory of another version, to be compared with");
  add("wireguard-go", po::value(&options.wireguard_go)->default_value(default_wireguard_go()),
      "the program");
  po::options_description hidden;
  hidden.add_options()("load", po::value(&options.loads));
  po::options_description all;
  all.add(description).add(hidden);
  po::positional_options_description positional;
  positional.add("load", -1);
  po::variables_map given;
  po::store(po::command_line_parser(argc, argv).options(all).positional(positional).run(), given);
  po::notify(given);
  options.list = given.contains("list");
  options.help = given.contains("help");
  if (options.repeat < 1) throw std::runtime_error("--repeat: at least 1");
  if (options.seconds < 1) throw std::runtime_error("--seconds: at least 1");
  if (options.help) std::cout << description;
  return options;
}

template <typename Named>
void list(const char* title, const std::vector<Named>& all) {
  std::printf("%s\n", title);
  for (const Named& each : all) {
    std::printf("  %-24s %s\n", each.name.c_str(), each.summary.c_str());
  }
}

int run(const Options& options) {
  Run result{
      .systems = bench::select(systems(options.engines, options.ciphers, !options.before.empty()),
                               options.systems),
      .loads = bench::select(loads(), options.loads)};
  if (options.list) {
    list("loads", result.loads);
    list("systems", result.systems);
    return bench::kGood;
  }
  lab::require_rights();
  lab::remove_leftovers();
  ProgramPaths programs{lab::find_programs(options.programs), {}, options.wireguard_go};
  if (!options.before.empty()) programs.before = lab::find_programs(options.before);
  for (int repeat = 1; repeat <= options.repeat; ++repeat) {
    const std::string turn =
        std::to_string(repeat) + " of " + std::to_string(options.repeat) + ": ";
    measure_all(result, programs, std::chrono::seconds(options.seconds),
                [&](const std::string& what) { bench::tell(turn + what); });
    // After each, so that an interrupted run has left something.
    if (!options.json_file.empty()) bench::write_file(options.json_file, to_json(result));
  }
  bench::tell("");
  const bool good = print_report(stdout, result);
  for (const std::string& each : result.errors) {
    std::fprintf(stderr, "wirebraid-throughput: %s\n", each.c_str());
  }
  if (!result.errors.empty()) return bench::kCannot;
  return good ? bench::kGood : bench::kPoor;
}

}  // namespace
}  // namespace wirebraid::throughput

int main(int argc, char** argv) {
  using namespace wirebraid;
  return bench::run_program("wirebraid-throughput", [&] {
    const throughput::Options options = throughput::parse(argc, argv);
    if (options.help) return bench::kGood;
    lab::catch_signals();
    return throughput::run(options);
  });
}
