// wirebraid-twin up and down: runs the nodes of a topology until it is told to stop.
#include <boost/program_options.hpp>
#include <iostream>

#include "io/system_platform.h"
#include "twin/app/command.h"
#include "twin/app/running_twin.h"
#include "twin/app/twin_directory.h"
#include "twin/keeper/keeper.h"
#include "twin/lab/interrupt.h"

namespace wirebraid::twin {
namespace po = boost::program_options;
namespace {

/// Until somebody says `down`, or Ctrl-C.
void keep(const keeper::Keeper& keeper) {
  using namespace std::chrono_literals;
  while (!keeper.down()) lab::sleep_until(std::chrono::steady_clock::now() + 200ms);
}

}  // namespace

int run_up(const Arguments& arguments, const Streams& streams) {
  CommandLine line("up", {"TOPOLOGY"});
  add_directory_option(line);
  line.options().add_options()("firmware", po::value<std::string>()->value_name("IMAGE"),
                               "what all nodes run");
  add_twin_options(line);
  if (!line.parse(arguments, streams)) return kExitDone;
  if (!line.has("firmware")) throw UsageError("up needs --firmware IMAGE");
  const topology::ReadResult result = topology::load_topology(line.word());
  if (!result.topology) return print_errors(result.errors, streams);

  lab::catch_signals();
  io::SystemPlatform platform;
  mesh::TwinOptions options = twin_options(line, line.text("firmware"), streams);
  options.directory = directory_of(line);
  std::filesystem::create_directories(options.directory);
  try {
    mesh::Twin twin(*result.topology, options, platform);
    print_remarks(twin, streams);
    const keeper::Keeper keeper(twin, options.directory);
    twin.power_on_all();
    const bool all = watch_boot(twin, streams, [&] { return keeper.down() || lab::interrupted(); });
    if (!all && !keeper.down()) streams.err << "not all nodes run; the others do\n";
    if (!keeper.down()) streams.err << "running in " << options.directory.string() << "\n";
    keep(keeper);
    twin.power_off_all();
  } catch (const lab::Interrupted&) {
    streams.err << "interrupted: all machines have been ended\n";
    return kExitFailed;
  }
  return kExitDone;
}

int run_down(const Arguments& arguments, const Streams& streams) {
  CommandLine line("down", {});
  add_directory_option(line);
  if (!line.parse(arguments, streams)) return kExitDone;
  const io::Descriptor fd = keeper::connect_to(directory_of(line));
  keeper::send_line(fd.get(), {{"command", "down"}});
  // The answer, and then the end of the stream: that is when all machines have gone.
  while (keeper::receive_line(fd.get())) {
  }
  return kExitDone;
}

}  // namespace wirebraid::twin
