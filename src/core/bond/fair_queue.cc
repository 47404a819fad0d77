#include "core/bond/fair_queue.h"

#include <algorithm>
#include <cmath>

#include "core/packet/tcp_segment.h"
#include "wirebraid/packet_info.h"

namespace wirebraid {

namespace {
constexpr int kMaxTrim = 256;
constexpr uint32_t kTrimBacklog = 32'768;  // bytes; a call's queue is not a download's
constexpr Duration kCollapseTime = std::chrono::seconds(1);
constexpr size_t kMtu = 1514;  // RFC 8289: never drop the last packet's worth of bytes
}  // namespace

FairQueue::FairQueue(const Options& options) : options_(options) {}

void FairQueue::clear() {
  nodes_.clear();
  free_nodes_ = kNone;
  buckets_.clear();
  fresh_ = old_ = BucketList{};
  selected_ = kNone;
  packets_ = bytes_ = 0;
  longest_ = most_bytes_ = 0;
}

void FairQueue::append(BucketList& list, uint32_t index, List which) {
  Bucket& bucket = buckets_[index];
  bucket.list = which;
  bucket.next_bucket = kNone;
  if (list.last == kNone) {
    list.first = index;
  } else {
    buckets_[list.last].next_bucket = index;
  }
  list.last = index;
}

uint32_t FairQueue::take_first(BucketList& list) {
  const uint32_t index = list.first;
  Bucket& bucket = buckets_[index];
  list.first = bucket.next_bucket;
  if (list.first == kNone) list.last = kNone;
  bucket.list = List::none;
  return index;
}

void FairQueue::push(QueuedPacket queued) {
  if (buckets_.empty()) buckets_.resize(kBuckets);
  if (packets_ >= options_.max_packets) drop_from_longest();
  uint32_t index = free_nodes_;
  if (index != kNone) {
    free_nodes_ = nodes_[index].next;
  } else {
    index = static_cast<uint32_t>(nodes_.size());
    nodes_.emplace_back();
  }
  const auto size = static_cast<uint32_t>(queued.packet.size());
  const auto bucket_index = static_cast<uint32_t>(queued.flow % kBuckets);
  nodes_[index].queued = std::move(queued);
  nodes_[index].next = kNone;

  Bucket& bucket = buckets_[bucket_index];
  if (is_again(bucket, nodes_[index].queued)) {
    uint32_t& place = bucket.last_again == kNone ? bucket.first : nodes_[bucket.last_again].next;
    nodes_[index].next = place;
    place = index;
    bucket.last_again = index;
    if (nodes_[index].next == kNone) bucket.last = index;
    selected_ = kNone;  // peek() may have chosen the one that was first
  } else {
    (bucket.last == kNone ? bucket.first : nodes_[bucket.last].next) = index;
    bucket.last = index;
  }
  bucket.bytes += size;
  if (bucket.bytes > most_bytes_) {
    longest_ = bucket_index;
    most_bytes_ = bucket.bytes;
  }
  bytes_ += size;
  ++packets_;
  ++statistics_.enqueued;
  if (bucket.list == List::none) {
    bucket.deficit = static_cast<int32_t>(options_.quantum);
    append(fresh_, bucket_index, List::fresh);
    selected_ = kNone;  // a fresh bucket goes before the one that peek() chose
  }
}

// All of it has been here before.
bool FairQueue::is_again(Bucket& bucket, const QueuedPacket& queued) {
  const auto segment = read_tcp(queued.packet.bytes());
  if (!segment) return false;
  const bool known = bucket.tcp_flow == queued.flow && !segment->has(kTcpSyn);
  if (known && !tcp_after(segment->next(), bucket.tcp_next)) {
    const bool collapsed = queued.enqueued < trim_until_;
    return segment->length > 0 && (collapsed || !tcp_has_timestamps(queued.packet.bytes()));
  }
  bucket.tcp_flow = queued.flow;
  bucket.tcp_next = segment->next();
  return false;
}

QueuedPacket FairQueue::unlink_head(Bucket& bucket) {
  const uint32_t index = bucket.first;
  Node& node = nodes_[index];
  QueuedPacket queued = std::move(node.queued);
  bucket.first = node.next;
  if (bucket.first == kNone) bucket.last = kNone;
  if (bucket.last_again == index) bucket.last_again = kNone;
  node.next = free_nodes_;
  free_nodes_ = index;
  const auto size = static_cast<uint32_t>(queued.packet.size());
  bucket.bytes -= size;
  bytes_ -= size;
  --packets_;
  return queued;
}

// To look at all buckets takes as long as thirty packets do. So the one that was the longest serves
// until it has half of that; no other has more than it had.
void FairQueue::drop_from_longest() {
  if (2 * uint64_t{buckets_[longest_].bytes} < most_bytes_) {
    const auto longest =
        std::max_element(buckets_.begin(), buckets_.end(),
                         [](const Bucket& a, const Bucket& b) { return a.bytes < b.bytes; });
    longest_ = static_cast<uint32_t>(longest - buckets_.begin());
    most_bytes_ = longest->bytes;
  }
  if (buckets_[longest_].first == kNone) return;
  unlink_head(buckets_[longest_]);
  ++statistics_.dropped_full;
  selected_ = kNone;
}

Time FairQueue::control_law(Time from, uint32_t count) const {
  const double step = static_cast<double>(options_.interval.count()) / std::sqrt(count);
  return from + Duration(static_cast<int64_t>(step));
}

void FairQueue::take_all(std::vector<QueuedPacket>& out) {
  selected_ = kNone;
  for (Bucket& bucket : buckets_) {
    while (bucket.first != kNone) out.push_back(unlink_head(bucket));
    bucket.tcp_flow = 0;  // they may come back, as the new packets that they are
  }
}

void FairQueue::drop_stale(Bucket& bucket, Time now) {
  while (bucket.first != kNone && now - nodes_[bucket.first].queued.enqueued > options_.max_age) {
    unlink_head(bucket);
    ++statistics_.dropped_stale;
  }
}

void FairQueue::drop_stale(Time now) {
  selected_ = kNone;
  for (Bucket& bucket : buckets_) drop_stale(bucket, now);
}

void FairQueue::forgive() {
  for (Bucket& bucket : buckets_) {
    bucket.first_above = Time{};
    bucket.dropping = false;
  }
}

void FairQueue::expect_collapse(Time now) {
  forgive();
  trim_until_ = now + kCollapseTime;
}

bool FairQueue::should_drop(Bucket& bucket, Time now) {
  if (bucket.first == kNone) {
    bucket.first_above = Time{};
    return false;
  }
  const Duration sojourn = now - nodes_[bucket.first].queued.enqueued;
  if (sojourn < options_.target || bucket.bytes <= kMtu) {
    bucket.first_above = Time{};
    return false;
  }
  if (bucket.first_above == Time{}) {
    bucket.first_above = now + options_.interval;
    return false;
  }
  return now >= bucket.first_above;
}

bool FairQueue::drop_or_mark(Bucket& bucket) {
  Packet& head = nodes_[bucket.first].queued.packet;
  const auto info = read_ip(head.bytes());
  if (info && (info->traffic_class & kEcnMask) != kEcnNotEct) {
    set_ecn(head.bytes(), kEcnCe);
    ++statistics_.marked;
    return false;
  }
  unlink_head(bucket);
  ++statistics_.dropped_codel;
  return true;
}

// RFC 8289 section 5: leaves the head that may go out, having dropped what had to be.
bool FairQueue::run_codel(Bucket& bucket, Time now) {
  drop_stale(bucket, now);
  if (bucket.last_again != kNone) return true;
  bool drop = should_drop(bucket, now);
  if (bucket.dropping) {
    if (!drop) bucket.dropping = false;
    while (bucket.dropping && now >= bucket.drop_next) {
      ++bucket.count;
      const bool gone = drop_or_mark(bucket);
      bucket.drop_next = control_law(bucket.drop_next, bucket.count);
      if (!gone) break;
      if (!should_drop(bucket, now)) bucket.dropping = false;
    }
  } else if (drop) {
    const Time latest = now - options_.target;
    const bool collapsed = now < trim_until_ && bucket.bytes > kTrimBacklog;
    for (int dropped = 0; drop_or_mark(bucket) && collapsed && dropped < kMaxTrim; ++dropped) {
      if (!should_drop(bucket, now) || nodes_[bucket.first].queued.enqueued > latest) break;
    }
    should_drop(bucket, now);
    bucket.dropping = true;
    const uint32_t delta = bucket.count - bucket.last_count;
    const bool recently = now - bucket.drop_next < 16 * options_.interval;
    bucket.count = delta > 1 && recently ? delta : 1;
    bucket.drop_next = control_law(now, bucket.count);
    bucket.last_count = bucket.count;
  }
  return bucket.first != kNone;
}

std::optional<FairQueue::Head> FairQueue::peek(Time now) {
  const auto head_of = [this](const Bucket& bucket) {
    const QueuedPacket& queued = nodes_[bucket.first].queued;
    return Head{queued.packet.size(), queued.enqueued, queued.flow, bucket.list == List::fresh};
  };
  if (selected_ != kNone && head_checked_ && checked_ == now) {
    return head_of(buckets_[selected_]);
  }
  selected_ = kNone;
  while (fresh_.first != kNone || old_.first != kNone) {
    const bool fresh = fresh_.first != kNone;
    BucketList& list = fresh ? fresh_ : old_;
    Bucket& bucket = buckets_[list.first];
    if (bucket.deficit <= 0) {
      bucket.deficit += static_cast<int32_t>(options_.quantum);
      append(old_, take_first(list), List::old);
      continue;
    }
    if (!run_codel(bucket, now)) {
      // RFC 8290 section 4.2: an emptied fresh bucket passes through the old ones once.
      const uint32_t index = take_first(list);
      if (fresh && old_.first != kNone) append(old_, index, List::old);
      continue;
    }
    selected_ = list.first;
    checked_ = now;
    head_checked_ = true;
    return head_of(bucket);
  }
  return std::nullopt;
}

QueuedPacket FairQueue::pop() {
  Bucket& bucket = buckets_[selected_];
  QueuedPacket queued = unlink_head(bucket);
  bucket.deficit -= static_cast<int32_t>(queued.packet.size());
  selected_ = kNone;
  return queued;
}

void FairQueue::pass() {
  append(old_, take_first(buckets_[selected_].list == List::fresh ? fresh_ : old_), List::old);
  selected_ = kNone;
}

}  // namespace wirebraid
