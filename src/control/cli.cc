#include "control/cli.h"

#include <boost/program_options.hpp>
#include <iostream>

#include "control/config.h"
#include "control/control_server.h"

namespace wirebraid::control {
namespace po = boost::program_options;
namespace {

constexpr const char* kUsage =
    "Usage: wirebraid [COMMAND]\n"
    "\n"
    "  show [INTERFACE] [--json]  what an interface and its uplinks do; without a command: all\n"
    "  reload INTERFACE           have its daemon read its configuration file again\n"
    "  check FILE                 read a configuration file and tell what is wrong with it\n"
    "  genkey                     print a new private key\n"
    "  pubkey                     print the public key of the private key on standard input\n"
    "  genpsk                     print a new preshared key\n"
    "  help [keys]                this text; the keys of the configuration file\n"
    "\n"
    "Options:\n"
    "  --json                     an object for one interface, an array for all\n"
    "  --socket-directory DIR     where the daemons' control sockets are (/run/wirebraid)\n"
    "  --version                  print the version\n"
    "\n"
    "Private and preshared keys are never shown, whatever WG_HIDE_KEYS says. WG_COLOR_MODE\n"
    "(always, never, auto) acts as in wg(8). Exit codes: 0 done, 1 failed, 2 wrong usage.\n";

int usage_error(const std::string& message) {
  std::cerr << "wirebraid: " << message << "; `wirebraid help` tells how to use it\n";
  return kExitUsage;
}

int print_keys() {
  std::string section;
  for (const KeyReference& key : key_reference()) {
    if (key.section != section) {
      std::cout << (section.empty() ? "" : "\n") << "[" << key.section << "]\n";
      section = key.section;
    }
    std::cout << "  " << key.key << " = " << key.values << (key.repeatable ? " (repeatable)" : "")
              << "\n      " << key.help << "\n";
  }
  return kExitDone;
}

int run_command(const std::vector<std::string>& words, const CliOptions& options) {
  const std::string command = words.empty() ? "show" : words.front();
  const size_t count = words.empty() ? 0 : words.size() - 1;
  const std::string argument = count == 0 ? "" : words[1];

  struct Command {
    const char* name;
    size_t least;
    size_t most;
    const char* argument;
  };
  constexpr Command kCommands[] = {
      {"show", 0, 1, "INTERFACE"}, {"reload", 1, 1, "INTERFACE"}, {"check", 1, 1, "FILE"},
      {"genkey", 0, 0, ""},        {"pubkey", 0, 0, ""},          {"genpsk", 0, 0, ""},
      {"help", 0, 1, "keys"},
  };
  for (const Command& known : kCommands) {
    if (command != known.name) continue;
    if (count < known.least) return usage_error(command + " needs " + known.argument);
    if (count > known.most) return usage_error(command + " takes no more words");
    if (options.json && command != "show") return usage_error("--json goes with show only");
    if (command == "show") return cli_show(argument, options);
    if (command == "reload") return cli_reload(argument, options);
    if (command == "check") return cli_check(argument);
    if (command == "genkey") return cli_genkey();
    if (command == "pubkey") return cli_pubkey();
    if (command == "genpsk") return cli_genpsk();
    if (argument == "keys") return print_keys();
    if (!argument.empty()) return usage_error("there is no help on " + argument);
    std::cout << kUsage;
    return kExitDone;
  }
  return usage_error("unknown command " + command);
}

}  // namespace

int run_cli(const std::vector<std::string>& arguments) {
  po::options_description visible;
  visible.add_options()("help,h", "")("version", "")("json", "")(
      "socket-directory", po::value<std::string>()->default_value(kControlDirectory));
  po::options_description all;
  all.add(visible).add_options()("word", po::value<std::vector<std::string>>());
  po::positional_options_description positions;
  positions.add("word", -1);

  po::variables_map given;
  try {
    po::store(po::command_line_parser(arguments).options(all).positional(positions).run(), given);
  } catch (const po::error& error) {
    return usage_error(error.what());
  }
  if (given.count("help") != 0) {
    std::cout << kUsage;
    return kExitDone;
  }
  if (given.count("version") != 0) {
    std::cout << "wirebraid " << WIREBRAID_VERSION << "\n";
    return kExitDone;
  }
  CliOptions options;
  options.directory = given["socket-directory"].as<std::string>();
  options.json = given.count("json") != 0;
  std::vector<std::string> words;
  if (given.count("word") != 0) words = given["word"].as<std::vector<std::string>>();
  int code = kExitFailed;
  try {
    code = run_command(words, options);
  } catch (const std::exception& error) {
    // An answer of strange form, or a directory that vanishes while it is read.
    std::cerr << "wirebraid: " << error.what() << "\n";
  }
  // A full disk or a closed pipe must not look like success.
  if (!std::cout.flush()) {
    std::cerr << "wirebraid: standard output cannot be written\n";
    return kExitFailed;
  }
  return code;
}

}  // namespace wirebraid::control
