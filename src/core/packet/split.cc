#include <algorithm>
#include <cassert>
#include <cstring>
#include <optional>

#include "core/packet/checksum.h"
#include "core/packet/ip_layout.h"
#include "core/packet/make_ip.h"
#include "core/packet/tcp_segment.h"
#include "wirebraid/packet_info.h"
#include "wirebraid/segmentation.h"

namespace wirebraid {

namespace {

using Kind = Offload::Kind;

/// Of a TCP header: the word with its length and flags, from byte 12.
constexpr uint16_t kInLastOnly = kTcpFin | kTcpPsh;
constexpr uint16_t kInFirstOnly = kTcpCwr;

/// 0 says of a UDP datagram that it has no checksum (RFC 768); 0xffff is the same number.
uint16_t never_zero(uint16_t checksum) { return checksum == 0 ? 0xffff : checksum; }

SplitResult append_copy(ConstByteSpan bytes, BufferPool& pool, std::vector<Packet>& packets) {
  if (bytes.size() > pool.payload_size()) return SplitResult::exhausted;
  Packet packet = pool.allocate();
  if (!packet) return SplitResult::exhausted;
  packet.resize(bytes.size());
  std::ranges::copy(bytes, packet.data());
  packets.push_back(std::move(packet));
  return SplitResult::done;
}

/// A packet that is no super-packet, with its checksum to be completed: any checksum of this kind
/// behind the IP header, as the packet may be one of a tunnel within ours.
SplitResult complete(ConstByteSpan packet, const Offload& offload, const IpLayout& layout,
                     BufferPool& pool, std::vector<Packet>& packets) {
  const size_t start = offload.checksum_start;
  const size_t at = start + offload.checksum_offset;
  if (start < layout.transport || at + 2 > packet.size() || offload.checksum_offset % 2 != 0)
    return SplitResult::malformed;
  const SplitResult result = append_copy(packet, pool, packets);
  if (result != SplitResult::done) return result;
  ChecksumSum sum;
  sum.add(packet.subspan(start));
  store_be(packets.back().data() + at, never_zero(sum.checksum()));
  return result;
}

/// What is the same in all segments of a super-packet, and the sums over it.
class Template {
 public:
  /// nullopt unless `super_packet` is what `offload` says. `super_packet` must have passed
  /// read_ip() and be without padding.
  static std::optional<Template> make(ConstByteSpan super_packet, const Offload& offload,
                                      const IpLayout& layout);

  /// The longest segment.
  size_t max_size() const { return header_ + std::min(segment_size_, payload()); }

  /// Appends all segments.
  SplitResult segments(BufferPool& pool, std::vector<Packet>& packets) const;

 private:
  Template() = default;

  size_t payload() const { return super_packet_.size() - header_; }
  bool is_tcp() const { return kind_ != Kind::udp; }
  void sum_up(const Offload& offload, const IpLayout& layout);
  /// Writes what differs into a segment that has its headers and payload. `offset`: of its payload
  /// in that of the super-packet; `index`: of the segment.
  void finish(ByteSpan segment, size_t offset, size_t index) const;
  uint16_t flags(size_t offset, size_t payload) const;

  ConstByteSpan super_packet_;
  Kind kind_ = Kind::none;
  size_t segment_size_ = 0;
  size_t transport_ = 0;  ///< offset of its header
  size_t header_ = 0;     ///< bytes of all headers
  size_t checksum_ = 0;   ///< offset of the transport checksum
  bool v4_ = false;
  ChecksumSum ip_sum_;  ///< of the IPv4 header without length, identification and checksum
  ChecksumSum
      transport_sum_;  ///< of pseudo-header and header without length, and what finish() adds
};

std::optional<Template> Template::make(ConstByteSpan super_packet, const Offload& offload,
                                       const IpLayout& layout) {
  const bool tcp = offload.kind != Kind::udp;
  if (offload.kind == (layout.version == 4 ? Kind::tcp_v6 : Kind::tcp_v4)) return std::nullopt;
  if (!layout.is(tcp ? Protocol::tcp : Protocol::udp) || offload.segment_size == 0)
    return std::nullopt;

  const ConstByteSpan transport = super_packet.subspan(layout.transport);
  if (transport.size() < (tcp ? kTcpMinHeader : kUdpHeader)) return std::nullopt;
  const size_t header = tcp ? static_cast<size_t>(transport[12] >> 4) * 4 : kUdpHeader;
  if ((tcp && header < kTcpMinHeader) || header > transport.size()) return std::nullopt;
  const size_t payload = transport.size() - header;
  // A SYN takes a sequence number, so the payload of the next segment would not be where it seems.
  if (tcp && (transport[13] & kTcpSyn) != 0 && payload > offload.segment_size) return std::nullopt;

  const size_t checksum = tcp ? kTcpChecksum : kUdpChecksum;
  if (offload.needs_checksum) {
    if (offload.checksum_start != layout.transport || offload.checksum_offset != checksum)
      return std::nullopt;
  } else if (!layout.final_destination) {
    return std::nullopt;
  }

  Template made;
  made.super_packet_ = super_packet;
  made.kind_ = offload.kind;
  made.segment_size_ = offload.segment_size;
  made.transport_ = layout.transport;
  made.header_ = layout.transport + header;
  made.checksum_ = layout.transport + checksum;
  made.v4_ = layout.version == 4;
  made.sum_up(offload, layout);
  return made;
}

void Template::sum_up(const Offload& offload, const IpLayout& layout) {
  const uint8_t* const packet = super_packet_.data();
  // What differs is taken out again: adding the complement subtracts.
  const auto without = [&](ChecksumSum& sum, size_t at) {
    sum.add(static_cast<uint16_t>(~load_be<uint16_t>(packet + at)));
  };
  if (v4_) {
    ip_sum_.add(super_packet_.first(transport_));
    for (const size_t at : {2, 4, 10}) without(ip_sum_, at);
  }
  // The length in the pseudo-header is taken out, too. Where the kernel has summed up the rest of
  // it, that is kept: with a routing header or source route it is not what the IP header says.
  const size_t length = super_packet_.size() - transport_;
  if (offload.needs_checksum) {
    transport_sum_.add(load_be<uint16_t>(packet + checksum_));
  } else {
    const auto address = [&](AddressPlace place) {
      return super_packet_.subspan(layout.address(place), layout.address_size());
    };
    transport_sum_ =
        pseudo_header_sum(address(AddressPlace::source), address(AddressPlace::destination),
                          is_tcp() ? Protocol::tcp : Protocol::udp, length);
  }
  transport_sum_.add(static_cast<uint16_t>(~length));
  transport_sum_.add(super_packet_.subspan(transport_, header_ - transport_));
  without(transport_sum_, checksum_);
  if (is_tcp()) {
    for (const size_t at : {4, 6, 12}) without(transport_sum_, transport_ + at);
  } else {
    without(transport_sum_, transport_ + 4);
  }
}

uint16_t Template::flags(size_t offset, size_t payload) const {
  auto word = load_be<uint16_t>(super_packet_.data() + transport_ + 12);
  if (offset != 0) word &= static_cast<uint16_t>(~kInFirstOnly);
  if (offset + payload != this->payload()) word &= static_cast<uint16_t>(~kInLastOnly);
  return word;
}

void Template::finish(ByteSpan segment, size_t offset, size_t index) const {
  uint8_t* const packet = segment.data();
  if (v4_) {
    const auto length = static_cast<uint16_t>(segment.size());
    const auto id = static_cast<uint16_t>(load_be<uint16_t>(packet + 4) + index);
    ChecksumSum sum = ip_sum_;
    sum.add(length);
    sum.add(id);
    store_be(packet + 2, length);
    store_be(packet + 4, id);
    store_be(packet + 10, sum.checksum());
  } else {
    store_be(packet + 4, static_cast<uint16_t>(segment.size() - kIpv6Header));
  }

  ChecksumSum sum = transport_sum_;
  const auto length = static_cast<uint16_t>(segment.size() - transport_);
  sum.add(length);
  sum.add(segment.subspan(header_));
  uint8_t* const transport = packet + transport_;
  if (is_tcp()) {
    const auto sequence = load_be<uint32_t>(transport + 4) + static_cast<uint32_t>(offset);
    const uint16_t word = flags(offset, segment.size() - header_);
    sum.add(sequence);
    sum.add(word);
    store_be(transport + 4, sequence);
    store_be(transport + 12, word);
    store_be(transport + kTcpChecksum, sum.checksum());
  } else {
    sum.add(length);
    store_be(transport + 4, length);
    store_be(transport + kUdpChecksum, never_zero(sum.checksum()));
  }
}

SplitResult Template::segments(BufferPool& pool, std::vector<Packet>& packets) const {
  size_t offset = 0;
  size_t index = 0;
  do {  // also without any payload there is a segment
    const size_t size = std::min(segment_size_, payload() - offset);
    Packet packet = pool.allocate();
    if (!packet) return SplitResult::exhausted;
    packet.resize(header_ + size);
    std::copy_n(super_packet_.data(), header_, packet.data());
    std::copy_n(super_packet_.data() + header_ + offset, size, packet.data() + header_);
    finish(packet.bytes(), offset, index);
    packets.push_back(std::move(packet));
    offset += size;
    ++index;
  } while (offset < payload());
  return SplitResult::done;
}

}  // namespace

SplitResult split(ConstByteSpan super_packet, const Offload& offload, BufferPool& pool,
                  std::vector<Packet>& packets) {
  if (offload.kind == Kind::none && !offload.needs_checksum) {
    if (super_packet.empty()) return SplitResult::malformed;
    return append_copy(super_packet, pool, packets);
  }
  const auto info = read_ip(super_packet);
  // A fragment has no checksum of its own, and none of what it is a part of can be completed in it.
  if (!info || info->fragment) return SplitResult::malformed;
  const ConstByteSpan packet = super_packet.first(info->length);
  const auto layout = lay_out(packet);
  if (!layout || !layout->has_transport()) return SplitResult::malformed;
  if (offload.kind == Kind::none) return complete(packet, offload, *layout, pool, packets);

  const auto made = Template::make(packet, offload, *layout);
  if (!made) return SplitResult::malformed;
  if (made->max_size() > pool.payload_size()) return SplitResult::exhausted;
  return made->segments(pool, packets);
}

}  // namespace wirebraid
