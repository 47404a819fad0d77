// A ping: small numbered UDP packets at a steady pace, sent back by the far side.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "twin/lab/socket.h"

namespace wirebraid::lab {

/// Payload of each packet, as `ping` sends them.
inline constexpr size_t kEchoSize = 56;

struct EchoProbeOptions {
  std::string address;  ///< of the side that sends back
  uint16_t port = 7002;
  int packets_per_second = 20;
};

struct EchoSample {
  std::chrono::steady_clock::time_point sent;
  std::chrono::microseconds round_trip{};
};

struct EchoProbeReport {
  uint64_t sent = 0;
  uint64_t lost() const { return sent - samples.size(); }
  std::vector<EchoSample> samples{};  ///< in order of arrival, each number once
};

/// Runs from construction until finish(), with a thread in each namespace.
class EchoProbe {
 public:
  /// Throws std::system_error.
  EchoProbe(const Namespace& from, const Namespace& to, const EchoProbeOptions& options);
  ~EchoProbe();
  EchoProbe(const EchoProbe&) = delete;
  EchoProbe& operator=(const EchoProbe&) = delete;

  /// Stops asking, and waits at most `patience` for the answers.
  EchoProbeReport finish(std::chrono::milliseconds patience = std::chrono::milliseconds(1000));

 private:
  void ask();
  void ask_once();
  void answer() const;
  void receive();
  void join();

  EchoProbeOptions options_;
  Endpoint destination_;
  Socket asker_;
  Socket answerer_;
  std::atomic<bool> asking_ = true;
  std::atomic<bool> running_ = true;
  std::atomic<uint64_t> answered_ = 0;
  std::atomic<uint64_t> asked_ = 0;
  // The asking thread's own until it has been joined.
  std::vector<std::chrono::steady_clock::time_point> sent_;
  std::vector<bool> seen_;
  std::vector<EchoSample> samples_;
  std::thread ask_thread_;
  std::thread answer_thread_;
};

}  // namespace wirebraid::lab
