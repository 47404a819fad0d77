// Network namespaces for tests: made on the spot, gone with the object, invisible to `ip netns`.
#pragma once

#include <string>

namespace wirebraid::testing {

/// A fresh network namespace with the loopback device up. It lives as long as the object, a Scope
/// in it, or a socket or process that was made in it.
class NetNamespace {
 public:
  /// Moves the calling thread into a namespace, and back at the end.
  class Scope {
   public:
    explicit Scope(int fd);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    int previous_;
  };

  NetNamespace();
  ~NetNamespace();
  NetNamespace(const NetNamespace&) = delete;
  NetNamespace& operator=(const NetNamespace&) = delete;

  /// Whether this process may make namespaces at all; if not, tests skip with kSkipReason.
  static bool supported();
  static constexpr const char* kSkipReason = "needs root (CAP_SYS_ADMIN) for network namespaces";

  int fd() const { return fd_; }
  Scope enter() const { return Scope(fd_); }

 private:
  int fd_ = -1;
};

/// Runs a shell command in the calling thread's namespaces and fails the test if it fails. A
/// namespace is named to ip(8) by path_of().
void run(const std::string& command);
/// For "ip link set X netns <path>".
std::string path_of(const NetNamespace& name_space);

}  // namespace wirebraid::testing
