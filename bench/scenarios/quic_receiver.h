// The other end of QuicSender: which packets came, and when to say so (RFC 9000, 13.2). Pure.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "bench/scenarios/quic_sender.h"

namespace wirebraid::scenarios {

class QuicReceiver {
 public:
  void receive(uint64_t number, Time now);
  /// An acknowledgement is due: after every second packet, at once for one out of order, or 25 ms
  /// after the first.
  bool due(Time now) const { return now >= deadline_; }
  Time deadline() const { return deadline_; }
  /// The newest ranges, newest first. Nothing is due afterwards.
  std::vector<PacketRange> acknowledge();
  /// Since the newest packet came.
  Duration held(Time now) const { return now - newest_at_; }

  uint64_t received() const { return received_; }          ///< each number once
  uint64_t out_of_order() const { return out_of_order_; }  ///< came after a higher number

 private:
  bool insert(uint64_t number);

  std::map<uint64_t, uint64_t> ranges_;  // first, last
  Time deadline_ = kNever;
  Time newest_at_{};
  int unacknowledged_ = 0;
  uint64_t received_ = 0;
  uint64_t out_of_order_ = 0;
};

}  // namespace wirebraid::scenarios
