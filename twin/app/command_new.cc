// wirebraid-twin new: a topology that nobody has built.
#include <boost/program_options.hpp>
#include <cstdint>
#include <iostream>

#include "twin/app/command.h"
#include "twin/app/output.h"
#include "twin/topology/evernet.h"

namespace wirebraid::twin {
namespace po = boost::program_options;
using namespace topology;

int run_new(const Arguments& arguments, const Streams& streams) {
  CommandLine line("new", {"a name: evernet"});
  auto add = line.options().add_options();
  const auto text = [](const char* name, const char* fallback) {
    return po::value<std::string>()->value_name(name)->default_value(fallback);
  };
  add("seed", text("S", "1"), "the same seed gives the same topology");
  add("villages", text("N", "5"), "1 to 20");
  add("households", text("N", "110"), "in all villages together; one in each at least");
  add_output_option(line);
  if (!line.parse(arguments, streams)) return kExitDone;
  if (line.word() != "evernet") {
    throw UsageError("new: " + in_quotes(line.word()) + " is not known; evernet expected");
  }
  EvernetOptions options;
  options.seed = line.number("seed", 0, SIZE_MAX);
  options.villages = line.number("villages", 1, kMostVillages);
  options.households = line.number("households", options.villages, kMostHouseholds);
  return write_out(make_evernet(options), line, streams);
}

}  // namespace wirebraid::twin
