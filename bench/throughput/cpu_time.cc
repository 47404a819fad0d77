#include "bench/throughput/cpu_time.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <filesystem>
#include <fstream>
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

Nanoseconds process_time(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  const int error = ::clock_getcpuclockid(pid, &clock);
  if (error != 0 || ::clock_gettime(clock, &time) != 0) {
    throw std::system_error(error != 0 ? error : errno, std::generic_category(),
                            "processor time of process " + std::to_string(pid));
  }
  return std::chrono::seconds(time.tv_sec) + Nanoseconds(time.tv_nsec);
}

/// Threads that end meanwhile are left out.
std::map<pid_t, Nanoseconds> helper_times() {
  std::map<pid_t, Nanoseconds> times;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename();
    if (!std::all_of(name.begin(), name.end(), is_digit)) continue;
    if (!is_helper_thread(contents(entry.path() / "comm"))) continue;
    const auto time = parse_schedstat(contents(entry.path() / "schedstat"));
    if (time) times[static_cast<pid_t>(std::stol(name))] = *time;
  }
  return times;
}

}  // namespace

std::optional<Nanoseconds> parse_schedstat(std::string_view text) {
  const auto run = take_number(text);
  // Time in a run queue, and how often it ran, are there too in the form that we know.
  if (!run || !take_number(text) || !take_number(text)) return std::nullopt;
  return Nanoseconds(*run);
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

bool is_helper_thread(std::string_view command) {
  return command.starts_with("ksoftirqd/") || command.starts_with("kworker/") ||
         command.starts_with("napi/");
}

double per_gigabyte(double seconds, uint64_t bytes) {
  return bytes == 0 ? 0 : seconds * 1e9 / static_cast<double>(bytes);
}

CpuMeter::CpuMeter(std::vector<pid_t> daemons) : daemons_(std::move(daemons)), start_(read()) {}

CpuMeter::Reading CpuMeter::read() const {
  Reading reading;
  for (const pid_t each : daemons_) reading.daemons += process_time(each);
  reading.helpers = helper_times();
  const auto machine = parse_machine_stat(contents("/proc/stat"));
  if (!machine) throw std::system_error(EPROTO, std::generic_category(), "/proc/stat");
  reading.machine = *machine;
  reading.at = steady_clock::now();
  return reading;
}

CpuUse CpuMeter::used() const {
  const Reading now = read();
  Nanoseconds helpers{};
  for (const auto& [pid, time] : now.helpers) {
    const auto before = start_.helpers.find(pid);
    helpers += before == start_.helpers.end() ? time : time - before->second;
  }
  const double all =
      duration<double>(now.at - start_.at).count() * static_cast<double>(now.machine.processors);
  const double idle = static_cast<double>(now.machine.idle_ticks - start_.machine.idle_ticks) /
                      static_cast<double>(::sysconf(_SC_CLK_TCK));
  return {.daemons_s = duration<double>(now.daemons - start_.daemons).count(),
          .kernel_threads_s = duration<double>(helpers).count(),
          .machine_s = std::max(0.0, all - idle)};
}

}  // namespace wirebraid::throughput
