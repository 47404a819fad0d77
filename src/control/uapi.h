// WireGuard's cross-platform userspace protocol (https://www.wireguard.com/xplatform/): text in,
// requests out; states in, text out. No sockets here, see uapi_server.h.
//
// Rules follow wireguard-go: a line without '=' is EPROTO; an unknown key, a malformed value or a
// protocol_version other than 1 is EINVAL; errors are sent as negative errno values; an unknown
// operation ends the connection. One difference: a set is taken as a whole or not at all, so a
// mistake in its last line changes nothing, and the rest of a faulty set is skipped up to its
// blank line, after which the connection goes on.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wirebraid/address.h"
#include "wirebraid/keys.h"
#include "wirebraid/time.h"

namespace wirebraid::control {

/// "allowed_ip=P" adds (and moves it here from another peer); "allowed_ip=-P" removes it from this
/// peer, and does nothing if it is not there.
struct AllowedIpChange {
  Prefix prefix;  ///< masked
  bool remove = false;
};

/// What a set says about one peer. Applied in the order of the members.
struct PeerChange {
  PublicKey public_key;
  bool remove = false;       ///< then everything below is empty
  bool update_only = false;  ///< ignore the whole change if the peer does not exist
  std::optional<PresharedKey> preshared_key;  ///< zero: none
  std::optional<Endpoint> endpoint;
  std::optional<std::chrono::seconds> persistent_keepalive;  ///< 0: off
  bool replace_allowed_ips = false;                          ///< drop all it has before the changes
  std::vector<AllowedIpChange> allowed_ips;                  ///< in order
};

/// One set operation. Applied in the order of the members.
struct SetRequest {
  std::optional<PrivateKey> private_key;  ///< zero: remove it
  std::optional<uint16_t> listen_port;    ///< 0: the kernel picks
  std::optional<uint32_t> firewall_mark;  ///< 0: none
  bool replace_peers = false;             ///< drop all peers before the changes
  std::vector<PeerChange> peers;          ///< in order; a key may appear more than once
};

/// A complete request of either kind.
struct UapiRequest {
  enum class Kind : uint8_t { get, set } kind = Kind::get;
  int error = 0;   ///< positive errno if it was faulty: answer with format_errno(), do nothing
  SetRequest set;  ///< for a set without error
};

/// Cuts a connection's byte stream into requests, parsing each line as soon as it is there: what is
/// stored of a set is its meaning, not its text.
class UapiParser {
 public:
  /// More bytes in one set is answered EFBIG (room for about 1.5 million allowed IPs).
  static constexpr size_t kMaxSetBytes = size_t{64} << 20;
  /// A longer line breaks the connection; the longest meaningful one has 78 bytes.
  static constexpr size_t kMaxLineBytes = 512;

  /// Appends what was received. Precondition: next() has returned nullopt since the last call.
  void feed(std::string_view bytes);
  /// The next complete request, or nullopt: feed more, unless broken().
  std::optional<UapiRequest> next();
  /// True after an unknown operation or an overlong line: close the connection.
  bool broken() const { return broken_; }

 private:
  enum class State : uint8_t { operation, get, set };

  std::optional<UapiRequest> take_line(std::string_view line);
  std::optional<UapiRequest> finish();

  std::string pending_;  ///< received and not consumed; from `position_` on
  size_t position_ = 0;
  State state_ = State::operation;
  bool broken_ = false;
  UapiRequest request_;
  size_t set_bytes_ = 0;
};

/// What a get tells of one peer.
struct PeerState {
  PublicKey public_key;
  PresharedKey preshared_key;
  Endpoint endpoint;  ///< none: unknown
  std::optional<WallTime> last_handshake;
  uint64_t sent_bytes = 0;
  uint64_t received_bytes = 0;
  std::chrono::seconds persistent_keepalive{0};
  std::vector<Prefix> allowed_ips;
};

/// What a get tells.
struct DeviceState {
  PrivateKey private_key;      ///< zero: none
  uint16_t listen_port = 0;    ///< 0: not bound
  uint32_t firewall_mark = 0;  ///< 0: none
  std::vector<PeerState> peers;
};

/// The answer to a get, complete with "errno=0" and the blank line.
std::string format_get(const DeviceState& state);
/// The answer to a set, or to a faulty get. `error` is 0 or a positive errno; it is sent negated,
/// as wg(8) expects.
std::string format_errno(int error);

}  // namespace wirebraid::control
