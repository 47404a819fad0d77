// One iperf3 TCP flow between two namespaces.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "twin/lab/process.h"

namespace wirebraid::lab {

struct IperfOptions {
  std::string address;  ///< of the server
  std::chrono::seconds duration{10};
  bool download = true;                       ///< the server sends (iperf3 -R)
  std::vector<std::string> more_arguments{};  ///< for the client
};

struct IperfReport {
  double bits_per_second = 0;          ///< at the receiver, over the whole run
  std::vector<double> interval_rates;  ///< bits per second, one per second of the run
  uint64_t retransmits = 0;            ///< of the sender, where it tells
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
