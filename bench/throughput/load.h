// The traffic that is measured, and what one measurement of it says.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/throughput/cpu_time.h"
#include "bench/throughput/system.h"

namespace wirebraid::throughput {

struct Load {
  enum class Kind { tcp, udp, echo };
  std::string name;
  std::string summary;
  Kind kind = Kind::tcp;
  int streams = 1;
  bool download = false;             ///< from the server to the gateway
  uint64_t udp_bits_per_second = 0;  ///< of payload, as sent
  size_t udp_size = 0;               ///< bytes of payload in a datagram
  int echoes_per_second = 0;
};

/// All loads, in the order in which they are measured.
std::vector<Load> loads();

/// Round trips of echoed datagrams, in microseconds.
struct Echo {
  double median_us = 0;
  double p99_us = 0;
};

struct Measurement {
  double seconds = 0;
  uint64_t bytes = 0;  ///< of payload that arrived, both ways together for echoes
  CpuUse cpu{};
  uint64_t retransmits = 0;  ///< of TCP's sender
  uint64_t sent = 0;         ///< datagrams
  uint64_t lost = 0;         ///< of them
  std::optional<Echo> echo{};

  double bits_per_second() const {
    return seconds > 0 ? static_cast<double>(bytes) * 8 / seconds : 0;
  }
  double datagrams_per_second() const {
    return seconds > 0 ? static_cast<double>(sent - lost) / seconds : 0;
  }
  double loss() const {
    return sent > 0 ? static_cast<double>(lost) / static_cast<double>(sent) : 0;
  }
  /// Of daemons and kernel threads.
  double caused_per_gigabyte() const { return per_gigabyte(cpu.caused_s(), bytes); }
  double machine_per_gigabyte() const { return per_gigabyte(cpu.machine_s, bytes); }
};

/// Runs `load` through `system` for `duration`. Throws lab::CommandFailed or std::system_error;
/// lab::Interrupted on a signal.
Measurement measure(const System& system, const Load& load, std::chrono::seconds duration);

}  // namespace wirebraid::throughput
