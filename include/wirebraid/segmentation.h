// Segmentation offload in software: super-packets from the kernel are cut into packets that fit the
// link, and packets for the kernel are merged into super-packets.
//
// One system call then carries up to 64 KiB. What a super-packet is, is said by the header that a
// TUN device with IFF_VNET_HDR puts in front (virtio 1.2, section 5.1.6); here it is an Offload.
#pragma once

#include <array>
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

/// The longest super-packet that is made: what an IP length can say. The kernel's may be longer by
/// the IPv6 header, which the length there does not count.
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
/// Bytes behind the IP packet are padding and left away, unless nothing is to be done to it: then
/// it is copied, whatever it is. Fragments are malformed, and so is a SYN with more than one
/// segment.
///
/// The sum of the pseudo-header is taken from the packet if needs_checksum says that it is there
/// (with an IPv6 routing header only the kernel knows the last destination), else computed.
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
///
/// IPv4 identifications count up; where a packet must not be fragmented they may also all be the
/// same (RFC 6864 section 4.1: they mean nothing then).
class Coalescer {
 public:
  /// Takes packets that have passed read_ip() from `batch`; false packets are skipped. `pieces` and
  /// `merged` are overwritten. Without `udp` only TCP is merged (the kernel has USO since 6.2).
  void merge(std::span<Packet> batch, bool udp, std::vector<Packet>& pieces,
             std::vector<SuperPacket>& merged);

 private:
  /// Where the parts of a packet are, and what it has to do with others.
  struct Segment {
    enum class Place : uint8_t {
      elsewhere,  ///< neither TCP nor UDP
      unclear,    ///< a fragment or the like: of any flow between its addresses
      flow,       ///< of the flow `key`, but not to be merged
      mergeable,
    };
    Place place = Place::elsewhere;
    bool v4 = false;
    bool tcp = false;
    size_t transport = 0;  ///< offset of its header
    size_t header = 0;     ///< bytes of all headers
    size_t length = 0;     ///< of the IP packet
    uint64_t key = 0;      ///< the same for all packets of a flow, and for few others

    size_t payload() const { return length - header; }
  };
  /// Successive packets of a flow that become one, chained through next_.
  struct Run {
    enum class Id : uint8_t { any, counts, constant };

    Segment segment;   ///< the first
    size_t first = 0;  ///< indices in the batch
    size_t last = 0;
    size_t count = 1;
    size_t length = 0;  ///< of the super-packet
    uint32_t next_sequence = 0;
    uint16_t last_id = 0;
    Id id = Id::any;
    uint8_t flags = 0;      ///< TCP's, of the last
    bool verified = false;  ///< the first one's checksums are right
  };
  /// Few flows are active within one batch. One that finds no room displaces the oldest.
  static constexpr size_t kMaxOpen = 8;

  static Segment read(const Packet& packet, bool udp);
  static void read_transport(ConstByteSpan packet, bool udp, Segment& segment);
  static bool same_flow(ConstByteSpan a, ConstByteSpan b, const Segment& both);
  static bool same_headers(ConstByteSpan a, ConstByteSpan b, const Segment& both);
  static bool verify(ConstByteSpan packet, const Segment& segment);
  static Offload finish(Packet& packet, const Run& run);

  void take(std::span<Packet> batch, size_t index, bool udp);
  void start(ConstByteSpan packet, const Segment& segment, size_t index);
  bool join(std::span<Packet> batch, Run& run, const Segment& segment, size_t index);
  void close(size_t open);

  std::vector<Run> runs_;                ///< in the order of their first packets
  std::vector<size_t> next_;             ///< by index in the batch
  std::array<size_t, kMaxOpen> open_{};  ///< runs that another packet may join, the oldest first
  size_t open_count_ = 0;
};

}  // namespace wirebraid
