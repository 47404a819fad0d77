#include "tests/core/sim/traffic.h"

#include <algorithm>
#include <cstring>

#include "core/packet/protocols.h"
#include "core/packet/tcp_segment.h"
#include "wirebraid/packet_info.h"

namespace wirebraid::sim {

namespace {

constexpr uint8_t kGatewayAddress[4] = {10, 0, 0, 2};
constexpr uint8_t kServerAddress[4] = {203, 0, 113, 9};
constexpr uint8_t kRetransmission = 0x80;  // beside the side, in the ledger's first byte

uint16_t ip_checksum(const uint8_t* header) {
  uint32_t sum = 0;
  for (int i = 0; i < 20; i += 2) sum += load_be<uint16_t>(header + i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

/// FNV-1a over whole words: quick, and enough against our own mistakes.
uint64_t digest(ConstByteSpan bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (size_t i = 0; i < bytes.size(); i += 8) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, std::min<size_t>(8, bytes.size() - i));
    hash = (hash ^ word) * 0x100000001b3;
  }
  return hash;
}

}  // namespace

Duration quantile(std::vector<Duration> values, double share) {
  const auto at = static_cast<size_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

Duration FlowRecord::latency_quantile(double share) const { return quantile(latencies, share); }

bool Ledger::write(Packet& packet, Side from, const Message& message, Time now) {
  FlowRecord& record = records_[{message.flow, from}];
  const uint64_t number = record.sent++;
  if (!packet) {
    ++record.refused;
    return false;
  }
  const size_t body_at = Message::overhead(message.tcp_sequence.has_value());
  const size_t size = std::max(message.size, body_at + message.body.size());
  packet.resize(size);
  uint8_t* at = packet.data();
  std::memset(at, 0, body_at);
  at[0] = 0x45;
  at[1] = message.ecn;
  store_be(at + 2, static_cast<uint16_t>(size));
  at[8] = 64;
  at[9] = static_cast<uint8_t>(message.tcp_sequence ? Protocol::tcp : Protocol::udp);
  const bool up = from == Side::gateway;
  std::memcpy(at + 12, up ? kGatewayAddress : kServerAddress, 4);
  std::memcpy(at + 16, up ? kServerAddress : kGatewayAddress, 4);
  store_be(at + 10, ip_checksum(at));
  store_be(at + 20, message.flow);
  store_be(at + 22, message.flow);
  if (message.tcp_sequence) {
    store_be(at + 24, *message.tcp_sequence);
    at[32] = 5 << 4;  // words of header
    at[33] = kTcpAck;
  } else {
    store_be(at + 24, static_cast<uint16_t>(size - 20));
  }
  uint8_t* body = at + body_at;
  std::copy(message.body.begin(), message.body.end(), body);
  for (size_t i = message.body.size(); i < size - body_at; ++i) {
    body[i] = static_cast<uint8_t>(number * 37 + i);
  }
  uint8_t* ledger = body - Message::kLedger;
  const auto first = static_cast<uint8_t>(static_cast<uint8_t>(from) |
                                          (message.retransmission ? kRetransmission : 0));
  store_le(ledger, static_cast<uint64_t>(message.flow) << 8 | first);
  store_le(ledger + 8, number);
  store_le(ledger + 16, static_cast<uint64_t>(now.time_since_epoch().count()));
  store_le(ledger + 24, digest({body, size - body_at}));
  return true;
}

std::optional<Ledger::Delivery> Ledger::complain(const std::string& what) {
  if (violations_.size() < 20) violations_.push_back(what);
  return std::nullopt;
}

std::optional<Ledger::Delivery> Ledger::check(const Packet& packet, Side at, Time now) {
  const auto info = read_ip(packet.bytes());
  const bool tcp = info && info->protocol == static_cast<uint8_t>(Protocol::tcp);
  const size_t body_at = Message::overhead(tcp);
  if (!info || info->length != packet.size() || packet.size() < body_at) {
    return complain("not a packet of ours");
  }
  const uint8_t* bytes = packet.data();
  const uint8_t* ledger = bytes + body_at - Message::kLedger;
  const auto name = load_le<uint64_t>(ledger);
  const auto flow = static_cast<uint16_t>(name >> 8);
  const auto found = records_.find({flow, other(at)});
  const bool retransmission = (name & kRetransmission) != 0;
  if (static_cast<Side>(name & 0x7f) != other(at) || found == records_.end()) {
    return complain("a flow that nobody sends");
  }
  FlowRecord& record = found->second;
  const auto number = load_le<uint64_t>(ledger + 8);
  const std::string who =
      "flow " + std::to_string(flow) + " packet " + std::to_string(number) + ": ";
  const ConstByteSpan body{bytes + body_at, packet.size() - body_at};
  if (number >= record.sent) return complain(who + "never sent");
  if (digest(body) != load_le<uint64_t>(ledger + 24)) return complain(who + "altered");
  if (ip_checksum(bytes) != 0) return complain(who + "IP checksum");
  record.arrived.resize(record.sent);
  if (record.arrived[number]) return complain(who + "twice");
  record.arrived[number] = true;
  if (order_ && !retransmission && record.last_number && number < *record.last_number) {
    return complain(who + "after packet " + std::to_string(*record.last_number) + " at " +
                    std::to_string(now.time_since_epoch().count()) + " us, sent at " +
                    std::to_string(load_le<uint64_t>(ledger + 16)) + " us");
  }
  if (record.delivered > 0) {
    record.longest_gap = std::max(record.longest_gap, now - record.last_delivery);
  }
  if (!retransmission) record.last_number = std::max(number, record.last_number.value_or(0));
  record.last_delivery = now;
  ++record.delivered;
  record.bytes += packet.size();
  const Time sent{Duration(static_cast<int64_t>(load_le<uint64_t>(ledger + 16)))};
  record.latencies.push_back(now - sent);
  const bool ce = (info->traffic_class & kEcnMask) == kEcnCe;
  record.marked += ce ? 1 : 0;
  return Delivery{flow, body, ce};
}

uint64_t Ledger::lost() const {
  uint64_t lost = 0;
  for (const auto& [name, record] : records_) lost += record.lost();
  return lost;
}

uint64_t Ledger::sent() const {
  uint64_t sent = 0;
  for (const auto& [name, record] : records_) sent += record.sent;
  return sent;
}

void Ledger::reset_gaps(Time now) {
  for (auto& [name, record] : records_) {
    record.longest_gap = {};
    record.last_delivery = now;
  }
}

void Ledger::forget_latencies() {
  for (auto& [name, record] : records_) record.latencies.clear();
}

void DatagramFlow::run(Time now, Host& host) {
  while (next_ <= now && next_ < options_.end) {
    Message message;
    message.flow = options_.flow;
    message.size = options_.size;
    message.ecn = options_.ecn;
    host.send(options_.from, message);
    next_ += options_.interval;
  }
}

void PingFlow::run(Time now, Host& host) {
  Message request;
  request.flow = options_.flow;
  request.size = options_.size;
  request.body.resize(8);
  store_le(request.body.data(), static_cast<uint64_t>(now.time_since_epoch().count()));
  host.send(options_.from, request);
  next_ = now + options_.interval;
}

void PingFlow::receive(Side at, ConstByteSpan body, bool, Time now, Host& host) {
  if (at == options_.from) {
    const Time sent{Duration(static_cast<int64_t>(load_le<uint64_t>(body.data())))};
    round_trips_.push_back(now - sent);
    return;
  }
  Message answer;
  answer.flow = options_.flow;
  answer.size = options_.size;
  answer.body.assign(body.begin(), body.begin() + 8);
  host.send(at, answer);
}

Duration PingFlow::quantile(double share) const {
  if (round_trips_.empty()) return std::chrono::minutes(1);
  return sim::quantile(round_trips_, share);
}

}  // namespace wirebraid::sim
