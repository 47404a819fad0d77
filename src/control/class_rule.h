// The words in which a class' rule is written and shown: protocols, ports and code points.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wirebraid/bond.h"

namespace wirebraid::control {

/// A name such as "udp" in any case, or IANA's number.
std::optional<uint8_t> parse_protocol(std::string_view text);
/// "443" or "16384-32767"; port 0 is none.
std::optional<PortRange> parse_ports(std::string_view text);
/// A name of RFC 4594, 3246, 5865 or 8622 in any case ("ef", "af41", "cs5", "va", "le"), or 0 to
/// 63.
std::optional<uint8_t> parse_dscp(std::string_view text);

/// Whether the protocol has ports that a rule can match.
bool has_ports(uint8_t protocol);
/// True if the rule asks for nothing, so that every packet belongs to it.
bool takes_everything(const ClassRule& rule);
/// "udp, port 16384-32767, dscp ef, up to 300 bytes"; "everything" without any criterion.
std::string to_words(const ClassRule& rule);

}  // namespace wirebraid::control
