// How often a password may be tried. Times are passed in.
//
// After a few wrong ones each further try from an address waits twice as long as the last. Many
// addresses together are slowed down, too, but not those from which somebody has logged in before:
// an attacker shall not be able to lock out whoever knows the password.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "wirebraid/time.h"

namespace wirebraid::web {

struct LoginLimits {
  unsigned free = 4;  ///< wrong ones of an address that cost nothing
  unsigned free_overall = 40;
  std::chrono::seconds longest{900};
  std::chrono::seconds longest_overall{8};
  std::chrono::seconds forget{3600};  ///< after the last wrong one
  size_t addresses = 1024;            ///< that are remembered
  size_t known = 64;                  ///< from which somebody has logged in
};

/// Not thread-safe. `address`: as address_block() gives it.
class LoginLimiter {
 public:
  explicit LoginLimiter(LoginLimits limits = {}) : limits_(limits) {}

  /// Zero: a try may be made now.
  Duration wait(const std::string& address, Time now) const;
  void failed(const std::string& address, Time now);
  void succeeded(const std::string& address, Time now);

  size_t size() const { return failures_.size(); }

 private:
  struct Failures {
    unsigned count = 0;
    Time last{};
  };
  Duration wait(const Failures& failures, unsigned free, Duration longest, Time now) const;
  void count(Failures& failures, Time now) const;

  const LoginLimits limits_;
  std::map<std::string, Failures> failures_;
  std::map<std::string, Time> known_;
  Failures overall_;
};

}  // namespace wirebraid::web
