// The programs under test and their peers: found, started, configured by wg(8).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "twin/lab/daemon.h"
#include "twin/lab/namespace.h"
#include "twin/lab/process.h"
#include "twin/lab/wg_interface.h"
#include "wirebraid/keys.h"

namespace wirebraid::e2e {

/// Why these tests cannot run here, or nullptr.
const char* reason_to_skip();

lab::Programs programs();
/// wirebraidd with REKEY_AFTER_TIME shortened to two seconds and REKEY_TIMEOUT to one.
std::string fast_rekey_daemon();
/// The reference implementation: the one installed, or the one that `./dev test` has fetched from
/// the backports. Empty: not there.
std::string wireguard_go();
std::string backported_wireguard_go();

/// The engines that work here: epoll, and io_uring where it is allowed.
std::vector<std::string> engines();

using lab::unique_name;
using lab::WgInterface;
using lab::words;

struct KeyPair {
  PrivateKey secret;
  PublicKey open;
};
KeyPair make_keys();
PresharedKey make_preshared_key();

/// Where the UAPI socket of `interface` is.
std::string uapi_socket(const std::string& interface);

/// The exit status of a command, and what it said.
struct Outcome {
  int status = -1;
  std::string output;
  std::string errors;
};
Outcome run_to_end(const std::vector<std::string>& command, const lab::ProcessOptions& options = {},
                   lab::milliseconds limit = lab::milliseconds(10'000));

}  // namespace wirebraid::e2e
