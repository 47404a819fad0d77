// One function per implementation of Aead, each in a file of its name. Those of libraries that were
// not found at build time do not exist.
#pragma once

#include "wirebraid/crypto/aead.h"

namespace wirebraid::crypto {

std::unique_ptr<AeadBackend> make_sodium_aead();

/// OpenSSL's libcrypto, 3.0 and later. nullptr if it has no ChaCha20-Poly1305, as when it is bound
/// to FIPS.
std::unique_ptr<AeadBackend> make_openssl_aead();

/// Intel's Multi-Buffer Crypto for IPsec, libipsec-mb 1.3 and later. nullptr if the processor lacks
/// what the library needs, or fails the library's own self-test.
std::unique_ptr<AeadBackend> make_ipsec_mb_aead();

}  // namespace wirebraid::crypto
