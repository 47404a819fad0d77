#include "twin/lab/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <sstream>
#include <system_error>
#include <thread>
#include <utility>

#include "twin/lab/namespace.h"

namespace wirebraid::lab {
namespace {

/// A descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd, const char* what) : fd_(fd) {
    if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

/// Memory with a descriptor takes output of any length without a reader, unlike a pipe.
int memory_file(const char* name) { return ::memfd_create(name, MFD_CLOEXEC); }

int standard_input(const std::string& text) {
  if (text.empty()) return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int fd = memory_file("input");
  if (fd < 0) return fd;
  if (::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::lseek(fd, 0, SEEK_SET) != 0) {
    ::close(fd);
    return -1;
  }
  return fd;
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> result;
  result.reserve(words.size() + 1);
  for (const std::string& word : words) result.push_back(const_cast<char*>(word.c_str()));
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> environment_with(const std::vector<std::string>& additional) {
  std::vector<std::string> result(additional);
  for (char** each = environ; *each != nullptr; ++each) result.emplace_back(*each);
  return result;
}

struct Start {
  pid_t parent;
  int namespace_fd;
  std::array<int, 3> standard;
  int failure_fd;
  const int* descriptors;
  size_t descriptor_count;
  char** command;
  char** environment;
};

/// In the child: async-signal-safe calls only, since the parent may have threads.
[[noreturn]] void become(const Start& start) {
  const auto fail = [&] {
    const int error = errno;
    [[maybe_unused]] const auto n = ::write(start.failure_fd, &error, sizeof error);
    ::_exit(127);
  };
  ::setpgid(0, 0);  // the terminal's Ctrl-C is for us; we end our children in order
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) fail();
  if (::getppid() != start.parent) ::_exit(127);  // it died before the line above
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (start.namespace_fd >= 0 && ::setns(start.namespace_fd, CLONE_NEWNET) < 0) fail();
  for (int i = 0; i < 3; ++i) {
    if (::dup2(start.standard[static_cast<size_t>(i)], i) < 0) fail();
  }
  for (size_t i = 0; i < start.descriptor_count; ++i) {
    if (::fcntl(start.descriptors[i], F_SETFD, 0) < 0) fail();
  }
  ::execvpe(start.command[0], start.command, start.environment);
  fail();
  ::_exit(127);
}

std::string contents(int fd) {
  std::string text;
  std::array<char, 4096> block{};
  ssize_t n = 0;
  while ((n = ::pread(fd, block.data(), block.size(), static_cast<off_t>(text.size()))) > 0) {
    text.append(block.data(), static_cast<size_t>(n));
  }
  return text;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

}  // namespace

Process::Process(const std::vector<std::string>& command, const ProcessOptions& options) {
  Descriptor input(standard_input(options.input), "standard input");
  const bool logged = !options.log_file.empty();
  const auto log = [&] {
    return ::open(options.log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  };
  Descriptor output(logged ? log() : memory_file("output"), "output");
  Descriptor errors(logged ? log() : memory_file("errors"), "errors");
  std::array<int, 2> failure{};
  if (::pipe2(failure.data(), O_CLOEXEC) < 0) {
    throw std::system_error(errno, std::generic_category(), "pipe");
  }
  Descriptor failure_read(failure[0], "pipe");

  std::vector<char*> arguments = pointers(command);
  const std::vector<std::string> variables = environment_with(options.environment);
  std::vector<char*> environment = pointers(variables);
  const Start start{.parent = ::getpid(),
                    .namespace_fd = options.inside != nullptr ? options.inside->fd() : -1,
                    .standard = {input.get(), output.get(), errors.get()},
                    .failure_fd = failure[1],
                    .descriptors = options.descriptors.data(),
                    .descriptor_count = options.descriptors.size(),
                    .command = arguments.data(),
                    .environment = environment.data()};
  pid_ = ::fork();
  if (pid_ == 0) become(start);
  const int fork_error = errno;
  ::close(failure[1]);
  if (pid_ < 0) throw std::system_error(fork_error, std::generic_category(), "fork");

  int error = 0;
  if (::read(failure_read.get(), &error, sizeof error) == sizeof error) {
    ::waitpid(pid_, nullptr, 0);
    throw std::system_error(error, std::generic_category(), command.front());
  }
  pid_fd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  if (pid_fd_ < 0) {
    const int open_error = errno;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    throw std::system_error(open_error, std::generic_category(), "pidfd_open");
  }
  if (!logged) {
    output_fd_ = output.release();
    errors_fd_ = errors.release();
  }
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pid_fd_(std::exchange(other.pid_fd_, -1)),
      output_fd_(std::exchange(other.output_fd_, -1)),
      errors_fd_(std::exchange(other.errors_fd_, -1)),
      status_(std::exchange(other.status_, 0)) {}

Process::~Process() {
  if (pid_ > 0) stop();
  for (const int fd : {pid_fd_, output_fd_, errors_fd_}) {
    if (fd >= 0) ::close(fd);
  }
}

std::optional<int> Process::wait(milliseconds limit) {
  if (status_) return status_;
  pollfd polled{pid_fd_, POLLIN, 0};
  // A signal that interrupts the wait is somebody's wish to stop waiting.
  if (::poll(&polled, 1, static_cast<int>(limit.count())) <= 0) return std::nullopt;
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_) return std::nullopt;
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return status_;
}

void Process::signal(int number) const {
  if (!status_) ::kill(-pid_, number);
}

int Process::stop(milliseconds grace) {
  signal(SIGTERM);
  if (const auto status = wait(grace)) return *status;
  signal(SIGKILL);
  while (true) {
    if (const auto status = wait(milliseconds(1000))) return *status;
  }
}

std::string Process::output() const { return contents(output_fd_); }
std::string Process::errors() const { return contents(errors_fd_); }

std::string run_command(const std::vector<std::string>& command, const ProcessOptions& options,
                        milliseconds limit) {
  Process process(command, options);
  const auto status = process.wait(limit);
  if (status == 0) return process.output();
  throw CommandFailed(joined(command) + ": " +
                      (status ? "status " + std::to_string(*status) : "no end") + "\n" +
                      process.output() + process.errors());
}

std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> result;
  for (std::string word; stream >> word;) result.push_back(word);
  return result;
}

std::string shell_quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char each : text) {
    if (each == '\'') {
      quoted += "'\\''";
    } else {
      quoted += each;
    }
  }
  return quoted + "'";
}

bool wait_until(const std::function<bool()>& condition, milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return true;
}

}  // namespace wirebraid::lab
