// A shell on a machine's serial console: all that the twin asks of a firmware. Nothing has to be
// installed in it; the kernel's messages may come in between at any time.
#pragma once

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace wirebraid::machine {

using std::chrono::milliseconds;

/// The machine did not say what was waited for, or is gone. Its message is a sentence for the user
/// that ends with what the machine said last.
struct ConsoleError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct CommandResult {
  int status = 0;      ///< the shell's $?
  std::string output;  ///< both of its outputs, with '\n' at line ends
};

/// Speaks to the other end of a byte stream. Not thread-safe.
class Console {
 public:
  /// `fd` is a stream socket, and stays the caller's. `name`: for messages.
  Console(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

  /// Waits until the machine answers as a root shell does, and presses Enter now and then, as
  /// OpenWrt's "Please press Enter to activate this console" wants it. Throws ConsoleError after
  /// `limit`, or at once when the stream ends.
  void activate(milliseconds limit);
  /// Runs a line of shell (POSIX) to its end. Precondition: activate(). Throws ConsoleError as
  /// above; afterwards activate() may help, for the command may still run.
  CommandResult run(const std::string& command, milliseconds limit);
  /// Writes `content`, which may be binary, to `path` there. Throws ConsoleError as above and if
  /// the machine says that it cannot.
  void write_file(const std::string& path, std::string_view content, milliseconds limit);

  /// Waits until the machine says `text`; for what it says on its own. False after `limit`; throws
  /// ConsoleError when the stream ends.
  bool says(std::string_view text, milliseconds limit);
  /// Ctrl-C; activate() finds the shell again.
  void interrupt() { send("\x03"); }
  int descriptor() const { return fd_; }
  /// The last words, for messages.
  std::string tail() const;

 private:
  using Deadline = std::chrono::steady_clock::time_point;

  void send(std::string_view text);
  /// Reads until `text` has come; returns what came before it. Nothing if the time is up.
  std::optional<std::string> try_read_until(std::string_view text, Deadline deadline);
  /// The same, and throws.
  std::string read_until(std::string_view text, Deadline deadline);
  bool try_read(Deadline deadline);
  [[noreturn]] void fail(const std::string& why) const;

  int fd_;
  std::string name_;
  std::string said_;     // and not yet looked at
  std::string history_;  // the end of what was
  unsigned commands_ = 0;
};

}  // namespace wirebraid::machine
