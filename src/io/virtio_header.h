// The header in front of each packet of a TUN device with IFF_VNET_HDR (struct virtio_net_hdr;
// virtio 1.2, section 5.1.6), in this machine's byte order.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "wirebraid/bytes.h"
#include "wirebraid/segmentation.h"

namespace wirebraid::io {

inline constexpr size_t kVirtioHeader = 10;

/// Precondition: header.size() >= kVirtioHeader. nullopt for a kind of offload that was not asked
/// for.
std::optional<Offload> read_virtio_header(ConstByteSpan header);

/// `header_size`: bytes of IP and transport headers, a hint to the kernel.
std::array<uint8_t, kVirtioHeader> make_virtio_header(const Offload& offload, size_t header_size);

}  // namespace wirebraid::io
