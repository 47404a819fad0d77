// Child processes of tests and the demo: in a network namespace if wanted, and never left behind.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace wirebraid::lab {

class Namespace;

using std::chrono::milliseconds;

struct ProcessOptions {
  const Namespace* inside = nullptr;       ///< nullptr: the caller's network namespace
  std::string input{};                     ///< all of its standard input
  std::string log_file{};                  ///< where output and errors go; empty: kept for output()
  std::vector<std::string> environment{};  ///< NAME=VALUE, beside the caller's own
  std::vector<int> descriptors{};          ///< that it inherits, under their numbers
};

/// A running program. It dies with the thread that started it (PR_SET_PDEATHSIG), at the latest
/// with this object. Not thread-safe.
class Process {
 public:
  /// Starts `command` (looked up in PATH). Throws std::system_error, also if it cannot be executed.
  explicit Process(const std::vector<std::string>& command, const ProcessOptions& options = {});
  /// SIGTERM, and SIGKILL after two seconds.
  ~Process();
  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;

  pid_t pid() const { return pid_; }
  bool running() { return !wait(milliseconds(0)).has_value(); }
  /// The exit status, or 128 + the signal that ended it as a shell has it; nothing if it still
  /// runs after `limit`.
  std::optional<int> wait(milliseconds limit);
  void signal(int number) const;
  /// SIGTERM, SIGKILL after `grace`; returns as wait().
  int stop(milliseconds grace = milliseconds(2000));

  /// What it has written so far. Empty if a log file was given.
  std::string output() const;
  std::string errors() const;

 private:
  pid_t pid_ = -1;
  int pid_fd_ = -1;
  int output_fd_ = -1;
  int errors_fd_ = -1;
  std::optional<int> status_;
};

/// A command ended with a status other than 0, or did not end.
struct CommandFailed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Runs `command` to its end and returns its output. Throws CommandFailed with what it said.
std::string run_command(const std::vector<std::string>& command, const ProcessOptions& options = {},
                        milliseconds limit = milliseconds(30'000));

/// Splits at spaces.
std::vector<std::string> words(const std::string& text);

/// In single quotes, so that a POSIX shell reads it as one word, whatever is in it.
std::string shell_quoted(std::string_view text);

/// Asks `condition` every 5 ms until it holds; false if it still does not after `limit`.
bool wait_until(const std::function<bool()>& condition, milliseconds limit);

}  // namespace wirebraid::lab
