#include "twin/lab/daemon.h"

#include <unistd.h>

#include <deque>
#include <fstream>
#include <stdexcept>

#include "twin/lab/control_socket.h"
#include "twin/lab/namespace.h"

namespace wirebraid::lab {
namespace {

std::vector<std::string> command_line(const Programs& programs, const DaemonOptions& options) {
  std::vector<std::string> command{programs.daemon, "-f", "--config", options.config_file};
  command.insert(command.end(), options.more_arguments.begin(), options.more_arguments.end());
  command.push_back(options.interface);
  return command;
}

}  // namespace

Programs find_programs(const std::string& directory) {
  Programs programs{directory + "/wirebraidd", directory + "/wirebraid"};
  for (const std::string& each : {programs.daemon, programs.control}) {
    if (::access(each.c_str(), X_OK) != 0) throw std::runtime_error("no program " + each);
  }
  return programs;
}

Daemon::Daemon(const Programs& programs, const Namespace& inside, const DaemonOptions& options)
    : options_(options),
      process_(command_line(programs, options), {.inside = &inside, .log_file = options.log_file}) {
}

std::optional<InterfaceView> Daemon::status() const {
  const auto answer = ask_control(options_.interface, "show");
  return answer ? parse_show_answer(*answer) : std::nullopt;
}

std::string tail(const std::string& file, size_t lines) {
  std::ifstream stream(file);
  std::deque<std::string> last;
  for (std::string line; std::getline(stream, line);) {
    last.push_back(line);
    if (last.size() > lines) last.pop_front();
  }
  std::string text;
  for (const std::string& line : last) text += line + "\n";
  return text;
}

}  // namespace wirebraid::lab
