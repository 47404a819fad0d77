// QuicSender and QuicReceiver on UDP sockets.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "bench/scenarios/bulk_flow.h"
#include "bench/scenarios/quic_sender.h"
#include "twin/lab/socket.h"

namespace wirebraid::scenarios {

class QuicFlow : public BulkFlow {
 public:
  /// Throws std::system_error.
  QuicFlow(const lab::Namespace& from, const lab::Namespace& to, const std::string& address);
  ~QuicFlow() override;
  QuicFlow(const QuicFlow&) = delete;
  QuicFlow& operator=(const QuicFlow&) = delete;

  /// What was sent again in vain is not of use to the receiver.
  BulkCounters counters() const override;

 private:
  void send();
  void receive();
  void read_acknowledgements(QuicSender& sender) const;

  lab::Endpoint destination_;
  lab::Socket sending_;
  lab::Socket receiving_;
  std::atomic<bool> running_ = true;
  std::atomic<uint64_t> received_ = 0;
  std::atomic<uint64_t> out_of_order_ = 0;
  std::atomic<uint64_t> lost_ = 0;
  std::atomic<uint64_t> spurious_ = 0;
  std::thread receive_thread_;
  std::thread send_thread_;
};

}  // namespace wirebraid::scenarios
