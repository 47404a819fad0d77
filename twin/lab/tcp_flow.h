// One TCP connection that carries known bytes: as fast as it goes, compared byte for byte.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

#include "twin/lab/arrival_log.h"
#include "twin/lab/gap_meter.h"
#include "twin/lab/socket.h"

namespace wirebraid::lab {

struct TcpFlowOptions {
  std::string address;        ///< of the listening side
  std::string own_address{};  ///< as that side itself knows it, if others know it by another one
  uint16_t port = 7001;
  bool download = true;              ///< the listening side sends
  uint64_t bytes = 0;                ///< how much to send; 0: until finish()
  std::string device{};              ///< the connecting side's SO_BINDTODEVICE, if any
  std::string congestion_control{};  ///< the sender's, if not the system's
};

struct TcpFlowReport {
  uint64_t sent = 0;
  uint64_t received = 0;
  bool intact = false;  ///< all that was sent arrived, unchanged, and the connection ended in order
  std::chrono::microseconds longest_gap{};  ///< between two reads of the receiver that got bytes
  std::chrono::duration<double> duration{};
  GapMeter gaps{};
  ArrivalLog arrivals{};
  double bits_per_second() const { return static_cast<double>(received) * 8 / duration.count(); }
};

/// What the kernel tells of a connection, since its start (TCP_INFO).
struct TcpCounters {
  uint64_t retransmits = 0;         ///< segments sent again
  uint64_t spurious = 0;            ///< of which the receiver had a first copy (DSACK)
  uint64_t reordering_events = 0;   ///< times the sender found that segments were reordered
  uint64_t out_of_order = 0;        ///< segments that the receiver got after a later one
  std::chrono::microseconds rtt{};  ///< smoothed, as the sender has it
};

/// Runs from construction.
class TcpFlow {
 public:
  /// Connects; throws std::system_error.
  TcpFlow(const Namespace& listening, const Namespace& connecting, const TcpFlowOptions& options);
  ~TcpFlow();
  TcpFlow(const TcpFlow&) = delete;
  TcpFlow& operator=(const TcpFlow&) = delete;

  uint64_t received() const { return received_; }
  TcpCounters counters() const;
  /// With a number of bytes: waits for the last of them. Without: stops sending and waits for what
  /// is under way. Gives up when nothing arrives for `patience`.
  TcpFlowReport finish(std::chrono::milliseconds patience = std::chrono::milliseconds(5000));
  /// Resets the connection: what is not delivered by now never will be.
  TcpFlowReport abandon();

 private:
  void send();
  void receive();
  void join();
  TcpFlowReport report() const;

  TcpFlowOptions options_;
  Socket sender_;
  Socket receiver_;
  std::atomic<bool> sending_ = true;
  std::atomic<bool> aborted_ = false;
  std::atomic<bool> ended_ = false;  // the receiver has seen the end of the stream, or an error
  std::atomic<uint64_t> sent_ = 0;
  std::atomic<uint64_t> received_ = 0;
  // The receiving thread's own until it has been joined.
  bool exact_ = true;
  bool closed_ = false;
  GapMeter gaps_;
  ArrivalLog arrivals_;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point last_arrival_;
  std::thread send_thread_;
  std::thread receive_thread_;
};

}  // namespace wirebraid::lab
