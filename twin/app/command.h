// The commands of `wirebraid-twin`. Each has a file of its own; command.cc lists them.
#pragma once

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>
#include <iosfwd>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "twin/topology/finding.h"

namespace wirebraid::twin {

/// Exit codes.
inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;  ///< the topology is wrong, or a file cannot be used
inline constexpr int kExitUsage = 2;   ///< the command line is not understood

using Arguments = std::vector<std::string>;

/// `out` is for what was asked for, `err` for remarks and mistakes.
struct Streams {
  std::ostream& out;
  std::ostream& err;
};

/// The command line is not understood; what() says why, for people. Ends in kExitUsage.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Command {
  std::string_view name;
  std::string_view form;     ///< what comes after the name: "FILE [--output FILE]"
  std::string_view summary;  ///< one line
  /// Given what comes after the name. Throws UsageError.
  int (*run)(const Arguments& arguments, const Streams& streams);
};

std::span<const Command> commands();

int run_import(const Arguments& arguments, const Streams& streams);
int run_new(const Arguments& arguments, const Streams& streams);
int run_check(const Arguments& arguments, const Streams& streams);
int run_firmware(const Arguments& arguments, const Streams& streams);
int run_validate(const Arguments& arguments, const Streams& streams);
int run_up(const Arguments& arguments, const Streams& streams);
int run_down(const Arguments& arguments, const Streams& streams);
int run_status(const Arguments& arguments, const Streams& streams);
int run_exec(const Arguments& arguments, const Streams& streams);
int run_shell(const Arguments& arguments, const Streams& streams);
int run_console(const Arguments& arguments, const Streams& streams);
int run_power(const Arguments& arguments, const Streams& streams);
int run_set(const Arguments& arguments, const Streams& streams);
int run_cut(const Arguments& arguments, const Streams& streams);
int run_capture(const Arguments& arguments, const Streams& streams);

/// Runs the command that `arguments` name, without the program's name. Returns the exit code.
int run_twin(const Arguments& arguments, const Streams& streams);

/// One command's own command line: its words, its options, --help.
class CommandLine {
 public:
  /// `words` are what the positional arguments are: {"NODE", "on|off"}. All must be given. After
  /// one that ends in "..." any number of them may follow. `command` is its name, perhaps with the
  /// name of a part of it: "firmware build".
  CommandLine(std::string_view command, Arguments words);

  boost::program_options::options_description& options() { return options_; }
  /// False if --help was asked for and answered. Throws UsageError.
  bool parse(const Arguments& arguments, const Streams& streams);
  const std::string& word(size_t place = 0) const { return given_words_.at(place); }
  const Arguments& words() const { return given_words_; }
  bool has(const char* option) const { return given_.count(option) != 0; }
  /// An option's value from `least` to `most`. Throws UsageError.
  size_t number(const char* option, size_t least, size_t most) const;
  /// `fallback` if it was not given.
  std::string text(const char* option, const std::string& fallback = "") const;
  /// Of an option that may be given again and again.
  Arguments texts(const char* option) const;

 private:
  std::string command_;
  Arguments words_;
  Arguments given_words_;
  boost::program_options::options_description options_;
  boost::program_options::variables_map given_;
};

/// One per line. Returns kExitFailed.
int print_errors(const std::vector<topology::Finding>& errors, const Streams& streams);

}  // namespace wirebraid::twin
