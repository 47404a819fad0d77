// Messages and constants of the white paper: section 5.4 (messages), 6.1 (constants).
#pragma once

#include <array>
#include <cstdint>

#include "wirebraid/time.h"

namespace wirebraid::wireguard {

enum class MessageType : uint32_t {
  initiation = 1,
  response = 2,
  cookie_reply = 3,
  transport = 4,
};

template <size_t N>
using Bytes = std::array<uint8_t, N>;

// The type is one byte followed by three reserved zero bytes; read together as one little-endian
// integer, an unknown type and a set reserved byte look alike. All members are bytes, so the
// structs are the wire image.
struct Initiation {
  Bytes<4> type;
  Bytes<4> sender;
  Bytes<32> ephemeral;
  Bytes<32 + 16> encrypted_static;
  Bytes<12 + 16> encrypted_timestamp;
  Bytes<16> mac1;
  Bytes<16> mac2;
};
static_assert(sizeof(Initiation) == 148);

struct Response {
  Bytes<4> type;
  Bytes<4> sender;
  Bytes<4> receiver;
  Bytes<32> ephemeral;
  Bytes<16> encrypted_nothing;
  Bytes<16> mac1;
  Bytes<16> mac2;
};
static_assert(sizeof(Response) == 92);

struct CookieReply {
  Bytes<4> type;
  Bytes<4> receiver;
  Bytes<24> nonce;
  Bytes<16 + 16> encrypted_cookie;
};
static_assert(sizeof(CookieReply) == 64);

/// type, receiver (4), counter (8); then the sealed payload.
inline constexpr size_t kTransportHeaderSize = 16;
inline constexpr size_t kReceiverOffset = 4;
inline constexpr size_t kTransportMinSize = kTransportHeaderSize + 16;
inline constexpr size_t kPaddingMultiple = 16;

inline constexpr uint64_t kRekeyAfterMessages = uint64_t{1} << 60U;
inline constexpr uint64_t kRejectAfterMessages = UINT64_MAX - (uint64_t{1} << 13U);
inline constexpr Duration kRekeyAfterTime = std::chrono::seconds(120);
inline constexpr Duration kRejectAfterTime = std::chrono::seconds(180);
inline constexpr Duration kRekeyTimeout = std::chrono::seconds(5);
inline constexpr Duration kKeepaliveTimeout = std::chrono::seconds(10);
/// REKEY_ATTEMPT_TIME (90 s) as a number of tries.
inline constexpr unsigned kMaxHandshakeTries = 18;
/// Added to kRekeyTimeout, so that two ends that start together do not stay in step.
inline constexpr Duration kMaxRekeyJitter = std::chrono::milliseconds(333);
/// Keys older than this are wiped even if nothing replaced them (section 6.3).
inline constexpr Duration kZeroingTime = 3 * kRejectAfterTime;
/// An initiator that only receives renews its key pair this early, lest it expire while the answer
/// is on its way (section 6.2).
inline constexpr Duration kLateRekeyTime = kRejectAfterTime - kKeepaliveTimeout - kRekeyTimeout;
/// An initiation that follows another one from the same peer sooner is refused (section 5.1: the
/// responder's protection against floods of genuine initiations).
inline constexpr Duration kMinInitiationGap = std::chrono::milliseconds(20);
inline constexpr Duration kCookieLifetime = std::chrono::seconds(120);
/// The initiator stops using a cookie this much earlier, since it learnt of it later.
inline constexpr Duration kCookieLatency = std::chrono::seconds(5);

/// DSCP AF41, as the reference implementations mark handshakes: they must get through a full queue.
inline constexpr uint8_t kHandshakeTrafficClass = 0x88;

}  // namespace wirebraid::wireguard
