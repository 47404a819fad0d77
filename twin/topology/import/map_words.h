// What maps and routers call links and interfaces, and which kind of link that is.
#pragma once

#include <string_view>

#include "twin/topology/topology.h"

namespace wirebraid::topology {

/// A meshviewer link's `type`: "vpn", "tunnel", "l2tp", "fastd", "wireguard" are wan; "cable",
/// "lan", "ethernet" are ethernet; all else, "other" and no type included, is radio.
LinkKind kind_of_link_type(std::string_view type);
/// "wifi24" and "wifi5", 0 otherwise.
double band_of_link_type(std::string_view type);

/// By the interface's name: tun, tap, wg, vpn, l2tp, gre are wan; eth, br-, lan, en are ethernet;
/// all else is radio.
LinkKind kind_of_interface(std::string_view name);
/// GHz of a radio interface that ends in a 2, 5 or 6 of its own ("mesh5", "wlan0-adhoc-2"), 0
/// otherwise.
double band_of_interface(std::string_view name);

}  // namespace wirebraid::topology
