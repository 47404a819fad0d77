#include "twin/machine/console.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>

namespace wirebraid::machine {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kHistory = 4096;
/// What a machine may say at once before it is taken for mad.
constexpr size_t kMostOutput = 16 << 20;
/// Between two tries to wake up the shell.
constexpr milliseconds kNudge{1000};
/// Of a line of input; busybox takes no longer ones than 1024.
constexpr size_t kLineBytes = 800;

std::string without_returns(std::string text) {
  std::erase(text, '\r');
  return text;
}

// For printf '%b', which every shell has.
std::string octal(std::string_view bytes) {
  std::string text;
  for (const char each : bytes) {
    const auto byte = static_cast<unsigned char>(each);
    text += "\\0";
    for (const int shift : {6, 3, 0}) text += static_cast<char>('0' + (byte >> shift & 7));
  }
  return text;
}

}  // namespace

void Console::fail(const std::string& why) const {
  throw ConsoleError(name_ + ": " + why + "; it said last:\n" + tail());
}

std::string Console::tail() const { return without_returns(history_); }

void Console::send(std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0)
      fail("the console does not take input (" + std::generic_category().message(errno) + ")");
    text.remove_prefix(static_cast<size_t>(sent));
  }
}

// False when the time is up.
bool Console::try_read(Deadline deadline) {
  const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
  if (left <= milliseconds(0)) return false;
  pollfd polled{fd_, POLLIN, 0};
  if (::poll(&polled, 1, static_cast<int>(left.count())) <= 0) return Clock::now() < deadline;
  std::array<char, 4096> block{};
  const ssize_t size = ::recv(fd_, block.data(), block.size(), MSG_DONTWAIT);
  if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) fail("the machine has ended");
  if (size < 0) return true;
  const std::string_view said(block.data(), static_cast<size_t>(size));
  said_ += said;
  history_ += said;
  if (history_.size() > kHistory) history_.erase(0, history_.size() - kHistory);
  if (said_.size() > kMostOutput) fail("it does not stop talking");
  return true;
}

std::optional<std::string> Console::try_read_until(std::string_view text, Deadline deadline) {
  while (true) {
    const size_t found = said_.find(text);
    if (found != std::string::npos) {
      std::string before = said_.substr(0, found);
      said_.erase(0, found + text.size());
      return before;
    }
    if (!try_read(deadline)) return std::nullopt;
  }
}

std::string Console::read_until(std::string_view text, Deadline deadline) {
  auto before = try_read_until(text, deadline);
  if (!before) fail("no answer in time");
  return *std::move(before);
}

bool Console::says(std::string_view text, milliseconds limit) {
  return try_read_until(text, Clock::now() + limit).has_value();
}

// The mark is put together by the shell, so that an echo of the line is not taken for its answer.
void Console::activate(milliseconds limit) {
  const Deadline deadline = Clock::now() + limit;
  while (true) {
    const std::string number = std::to_string(++commands_);
    send("\necho \"<\"\"here" + number + ">\"\n");
    const std::string mark = "<here" + number + ">";
    const Deadline next = std::min(Clock::now() + kNudge, deadline);
    while (said_.find(mark) == std::string::npos && try_read(next)) {
    }
    const size_t found = said_.find(mark);
    if (found != std::string::npos) {
      said_.erase(0, found + mark.size());
      return;
    }
    if (Clock::now() >= deadline) fail("no shell on the console in time");
  }
}

CommandResult Console::run(const std::string& command, milliseconds limit) {
  const Deadline deadline = Clock::now() + limit;
  const std::string number = std::to_string(++commands_);
  send("echo \"<\"\"begin" + number + ">\"; { " + command + "\n} 2>&1; echo \"<\"\"end" + number +
       ":$?>\"\n");
  read_until("<begin" + number + ">\r\n", deadline);
  CommandResult result{.output = without_returns(read_until("<end" + number + ":", deadline))};
  const std::string status = read_until(">", deadline);
  std::from_chars(status.data(), status.data() + status.size(), result.status);
  return result;
}

void Console::write_file(const std::string& path, std::string_view content, milliseconds limit) {
  const Deadline deadline = Clock::now() + limit;
  const auto left = [&] { return std::chrono::ceil<milliseconds>(deadline - Clock::now()); };
  const auto must = [&](const std::string& command) {
    const CommandResult result = run(command, left());
    if (result.status != 0) fail("cannot write " + path + " (" + result.output + ")");
  };
  must(": >'" + path + "'");
  while (!content.empty()) {
    const std::string_view part = content.substr(0, kLineBytes / 5);
    must("printf '%b' '" + octal(part) + "' >>'" + path + "'");
    content.remove_prefix(part.size());
  }
}

}  // namespace wirebraid::machine
