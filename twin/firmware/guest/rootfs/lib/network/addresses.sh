# Addresses, routes, rules and address translation of /etc/config/network. To be sourced.

add_address() {
  # Two nodes with one address is what a simulated mesh does not have: usable at once.
  case $1 in
    *:*) attempt ip address replace "$1" dev "$2" nodad ;;
    *) attempt ip address replace "$1" dev "$2" ;;
  esac
  undo ip address del "$1" dev "$2"
}

# add_route FAMILY DEVICE ARGUMENTS...
add_route() {
  family=$1 device=$2
  shift 2
  # shellcheck disable=SC2086  # no device, or two words
  attempt ip "$family" route replace "$@" ${device:+dev $device}
  undo ip "$family" route del "$@" ${device:+dev "$device"}
}

# masquerade DEVICE: what leaves by it gets its address.
masquerade() {
  attempt nft "add table inet wirebraid_nat;
    add chain inet wirebraid_nat post { type nat hook postrouting priority srcnat; };
    add rule inet wirebraid_nat post oifname $1 masquerade"
  undo nft delete table inet wirebraid_nat
}

add_interface() {
  config_get device "$1" device "$1"
  config_get proto "$1" proto static
  config_get mtu "$1" mtu
  [ -z "$mtu" ] || attempt ip link set "$device" mtu "$mtu"
  config_get_bool bring_up "$1" auto 1
  case $device:$bring_up in
    lo:*) ip link set lo up ;;
    *:1) up "$device" ;;
  esac
  config_get_bool nat "$1" masquerade 0
  [ "$nat" = 0 ] || masquerade "$device"
  [ "$proto" = static ] || return 0
  config_list_foreach "$1" ipaddr add_address "$device"
  config_list_foreach "$1" ip6addr add_address "$device"
  config_get metric "$1" metric 0
  config_get gateway "$1" gateway
  [ -z "$gateway" ] || add_route -4 "$device" default via "$gateway" metric "$metric"
  config_get gateway "$1" ip6gw
  [ -z "$gateway" ] || add_route -6 "$device" default via "$gateway" metric "$((metric + 1))"
}

# device_of INTERFACE: a route names an interface's section, or a device.
device_of() { config_get device "$1" device "$1"; }

# add_static FAMILY SECTION: sections "route" and "route6".
add_static() {
  section=$2
  config_get interface "$section" interface
  device=
  [ -z "$interface" ] || device_of "$interface"
  config_get target "$section" target default
  config_get kind "$section" type unicast
  set -- "$1" "$device" "$kind" "$target"
  config_get value "$section" gateway
  [ -z "$value" ] || set -- "$@" via "$value"
  for option in metric table mtu source; do
    config_get value "$section" $option
    [ "$option" != source ] || option=src
    [ -z "$value" ] || set -- "$@" $option "$value"
  done
  add_route "$@"
}
add_route4() { add_static -4 "$1"; }
add_route6() { add_static -6 "$1"; }

# add_rule_of FAMILY SECTION: sections "rule" and "rule6".
add_rule_of() {
  section=$2
  set -- "$1"
  for option in priority:priority in:iif src:from dest:to mark:fwmark lookup:lookup; do
    config_get value "$section" "${option%:*}"
    [ -z "$value" ] || set -- "$@" "${option#*:}" "$value"
  done
  family=$1
  shift
  config_get value "$section" action
  attempt ip "$family" rule add "$@" ${value:+"$value"}
  undo ip "$family" rule del "$@" ${value:+"$value"}
}
add_rule4() { add_rule_of -4 "$1"; }
add_rule6() { add_rule_of -6 "$1"; }
