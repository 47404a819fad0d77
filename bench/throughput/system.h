// What is measured: a way from one host to another, with or without a tunnel.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "twin/lab/daemon.h"
#include "twin/lab/namespace.h"

namespace wirebraid::throughput {

enum class Kind {
  raw,           ///< the veth pair itself
  single,        ///< wirebraid over one veth pair
  bonded,        ///< wirebraid over two of them
  wireguard_go,  ///< over one
};

struct SystemSpec {
  std::string name;
  std::string summary;
  Kind kind = Kind::raw;
  std::string engine{};  ///< wirebraid's; empty: it chooses
  std::string cipher{};  ///< wirebraid's; empty: it chooses
  bool before = false;   ///< with the programs of the version to compare with
};

/// The systems by name, with wirebraid's as often as there are combinations of `engines` and
/// `ciphers`; an empty list stands for one choice of the daemon's. With `before`, each of
/// wirebraid's also as the version before.
std::vector<SystemSpec> systems(const std::vector<std::string>& engines,
                                const std::vector<std::string>& ciphers, bool before);

struct ProgramPaths {
  lab::Programs wirebraid;
  lab::Programs before;  ///< needed by systems of the version before
  std::string wireguard_go;
};

/// A running system. Everything that it has made is gone with it.
class System {
 public:
  virtual ~System() = default;
  System() = default;
  System(const System&) = delete;
  System& operator=(const System&) = delete;

  virtual const lab::Namespace& gateway() const = 0;
  virtual const lab::Namespace& server() const = 0;
  /// Of the server, as the gateway reaches it through this system.
  virtual std::string server_address() const = 0;
  /// Of both ends; none without a tunnel.
  virtual std::vector<pid_t> daemons() const = 0;
  /// A line about versions and engines.
  virtual std::string about() const = 0;
  /// The end of the daemons' logs, after something has failed.
  virtual std::string log_tails() const = 0;
};

/// Builds the system and waits until it carries packets. `number` tells it from others that run at
/// the same time. Throws std::system_error, lab::CommandFailed or std::runtime_error with a
/// sentence for the user; lab::Interrupted on a signal.
std::unique_ptr<System> start(const SystemSpec& spec, const ProgramPaths& programs, int number);

/// What `wireguard-go --version` calls itself.
std::string wireguard_go_version(const std::string& program);

}  // namespace wirebraid::throughput
