#include "core/wireguard/noise.h"

#include <string_view>

#include "wirebraid/crypto/aead.h"
#include "wirebraid/platform.h"

namespace wirebraid::wireguard {

namespace {

constexpr std::string_view kConstruction = "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s";
constexpr std::string_view kIdentifier = "WireGuard v1 zx2c4 Jason@zx2c4.com";
// Every key of the handshake encrypts one thing only.
constexpr Bytes<crypto::kNonceSize> kZeroNonce{};

ConstByteSpan bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace

SymmetricState::SymmetricState(const PublicKey& responder) {
  const crypto::Hash initial = crypto::blake2s({bytes_of(kConstruction)});
  std::copy(initial.begin(), initial.end(), chaining_key_.begin());
  hash_ = crypto::blake2s({initial, bytes_of(kIdentifier)});
  mix_hash(responder.bytes());
}

void SymmetricState::mix_hash(ConstByteSpan input) { hash_ = crypto::blake2s({hash_, input}); }

void SymmetricState::mix_key(ConstByteSpan input) {
  crypto::kdf1(chaining_key_, input, chaining_key_);
}

void SymmetricState::mix_key(ConstByteSpan input, SymmetricKey& key) {
  crypto::kdf2(chaining_key_, input, chaining_key_, key);
}

void SymmetricState::mix_preshared_key(const PresharedKey& preshared_key, SymmetricKey& key) {
  SymmetricKey temporary;
  crypto::kdf3(chaining_key_, preshared_key.bytes(), chaining_key_, temporary, key);
  mix_hash(temporary);
}

void SymmetricState::seal(const SymmetricKey& key, ConstByteSpan plaintext, ByteSpan out) {
  crypto::seal(key, kZeroNonce, hash_, plaintext, out.data());
  mix_hash(out);
}

bool SymmetricState::open(const SymmetricKey& key, ConstByteSpan sealed, uint8_t* out) {
  if (!crypto::open(key, kZeroNonce, hash_, sealed, out)) return false;
  mix_hash(sealed);
  return true;
}

TransportKeys SymmetricState::split(bool initiator) const {
  TransportKeys keys;
  crypto::kdf2(chaining_key_, {}, initiator ? keys.send : keys.receive,
               initiator ? keys.receive : keys.send);
  return keys;
}

std::optional<InitiatorHandshake> InitiatorHandshake::start(
    const Identity& us, const PublicKey& them, const crypto::SharedSecret& static_shared,
    const Tai64n& timestamp, Platform& platform, Initiation& message) {
  SymmetricState state(them);
  const PrivateKey ephemeral = generate_private_key(platform);
  const PublicKey ephemeral_public = public_key_of(ephemeral);
  std::copy_n(ephemeral_public.bytes().begin(), kKeySize, message.ephemeral.begin());
  state.mix_key(message.ephemeral);
  state.mix_hash(message.ephemeral);

  crypto::SharedSecret shared;
  if (!crypto::x25519(ephemeral, them, shared)) return std::nullopt;
  SymmetricKey key;
  state.mix_key(shared, key);
  state.seal(key, us.public_key.bytes(), message.encrypted_static);

  state.mix_key(static_shared, key);
  state.seal(key, timestamp, message.encrypted_timestamp);
  return InitiatorHandshake(state, ephemeral);
}

std::optional<TransportKeys> InitiatorHandshake::finish(const Identity& us,
                                                        const PresharedKey& preshared_key,
                                                        const Response& message) const {
  SymmetricState state = state_;
  const PublicKey remote_ephemeral(message.ephemeral);
  state.mix_key(message.ephemeral);
  state.mix_hash(message.ephemeral);

  crypto::SharedSecret shared;
  if (!crypto::x25519(ephemeral_, remote_ephemeral, shared)) return std::nullopt;
  state.mix_key(shared);
  if (!crypto::x25519(us.private_key, remote_ephemeral, shared)) return std::nullopt;
  state.mix_key(shared);

  SymmetricKey key;
  state.mix_preshared_key(preshared_key, key);
  uint8_t nothing = 0;  // the plaintext is empty, but libraries want somewhere to point
  if (!state.open(key, message.encrypted_nothing, &nothing)) return std::nullopt;
  return state.split(true);
}

std::optional<ResponderHandshake> ResponderHandshake::read(const Identity& us,
                                                           const Initiation& message) {
  ResponderHandshake self{SymmetricState(us.public_key)};
  self.remote_ephemeral_ = PublicKey(message.ephemeral);
  self.state_.mix_key(message.ephemeral);
  self.state_.mix_hash(message.ephemeral);

  crypto::SharedSecret shared;
  if (!crypto::x25519(us.private_key, self.remote_ephemeral_, shared)) return std::nullopt;
  SymmetricKey key;
  self.state_.mix_key(shared, key);
  if (!self.state_.open(key, message.encrypted_static, self.remote_.mutable_bytes().data())) {
    return std::nullopt;
  }
  return self;
}

std::optional<Tai64n> ResponderHandshake::read_timestamp(const crypto::SharedSecret& static_shared,
                                                         const Initiation& message) {
  SymmetricKey key;
  state_.mix_key(static_shared, key);
  Tai64n timestamp;
  if (!state_.open(key, message.encrypted_timestamp, timestamp.data())) return std::nullopt;
  return timestamp;
}

std::optional<TransportKeys> ResponderHandshake::respond(const PresharedKey& preshared_key,
                                                         Platform& platform, Response& message) {
  const PrivateKey ephemeral = generate_private_key(platform);
  const PublicKey ephemeral_public = public_key_of(ephemeral);
  std::copy_n(ephemeral_public.bytes().begin(), kKeySize, message.ephemeral.begin());
  state_.mix_key(message.ephemeral);
  state_.mix_hash(message.ephemeral);

  crypto::SharedSecret shared;
  if (!crypto::x25519(ephemeral, remote_ephemeral_, shared)) return std::nullopt;
  state_.mix_key(shared);
  if (!crypto::x25519(ephemeral, remote_, shared)) return std::nullopt;
  state_.mix_key(shared);

  SymmetricKey key;
  state_.mix_preshared_key(preshared_key, key);
  state_.seal(key, {}, message.encrypted_nothing);
  return state_.split(false);
}

}  // namespace wirebraid::wireguard
