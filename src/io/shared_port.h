// One UDP port for several workers, each with sockets of its own: SO_REUSEPORT, and a program that
// makes the kernel give each datagram to the worker whose session it belongs to.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <system_error>

#include "io/udp.h"

namespace wirebraid::io {

/// Opens `transports`, in the order of their workers, on one port. Errors and `what` as of
/// UdpTransport::open(); on error none is open. Nobody else can open sockets on that port: the
/// first is bound before it may be shared.
///
/// The kernel picks the worker of an initiation by addresses and ports, and that of anything else
/// by the receiver index (worker_of()). Where it cannot be told so, it picks all by addresses and
/// ports, and more has to be handed over.
std::error_code open_shared(std::span<UdpTransport* const> transports, const UdpOptions& options,
                            std::string* what = nullptr);

}  // namespace wirebraid::io
