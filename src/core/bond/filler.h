// A packet without content, for speed tests: from nowhere to nowhere, so that also a far side that
// does not know of it drops it, since its source is in nobody's allowed IPs.
#pragma once

#include "wirebraid/packet.h"
#include "wirebraid/packet_info.h"

namespace wirebraid {

/// Bytes: what any path carries (RFC 8200's least MTU).
inline constexpr size_t kFillerSize = 1280;

/// Empty if packet memory has run out.
Packet make_filler(BufferPool& pool);
bool is_filler(const IpInfo& info);

}  // namespace wirebraid
