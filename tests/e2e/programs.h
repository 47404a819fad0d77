// The programs under test and their peers: found, started, configured by wg(8).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "twin/lab/daemon.h"
#include "twin/lab/namespace.h"
#include "twin/lab/process.h"
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

/// A name for an interface or file that no other process uses, since UAPI sockets lie in one
/// directory whatever the network namespace.
std::string unique_name(const std::string& suffix);

struct KeyPair {
  PrivateKey secret;
  PublicKey open;
};
KeyPair make_keys();
PresharedKey make_preshared_key();

/// A userspace WireGuard interface in a namespace, configured by wg(8) alone.
class WgInterface {
 public:
  /// Starts `program` in the foreground and waits until it serves its socket.
  WgInterface(const std::string& program, const lab::Namespace& inside, const std::string& suffix,
              const std::vector<std::string>& more_arguments = {});

  const std::string& name() const { return name_; }
  const lab::Namespace& inside() const { return inside_; }
  lab::Process& process() { return process_; }

  /// `wg COMMAND NAME ARGUMENTS`, split at spaces; `input` is its standard input. Throws
  /// lab::CommandFailed.
  std::string wg(const std::string& command, const std::string& arguments = "",
                 const std::string& input = "") const;
  /// A single field of `wg show NAME WHAT` for the only peer.
  std::string show(const std::string& what) const;
  /// Seconds since 1970 of the newest handshake; 0: none yet.
  long last_handshake() const;

 private:
  std::string name_;
  const lab::Namespace& inside_;
  lab::Process process_;
};

/// Where the UAPI socket of `interface` is.
std::string uapi_socket(const std::string& interface);

/// Splits at spaces.
std::vector<std::string> words(const std::string& text);
/// The exit status of a command, and what it said.
struct Outcome {
  int status = -1;
  std::string output;
  std::string errors;
};
Outcome run_to_end(const std::vector<std::string>& command, const lab::ProcessOptions& options = {},
                   lab::milliseconds limit = lab::milliseconds(10'000));

}  // namespace wirebraid::e2e
