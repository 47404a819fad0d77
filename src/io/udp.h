// UDP sockets of an uplink or of the interface: one per family on one port.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <system_error>

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

/// Non-blocking sockets with IP_PKTINFO and TOS reception on, path MTU discovery on for sending
/// (DF set, as WireGuard does not; fragmentation allowed: IP_PMTUDISC_DONT as in the reference),
/// and large buffers. The file descriptors live in the network namespace in which open() was
/// called.
class UdpTransport {
 public:
  explicit UdpTransport(TransportId id);
  ~UdpTransport();
  UdpTransport(const UdpTransport&) = delete;
  UdpTransport& operator=(const UdpTransport&) = delete;

  /// Closes and opens anew. On error nothing is open and `what` (if given) says which step failed.
  /// IPv6 missing in the kernel (EAFNOSUPPORT) is not an error.
  std::error_code open(const UdpOptions& options, std::string* what = nullptr);
  void close();
  std::error_code set_firewall_mark(uint32_t mark);

  TransportId id() const { return id_; }
  const UdpOptions& options() const { return options_; }
  uint16_t port() const { return port_; }  ///< as bound; 0 when closed
  int fd_v4() const { return fd_v4_; }     ///< -1: not open
  int fd_v6() const { return fd_v6_; }

 private:
  TransportId id_;
  UdpOptions options_;
  uint16_t port_ = 0;
  int fd_v4_ = -1;
  int fd_v6_ = -1;
};

}  // namespace wirebraid::io
