// Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s: both sides of the handshake (white paper section 5.4.2 and
// 5.4.3). Fills and reads the Noise part of the messages; indices and macs are others' business.
#pragma once

#include <optional>

#include "core/crypto/blake2s.h"
#include "core/crypto/x25519.h"
#include "core/wireguard/protocol.h"
#include "core/wireguard/tai64n.h"
#include "wirebraid/keys.h"

namespace wirebraid {
class Platform;
}

namespace wirebraid::wireguard {

struct Identity {
  PrivateKey private_key;
  PublicKey public_key;
};

using SymmetricKey = crypto::Secret<32>;

struct TransportKeys {
  SymmetricKey send;
  SymmetricKey receive;
};

/// The chaining key C and the hash H that both sides build up in step.
class SymmetricState {
 public:
  /// As after the mixing of the construction, the identifier and the responder's public key.
  explicit SymmetricState(const PublicKey& responder);

  void mix_hash(ConstByteSpan input);
  void mix_key(ConstByteSpan input);
  void mix_key(ConstByteSpan input, SymmetricKey& key);
  void mix_preshared_key(const PresharedKey& preshared_key, SymmetricKey& key);
  void seal(const SymmetricKey& key, ConstByteSpan plaintext, ByteSpan out);
  [[nodiscard]] bool open(const SymmetricKey& key, ConstByteSpan sealed, uint8_t* out);
  /// `initiator`: whether our side is the initiator, who sends with the first key.
  TransportKeys split(bool initiator) const;

 private:
  crypto::ChainingKey chaining_key_;
  crypto::Hash hash_;
};

/// What the initiator keeps between its initiation and the response.
class InitiatorHandshake {
 public:
  /// Fills ephemeral, encrypted_static and encrypted_timestamp. `static_shared`: X25519 of both
  /// static keys. nullopt if the peer's public key is of small order.
  static std::optional<InitiatorHandshake> start(const Identity& us, const PublicKey& them,
                                                 const crypto::SharedSecret& static_shared,
                                                 const Tai64n& timestamp, Platform& platform,
                                                 Initiation& message);
  /// nullopt if the response is not an answer to this initiation by that peer; the handshake then
  /// goes on waiting. A zero preshared key stands for none.
  std::optional<TransportKeys> finish(const Identity& us, const PresharedKey& preshared_key,
                                      const Response& message) const;

 private:
  InitiatorHandshake(const SymmetricState& state, const PrivateKey& ephemeral)
      : state_(state), ephemeral_(ephemeral) {}

  SymmetricState state_;
  PrivateKey ephemeral_;
};

/// The responder's side, done within one call of the Device: whose initiation, is it genuine,
/// answer.
class ResponderHandshake {
 public:
  /// Reads who sends. nullopt if it does not authenticate.
  static std::optional<ResponderHandshake> read(const Identity& us, const Initiation& message);
  const PublicKey& remote() const { return remote_; }

  /// Proves that `remote()` sent it. nullopt if not.
  std::optional<Tai64n> read_timestamp(const crypto::SharedSecret& static_shared,
                                       const Initiation& message);
  /// Fills ephemeral and encrypted_nothing. Precondition: read_timestamp() succeeded.
  std::optional<TransportKeys> respond(const PresharedKey& preshared_key, Platform& platform,
                                       Response& message);

 private:
  explicit ResponderHandshake(const SymmetricState& state) : state_(state) {}

  SymmetricState state_;
  PublicKey remote_;
  PublicKey remote_ephemeral_;
};

}  // namespace wirebraid::wireguard
