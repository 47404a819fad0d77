// A stream of numbered UDP packets, and what became of them.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "twin/lab/gap_meter.h"
#include "twin/lab/socket.h"

namespace wirebraid::lab {

struct UdpProbeOptions {
  std::string address;  ///< of the receiver
  uint16_t port = 7000;
  int packets_per_second = 500;
  size_t size = 200;  ///< UDP payload, at least 8
};

struct UdpProbeReport {
  using TimePoint = std::chrono::steady_clock::time_point;

  uint64_t sent = 0;
  uint64_t received = 0;    ///< each number once
  uint64_t duplicates = 0;  ///< arrivals beyond the first of a number
  uint64_t reordered = 0;   ///< arrived after a higher number
  std::chrono::microseconds longest_gap{};
  GapMeter gaps{};
  std::vector<TimePoint> sent_at{};       ///< by number
  std::vector<TimePoint> arrived_at{};    ///< by number; TimePoint{}, or missing at the end: lost
  std::vector<TimePoint> reordered_at{};  ///< when the reordered ones arrived

  uint64_t lost() const { return sent - received; }
  /// Of those sent within [from, to).
  uint64_t lost_between(TimePoint from, TimePoint to) const;
};

/// Sends at a steady pace from construction until finish(), from a thread in each namespace.
class UdpProbe {
 public:
  /// Throws std::system_error.
  UdpProbe(const Namespace& from, const Namespace& to, const UdpProbeOptions& options);
  ~UdpProbe();
  UdpProbe(const UdpProbe&) = delete;
  UdpProbe& operator=(const UdpProbe&) = delete;

  /// Stops sending, waits until all have arrived or none has for `patience`, and reports.
  UdpProbeReport finish(std::chrono::milliseconds patience = std::chrono::milliseconds(1000));

 private:
  using TimePoint = UdpProbeReport::TimePoint;

  void send();
  void receive();
  void join();

  UdpProbeOptions options_;
  Endpoint destination_;
  Socket sender_;
  Socket receiver_;
  std::atomic<bool> sending_ = true;
  std::atomic<bool> receiving_ = true;
  std::atomic<uint64_t> sent_ = 0;
  std::atomic<uint64_t> received_ = 0;
  // The sending thread's own until it has been joined.
  std::vector<TimePoint> sent_at_;
  // The receiving thread's own until it has been joined.
  std::vector<TimePoint> arrived_at_;
  std::vector<TimePoint> reordered_at_;
  uint64_t duplicates_ = 0;
  GapMeter gaps_;
  std::thread send_thread_;
  std::thread receive_thread_;
};

}  // namespace wirebraid::lab
