#include "core/exit/flow_table.h"

#include <bit>

#include "core/packet/protocols.h"
#include "core/packet/tcp_segment.h"

namespace wirebraid {

namespace {

IpAddress address_at(const uint8_t* bytes, uint8_t version) {
  if (version == 4) return IpAddress::v4(std::span<const uint8_t, 4>(bytes, 4));
  return IpAddress::v6(std::span<const uint8_t, 16>(bytes, 16));
}

/// A SYN without an acknowledgment on known ports: another connection.
void begin_anew(Flow& flow) {
  flow.established = flow.fin_seen = flow.rst_seen = false;
  flow.numbers_known = flow.ack_known = flow.reset_sent = false;
}

void follow_tcp(Flow& flow, const TcpSegment& segment) {
  if (segment.has(kTcpSyn) && !segment.has(kTcpAck)) begin_anew(flow);
  if (segment.has(kTcpSyn)) flow.syn_seen = true;
  if (segment.has(kTcpFin)) flow.fin_seen = true;
  if (segment.has(kTcpRst)) flow.rst_seen = true;
  if (segment.has(kTcpAck) && !segment.has(kTcpSyn) && !segment.has(kTcpRst))
    flow.established = true;
  // What is sent again, or later than what came after it, tells nothing new.
  if (!flow.numbers_known || tcp_after(segment.next(), flow.next_sequence))
    flow.next_sequence = segment.next();
  flow.numbers_known = true;
  if (!segment.has(kTcpAck)) return;
  if (!flow.ack_known || tcp_after(segment.acknowledged, flow.acknowledged))
    flow.acknowledged = segment.acknowledged;
  flow.ack_known = true;
}

}  // namespace

Duration Flow::timeout() const {
  if (protocol != static_cast<uint8_t>(Protocol::tcp)) return FlowTimeouts::kOther;
  if (rst_seen) return FlowTimeouts::kTcpReset;
  if (established && !fin_seen && !reset_sent) return FlowTimeouts::kTcpEstablished;
  return FlowTimeouts::kTcpTransitory;
}

FlowTable::FlowTable(size_t capacity) : capacity_(capacity) {
  assert(std::has_single_bit(capacity) && capacity >= kWays);
}

void FlowTable::prepare() {
  static_assert(sizeof(Flow) == 64, "a cache line");
  keys_.resize(capacity_, kFree);
  flows_.resize(capacity_);
  pinned_.resize(kPaths);
}

std::optional<size_t> FlowTable::slot_of(uint64_t key) const {
  if (keys_.empty()) return std::nullopt;
  const size_t bucket = key & (capacity_ - 1) & ~(kWays - 1);
  for (size_t slot = bucket; slot < bucket + kWays; ++slot)
    if (keys_[slot] == key) return slot;
  return std::nullopt;
}

Flow* FlowTable::find(uint64_t hash, Time now) {
  const auto slot = slot_of(key_of(hash));
  if (!slot) return nullptr;
  if (flows_[*slot].expires() <= now) {
    free(*slot);
    return nullptr;
  }
  return &flows_[*slot];
}

size_t FlowTable::slot_for_new(size_t bucket, Time now) {
  size_t victim = bucket;
  for (size_t slot = bucket; slot < bucket + kWays; ++slot) {
    if (keys_[slot] == kFree) return slot;
    if (flows_[slot].expires() < flows_[victim].expires()) victim = slot;
  }
  if (flows_[victim].expires() > now) ++evicted_;
  free(victim);
  return victim;
}

Flow& FlowTable::pin(uint64_t hash, const IpInfo& outgoing, uint8_t path, Time now) {
  if (Flow* known = find(hash, now)) {
    move(*known, path);
    known->last_use = now;
    return *known;
  }
  prepare();
  const uint64_t key = key_of(hash);
  const size_t slot = slot_for_new(key & (capacity_ - 1) & ~(kWays - 1), now);
  keys_[slot] = key;
  ++size_;
  ++pinned_[path];
  Flow& flow = flows_[slot];
  flow = Flow{};
  flow.near_address = address_at(outgoing.source, outgoing.version);
  flow.far_address = address_at(outgoing.destination, outgoing.version);
  flow.near_port = outgoing.source_port;
  flow.far_port = outgoing.destination_port;
  flow.protocol = outgoing.protocol;
  flow.path = path;
  flow.last_use = now;
  return flow;
}

void FlowTable::touch(Flow& flow, ConstByteSpan packet, Time now) {
  flow.last_use = now;
  if (flow.protocol != static_cast<uint8_t>(Protocol::tcp) || flow.near_port == 0) return;
  if (const auto segment = read_tcp(packet)) follow_tcp(flow, *segment);
}

void FlowTable::remove(uint64_t hash) {
  if (const auto slot = slot_of(key_of(hash))) free(*slot);
}

void FlowTable::move(Flow& flow, uint8_t path) {
  --pinned_[flow.path];
  flow.path = path;
  ++pinned_[path];
}

void FlowTable::free(size_t slot) {
  keys_[slot] = kFree;
  --pinned_[flows_[slot].path];
  --size_;
}

}  // namespace wirebraid
