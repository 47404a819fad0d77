// One run of iperf3 between two namespaces: TCP, or UDP at a given rate.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "twin/lab/process.h"

namespace wirebraid::lab {

struct IperfOptions {
  std::string address;  ///< of the server
  std::chrono::seconds duration{10};
  bool download = true;                       ///< the server sends (iperf3 -R)
  int streams = 1;                            ///< connections at the same time
  uint64_t udp_bits_per_second = 0;           ///< of UDP payload; 0: TCP
  size_t udp_size = 1200;                     ///< bytes of UDP payload in each datagram
  std::vector<std::string> more_arguments{};  ///< for the client
};

struct IperfReport {
  double bits_per_second = 0;          ///< at the receiver, over the whole run
  std::vector<double> interval_rates;  ///< bits per second, one per second of the run
  uint64_t bytes = 0;                  ///< of payload, at the receiver
  double seconds = 0;                  ///< how long the receiver was at it
  uint64_t retransmits = 0;            ///< of TCP's sender, where it tells
  uint64_t datagrams = 0;              ///< sent, of UDP
  uint64_t lost = 0;                   ///< of them
};

class Iperf {
 public:
  /// Starts server and client. Throws CommandFailed if the server does not come up.
  Iperf(const Namespace& server, const Namespace& client, const IperfOptions& options);

  /// True when the client has ended, in whatever way.
  bool done() { return !client_.running(); }
  /// Waits for the end, at most a quarter longer than planned and 10 s; throws CommandFailed if the
  /// run failed.
  IperfReport report();

 private:
  IperfOptions options_;
  Process server_;
  Process client_;
};

}  // namespace wirebraid::lab
