// The one queue of a bond: fair between flows, short by CoDel.
//
// FQ-CoDel (RFC 8290): flows hash into buckets, deficit round robin between them, a bucket that was
// empty goes first, and each bucket drops (or marks ECN-capable packets) by CoDel (RFC 8289). So
// inner TCP sees one smooth bottleneck, and a ping stays short while a download runs.
//
// What TCP sends again goes before the rest of its flow and is not dropped: the rest is of no use
// at the far end before it. So a flow that has lost a packet by CoDel stands still for a round
// trip, not for its own queue as well. But not if it has timestamps: those that it would overtake
// are older, and the receiver would drop them all (PAWS, RFC 7323 section 5). Only after a collapse
// of the capacity is that better than the wait.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "wirebraid/packet.h"
#include "wirebraid/time.h"

namespace wirebraid {

struct FairQueueStatistics {
  uint64_t enqueued = 0;
  uint64_t dropped_full = 0;   ///< from the longest bucket, when the queue's bound was reached
  uint64_t dropped_codel = 0;  ///< to signal congestion
  uint64_t marked = 0;         ///< CE instead of a drop
  uint64_t dropped_stale = 0;  ///< waited longer than Options::max_age
};

struct QueuedPacket {
  Packet packet;
  uint64_t flow = 0;  ///< hash of its flow
  Time enqueued{};
  uint64_t pin = 0;           ///< what decides the path in flow and host mode
  uint32_t copies = 0;        ///< names the copies of one packet in redundant mode; 0: the only one
  uint8_t traffic_class = 0;  ///< ClassIndex
  static constexpr uint8_t kNoLane = UINT8_MAX;
  uint8_t lane = kNoLane;  ///< PathIndex for which it waited before it was taken out

  QueuedPacket share() const {
    return {packet.share(), flow, enqueued, pin, copies, traffic_class, lane};
  }
};

class FairQueue {
 public:
  struct Options {
    size_t max_packets = 4096;
    Duration target = std::chrono::milliseconds(20);     ///< acceptable standing delay
    Duration interval = std::chrono::milliseconds(100);  ///< about a worst round trip
    uint32_t quantum = 1514;                             ///< bytes per round
    Duration max_age = std::chrono::seconds(3);          ///< nobody wants it any more
  };
  FairQueue() : FairQueue(Options{}) {}
  explicit FairQueue(const Options& options);

  /// `queued.packet` is an IP packet. `enqueued` is never before that of an earlier one of its
  /// flow.
  void push(QueuedPacket queued);

  struct Head {
    size_t size = 0;  ///< bytes of the packet
    Time enqueued{};
    uint64_t flow = 0;
    bool sparse = false;  ///< its flow has not been backlogged: it goes first and shall not wait
  };
  /// The packet that pop() would return. Drops by CoDel on the way, so the queue may turn out
  /// empty.
  std::optional<Head> peek(Time now);
  /// Precondition: peek(now) returned a value and nothing changed since.
  QueuedPacket pop();
  /// Lets other flows go before the one of that packet. Same precondition.
  void pass();

  /// Takes out everything; each flow's packets stay in order.
  void take_all(std::vector<QueuedPacket>& out);

  /// Drops what is older than Options::max_age, for times when nobody peeks.
  void drop_stale(Time now);

  /// Starts CoDel anew: that packets had to wait while nothing could be sent is no congestion.
  void forgive();
  /// Capacity has collapsed: forgives, and for some time a queue far above the target is cut to it
  /// at once. One loss at a time would leave a flow with a queue that all it sends again has to
  /// wait in.
  void expect_collapse(Time now);

  bool empty() const { return packets_ == 0; }
  size_t packets() const { return packets_; }
  size_t bytes() const { return bytes_; }
  const FairQueueStatistics& statistics() const { return statistics_; }
  void clear();

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr uint32_t kBuckets = 1024;

  struct Node {
    QueuedPacket queued;
    uint32_t next = kNone;
  };
  enum class List : uint8_t { none, fresh, old };
  struct Bucket {
    uint32_t first = kNone;
    uint32_t last = kNone;
    uint32_t bytes = 0;
    int32_t deficit = 0;
    uint32_t next_bucket = kNone;
    List list = List::none;
    bool dropping = false;  // CoDel state, names as in RFC 8289
    uint32_t count = 0;
    uint32_t last_count = 0;
    Time first_above{};  // Time{}: not above the target
    Time drop_next{};
    uint64_t tcp_flow = 0;        ///< hash of the flow that tcp_next is of
    uint32_t tcp_next = 0;        ///< behind the highest sequence number seen
    uint32_t last_again = kNone;  ///< node of the last retransmission; they are in front
  };
  struct BucketList {
    uint32_t first = kNone;
    uint32_t last = kNone;
  };

  void append(BucketList& list, uint32_t bucket, List which);
  uint32_t take_first(BucketList& list);
  bool is_again(Bucket& bucket, const QueuedPacket& queued);
  QueuedPacket unlink_head(Bucket& bucket);
  void drop_stale(Bucket& bucket, Time now);
  bool should_drop(Bucket& bucket, Time now);
  bool run_codel(Bucket& bucket, Time now);
  bool drop_or_mark(Bucket& bucket);
  void drop_from_longest();
  Time control_law(Time from, uint32_t count) const;

  Options options_;
  std::vector<Node> nodes_;
  uint32_t free_nodes_ = kNone;
  std::vector<Bucket> buckets_;
  BucketList fresh_;
  BucketList old_;
  uint32_t longest_ = 0;       ///< bucket that had most_bytes_
  uint32_t most_bytes_ = 0;    ///< no bucket has more
  uint32_t selected_ = kNone;  ///< bucket of the last peek()
  Time checked_{};             ///< time for which the selected head passed CoDel
  bool head_checked_ = false;
  Time trim_until_{};  ///< see expect_collapse()
  size_t packets_ = 0;
  size_t bytes_ = 0;
  FairQueueStatistics statistics_;
};

}  // namespace wirebraid
