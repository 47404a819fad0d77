// X25519 (RFC 7748), by libsodium.
#pragma once

#include "core/crypto/secret.h"
#include "wirebraid/keys.h"

namespace wirebraid::crypto {

using SharedSecret = Secret<32>;

/// False if the result would be all zero, that is, `public_key` has small order and the peer
/// contributes nothing; `out` is then zero and must not be used.
bool x25519(const PrivateKey& private_key, const PublicKey& public_key, SharedSecret& out);

}  // namespace wirebraid::crypto
