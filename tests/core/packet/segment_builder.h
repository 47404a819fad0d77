// TCP segments and UDP datagrams for tests of splitting and merging: one is built from scratch with
// full checksums, and a super-packet is what the kernel would hand over for many.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/core/packet/packet_builder.h"
#include "wirebraid/segmentation.h"

namespace wirebraid::test {

struct Segment {
  int version = 4;
  bool tcp = true;
  uint8_t host = 7;  ///< last byte of the destination
  uint16_t source_port = 40000;
  uint16_t destination_port = 443;

  uint32_t sequence = 0x10000;
  uint32_t acknowledged = 0x12345678;
  uint16_t window = 501;
  uint8_t flags = 0x10;
  uint8_t reserved = 0;  ///< the four bits behind the TCP header's length
  uint16_t urgent = 0;
  Bytes tcp_options;

  uint8_t traffic_class = 0;
  uint8_t ttl = 64;
  uint16_t id = 0x1200;
  uint16_t fragment_bits = 0x4000;  ///< IPv4: the flags, and the offset
  uint32_t flow_label = 0x1234;
  Bytes ip_options;
  uint8_t first_extension = 0;
  Bytes extensions;

  Bytes payload;

  Bytes build() const;
  size_t header_size() const;
  /// What split() shall make of it, built one by one.
  std::vector<Bytes> split(size_t segment_size) const;
};

/// Makes the IPv4 header checksum right again.
void finish_ip(Bytes& packet);

struct KernelPacket {
  Bytes bytes;
  Offload offload;
};
/// With the sum of the pseudo-header in place of the checksum. `segment_size` 0: no super-packet.
KernelPacket for_kernel(const Segment& segment, uint16_t segment_size);

/// A segment or datagram with nothing special.
Segment plain_segment(int version, bool tcp, size_t payload);

Bytes random_bytes(size_t size, uint32_t seed);

}  // namespace wirebraid::test
