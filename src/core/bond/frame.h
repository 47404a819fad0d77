// wirebraid's own payloads inside WireGuard: HELLO, DATA, REPORT, REQUEST. docs/protocol.md is the
// specification. All integers little-endian.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "wirebraid/bytes.h"

namespace wirebraid {

/// The first nibble of every frame; 4 and 6 are IP packets.
inline constexpr uint8_t kFrameNibble = 0xB;
inline constexpr uint8_t kProtocolVersion = 1;

enum class FrameKind : uint8_t { hello = 0, data = 1, report = 2, request = 3 };

/// The kind of a frame, or nullopt if `payload` is none.
std::optional<FrameKind> frame_kind(ConstByteSpan payload);
inline bool is_frame(ConstByteSpan payload) {
  return !payload.empty() && payload[0] >> 4 == kFrameNibble;
}

/// "I am wirebraid; my sequence runs under this epoch."
struct Hello {
  static constexpr size_t kSize = 32;
  bool answer = false;  ///< true: reply to a HELLO; asks for none itself
  uint8_t version = kProtocolVersion;
  uint32_t features = 0;          ///< none defined yet
  uint64_t epoch = 0;             ///< random per start of the sender's bond, never 0
  uint64_t peer_epoch = 0;        ///< the receiver's epoch as the sender knows it; 0: unknown
  uint32_t first_sequence = 0;    ///< no sequence before this one will be sent any more
  uint32_t receive_cap_kbps = 0;  ///< most that the sender wants to get on this path; 0: no bound
};

/// In front of every inner packet in packet mode.
struct DataHeader {
  static constexpr size_t kSize = 8;
  bool resent = false;           ///< not the first transmission of this sequence
  uint8_t traffic_class_id = 0;  ///< the class of the packet (configuration); 0: default
  uint16_t predecessor_delta =
      0;  ///< distance to the same flow's previous packet; 0: none in the window
  uint32_t sequence = 0;
};

/// The receiver's feedback on one path.
struct Report {
  static constexpr size_t kFixedSize = 44;
  static constexpr size_t kMaxBitmap = 32;  ///< bytes: the 256 counters below the highest
  bool answer_requested = false;            ///< a probe: report back at once
  bool gone = false;     ///< the reporter's network below this path has gone: nothing arrives there
  uint32_t session = 0;  ///< the reporter's index of the key pair that `highest_counter` is of
  uint64_t highest_counter = 0;
  uint32_t packets = 0;      ///< frames received on the path since it exists, modulo 2^32
  uint32_t received_at = 0;  ///< reporter's clock when highest_counter came, microseconds mod 2^32
  uint64_t bytes = 0;        ///< UDP payload bytes received on the path since it exists
  uint32_t hold = 0;         ///< microseconds from then until this report was sent
  uint32_t cumulative = 0;   ///< every bond sequence before this one was received or given up
  uint32_t next_sequence = 0;  ///< the reporter's own next sequence: it sent none from here on
  uint8_t bitmap_size = 0;     ///< bytes in use
  std::array<uint8_t, kMaxBitmap>
      bitmap{};  ///< bit i (LSB first): highest_counter - 1 - i was received

  size_t size() const { return kFixedSize + bitmap_size; }
  bool was_received(uint64_t counter) const;
};

/// Asks the far side for a favour. It may do without.
struct Request {
  static constexpr size_t kSize = 4;
  enum class Kind : uint8_t {
    fill = 1,  ///< send packets without content on this path, as many as it carries
  };
  Kind kind = Kind::fill;
  uint16_t duration_ms = 0;  ///< for so long from now on; 0: no longer
};

/// Write exactly kSize (size()) bytes at `to`.
void write_hello(uint8_t* to, const Hello& hello);
void write_data_header(uint8_t* to, const DataHeader& header);
/// Sets `resent` in a DATA header that is already written.
void mark_resent(uint8_t* header);
void write_report(uint8_t* to, const Report& report);
void write_request(uint8_t* to, const Request& request);

/// nullopt: too short, or a field has a value that no sender writes. Bytes behind the frame are
/// padding.
std::optional<Hello> read_hello(ConstByteSpan payload);
std::optional<DataHeader> read_data_header(ConstByteSpan payload);
std::optional<Report> read_report(ConstByteSpan payload);
/// Also nullopt: a kind from the future.
std::optional<Request> read_request(ConstByteSpan payload);

/// a - b in sequence space (RFC 1982 arithmetic with 32 bits).
inline int32_t sequence_distance(uint32_t a, uint32_t b) { return static_cast<int32_t>(a - b); }

}  // namespace wirebraid
