#include "twin/app/command.h"

#include <array>
#include <boost/program_options.hpp>
#include <charconv>
#include <iomanip>
#include <iostream>

namespace wirebraid::twin {
namespace po = boost::program_options;
namespace {

constexpr std::array<Command, 15> kCommands{
    {{"import", "FILE [OPTIONS]", "turn a community's map, or a part of it, into a topology",
      run_import},
     {"new", "evernet [OPTIONS]", "make a synthetic topology from a seed", run_new},
     {"check", "FILE", "say what is wrong with a topology, or what is in it", run_check},
     {"firmware", "build|check|extract [OPTIONS]", "make a firmware for nodes, or look at one",
      run_firmware},
     {"validate", "TOPOLOGY --old IMAGE --new IMAGE", "say whether a firmware may go to the field",
      run_validate},
     {"up", "TOPOLOGY --firmware IMAGE", "run it as virtual machines, until `down` or Ctrl-C",
      run_up},
     {"down", "", "end a running twin", run_down},
     {"status", "[--json]", "which node is where, and what it takes", run_status},
     {"exec", "NODE -- COMMAND...", "run a command in a node", run_exec},
     {"shell", "NODE", "the node's console, to type at", run_shell},
     {"console", "NODE [--follow]", "what the node's console has said", run_console},
     {"power", "NODE off|on", "pull a node's plug, or put it in", run_power},
     {"set", "LINK [DIRECTION:]KEY=NUMBER...",
      "change a link's rate_mbit, delay_ms, jitter_ms or loss", run_set},
     {"cut", "LINK [--back]", "swallow everything on a link, or no more", run_cut},
     {"capture", "LINK FILE.pcap|off", "write what passes a link to a file", run_capture}}};

const Command* find_command(std::string_view name) {
  for (const Command& command : kCommands) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

void print_usage(std::ostream& out) {
  out << "Usage: wirebraid-twin COMMAND [ARGUMENTS]\n\n";
  for (const Command& command : kCommands) {
    const std::string form = std::string(command.name) + " " + std::string(command.form);
    out << "  " << std::left << std::setw(40) << form << command.summary << "\n";
  }
  out << "  " << std::setw(40) << "help"
      << "this text; COMMAND --help tells more of one\n"
      << "\nExit codes: 0 done, 1 the topology is wrong or a file cannot be used, 2 wrong usage.\n";
}

int usage_error(const std::string& message, const Streams& streams) {
  streams.err << "wirebraid-twin: " << message << "; `wirebraid-twin help` tells how to use it\n";
  return kExitUsage;
}

}  // namespace

std::span<const Command> commands() { return kCommands; }

int run_twin(const Arguments& arguments, const Streams& streams) {
  if (arguments.empty()) return usage_error("a command is missing", streams);
  const std::string& name = arguments.front();
  if (name == "help" || name == "--help" || name == "-h") {
    print_usage(streams.out);
    return kExitDone;
  }
  const Command* command = find_command(name);
  if (command == nullptr) {
    return usage_error("unknown command " + topology::in_quotes(name), streams);
  }
  int code = kExitFailed;
  try {
    code = command->run({arguments.begin() + 1, arguments.end()}, streams);
  } catch (const UsageError& error) {
    return usage_error(error.what(), streams);
  } catch (const std::exception& error) {
    streams.err << "wirebraid-twin: " << error.what() << "\n";
  }
  // A full disk or a closed pipe must not look like success.
  if (!streams.out.flush()) {
    streams.err << "wirebraid-twin: standard output cannot be written\n";
    return kExitFailed;
  }
  return code;
}

CommandLine::CommandLine(std::string_view command, Arguments words)
    : command_(command), words_(std::move(words)), options_("Options") {
  options_.add_options()("help,h", "this text");
}

bool CommandLine::parse(const Arguments& arguments, const Streams& streams) {
  po::options_description all;
  all.add(options_).add_options()("word", po::value<Arguments>());
  po::positional_options_description positions;
  positions.add("word", -1);
  try {
    po::store(po::command_line_parser(arguments).options(all).positional(positions).run(), given_);
  } catch (const po::error& error) {
    throw UsageError(command_ + ": " + error.what());
  }
  if (has("help")) {
    const Command& command = *find_command(command_.substr(0, command_.find(' ')));
    streams.out << "Usage: wirebraid-twin " << command.name << " " << command.form << "\n\n"
                << command.summary << "\n\n"
                << options_;
    return false;
  }
  given_words_ = texts("word");
  if (given_words_.size() < words_.size()) {
    std::string missing = words_[given_words_.size()];
    if (missing.ends_with("...")) missing.resize(missing.size() - 3);
    throw UsageError(command_ + " needs " + missing);
  }
  const bool open_end = !words_.empty() && words_.back().ends_with("...");
  if (given_words_.size() > words_.size() && !open_end) {
    throw UsageError(command_ + " takes no more words");
  }
  return true;
}

std::string CommandLine::text(const char* option, const std::string& fallback) const {
  return has(option) ? given_[option].as<std::string>() : fallback;
}

Arguments CommandLine::texts(const char* option) const {
  return has(option) ? given_[option].as<Arguments>() : Arguments();
}

size_t CommandLine::number(const char* option, size_t least, size_t most) const {
  const std::string text = this->text(option);
  size_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || text.empty() || number < least || number > most) {
    throw UsageError("--" + std::string(option) + ": " + topology::in_quotes(text) +
                     " is not a number from " + std::to_string(least) + " to " +
                     std::to_string(most));
  }
  return number;
}

int print_errors(const std::vector<topology::Finding>& errors, const Streams& streams) {
  for (const topology::Finding& error : errors) streams.err << error.to_string() << "\n";
  return kExitFailed;
}

}  // namespace wirebraid::twin
