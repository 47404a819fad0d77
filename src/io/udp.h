// UDP sockets of an uplink or of the interface: one per family on one port.
#pragma once

#include <cstdint>
#include <string>
#include <system_error>

#include "io/descriptor.h"
#include "wirebraid/address.h"
#include "wirebraid/datagram.h"

namespace wirebraid::io {

struct UdpOptions {
  uint16_t port = 0;   ///< 0: the kernel picks, the same for both families
  std::string device;  ///< SO_BINDTODEVICE; empty: any
  IpAddress address;   ///< bind to this local address (only its family is opened); none: any
  uint32_t firewall_mark = 0;  ///< SO_MARK; 0: none
  friend bool operator==(const UdpOptions&, const UdpOptions&) = default;
};

/// Non-blocking sockets that tell where a datagram arrived (IP_PKTINFO) and with which traffic
/// class, with large buffers, and take and give runs of datagrams where the kernel can. Outer
/// packets may be fragmented on their way (IPv4: DF not set), as with the reference
/// implementations: a path with a smaller MTU than configured is then slow, not dead. The sockets
/// stay in the network namespace in which open() was called.
///
/// No SO_REUSEADDR: with UDP it would let two daemons share a port, of which one would hear
/// nothing. SO_REUSEPORT is for those who know of each other (io/shared_port.h).
class UdpTransport {
 public:
  explicit UdpTransport(TransportId id) : id_(id) {}
  UdpTransport(const UdpTransport&) = delete;
  UdpTransport& operator=(const UdpTransport&) = delete;

  /// Closes and opens anew; the transport must not be in an Engine meanwhile. On error nothing is
  /// open, and `what` (if given) says which step failed and what would help. Errors worth telling
  /// apart: EADDRINUSE (port taken), EADDRNOTAVAIL (no such local address), ENODEV (no such
  /// device), EPERM (no CAP_NET_ADMIN for the mark, no CAP_NET_RAW for the device).
  /// A family that the kernel does not have (EAFNOSUPPORT) is left out, unless it is the only one.
  std::error_code open(const UdpOptions& options, std::string* what = nullptr);
  void close();
  /// Lets others join from now on. Precondition: open.
  std::error_code share();
  /// As open(), on the port of `first`, which is shared; the kernel gives a datagram to one of all
  /// that are.
  std::error_code join(const UdpTransport& first, std::string* what = nullptr);
  /// Changes SO_MARK of open sockets; also in options(), so that it is kept by whoever reopens.
  std::error_code set_firewall_mark(uint32_t mark);

  TransportId id() const { return id_; }
  const UdpOptions& options() const { return options_; }
  uint16_t port() const { return port_; }         ///< as bound; 0 when closed
  int fd_v4() const { return socket_v4_.get(); }  ///< -1: not open
  int fd_v6() const { return socket_v6_.get(); }
  /// Whether runs of datagrams may be sent by one call (UDP_SEGMENT). The kernel may know how, and
  /// yet the device of the day refuse (EIO: no checksum offload); whoever finds out says so.
  bool may_segment() const { return may_segment_; }
  void forgo_segments() { may_segment_ = false; }
  /// The host still has `address`, but prefers another: what was under way to it says no more where
  /// answers shall leave from. Until close(), or until another is left.
  void leave(const IpAddress& address) { left_ = address; }
  bool has_left(const IpAddress& address) const { return left_ && left_ == address; }

 private:
  std::error_code open_sockets(const UdpOptions& options, bool shared, std::string* what);

  TransportId id_;
  UdpOptions options_;
  uint16_t port_ = 0;
  bool may_segment_ = false;
  IpAddress left_;
  Descriptor socket_v4_;
  Descriptor socket_v6_;
};

}  // namespace wirebraid::io
