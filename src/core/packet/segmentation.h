// Segmentation offload in software: super-packets from the kernel are cut into packets that fit the
// link, and packets for the kernel are merged into super-packets.
//
// One system call then carries up to 64 KiB. What a super-packet is, is said by the header that a
// TUN device with IFF_VNET_HDR puts in front (virtio 1.2, section 5.1.6); here it is an Offload.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "wirebraid/bytes.h"
#include "wirebraid/packet.h"

namespace wirebraid {

/// What the kernel has left to be done to a packet, or what it is to do.
struct Offload {
  enum class Kind : uint8_t { none, tcp_v4, tcp_v6, udp };
  Kind kind = Kind::none;     ///< none: one packet
  uint16_t segment_size = 0;  ///< bytes of payload in each segment but the last; 0 for none
  /// The transport checksum covers the pseudo-header only so far, and is to be completed.
  bool needs_checksum = false;
  uint16_t checksum_start = 0;   ///< offset of the transport header
  uint16_t checksum_offset = 0;  ///< of the checksum in it
};

/// The longest super-packet: what an IP length can say.
inline constexpr size_t kMaxSuperPacket = 65535;
/// Segments that a super-packet for the kernel has at most.
inline constexpr size_t kMaxMerged = 64;

enum class SplitResult : uint8_t {
  done,
  malformed,  ///< not what `offload` says; nothing was appended
  exhausted,  ///< the pool ran out, or a segment does not fit its slots; the first segments were
              ///< appended
};

/// Appends the packets that `super_packet` stands for, with their checksums complete, to `packets`.
/// Lengths and offsets are checked against the packet itself: `offload` may come from a guest.
///
/// For each segment of TCP: sequence number, length, FIN and PSH in the last only, CWR in the first
/// only (RFC 3168 section 6.1.2), and with IPv4 an identification that counts up.
SplitResult split(ConstByteSpan super_packet, const Offload& offload, BufferPool& pool,
                  std::vector<Packet>& packets);

/// A super-packet in pieces: the first has the headers, the others are payload only.
struct SuperPacket {
  Offload offload;
  size_t first = 0;  ///< index of its first piece
  size_t count = 0;  ///< of its pieces, which follow each other
};

/// Merges packets that the kernel can take as one: successive segments of one TCP connection or
/// equally long datagrams of one UDP flow, with the same headers but for what split() changes
/// (what the kernel's own GRO merges: tcp_gro_receive() and udp_gro_receive()), and right
/// checksums. Everything else goes through as it is. The packets of a flow keep their order; flows
/// may change places.
class Coalescer {
 public:
  /// Takes packets that have passed read_ip() from `batch`; false packets are skipped. `pieces` and
  /// `merged` are overwritten. Without `udp` only TCP is merged (the kernel has USO since 6.2).
  void merge(std::span<Packet> batch, bool udp, std::vector<Packet>& pieces,
             std::vector<SuperPacket>& merged);
};

}  // namespace wirebraid
