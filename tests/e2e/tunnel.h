// Two hosts on one wire and a WireGuard tunnel between them, of whichever programs.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

#include "tests/e2e/programs.h"

namespace wirebraid::e2e {

/// Base of all tests here: skips where namespaces or TUN devices cannot be made.
class EndToEnd : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const char* reason = reason_to_skip()) GTEST_SKIP() << reason;
  }
};

/// The same with either engine.
class OnEachEngine : public EndToEnd, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    EndToEnd::SetUp();
    if (IsSkipped()) return;
    const std::vector<std::string> usable = engines();
    if (std::find(usable.begin(), usable.end(), GetParam()) == usable.end()) {
      GTEST_SKIP() << GetParam() << " does not work here";
    }
  }
};
inline const auto kEveryEngine = ::testing::Values("epoll", "io_uring");
std::string engine_name(const ::testing::TestParamInfo<const char*>& info);

/// Addresses of host 1 or 2, on the wire and in the tunnel.
std::string outer4(int host);
std::string outer6(int host);
std::string inner4(int host);
std::string inner6(int host);
inline constexpr int kPort = 51820;

/// Two namespaces joined by a veth pair named "eth0" in both.
class Wire {
 public:
  Wire();
  const lab::Namespace& host(int number) const { return number == 1 ? first_ : second_; }

 private:
  lab::Namespace first_{"first"};
  lab::Namespace second_{"second"};
};

struct TunnelOptions {
  std::string program1;  ///< of host 1
  std::string program2;
  bool outer6 = false;
  bool preshared_key = false;
  bool knows1 = true;  ///< host 1 knows the endpoint of host 2, so it may begin
  bool knows2 = true;
  std::vector<std::string> arguments1{};
};

/// Both interfaces up, addressed and each other's peer.
class Tunnel {
 public:
  Tunnel(const Wire& wire, const TunnelOptions& options);

  WgInterface& end(int host) { return host == 1 ? *first_ : *second_; }
  const KeyPair& keys(int host) const { return host == 1 ? keys1_ : keys2_; }
  /// What host `host` is told about the other one, as in a configuration file.
  std::string peer_section(int host) const;
  /// True once host `from` gets an answer from the other one through the tunnel.
  bool pings(int from, bool v6 = false) const;

 private:
  const Wire& wire_;
  TunnelOptions options_;
  KeyPair keys1_ = make_keys();
  KeyPair keys2_ = make_keys();
  std::optional<PresharedKey> preshared_key_;
  std::optional<WgInterface> first_;
  std::optional<WgInterface> second_;
};

/// Sends and compares `bytes` of TCP from host `from` through the tunnel; true if all arrived.
bool transfers(const Wire& wire, int from, bool v6, uint64_t bytes);

}  // namespace wirebraid::e2e
