#include "io/message.h"

#include <arpa/inet.h>
#include <netinet/udp.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace wirebraid::io {

namespace {

IpAddress from_kernel(const in_addr& address) {
  std::array<uint8_t, 4> bytes{};
  std::memcpy(bytes.data(), &address, bytes.size());
  return IpAddress::v4(bytes);
}

IpAddress from_kernel(const in6_addr& address) {
  std::array<uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &address, bytes.size());
  return IpAddress::v6(bytes);
}

// Appends one control message to `header`, whose buffer is known to be large enough.
template <typename T>
void append_control(msghdr& header, uint8_t* buffer, int level, int type, const T& value) {
  cmsghdr head{};
  head.cmsg_level = level;
  head.cmsg_type = type;
  head.cmsg_len = CMSG_LEN(sizeof value);
  uint8_t* const at = buffer + header.msg_controllen;
  std::memcpy(at, &head, sizeof head);
  std::memcpy(at + CMSG_LEN(0), &value, sizeof value);
  header.msg_control = buffer;
  header.msg_controllen += CMSG_SPACE(sizeof value);
}

template <typename T>
T control_value(const cmsghdr& message) {
  T value{};
  std::memcpy(&value, CMSG_DATA(&message), sizeof value);
  return value;
}

}  // namespace

SocketAddress to_socket_address(const Endpoint& endpoint) {
  SocketAddress result;
  const auto bytes = endpoint.address.bytes();
  if (endpoint.address.is_v4()) {
    result.v4.sin_family = AF_INET;
    result.v4.sin_port = htons(endpoint.port);
    std::memcpy(&result.v4.sin_addr, bytes.data(), bytes.size());
    result.size = sizeof result.v4;
  } else {
    result.v6.sin6_family = AF_INET6;
    result.v6.sin6_port = htons(endpoint.port);
    std::memcpy(&result.v6.sin6_addr, bytes.data(), bytes.size());
    result.v6.sin6_scope_id = endpoint.scope;
    result.size = sizeof result.v6;
  }
  return result;
}

Endpoint to_endpoint(const void* address, size_t size) {
  Endpoint result;
  sa_family_t family = AF_UNSPEC;
  if (size < sizeof family) return result;
  std::memcpy(&family, address, sizeof family);
  if (family == AF_INET && size >= sizeof(sockaddr_in)) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof v4);
    result.address = from_kernel(v4.sin_addr);
    result.port = ntohs(v4.sin_port);
  } else if (family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof v6);
    result.address = from_kernel(v6.sin6_addr);
    result.port = ntohs(v6.sin6_port);
    if (result.address.is_link_local()) result.scope = v6.sin6_scope_id;
  }
  return result;
}

size_t read_message(const msghdr& header, Datagram& datagram) {
  size_t segment = 0;
  datagram.remote = to_endpoint(header.msg_name, header.msg_namelen);
  datagram.source = {};
  datagram.traffic_class = 0;
  // CMSG_NXTHDR's prototype wants a mutable header, although it only reads it.
  msghdr walk = header;
  for (const cmsghdr* message = CMSG_FIRSTHDR(&walk); message != nullptr;
       message = CMSG_NXTHDR(&walk, const_cast<cmsghdr*>(message))) {
    const size_t length = message->cmsg_len - CMSG_LEN(0);
    if (message->cmsg_level == IPPROTO_IP) {
      if (message->cmsg_type == IP_PKTINFO && length >= sizeof(in_pktinfo)) {
        const auto info = control_value<in_pktinfo>(*message);
        datagram.source = {from_kernel(info.ipi_spec_dst), static_cast<uint32_t>(info.ipi_ifindex)};
      } else if (message->cmsg_type == IP_TOS && length >= 1) {
        datagram.traffic_class = control_value<uint8_t>(*message);
      }
    } else if (message->cmsg_level == IPPROTO_IPV6) {
      if (message->cmsg_type == IPV6_PKTINFO && length >= sizeof(in6_pktinfo)) {
        const auto info = control_value<in6_pktinfo>(*message);
        datagram.source = {from_kernel(info.ipi6_addr), info.ipi6_ifindex};
      } else if (message->cmsg_type == IPV6_TCLASS && length >= sizeof(int)) {
        datagram.traffic_class = static_cast<uint8_t>(control_value<int>(*message));
      }
    } else if (message->cmsg_level == SOL_UDP && message->cmsg_type == UDP_GRO &&
               length >= sizeof(int)) {
      segment = static_cast<size_t>(std::max(control_value<int>(*message), 0));
    }
  }
  return segment;
}

bool SendMessage::prepare(SendRuns::Run run, bool with_source) {
  const Datagram& datagram = run.front();
  remote_ = to_socket_address(datagram.remote);
  for (size_t i = 0; i < run.size(); ++i) {
    payload_[i] = {run[i].bytes.data(), run[i].bytes.size()};
  }
  header = {};
  header.msg_name = &remote_.any;
  header.msg_namelen = remote_.size;
  header.msg_iov = payload_.data();
  header.msg_iovlen = run.size();

  const LocalSource& source = datagram.source;
  with_source = with_source && source.address.family() == datagram.remote.address.family();
  const int traffic_class = datagram.traffic_class;
  if (datagram.remote.address.is_v4()) {
    if (with_source) {
      in_pktinfo info{};
      info.ipi_ifindex = static_cast<int>(source.device);
      std::memcpy(&info.ipi_spec_dst, source.address.bytes().data(), sizeof info.ipi_spec_dst);
      append_control(header, control_.data(), IPPROTO_IP, IP_PKTINFO, info);
    }
    if (traffic_class != 0) {
      append_control(header, control_.data(), IPPROTO_IP, IP_TOS, traffic_class);
    }
  } else {
    if (with_source) {
      in6_pktinfo info{};
      info.ipi6_ifindex = source.device;
      std::memcpy(&info.ipi6_addr, source.address.bytes().data(), sizeof info.ipi6_addr);
      append_control(header, control_.data(), IPPROTO_IPV6, IPV6_PKTINFO, info);
    }
    if (traffic_class != 0) {
      append_control(header, control_.data(), IPPROTO_IPV6, IPV6_TCLASS, traffic_class);
    }
  }
  if (run.size() > 1) {
    const auto segment = static_cast<uint16_t>(datagram.bytes.size());
    append_control(header, control_.data(), SOL_UDP, UDP_SEGMENT, segment);
  }
  return with_source;
}

bool is_source_refused(int error) {
  return error == EINVAL || error == ENETUNREACH || error == EHOSTUNREACH ||
         error == EADDRNOTAVAIL || error == ENODEV || error == ENXIO;
}

bool is_socket_broken(int error) {
  return error == EBADF || error == ENOTSOCK || error == ENODEV || error == ENXIO ||
         error == EINVAL || error == EOPNOTSUPP || error == EFAULT;
}

}  // namespace wirebraid::io
