#include "io/virtio_header.h"

#include <cstring>

namespace wirebraid::io {

namespace {

// <linux/virtio_net.h> is not C++, and before Linux 6.2 it lacks UDP.
struct Header {
  uint8_t flags = 0;
  uint8_t gso_type = 0;
  uint16_t hdr_len = 0;
  uint16_t gso_size = 0;
  uint16_t csum_start = 0;
  uint16_t csum_offset = 0;
};
static_assert(sizeof(Header) == kVirtioHeader);

constexpr uint8_t kNeedsChecksum = 1;
constexpr uint8_t kGsoNone = 0;
constexpr uint8_t kGsoTcpV4 = 1;
constexpr uint8_t kGsoTcpV6 = 4;
constexpr uint8_t kGsoUdp = 5;  // VIRTIO_NET_HDR_GSO_UDP_L4
constexpr uint8_t kGsoEcn = 0x80;

}  // namespace

std::optional<Offload> read_virtio_header(ConstByteSpan header) {
  Header raw;
  std::memcpy(&raw, header.data(), sizeof raw);
  Offload offload;
  // RFC 3168's CWR bit is looked for in the packet itself.
  switch (raw.gso_type & ~kGsoEcn) {
    case kGsoNone:
      break;
    case kGsoTcpV4:
      offload.kind = Offload::Kind::tcp_v4;
      break;
    case kGsoTcpV6:
      offload.kind = Offload::Kind::tcp_v6;
      break;
    case kGsoUdp:
      offload.kind = Offload::Kind::udp;
      break;
    default:
      return std::nullopt;
  }
  if (offload.kind != Offload::Kind::none) offload.segment_size = raw.gso_size;
  if ((raw.flags & kNeedsChecksum) != 0) {
    offload.needs_checksum = true;
    offload.checksum_start = raw.csum_start;
    offload.checksum_offset = raw.csum_offset;
  }
  return offload;
}

std::array<uint8_t, kVirtioHeader> make_virtio_header(const Offload& offload, size_t header_size) {
  Header raw;
  switch (offload.kind) {
    case Offload::Kind::none:
      break;
    case Offload::Kind::tcp_v4:
      raw.gso_type = kGsoTcpV4;
      break;
    case Offload::Kind::tcp_v6:
      raw.gso_type = kGsoTcpV6;
      break;
    case Offload::Kind::udp:
      raw.gso_type = kGsoUdp;
      break;
  }
  if (offload.kind != Offload::Kind::none) {
    raw.gso_size = offload.segment_size;
    raw.hdr_len = static_cast<uint16_t>(header_size);
  }
  if (offload.needs_checksum) {
    raw.flags = kNeedsChecksum;
    raw.csum_start = offload.checksum_start;
    raw.csum_offset = offload.checksum_offset;
  }
  std::array<uint8_t, kVirtioHeader> header{};
  std::memcpy(header.data(), &raw, sizeof raw);
  return header;
}

}  // namespace wirebraid::io
