// What crosses the border between the core and whoever does its I/O.
#pragma once

#include <cstdint>

#include "wirebraid/address.h"
#include "wirebraid/packet.h"

namespace wirebraid {

/// A pair of UDP sockets (IPv4 and IPv6) on one port; the I/O side numbers them.
enum class TransportId : uint32_t {};

/// One UDP datagram, received or to be sent.
struct Datagram {
  Packet bytes;
  Endpoint remote;
  LocalSource source;  ///< received: where it arrived; to send: the sticky source, may be empty
  TransportId transport{};
  uint8_t traffic_class =
      0;  ///< IPv4 TOS / IPv6 traffic class of the outer header; ECN in bits 0–1
};

}  // namespace wirebraid
