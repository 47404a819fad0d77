#include "twin/app/twin_directory.h"

#include <unistd.h>

#include <boost/program_options.hpp>
#include <cstdlib>

namespace wirebraid::twin {
namespace po = boost::program_options;

void add_directory_option(CommandLine& line) {
  line.options().add_options()("directory,d", po::value<std::string>()->value_name("DIR"),
                               "where the twin runs; without it, $WIREBRAID_TWIN or a directory of "
                               "this user's own");
}

std::filesystem::path directory_of(const CommandLine& line) {
  if (line.has("directory")) return line.text("directory");
  if (const char* named = std::getenv("WIREBRAID_TWIN")) return named;
  if (const char* run = std::getenv("XDG_RUNTIME_DIR")) {
    return std::filesystem::path(run) / "wirebraid-twin";
  }
  return "/tmp/wirebraid-twin-" + std::to_string(::getuid());
}

keeper::Json ask_twin(const CommandLine& line, const keeper::Json& request) {
  return keeper::ask(directory_of(line), request);
}

}  // namespace wirebraid::twin
