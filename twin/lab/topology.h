// The standard lab: a LAN host behind a gateway with several emulated uplinks, an aggregation
// server on the internet, and a target behind it.
//
//   lan ─veth─ gateway ═wire═ inet ─veth─ server ─veth─ target
//                      ═wire═
//
// The gateway has one default route per uplink, told apart by metric, so that a socket bound to an
// uplink's device finds its way. Between lan and target there is no route until a tunnel brings
// one. Everything has IPv4 and IPv6 addresses.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <vector>

#include "twin/fabric/wire.h"
#include "twin/lab/namespace.h"

namespace wirebraid::lab {

namespace address {
inline constexpr const char* kLan4 = "192.168.77.2";
inline constexpr const char* kLan6 = "fd77:77::2";
inline constexpr const char* kLanSubnet4 = "192.168.77.0/24";
inline constexpr const char* kLanSubnet6 = "fd77:77::/64";
inline constexpr const char* kServer4 = "198.51.100.1";
inline constexpr const char* kServer6 = "2001:db8:51::1";
inline constexpr const char* kTarget4 = "203.0.113.2";
inline constexpr const char* kTarget6 = "2001:db8:113::2";
inline constexpr const char* kTargetSubnet4 = "203.0.113.0/24";
inline constexpr const char* kTargetSubnet6 = "2001:db8:113::/64";
}  // namespace address

struct UplinkOptions {
  std::string name;  ///< at most 14 characters
  fabric::WireOptions wire;
};

/// The same both ways: half of the round trip each, and a queue of `queue` for each transmitter.
fabric::WireOptions symmetric(uint64_t rate, Duration round_trip,
                              Duration queue = Duration(100'000));

/// One emulated uplink. Its device is NAME0 in the gateway and in inet.
class Uplink {
 public:
  /// `number` (from 1 on) makes the addresses: 100.64.NUMBER.2 and 2001:db8:64:NUMBER::2 in the
  /// gateway, .1 and ::1 in inet.
  Uplink(const UplinkOptions& options, int number, const Namespace& gateway, const Namespace& inet);

  const std::string& name() const { return name_; }
  std::string device() const { return name_ + "0"; }
  std::string address4() const { return "100.64." + std::to_string(number_) + ".2"; }
  std::string address6() const { return "2001:db8:64:" + std::to_string(number_) + "::2"; }
  /// End a is the gateway's.
  fabric::Wire& wire() { return wire_; }
  const fabric::Wire& wire() const { return wire_; }

 private:
  std::string name_;
  int number_;
  fabric::Wire wire_;
};

class Topology {
 public:
  explicit Topology(const std::vector<UplinkOptions>& uplinks);

  const Namespace& lan() const { return lan_; }
  const Namespace& gateway() const { return gateway_; }
  const Namespace& inet() const { return inet_; }
  const Namespace& server() const { return server_; }
  const Namespace& target() const { return target_; }
  std::list<Uplink>& uplinks() { return uplinks_; }
  const std::list<Uplink>& uplinks() const { return uplinks_; }

 private:
  void prepare_kernel() const;
  void join_namespaces() const;
  void address_namespaces() const;

  Namespace lan_{"lan"};
  Namespace gateway_{"gateway"};
  Namespace inet_{"inet"};
  Namespace server_{"server"};
  Namespace target_{"target"};
  std::list<Uplink> uplinks_;
};

}  // namespace wirebraid::lab
