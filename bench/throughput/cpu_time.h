// Processor time that the daemons, the kernel's helper threads and the whole machine take.
//
// A daemon's time is that of its process, all threads and ended ones included (io_uring's workers
// and a kernel polling thread are threads of the daemon). It includes what the kernel does in its
// system calls, and the softirq work that runs on its time; softirq work that runs on somebody
// else's time is not in it. So there is the whole machine's time as well, the load's own included.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wirebraid::throughput {

using Nanoseconds = std::chrono::nanoseconds;

/// What /proc/PID/stat says of a process.
struct ProcessStat {
  std::string command;
  pid_t parent = 0;
  bool kernel_thread = false;
  /// One of the kernel threads that network traffic puts to work: those of softirqs, of polled
  /// devices and of work queues.
  bool is_helper() const;
};
/// Nothing if `text` is not of that form.
std::optional<ProcessStat> parse_process_stat(std::string_view text);

/// What /proc/stat says since the machine's start.
struct MachineStat {
  uint64_t processors = 0;
  uint64_t idle_ticks = 0;  ///< of all processors together: idle, waiting for a disk, stolen
};
/// Nothing if `text` is not of that form.
std::optional<MachineStat> parse_machine_stat(std::string_view text);

struct CpuUse {
  double daemons_s = 0;         ///< of both ends
  double kernel_threads_s = 0;  ///< helper threads, whoever made them work
  double machine_s = 0;         ///< all processors, less what was idle
  double others_s = 0;          ///< of programs that this one did not start: they disturb
  std::string busiest_other{};  ///< the program that took most of that
  double caused_s() const { return daemons_s + kernel_threads_s; }
};

/// Seconds per gigabyte (10^9 bytes); 0 if there are no bytes.
double per_gigabyte(double seconds, uint64_t bytes);

/// Measures from construction on.
class CpuMeter {
 public:
  /// Throws std::system_error if one of `daemons` is not running, or /proc is not as expected.
  explicit CpuMeter(std::vector<pid_t> daemons);
  /// Until now. Throws as above.
  CpuUse used() const;

 private:
  struct Reading {
    Nanoseconds daemons{};
    std::map<pid_t, Nanoseconds> helpers;
    std::map<pid_t, Nanoseconds> others;
    std::map<pid_t, std::string> commands;  ///< of the others
    MachineStat machine;
    std::chrono::steady_clock::time_point at;
  };
  Reading read() const;

  std::vector<pid_t> daemons_;
  Reading start_;
};

}  // namespace wirebraid::throughput
