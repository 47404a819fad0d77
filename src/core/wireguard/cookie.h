// mac1, mac2 and cookies: who may make us do expensive work (white paper
// sections 5.3, 5.4.4, 5.4.7).
#pragma once

#include <memory>
#include <optional>

#include "core/crypto/secret.h"
#include "core/wireguard/protocol.h"
#include "wirebraid/address.h"
#include "wirebraid/keys.h"
#include "wirebraid/worker.h"

namespace wirebraid {
class Platform;
}

namespace wirebraid::wireguard {

using Mac = Bytes<16>;
using Cookie = Bytes<16>;

/// The receiving side: checks macs of what is sent to one public key, and hands out cookies.
class CookieChecker {
 public:
  /// Checkers of one `seed` accept each other's cookies.
  CookieChecker(const PublicKey& ours, const CookieSeed& seed);

  /// `message`: a whole Initiation or Response.
  bool check_mac1(ConstByteSpan message) const;
  /// True if mac2 was made with the cookie that `from` would get now.
  bool check_mac2(ConstByteSpan message, const Endpoint& from, Time now);
  CookieReply reply(ConstByteSpan message, const Endpoint& from, Time now, Platform& platform);

 private:
  Cookie cookie_for(const Endpoint& from, Time now);

  crypto::Secret<32> mac1_key_;
  crypto::Secret<32> cookie_key_;
  CookieSeed seed_;
  crypto::Secret<32> secret_;        ///< R_m, changed every two minutes
  std::optional<int64_t> period_{};  ///< of kCookieLifetime, for which that is
};

/// The sending side towards one public key: puts macs on messages and takes in cookie replies.
class CookieGenerator {
 public:
  /// Keeps a reference.
  explicit CookieGenerator(const PublicKey& theirs) : theirs_(theirs) {}

  /// Fills mac1, and mac2 if a cookie is at hand.
  void add_macs(ByteSpan message, Time now);
  /// False if it does not authenticate, or answers no message of ours (a message is answered once).
  bool consume(const CookieReply& reply, Time now);
  /// The last message has been answered as it should, so no cookie reply will come.
  void answered();

 private:
  struct State {
    std::optional<Mac> last_mac1;
    Cookie cookie{};
    std::optional<Time> cookie_received;
  };

  // There are many peers, and most have a session: so the keys are made when needed, and the state
  // is there during handshakes and while there is a cookie.
  const PublicKey& theirs_;
  std::unique_ptr<State> state_;
};

}  // namespace wirebraid::wireguard
