// A gateway with two lines to a server, and both ends' configuration files.
//
//   gateway up0 ─veth─ up0 server     IPv4 outside
//           up1 ─veth─ up1            IPv6 outside
//
// Behind the server are 10.20.0.1 and fd20::1.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "tests/e2e/tunnel.h"

namespace wirebraid::e2e {

inline constexpr const char* kBehindServer4 = "10.20.0.1";
inline constexpr const char* kBehindServer6 = "fd20::1";

/// What differs from test to test, or from before a reload to after it.
struct GatewayFile {
  std::string interface {};  ///< more lines of [Interface]
  std::string allowed{};     ///< more of the bond's AllowedIPs, with a leading comma
  std::string uplink0{};     ///< more lines of [Uplink zero]
  std::string uplink1{};     ///< of [Uplink one]
  bool with_uplink1 = true;
};

class TwoLines : public EndToEnd {
 protected:
  void SetUp() override;
  void TearDown() override { std::filesystem::remove_all(directory); }

  /// Makes line 0 or 1 with its addresses.
  void join(int line) const;

  std::string gateway_text(const GatewayFile& file) const;
  std::string server_text() const;
  std::string config_file(const std::string& name) const { return directory / (name + ".conf"); }
  void write(const std::string& file, const std::string& text) const;

  void start_gateway(const GatewayFile& file = {}, const std::string& program = programs().daemon);
  void start_server();
  void start_both() {
    start_server();
    start_gateway();
  }
  std::string gateway_name() const { return unique_name("g"); }
  std::string server_name() const { return unique_name("s"); }

  nlohmann::json status(const std::string& interface) const;
  /// Of the gateway, from its status; null if there is none of that name.
  nlohmann::json uplink(const std::string& name) const;
  bool uplink_becomes(const std::string& name, const std::string& state) const;
  Outcome reload(const std::string& interface) const;
  std::string log(const std::string& interface) const;
  std::string in_gateway(const std::string& command) const;

  std::optional<lab::Namespace> gateway;
  std::optional<lab::Namespace> server;
  std::optional<lab::Process> gateway_daemon;
  std::optional<lab::Process> server_daemon;
  KeyPair server_keys = make_keys();
  KeyPair keys0 = make_keys();
  KeyPair keys1 = make_keys();
  PresharedKey preshared_key = make_preshared_key();
  std::filesystem::path directory;
};

}  // namespace wirebraid::e2e
