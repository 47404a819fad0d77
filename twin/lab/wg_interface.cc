#include "twin/lab/wg_interface.h"

#include <unistd.h>

#include <cstdlib>

#include "twin/lab/namespace.h"

namespace wirebraid::lab {
namespace {

std::vector<std::string> command_line(const std::string& program, const std::string& name,
                                      const std::vector<std::string>& more_arguments) {
  std::vector<std::string> command{program, "-f"};
  command.insert(command.end(), more_arguments.begin(), more_arguments.end());
  command.push_back(name);
  return command;
}

bool serves(const std::string& name) {
  return Process({"wg", "show", name}).wait(milliseconds(10'000)) == 0;
}

}  // namespace

std::string unique_name(const std::string& suffix) {
  return "wb" + std::to_string(::getpid()) + suffix;
}

WgInterface::WgInterface(const std::string& program, const Namespace& inside,
                         const std::string& suffix, const std::vector<std::string>& more_arguments,
                         const std::vector<std::string>& environment)
    : name_(unique_name(suffix)),
      inside_(inside),
      process_(command_line(program, name_, more_arguments),
               {.inside = &inside, .environment = environment}) {
  const bool came_up =
      wait_until([&] { return serves(name_) || !process_.running(); }, milliseconds(10'000));
  if (!came_up || !process_.running()) {
    throw CommandFailed(program + " does not come up: " + process_.output() + process_.errors());
  }
}

std::string WgInterface::wg(const std::string& command, const std::string& arguments,
                            const std::string& input) const {
  std::vector<std::string> line{"wg", command, name_};
  for (std::string& word : words(arguments)) line.push_back(std::move(word));
  return run_command(line, {.inside = &inside_, .input = input});
}

std::string WgInterface::show(const std::string& what) const {
  const std::vector<std::string> fields = words(wg("show", what));
  return fields.empty() ? "" : fields.back();
}

long WgInterface::last_handshake() const { return std::atol(show("latest-handshakes").c_str()); }

}  // namespace wirebraid::lab
