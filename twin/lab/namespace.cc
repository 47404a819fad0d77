#include "twin/lab/namespace.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <exception>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <thread>
#include <vector>

#include "twin/lab/process.h"

namespace wirebraid::lab {
namespace {

constexpr std::string_view kDirectory = "/run/netns/";
constexpr std::string_view kPrefix = "wb";

void remove(const std::string& name) {
  const std::string path = std::string(kDirectory) + name;
  ::umount2(path.c_str(), MNT_DETACH);
  ::unlink(path.c_str());
}

/// The owner in a name of ours, or 0.
pid_t owner(const std::string& name) {
  if (!name.starts_with(kPrefix)) return 0;
  pid_t pid = 0;
  const char* const end = name.data() + name.size();
  const auto [rest, error] = std::from_chars(name.data() + kPrefix.size(), end, pid);
  return error == std::errc() && rest != end && *rest == '-' ? pid : 0;
}

}  // namespace

Namespace::Namespace(std::string_view role)
    : name_(std::string(kPrefix) + std::to_string(::getpid()) + "-" + std::string(role)) {
  run_command({"ip", "netns", "add", name_});
  fd_ = ::open((std::string(kDirectory) + name_).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0) {
    const int error = errno;
    remove(name_);
    throw std::system_error(error, std::generic_category(), "network namespace " + name_);
  }
  try {
    ip("link set lo up");
  } catch (...) {
    ::close(fd_);
    remove(name_);
    throw;
  }
}

Namespace::~Namespace() {
  ::close(fd_);
  remove(name_);
}

void Namespace::run(const std::function<void()>& job) const {
  std::exception_ptr thrown;
  std::thread([&] {
    try {
      if (::setns(fd_, CLONE_NEWNET) < 0) {
        throw std::system_error(errno, std::generic_category(), "setns " + name_);
      }
      job();
    } catch (...) {
      thrown = std::current_exception();
    }
  }).join();
  if (thrown) std::rethrow_exception(thrown);
}

void Namespace::ip(const std::string& arguments) const {
  std::vector<std::string> command{"ip", "-n", name_};
  for (std::string& word : words(arguments)) command.push_back(std::move(word));
  run_command(command);
}

void Namespace::sysctl(const std::string& key, std::string_view value) const {
  run([&] {
    std::ofstream file("/proc/sys/net/" + key);
    file << value << std::flush;
    if (!file) throw std::system_error(errno, std::generic_category(), "sysctl " + key);
  });
}

void join_by_veth(const Namespace& a, const std::string& device_a, const Namespace& b,
                  const std::string& device_b) {
  a.ip("link add " + device_a + " type veth peer name " + device_b + " netns " + b.name());
  a.ip("link set " + device_a + " up");
  b.ip("link set " + device_b + " up");
}

int remove_leftovers() {
  int removed = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(kDirectory, error)) {
    const std::string name = entry.path().filename();
    const pid_t pid = owner(name);
    if (pid <= 0 || ::kill(pid, 0) == 0 || errno != ESRCH) continue;
    remove(name);
    ++removed;
  }
  return removed;
}

}  // namespace wirebraid::lab
