// Links, addresses and routes of the network namespace in which the Netlink was opened (libmnl,
// rtnetlink(7)).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "wirebraid/address.h"

namespace wirebraid::io {

/// Our routes' rtm_protocol, so that babeld ("redistribute proto 151") or BIRD can pick them up and
/// so that only our own are ever removed. Neither iproute2 nor FRR has a name for it.
inline constexpr uint8_t kRouteProtocol = 151;

struct Link {
  uint32_t index = 0;
  std::string name;
  uint32_t mtu = 0;
  bool up = false;       ///< IFF_UP
  bool running = false;  ///< carrier and operationally up (IFF_RUNNING)
  /// Nobody has to be asked for a link address, so what is sent there leaves even without a route
  /// (IFF_POINTOPOINT, IFF_NOARP).
  bool point_to_point = false;
};

struct LinkAddress {
  uint32_t link = 0;
  Prefix prefix;
};

struct Route {
  Prefix destination;    ///< length 0: default
  IpAddress gateway;     ///< none: on-link
  uint32_t link = 0;     ///< interface index
  uint32_t table = 254;  ///< RT_TABLE_MAIN
  uint32_t metric = 0;
  uint8_t protocol = kRouteProtocol;
  friend bool operator==(const Route&, const Route&) = default;
};

/// What a datagram is about to be: see Netlink::way().
struct WayQuery {
  IpAddress destination;
  uint32_t link = 0;  ///< the device its socket is bound to; 0: any
  uint32_t firewall_mark = 0;
};

/// How it would leave now.
struct Way {
  uint32_t link = 0;
  IpAddress gateway;  ///< none: on-link
  IpAddress source;   ///< that the kernel would choose
  friend bool operator==(const Way&, const Way&) = default;
};

enum class ChangeKind : uint8_t { link, link_gone, address, address_gone, route, route_gone, lost };

/// One notification. `lost`: the socket overflowed (ENOBUFS), everything must be read anew.
struct Change {
  ChangeKind kind{};
  Link link;            ///< for link, link_gone
  LinkAddress address;  ///< for address, address_gone
  Route route;          ///< for route, route_gone
};

/// Requests block for the kernel's answer, which comes at once. Lists are empty on error.
class Netlink {
 public:
  static std::unique_ptr<Netlink> open(std::error_code& error);
  ~Netlink();
  Netlink(const Netlink&) = delete;
  Netlink& operator=(const Netlink&) = delete;

  std::optional<Link> link(const std::string& name);
  std::optional<Link> link(uint32_t index);
  std::vector<Link> links();
  std::vector<LinkAddress> addresses(uint32_t link);
  /// Whether any device has it.
  bool has_address(const IpAddress& address);
  /// nullopt: there is no route. The kernel takes every IPv4 destination for on-link if the socket
  /// is bound to a device without a route to it; such a way is none, unless the link is point to
  /// point.
  std::optional<Way> way(const WayQuery& query);
  /// Unicast routes of both families in `table` (in all tables if it is 0).
  std::vector<Route> routes(uint32_t table);

  std::error_code set_up(uint32_t link, bool up);
  std::error_code set_mtu(uint32_t link, uint32_t mtu);
  /// EEXIST is not an error. IPv6: without duplicate address detection, so usable at once.
  std::error_code add_address(uint32_t link, const Prefix& prefix);
  /// EADDRNOTAVAIL: it is not there.
  std::error_code remove_address(uint32_t link, const Prefix& prefix);
  /// Replaces what has the same destination, table and metric; EEXIST is not an error. Host bits of
  /// the destination do not matter.
  std::error_code add_route(const Route& route);
  /// Only if destination, table, protocol and, where given, gateway, link and metric agree, so
  /// never somebody else's. ESRCH: there is none.
  std::error_code remove_route(const Route& route);

  /// Descriptor of the notification socket, for Engine::watch(EPOLLIN).
  int event_fd() const;
  /// Reads what is pending without blocking; bounded, so call it again while event_fd() is
  /// readable. Unicast routes only; own changes come too.
  std::vector<Change> read_changes();

 private:
  class Impl;
  explicit Netlink(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wirebraid::io
