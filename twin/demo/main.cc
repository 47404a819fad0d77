// wirebraid-demo: one download over two emulated uplinks, one of which fails on the way.
// Exit status: 0 all figures are good, 1 some are not, 2 it could not be run, 130 interrupted.
#include <boost/program_options.hpp>
#include <chrono>
#include <cstdio>
#include <exception>
#include <functional>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include "twin/demo/keeper.h"
#include "twin/demo/report.h"
#include "twin/demo/scenario.h"
#include "twin/demo/table.h"
#include "twin/lab/bonded_lab.h"
#include "twin/lab/interrupt.h"
#include "twin/lab/namespace.h"

namespace wirebraid::demo {
namespace {

namespace po = boost::program_options;

constexpr int kGood = 0;
constexpr int kPoor = 1;
constexpr int kCannot = 2;
constexpr int kInterrupted = 130;

struct Options {
  bool keep = false;
  bool down = false;
  bool help = false;
  std::string engine;
  std::string programs;
};

Options parse(int argc, char** argv) {
  Options options;
  po::options_description description("wirebraid-demo: one download over two emulated uplinks");
  auto add = description.add_options();
  add("help,h", "this text");
  add("keep", "leave everything running afterwards, and say how to look around");
  add("down", "remove what --keep has left");
  add("engine", po::value(&options.engine), "epoll or io_uring, for both daemons");
  add("programs", po::value(&options.programs)->default_value(lab::own_build()),
      "directory of wirebraidd and wirebraid");
  po::variables_map given;
  po::store(po::parse_command_line(argc, argv, description), given);
  po::notify(given);
  options.keep = given.contains("keep");
  options.down = given.contains("down");
  options.help = given.contains("help");
  if (options.help) std::cout << description;
  return options;
}

int demonstrate(const Options& options, const std::function<void(int)>& done) {
  if (const pid_t other = become_the_demo()) {
    throw std::runtime_error("another demo runs (process " + std::to_string(other) +
                             "); ./dev demo --down ends it");
  }
  const lab::Programs programs = lab::find_programs(options.programs);
  lab::remove_leftovers();
  std::printf("Building the lab: dsl 50 Mbit/s at 15 ms and lte 20 Mbit/s at 60 ms round trip.\n");
  std::fflush(stdout);
  Table table(stdout);
  Scenario scenario({.programs = programs, .engine = options.engine}, table);
  int status = kCannot;
  try {
    scenario.lab().wait_for_bond();
    std::fputs(scenario.lab().engines().c_str(), stdout);
    status = print_report(stdout, scenario.measure()) ? kGood : kPoor;
  } catch (const lab::Interrupted&) {
    throw;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "wirebraid-demo: %s\n%s", error.what(),
                 scenario.lab().log_tails().c_str());
  }
  if (options.keep) {
    std::printf("\n%s", scenario.guide().c_str());
    done(status);
    while (!lab::interrupted()) std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  return status;
}

int run(const Options& options) {
  if (options.down) return end_running_demo() ? kGood : kCannot;
  lab::require_rights();
  const auto guarded = [&](const std::function<void(int)>& done) {
    try {
      return demonstrate(options, done);
    } catch (const lab::Interrupted&) {
      std::fprintf(stderr, "\nwirebraid-demo: interrupted, all removed\n");
      return kInterrupted;
    } catch (const std::exception& error) {
      std::fprintf(stderr, "wirebraid-demo: %s\n", error.what());
      return kCannot;
    }
  };
  return options.keep ? run_detached(guarded) : guarded([](int) {});
}

}  // namespace
}  // namespace wirebraid::demo

int main(int argc, char** argv) {
  using namespace wirebraid::demo;
  try {
    const Options options = parse(argc, argv);
    if (options.help) return kGood;
    wirebraid::lab::catch_signals();
    return run(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "wirebraid-demo: %s\n", error.what());
    return kCannot;
  }
}
