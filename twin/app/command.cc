#include "twin/app/command.h"

#include <array>
#include <boost/program_options.hpp>
#include <charconv>
#include <iomanip>
#include <iostream>

#include "twin/firmware/command.h"

namespace wirebraid::twin {
namespace po = boost::program_options;
namespace {

constexpr std::array<Command, 4> kCommands{
    {{"import", "FILE [OPTIONS]", "turn a community's map, or a part of it, into a topology",
      run_import},
     {"new", "evernet [OPTIONS]", "make a synthetic topology from a seed", run_new},
     {"check", "FILE", "say what is wrong with a topology, or what is in it", run_check},
     {"firmware", firmware::kCommandForm, firmware::kCommandSummary,
      [](const Arguments& arguments, const Streams& streams) {
        return firmware::run_firmware(arguments, streams.out, streams.err);
      }}}};

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

CommandLine::CommandLine(std::string_view command, std::string word)
    : command_(command), word_(std::move(word)), options_("Options") {
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
    const Command& command = *find_command(command_);
    streams.out << "Usage: wirebraid-twin " << command.name << " " << command.form << "\n\n"
                << command.summary << "\n\n"
                << options_;
    return false;
  }
  const Arguments words = has("word") ? given_["word"].as<Arguments>() : Arguments();
  if (words.empty() && !word_.empty()) throw UsageError(command_ + " needs " + word_);
  if (words.size() > (word_.empty() ? 0 : 1)) throw UsageError(command_ + " takes no more words");
  if (!words.empty()) word_value_ = words.front();
  return true;
}

std::string CommandLine::text(const char* option) const {
  return has(option) ? given_[option].as<std::string>() : "";
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
