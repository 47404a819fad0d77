// The command line of wirebraid-web.
#pragma once

#include <string>
#include <vector>

namespace wirebraid::web {

struct Options {
  enum class Action : uint8_t { serve, set_password, print };
  Action action = Action::serve;
  std::string text;  ///< to print
  std::string listen;
  std::string socket_directory;
  std::string password_file;
  std::string certificate_file;
  std::string key_file;
  std::string map_file;
  std::string page_directory;
  std::vector<std::string> hosts;
  bool behind_proxy = false;
  bool metrics_open = false;
};

struct OptionsResult {
  Options options;
  std::string error;  ///< of the command line; for people
};
OptionsResult parse_options(int argc, const char* const* argv);

}  // namespace wirebraid::web
