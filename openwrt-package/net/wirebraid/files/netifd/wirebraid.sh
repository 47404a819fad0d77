#!/bin/sh
# shellcheck shell=dash
# shellcheck disable=SC3043,SC2034 # the router's shell knows local; netifd reads the variables
# netifd's protocol `wirebraid`: a network interface of the same name as a section `config interface`
# of /etc/config/wirebraid, for firewall zones, mwan3 and whatever else knows logical interfaces.
# netifd runs the daemon and starts it again; the daemon sets addresses and MTU, netifd the routes.

: "${WIREBRAID_START_S:=15}" # how long the daemon may take until it answers

# shellcheck disable=SC1090,SC1091
[ -n "$INCLUDE_ONLY" ] || {
  . "${IPKG_INSTROOT}/lib/functions.sh"
  . "${IPKG_INSTROOT}/lib/functions/network.sh"
  . "${NETIFD_PROTO_SH:-../netifd-proto.sh}"
  init_proto "$@"
}
# shellcheck source-path=SCRIPTDIR source=../lib/service.sh
. "${WIREBRAID_LIB:=/usr/share/wirebraid}/service.sh"

proto_wirebraid_init_config() {
  no_device=1
  available=1
  renew_handler=1
  proto_config_add_boolean nohostroute
  proto_config_add_string tunlink
}

_proto_wirebraid_refuse() { # INTERFACE WORD TEXT
  wirebraid_log err "$1: $3"
  proto_notify_error "$1" "$2"
  # Trying again would not help; the init script does after the next change.
  proto_block_restart "$1"
}

proto_wirebraid_setup() {
  local interface="$1" engine level waited=0

  config_load wirebraid
  config_get WIREBRAID_STATE globals state_dir "$WIREBRAID_STATE"
  wirebraid_prepare
  wirebraid_is interface "$interface" || {
    _proto_wirebraid_refuse "$interface" NO_SECTION \
      "/etc/config/wirebraid has no section: config interface '$interface'"
    return 1
  }
  wirebraid_generate_keys
  WIREBRAID_USER=root
  if ! wirebraid_apply "$interface" netifd; then
    _proto_wirebraid_refuse "$interface" BAD_CONFIGURATION "not started because of the mistakes above"
    return 1
  fi
  config_get engine globals engine auto
  config_get level globals log_level info
  proto_run_command "$interface" /usr/sbin/wirebraidd --foreground --syslog \
    --engine "$engine" --log-level "$level" --state-dir "$WIREBRAID_STATE" \
    --config "$WIREBRAID_ETC/$interface.conf" "$interface"

  while ! wirebraid show "$interface" >/dev/null 2>&1; do
    waited=$((waited + 1))
    if [ $waited -gt "$WIREBRAID_START_S" ]; then
      wirebraid_log err "$interface: the daemon does not answer"
      proto_notify_error "$interface" NO_ANSWER
      proto_setup_failed "$interface"
      return 1
    fi
    sleep 1
  done
  _proto_wirebraid_tell "$interface"
}

proto_wirebraid_renew() {
  config_load wirebraid
  _proto_wirebraid_tell "$1"
}

proto_wirebraid_teardown() {
  proto_kill_command "$1"
}

_proto_wirebraid_address() {
  case $1 in
    *:*/*) proto_add_ipv6_address "${1%%/*}" "${1##*/}" ;;
    *:*) proto_add_ipv6_address "$1" 128 ;;
    */*) proto_add_ipv4_address "${1%%/*}" "${1##*/}" ;;
    *) proto_add_ipv4_address "$1" 32 ;;
  esac
}

_proto_wirebraid_route() {
  case $1 in
    *:*/*) proto_add_ipv6_route "${1%%/*}" "${1##*/}" ;;
    *:*) proto_add_ipv6_route "$1" 128 ;;
    */*) proto_add_ipv4_route "${1%%/*}" "${1##*/}" ;;
    *) proto_add_ipv4_route "$1" 32 ;;
  esac
}

_proto_wirebraid_routes() { # SECTION INTERFACE
  local owner prefixes
  wirebraid_owner owner "$1"
  [ "$owner" = "$2" ] || return 0
  wirebraid_list prefixes "$1" allowed_ips
  wirebraid_each "$prefixes" _proto_wirebraid_route
}

# Far sides of uplinks that are bound to no device get a route of their own, past the routes that
# lead into the tunnel.
_proto_wirebraid_hosts() {
  local interface="$1" nohostroute tunlink bonds bond uplinks uplink device endpoint host before
  nohostroute=$(uci -q get "network.$interface.nohostroute")
  tunlink=$(uci -q get "network.$interface.tunlink")
  [ "$nohostroute" != 1 ] || return 0
  json_set_namespace wirebraid_status before
  json_load "$(wirebraid show --json "$interface")"
  json_select bonds
  json_get_keys bonds
  for bond in $bonds; do
    json_select "$bond"
    json_select uplinks
    json_get_keys uplinks
    for uplink in $uplinks; do
      json_select "$uplink"
      json_get_vars device endpoint
      json_select ..
      if [ -z "$device" ] && [ -n "$endpoint" ]; then
        host=${endpoint%:*}
        host=${host#\[}
        _hosts="$_hosts ${host%\]}"
      fi
    done
    json_select ..
    json_select ..
  done
  json_cleanup
  # shellcheck disable=SC2154 # jshn sets it
  json_set_namespace "$before"
  for host in $_hosts; do proto_add_host_dependency "$interface" "$host" "$tunlink"; done
}

_proto_wirebraid_tell() {
  local interface="$1" table addresses _hosts=
  _proto_wirebraid_hosts "$interface"
  # 1, 1: it is up, and its addresses are there already.
  proto_init_update "$interface" 1 1
  wirebraid_list addresses "$interface" address
  wirebraid_each "$addresses" _proto_wirebraid_address
  config_get table "$interface" table
  if [ -z "$table" ]; then
    config_foreach _proto_wirebraid_routes bond "$interface"
    config_foreach _proto_wirebraid_routes uplink "$interface"
  fi
  proto_send_update "$interface"
}

[ -n "$INCLUDE_ONLY" ] || add_protocol wirebraid
