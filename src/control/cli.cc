#include "control/cli.h"

#include <algorithm>
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
    "Look:\n"
    "  show [INTERFACE] [--json]  what an interface and its uplinks do; without a command: all\n"
    "  top [INTERFACE]            the same as a live screen\n"
    "  why [INTERFACE] UPLINK     why an uplink is not used, and what would help\n"
    "  events [INTERFACE] [--follow] [--json]\n"
    "                             what happened; --follow goes on\n"
    "  speedtest INTERFACE [UPLINK] [--seconds N]\n"
    "                             what an uplink, or all together, carry: N seconds (5) each way "
    "are\n"
    "                             filled up, behind what people send\n"
    "  metrics [INTERFACE]        for Prometheus, as its text format\n"
    "\n"
    "Change; INTERFACE must run with a configuration file:\n"
    "  set INTERFACE [--confirm SECONDS] [--check] [--add SECTION] [--remove SECTION] [CHANGE...]\n"
    "                             change the running configuration and its file. A CHANGE is\n"
    "                             SECTION.KEY=VALUE, such as uplink.lte.Cost=10; no VALUE: the "
    "key\n"
    "                             is removed. Secret keys: VALUE is 'generate', or '-' for "
    "standard\n"
    "                             input. --confirm: it goes back unless `confirm` comes in time;\n"
    "                             --check: tell only whether it could be\n"
    "  confirm INTERFACE          keep what `set --confirm` has changed\n"
    "  revert INTERFACE           undo it\n"
    "  invite INTERFACE UPLINK --endpoint HOST[:PORT] [--bond BOND] [--qr]\n"
    "                             add an uplink for another machine, and print that one's section\n"
    "  reload INTERFACE           have its daemon read its configuration file again\n"
    "\n"
    "Without a daemon:\n"
    "  check FILE                 read a configuration file and tell what is wrong with it\n"
    "  genkey                     print a new private key\n"
    "  pubkey                     print the public key of the private key on standard input\n"
    "  genpsk                     print a new preshared key\n"
    "  help [keys]                this text; the keys of the configuration file\n"
    "\n"
    "INTERFACE may be left out where it stands in brackets and only one is running.\n"
    "\n"
    "Options:\n"
    "  --json                     show: an object for one interface, an array for all; events: a "
    "line each\n"
    "  --socket-directory DIR     where the daemons' control sockets are (/run/wirebraid)\n"
    "  --version                  print the version\n"
    "\n"
    "Private and preshared keys are never shown, whatever WG_HIDE_KEYS says. WG_COLOR_MODE\n"
    "(always, never, auto) acts as in wg(8). Exit codes: 0 done, 1 failed, 2 wrong usage.\n";

int usage_error(const std::string& message) {
  std::cerr << "wirebraid: " << message << "; `wirebraid help` tells how to use it\n";
  return kExitUsage;
}

int cli_help(const Words& words, const CliOptions&) {
  if (words.empty()) {
    std::cout << kUsage;
    return kExitDone;
  }
  if (words.front() != "keys") return usage_error("there is no help on " + words.front());
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

struct Command {
  const char* name;
  size_t least;
  size_t most;
  const char* words;  ///< for a message; "": it takes none
  std::vector<const char*> options;
  int (*run)(const Words& words, const CliOptions& options);
};

constexpr size_t kAny = SIZE_MAX;

const std::vector<Command>& commands() {
  static const std::vector<Command> kCommands = {
      {"show", 0, 1, "INTERFACE", {"json"}, cli_show},
      {"top", 0, 1, "INTERFACE", {}, cli_top},
      {"why", 1, 2, "UPLINK", {}, cli_why},
      {"events", 0, 1, "INTERFACE", {"json", "follow"}, cli_events},
      {"speedtest", 1, 2, "INTERFACE", {"seconds"}, cli_speedtest},
      {"metrics", 0, 1, "INTERFACE", {}, cli_metrics},
      {"set", 1, kAny, "INTERFACE", {"confirm", "check", "add", "remove"}, cli_set},
      {"confirm", 1, 1, "INTERFACE", {}, cli_confirm},
      {"revert", 1, 1, "INTERFACE", {}, cli_revert},
      {"invite", 2, 2, "INTERFACE and UPLINK", {"bond", "endpoint", "qr"}, cli_invite},
      {"reload", 1, 1, "INTERFACE", {}, cli_reload},
      {"check", 1, 1, "FILE", {}, cli_check},
      {"genkey", 0, 0, "", {}, cli_genkey},
      {"pubkey", 0, 0, "", {}, cli_pubkey},
      {"genpsk", 0, 0, "", {}, cli_genpsk},
      {"help", 0, 1, "keys", {}, cli_help},
  };
  return kCommands;
}

/// Those that every command takes.
bool is_common(const std::string& option) {
  return option == "word" || option == "socket-directory" || option == "help" ||
         option == "version";
}

int run_command(Words words, const CliOptions& options, const po::variables_map& given) {
  const std::string name = words.empty() ? "show" : words.front();
  if (!words.empty()) words.erase(words.begin());
  for (const Command& command : commands()) {
    if (name != command.name) continue;
    if (words.size() < command.least) return usage_error(name + " needs " + command.words);
    if (words.size() > command.most) return usage_error(name + " takes no more words");
    for (const auto& [option, value] : given) {
      const bool taken = is_common(option) ||
                         std::any_of(command.options.begin(), command.options.end(),
                                     [&, &wanted = option](const char* o) { return wanted == o; });
      if (!taken) return usage_error("--" + option + " does not go with " + name);
    }
    return command.run(words, options);
  }
  return usage_error("unknown command " + name);
}

}  // namespace

int run_cli(const std::vector<std::string>& arguments) {
  po::options_description visible;
  visible.add_options()("help,h", "")("version", "")("json", "")("follow,f", "")("check", "")(
      "qr", "")("confirm", po::value<uint32_t>())("seconds", po::value<uint32_t>())(
      "add", po::value<Words>())("remove", po::value<Words>())("bond", po::value<std::string>())(
      "endpoint", po::value<std::string>())(
      "socket-directory", po::value<std::string>()->default_value(kControlDirectory));
  po::options_description all;
  all.add(visible).add_options()("word", po::value<std::vector<std::string>>());
  po::positional_options_description positions;
  positions.add("word", -1);

  // A shortened option would hide a slip.
  constexpr int kStyle =
      po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
  po::variables_map given;
  try {
    po::store(
        po::command_line_parser(arguments).options(all).positional(positions).style(kStyle).run(),
        given);
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
  options.follow = given.count("follow") != 0;
  options.check_only = given.count("check") != 0;
  options.qr = given.count("qr") != 0;
  if (given.count("confirm") != 0) {
    options.confirm = std::chrono::seconds(given["confirm"].as<uint32_t>());
  }
  if (given.count("seconds") != 0) {
    options.duration = std::chrono::seconds(given["seconds"].as<uint32_t>());
  }
  if (given.count("add") != 0) options.add = given["add"].as<Words>();
  if (given.count("remove") != 0) options.remove = given["remove"].as<Words>();
  if (given.count("bond") != 0) options.bond = given["bond"].as<std::string>();
  if (given.count("endpoint") != 0) options.endpoint = given["endpoint"].as<std::string>();
  std::vector<std::string> words;
  if (given.count("word") != 0) words = given["word"].as<std::vector<std::string>>();
  int code = kExitFailed;
  try {
    code = run_command(words, options, given);
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
