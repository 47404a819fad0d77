#include "bench/throughput/cpu_time.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <system_error>

namespace wirebraid::throughput {
namespace {

using std::chrono::duration;
using std::chrono::steady_clock;

std::string contents(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

/// The next number of `text`, taken from it with the spaces before it.
std::optional<uint64_t> take_number(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  uint64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(rest - text.data()));
  return number;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Of all threads, ended ones included. Nothing if there is no such process.
std::optional<Nanoseconds> process_time(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) {
    return std::nullopt;
  }
  return std::chrono::seconds(time.tv_sec) + Nanoseconds(time.tv_nsec);
}

/// Calls `visit` for every process and kernel thread. Those that end meanwhile may be left out.
void each_process(const std::function<void(pid_t, const ProcessStat&, Nanoseconds)>& visit) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename();
    if (!std::all_of(name.begin(), name.end(), is_digit)) continue;
    const auto pid = static_cast<pid_t>(std::stol(name));
    const auto stat = parse_process_stat(contents(entry.path() / "stat"));
    const auto time = process_time(pid);
    if (stat && time) visit(pid, *stat, *time);
  }
}

struct Added {
  double seconds = 0;
  pid_t most = 0;  ///< to whom the most was added; 0 if nothing was
};

/// From `before` to `now`. Processes that are new have all their time in between.
Added added(const std::map<pid_t, Nanoseconds>& before, const std::map<pid_t, Nanoseconds>& now) {
  Nanoseconds sum{};
  Nanoseconds most{};
  Added result;
  for (const auto& [pid, time] : now) {
    const auto found = before.find(pid);
    const Nanoseconds more = found == before.end() ? time : time - found->second;
    sum += more;
    if (more <= most) continue;
    most = more;
    result.most = pid;
  }
  result.seconds = duration<double>(sum).count();
  return result;
}

}  // namespace

bool ProcessStat::is_helper() const {
  return kernel_thread && (command.starts_with("ksoftirqd/") || command.starts_with("kworker/") ||
                           command.starts_with("napi/"));
}

std::optional<ProcessStat> parse_process_stat(std::string_view text) {
  // PID (COMMAND) STATE PARENT GROUP SESSION TERMINAL TERMINAL_GROUP FLAGS: proc_pid_stat(5). A
  // command may have brackets in it.
  const size_t open = text.find('(');
  const size_t close = text.rfind(')');
  if (open == text.npos || close == text.npos || close < open) return std::nullopt;
  std::istringstream rest(std::string(text.substr(close + 1)));
  char state = 0;
  long parent = 0;
  long skipped = 0;
  unsigned long flags = 0;
  rest >> state >> parent >> skipped >> skipped >> skipped >> skipped >> flags;
  if (!rest) return std::nullopt;
  constexpr unsigned long kKernelThread = 0x0020'0000;  // PF_KTHREAD
  return ProcessStat{.command = std::string(text.substr(open + 1, close - open - 1)),
                     .parent = static_cast<pid_t>(parent),
                     .kernel_thread = (flags & kKernelThread) != 0};
}

std::optional<MachineStat> parse_machine_stat(std::string_view text) {
  MachineStat stat;
  bool total = false;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.starts_with("cpu")) continue;
    line.remove_prefix(3);
    if (!line.starts_with(' ')) {
      ++stat.processors;
      continue;
    }
    // user, nice, system, idle, iowait, irq, softirq, steal: proc_stat(5).
    for (int field = 0; field < 8; ++field) {
      const auto ticks = take_number(line);
      if (!ticks) return std::nullopt;
      if (field == 3 || field == 4 || field == 7) stat.idle_ticks += *ticks;
    }
    total = true;
  }
  if (!total || stat.processors == 0) return std::nullopt;
  return stat;
}

double per_gigabyte(double seconds, uint64_t bytes) {
  return bytes == 0 ? 0 : seconds * 1e9 / static_cast<double>(bytes);
}

CpuMeter::CpuMeter(std::vector<pid_t> daemons) : daemons_(std::move(daemons)), start_(read()) {}

CpuMeter::Reading CpuMeter::read() const {
  Reading reading;
  for (const pid_t each : daemons_) {
    const auto time = process_time(each);
    if (!time) throw std::system_error(ESRCH, std::generic_category(), "a daemon's time");
    reading.daemons += *time;
  }
  const pid_t self = ::getpid();
  each_process([&](pid_t pid, const ProcessStat& stat, Nanoseconds time) {
    if (stat.is_helper()) reading.helpers[pid] = time;
    if (stat.kernel_thread || pid == self || stat.parent == self) return;
    reading.others[pid] = time;
    reading.commands[pid] = stat.command;
  });
  const auto machine = parse_machine_stat(contents("/proc/stat"));
  if (!machine) throw std::system_error(EPROTO, std::generic_category(), "/proc/stat");
  reading.machine = *machine;
  reading.at = steady_clock::now();
  return reading;
}

CpuUse CpuMeter::used() const {
  const Reading now = read();
  const Added others = added(start_.others, now.others);
  const double all =
      duration<double>(now.at - start_.at).count() * static_cast<double>(now.machine.processors);
  const double idle = static_cast<double>(now.machine.idle_ticks - start_.machine.idle_ticks) /
                      static_cast<double>(::sysconf(_SC_CLK_TCK));
  return {.daemons_s = duration<double>(now.daemons - start_.daemons).count(),
          .kernel_threads_s = added(start_.helpers, now.helpers).seconds,
          .machine_s = std::max(0.0, all - idle),
          .others_s = others.seconds,
          .busiest_other = others.most == 0 ? "" : now.commands.at(others.most)};
}

}  // namespace wirebraid::throughput
