// Which implementation of ChaCha20-Poly1305 encrypts the packets: the fastest that passes its
// self-test, or the one that the configuration names.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "wirebraid/crypto/aead.h"
#include "wirebraid/time.h"

namespace wirebraid::control {

using CipherBackends = std::vector<std::unique_ptr<crypto::AeadBackend>>;

struct CipherChoice {
  std::unique_ptr<crypto::AeadBackend> backend;  ///< never nullptr once chosen
  std::string wanted;                            ///< as configured; empty: the fastest
  std::string reason;                 ///< why this one, such as "fastest: 430 ns per packet, ..."
  std::vector<std::string> warnings;  ///< of those that failed their self-test
};

/// Why the implementation `name` cannot be had, and what can; empty if it can. `backends` are those
/// that were built in and run here (crypto::make_aead_backends()).
std::string cipher_problem(std::string_view name, const CipherBackends& backends);

/// Precondition: `wanted` is empty, or without a problem; libsodium is among `backends`. Measures
/// if there is something to choose from: about a millisecond each, more where a packet takes longer
/// than 10 us.
CipherChoice choose_cipher(const std::string& wanted, CipherBackends backends,
                           const std::function<Time()>& clock);

}  // namespace wirebraid::control
