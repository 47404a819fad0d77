#include "io/netlink.h"

#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "io/descriptor.h"
#include "io/tun.h"

namespace wirebraid::io {

namespace {

// The kernel never puts more than this into one piece of a dump.
constexpr size_t kReplyBytes = 32768;
constexpr size_t kRequestBytes = 512;
// Room for the storm of notifications when a full routing table moves (about 200 bytes each).
constexpr int kEventBufferBytes = 1 << 20;
// Bounds one read_changes(); what is left makes the descriptor ready again.
constexpr size_t kEventReads = 64;

struct SocketCloser {
  void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
};
using Socket = std::unique_ptr<mnl_socket, SocketCloser>;

using Attributes = std::array<const nlattr*, 64>;

struct AttributeTable {
  Attributes attributes{};
};

AttributeTable parse(const nlmsghdr* message, size_t header_size) {
  AttributeTable table;
  mnl_attr_parse(
      message, static_cast<unsigned>(header_size),
      [](const nlattr* attribute, void* data) {
        const uint16_t type = mnl_attr_get_type(attribute);
        auto& attributes = static_cast<AttributeTable*>(data)->attributes;
        if (type < attributes.size()) attributes[type] = attribute;
        return MNL_CB_OK;
      },
      &table);
  return table;
}

uint32_t number(const nlattr* attribute) {
  if (attribute == nullptr || mnl_attr_get_payload_len(attribute) < sizeof(uint32_t)) return 0;
  return mnl_attr_get_u32(attribute);
}

IpAddress address_of(const nlattr* attribute) {
  if (attribute == nullptr) return {};
  const auto* bytes = static_cast<const uint8_t*>(mnl_attr_get_payload(attribute));
  switch (mnl_attr_get_payload_len(attribute)) {
    case 4:
      return IpAddress::v4(std::span<const uint8_t, 4>(bytes, 4));
    case 16:
      return IpAddress::v6(std::span<const uint8_t, 16>(bytes, 16));
    default:
      return {};
  }
}

IpAddress unspecified(uint8_t family) {
  return family == AF_INET ? IpAddress::v4(std::array<uint8_t, 4>{})
                           : IpAddress::v6(std::array<uint8_t, 16>{});
}

uint8_t family_of(const IpAddress& address) { return address.is_v4() ? AF_INET : AF_INET6; }

std::optional<Link> read_link(const nlmsghdr* message) {
  if (mnl_nlmsg_get_payload_len(message) < sizeof(ifinfomsg)) return std::nullopt;
  const auto* info = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message));
  const auto table = parse(message, sizeof *info);
  Link link;
  link.index = static_cast<uint32_t>(info->ifi_index);
  if (const auto* name = table.attributes[IFLA_IFNAME]) {
    const auto* text = static_cast<const char*>(mnl_attr_get_payload(name));
    link.name.assign(text, strnlen(text, mnl_attr_get_payload_len(name)));
  }
  link.mtu = number(table.attributes[IFLA_MTU]);
  link.up = (info->ifi_flags & IFF_UP) != 0;
  link.running = (info->ifi_flags & IFF_RUNNING) != 0;
  link.point_to_point = (info->ifi_flags & (IFF_POINTOPOINT | IFF_NOARP)) != 0;
  return link;
}

std::optional<LinkAddress> read_address(const nlmsghdr* message) {
  if (mnl_nlmsg_get_payload_len(message) < sizeof(ifaddrmsg)) return std::nullopt;
  const auto* info = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(message));
  const auto table = parse(message, sizeof *info);
  // IFA_LOCAL is ours and IFA_ADDRESS the peer's on a point-to-point link; IPv6 often has the
  // latter only, and then it is ours.
  const auto* local = table.attributes[IFA_LOCAL];
  LinkAddress result;
  result.link = info->ifa_index;
  result.prefix = {address_of(local != nullptr ? local : table.attributes[IFA_ADDRESS]),
                   info->ifa_prefixlen};
  if (!result.prefix.address) return std::nullopt;
  return result;
}

// Multicast, broadcast and local routes, multipath and cached ones are the kernel's business.
std::optional<Route> read_route(const nlmsghdr* message) {
  if (mnl_nlmsg_get_payload_len(message) < sizeof(rtmsg)) return std::nullopt;
  const auto* info = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(message));
  if (info->rtm_family != AF_INET && info->rtm_family != AF_INET6) return std::nullopt;
  if (info->rtm_type != RTN_UNICAST || (info->rtm_flags & RTM_F_CLONED) != 0) return std::nullopt;
  const auto table = parse(message, sizeof *info);
  Route route;
  const IpAddress destination = address_of(table.attributes[RTA_DST]);
  route.destination = {destination ? destination : unspecified(info->rtm_family),
                       info->rtm_dst_len};
  route.gateway = address_of(table.attributes[RTA_GATEWAY]);
  route.link = number(table.attributes[RTA_OIF]);
  route.table = table.attributes[RTA_TABLE] != nullptr ? number(table.attributes[RTA_TABLE])
                                                       : info->rtm_table;
  route.metric = number(table.attributes[RTA_PRIORITY]);
  route.protocol = info->rtm_protocol;
  return route;
}

/// A request in the making. Its attributes are few and small, so it cannot outgrow its buffer.
class Request {
 public:
  Request(uint16_t type, uint16_t flags) : header_(mnl_nlmsg_put_header(buffer_.data())) {
    header_->nlmsg_type = type;
    header_->nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | flags);
  }
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  nlmsghdr* header() { return header_; }
  template <typename T>
  T& body() {
    return *static_cast<T*>(mnl_nlmsg_put_extra_header(header_, sizeof(T)));
  }
  void put(uint16_t type, uint32_t value) { mnl_attr_put_u32(header_, type, value); }
  void put(uint16_t type, const IpAddress& address) {
    mnl_attr_put(header_, type, address.bytes().size(), address.bytes().data());
  }
  void put(uint16_t type, const std::string& text) {
    mnl_attr_put_strz(header_, type, text.c_str());
  }

 private:
  alignas(nlmsghdr) std::array<uint8_t, kRequestBytes> buffer_{};
  nlmsghdr* header_;
};

}  // namespace

class Netlink::Impl {
 public:
  std::error_code open();

  /// Sends `request` and hands each message of the answer to `reader`, until the acknowledgement.
  template <typename Reader>
  std::error_code talk(Request& request, Reader reader);
  std::error_code talk(Request& request) {
    return talk(request, [](const nlmsghdr*) {});
  }
  std::error_code change_address(uint16_t type, uint16_t flags, uint32_t link,
                                 const Prefix& prefix);
  std::error_code change_route(uint16_t type, uint16_t flags, const Route& route);

  int event_fd() const { return mnl_socket_get_fd(events_.get()); }
  std::vector<Change> read_changes();

 private:
  static std::optional<Change> read_change(const nlmsghdr* message);

  Socket requests_;
  Socket events_;
  uint32_t sequence_ = 0;
  /// In the buffer, which is aligned for it.
  const nlmsghdr* first_message() const {
    return static_cast<const nlmsghdr*>(static_cast<const void*>(buffer_.data()));
  }

  alignas(nlmsghdr) std::array<uint8_t, kReplyBytes> buffer_{};
};

std::error_code Netlink::Impl::open() {
  requests_.reset(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC));
  events_.reset(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!requests_ || !events_) return last_error();
  if (mnl_socket_bind(requests_.get(), 0, MNL_SOCKET_AUTOPID) < 0) return last_error();
  const unsigned groups =
      RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
  if (mnl_socket_bind(events_.get(), groups, MNL_SOCKET_AUTOPID) < 0) return last_error();
  setsockopt(event_fd(), SOL_SOCKET, SO_RCVBUFFORCE, &kEventBufferBytes, sizeof kEventBufferBytes);
  return {};
}

template <typename Reader>
std::error_code Netlink::Impl::talk(Request& request, Reader reader) {
  nlmsghdr* header = request.header();
  header->nlmsg_seq = ++sequence_;
  if (mnl_socket_sendto(requests_.get(), header, header->nlmsg_len) < 0) {
    return last_error();
  }
  for (;;) {
    const ssize_t size = mnl_socket_recvfrom(requests_.get(), buffer_.data(), buffer_.size());
    if (size < 0) {
      if (errno == EINTR) continue;
      return last_error();
    }
    int left = static_cast<int>(size);
    const nlmsghdr* message = first_message();
    for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
      // An answer to a request that failed half way before.
      if (message->nlmsg_seq != sequence_) continue;
      if (message->nlmsg_type == NLMSG_DONE) return {};
      if (message->nlmsg_type == NLMSG_ERROR) {
        const auto* error = static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message));
        return {-error->error, std::generic_category()};
      }
      reader(message);
    }
  }
}

std::error_code Netlink::Impl::change_address(uint16_t type, uint16_t flags, uint32_t link,
                                              const Prefix& prefix) {
  Request request(type, static_cast<uint16_t>(NLM_F_ACK | flags));
  auto& body = request.body<ifaddrmsg>();
  body.ifa_family = family_of(prefix.address);
  body.ifa_prefixlen = prefix.length;
  body.ifa_index = link;
  // On a TUN device nobody answers duplicate address detection; it would only delay the first use.
  if (prefix.address.is_v6()) body.ifa_flags = IFA_F_NODAD;
  request.put(IFA_LOCAL, prefix.address);
  request.put(IFA_ADDRESS, prefix.address);
  return talk(request);
}

std::error_code Netlink::Impl::change_route(uint16_t type, uint16_t flags, const Route& route) {
  Request request(type, static_cast<uint16_t>(NLM_F_ACK | flags));
  auto& body = request.body<rtmsg>();
  body.rtm_family = family_of(route.destination.address);
  body.rtm_dst_len = route.destination.length;
  body.rtm_protocol = route.protocol;
  body.rtm_type = RTN_UNICAST;
  body.rtm_table = RT_TABLE_UNSPEC;  // RTA_TABLE has it in full
  body.rtm_scope =
      route.gateway || route.destination.address.is_v6() ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
  request.put(RTA_DST, route.destination.masked().address);
  request.put(RTA_TABLE, route.table);
  if (route.gateway) request.put(RTA_GATEWAY, route.gateway);
  if (route.link != 0) request.put(RTA_OIF, route.link);
  if (route.metric != 0) request.put(RTA_PRIORITY, route.metric);
  return talk(request);
}

std::optional<Change> Netlink::Impl::read_change(const nlmsghdr* message) {
  Change change;
  switch (message->nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK: {
      // Bridges tell about their ports in the same group (AF_BRIDGE); those links are not gone.
      const auto link = read_link(message);
      const auto* info = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message));
      if (!link || info->ifi_family != AF_UNSPEC) return std::nullopt;
      change.kind = message->nlmsg_type == RTM_NEWLINK ? ChangeKind::link : ChangeKind::link_gone;
      change.link = *link;
      return change;
    }
    case RTM_NEWADDR:
    case RTM_DELADDR:
      if (const auto address = read_address(message)) {
        change.kind =
            message->nlmsg_type == RTM_NEWADDR ? ChangeKind::address : ChangeKind::address_gone;
        change.address = *address;
        return change;
      }
      return std::nullopt;
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
      if (const auto route = read_route(message)) {
        change.kind =
            message->nlmsg_type == RTM_NEWROUTE ? ChangeKind::route : ChangeKind::route_gone;
        change.route = *route;
        return change;
      }
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

std::vector<Change> Netlink::Impl::read_changes() {
  std::vector<Change> changes;
  for (size_t i = 0; i < kEventReads; ++i) {
    const ssize_t size = mnl_socket_recvfrom(events_.get(), buffer_.data(), buffer_.size());
    if (size < 0) {
      if (errno == EINTR) continue;
      if (errno != ENOBUFS) break;
      Change lost;
      lost.kind = ChangeKind::lost;
      changes.push_back(lost);
      continue;
    }
    int left = static_cast<int>(size);
    const nlmsghdr* message = first_message();
    for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
      if (auto change = read_change(message)) changes.push_back(std::move(*change));
    }
  }
  return changes;
}

Netlink::Netlink(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Netlink::~Netlink() = default;

std::unique_ptr<Netlink> Netlink::open(std::error_code& error) {
  auto impl = std::make_unique<Impl>();
  error = impl->open();
  if (error) return nullptr;
  return std::unique_ptr<Netlink>(new Netlink(std::move(impl)));
}

std::optional<Link> Netlink::link(const std::string& name) {
  if (!is_interface_name(name)) return std::nullopt;
  Request request(RTM_GETLINK, NLM_F_ACK);
  request.body<ifinfomsg>().ifi_family = AF_UNSPEC;
  request.put(IFLA_IFNAME, name);
  std::optional<Link> result;
  const auto error = impl_->talk(request, [&](const auto* message) {
    if (auto link = read_link(message)) result = std::move(link);
  });
  return error ? std::nullopt : result;
}

std::optional<Link> Netlink::link(uint32_t index) {
  Request request(RTM_GETLINK, NLM_F_ACK);
  auto& body = request.body<ifinfomsg>();
  body.ifi_family = AF_UNSPEC;
  body.ifi_index = static_cast<int>(index);
  std::optional<Link> result;
  const auto error = impl_->talk(request, [&](const auto* message) {
    if (auto link = read_link(message)) result = std::move(link);
  });
  return error ? std::nullopt : result;
}

std::vector<Link> Netlink::links() {
  Request request(RTM_GETLINK, NLM_F_DUMP);
  request.body<ifinfomsg>().ifi_family = AF_UNSPEC;
  std::vector<Link> result;
  impl_->talk(request, [&](const auto* message) {
    if (auto link = read_link(message)) result.push_back(std::move(*link));
  });
  return result;
}

std::vector<LinkAddress> Netlink::addresses(uint32_t link) {
  Request request(RTM_GETADDR, NLM_F_DUMP);
  request.body<ifaddrmsg>().ifa_family = AF_UNSPEC;
  std::vector<LinkAddress> result;
  impl_->talk(request, [&](const auto* message) {
    const auto address = read_address(message);
    if (address && address->link == link) result.push_back(*address);
  });
  return result;
}

bool Netlink::has_address(const IpAddress& address) {
  Request request(RTM_GETADDR, NLM_F_DUMP);
  request.body<ifaddrmsg>().ifa_family = family_of(address);
  bool found = false;
  impl_->talk(request, [&](const auto* message) {
    const auto entry = read_address(message);
    found = found || (entry && entry->prefix.address == address);
  });
  return found;
}

std::optional<Way> Netlink::way(const WayQuery& query) {
  const auto ask = [&](uint32_t flags) -> std::optional<Way> {
    Request request(RTM_GETROUTE, NLM_F_ACK);
    auto& body = request.body<rtmsg>();
    body.rtm_family = family_of(query.destination);
    body.rtm_dst_len = static_cast<uint8_t>(query.destination.bits());
    body.rtm_flags = flags;
    request.put(RTA_DST, query.destination);
    if (query.link != 0) request.put(RTA_OIF, query.link);
    if (query.firewall_mark != 0) request.put(RTA_MARK, query.firewall_mark);
    std::optional<Way> way;
    const auto error = impl_->talk(request, [&](const nlmsghdr* message) {
      if (mnl_nlmsg_get_payload_len(message) < sizeof(rtmsg)) return;
      const auto* info = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(message));
      if (info->rtm_type != RTN_UNICAST && info->rtm_type != RTN_LOCAL) return;
      const auto table = parse(message, sizeof *info);
      way = Way{number(table.attributes[RTA_OIF]), address_of(table.attributes[RTA_GATEWAY]),
                address_of(table.attributes[RTA_PREFSRC])};
    });
    return error ? std::nullopt : way;
  };
  if (query.destination.is_v4() && query.link != 0 && !ask(RTM_F_FIB_MATCH)) {
    const auto device = link(query.link);
    if (!device || !device->point_to_point) return std::nullopt;
  }
  return ask(0);
}

std::vector<Route> Netlink::routes(uint32_t table) {
  std::vector<Route> result;
  // Asked for both families at once (AF_UNSPEC), some kernels answer for one only.
  for (const uint8_t family : {AF_INET, AF_INET6}) {
    Request request(RTM_GETROUTE, NLM_F_DUMP);
    request.body<rtmsg>().rtm_family = family;
    impl_->talk(request, [&](const auto* message) {
      const auto route = read_route(message);
      if (route && (table == 0 || route->table == table)) result.push_back(*route);
    });
  }
  return result;
}

std::error_code Netlink::set_up(uint32_t link, bool up) {
  Request request(RTM_NEWLINK, NLM_F_ACK);
  auto& body = request.body<ifinfomsg>();
  body.ifi_index = static_cast<int>(link);
  body.ifi_change = IFF_UP;
  body.ifi_flags = up ? IFF_UP : 0;
  return impl_->talk(request);
}

std::error_code Netlink::set_mtu(uint32_t link, uint32_t mtu) {
  Request request(RTM_NEWLINK, NLM_F_ACK);
  request.body<ifinfomsg>().ifi_index = static_cast<int>(link);
  request.put(IFLA_MTU, mtu);
  return impl_->talk(request);
}

std::error_code Netlink::add_address(uint32_t link, const Prefix& prefix) {
  const auto error = impl_->change_address(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, link, prefix);
  return error.value() == EEXIST ? std::error_code{} : error;
}

std::error_code Netlink::remove_address(uint32_t link, const Prefix& prefix) {
  return impl_->change_address(RTM_DELADDR, 0, link, prefix);
}

std::error_code Netlink::add_route(const Route& route) {
  const auto error = impl_->change_route(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, route);
  return error.value() == EEXIST ? std::error_code{} : error;
}

std::error_code Netlink::remove_route(const Route& route) {
  return impl_->change_route(RTM_DELROUTE, 0, route);
}

int Netlink::event_fd() const { return impl_->event_fd(); }

std::vector<Change> Netlink::read_changes() { return impl_->read_changes(); }

}  // namespace wirebraid::io
