# shellcheck shell=dash
# shellcheck disable=SC2016,SC2034,SC2119,SC2317 # code for others; who is called reads and calls
# With a running gateway: what the init script would start really runs, without root; a change of UCI
# reaches it; what the rpcd plugin and the respondd provider tell of it; netifd's protocol handler.
[ -n "$WIREBRAID_LIVE" ] ||
  WIREBRAID_LIVE=1 exec unshare --mount --net --propagation private busybox ash "$WIREBRAID_SOURCE/tests/openwrt/live_test.sh"
# shellcheck source-path=SCRIPTDIR source=harness.sh
. "$WIREBRAID_SOURCE/tests/openwrt/harness.sh"
# shellcheck source-path=SCRIPTDIR source=live.sh
. "$tests/live.sh"
# shellcheck source-path=SCRIPTDIR source=router/lib/functions.sh
. "$IPKG_INSTROOT/lib/functions.sh"
# shellcheck source-path=SCRIPTDIR source=router/lib/functions/procd.sh
. "$IPKG_INSTROOT/lib/functions/procd.sh"
fresh
# shellcheck source-path=SCRIPTDIR source=../../openwrt-package/net/wirebraid/files/wirebraid.init
. "$package/files/wirebraid.init"

plugin() { # METHOD
  echo '{}' | busybox ash "$WIREBRAID_SOURCE/openwrt-package/luci-app-wirebraid/root/usr/libexec/rpcd/wirebraid" call "$1"
}
# of JSON EXPRESSION: a Python expression about the answer `a`.
of() {
  echo "$1" | python3 -c 'import json, sys; a = json.load(sys.stdin); print(eval(sys.argv[1]))' "$2"
}

live_start
start
command=$(sed -n 's,^procd_set_param command /usr/sbin/,,p' "$ROUTER_CALLS")
# shellcheck disable=SC2086
live_run $command
live_wait 'both uplinks' live_is_up || done_testing
expect_none 'capabilities' "$work/gateway.log" 'refused\|not permitted\|denied'
ping -c 1 -W 5 10.99.0.1 >/dev/null || fail 'no ping through the bond'

# ---- a change of UCI
uci set wirebraid.lte.cost=7
reload_service
expect_same 'changed' 7 "$(wirebraid show --json wb0 | python3 -c 'import json, sys
print(json.load(sys.stdin)["bonds"][0]["uplinks"][1]["cost"])')"

# ---- the rpcd plugin
expect_same 'list' "['check', 'public_keys', 'reload', 'status']" "$(of "$(busybox ash "$WIREBRAID_SOURCE/openwrt-package/luci-app-wirebraid/root/usr/libexec/rpcd/wirebraid" list)" 'sorted(a)')"
said=$(plugin status)
expect_same 'status' "wb0 ['dsl', 'lte'] 1" "$(of "$said" '"%s %s %s" % (a["interfaces"][0]["name"], [u["name"] for u in a["interfaces"][0]["bonds"][0]["uplinks"]], a["interfaces"][0]["version"])')"
said=$(plugin public_keys)
expect_same 'public keys' "$(wirebraid pubkey <"$work/server/a.key")" "$(of "$said" 'a["keys"]["dsl"]')"
expect_same 'nothing wrong' '[]' "$(of "$(plugin check)" 'a["problems"]')"
uci set wirebraid.lte.rate_up=fast
uci set wirebraid.lte.colour=red
before=$(cat "$WIREBRAID_ETC/wb0.conf")
said=$(plugin check)
expect_same 'wrong' "[('lte', 'colour', 'warning'), ('lte', 'rate_up', 'err')]" \
  "$(of "$said" '[(p["section"], p["option"], p["priority"]) for p in a["problems"]]')"
expect_same 'only looked at' "$before" "$(cat "$WIREBRAID_ETC/wb0.conf")"
uci -q delete wirebraid.lte.rate_up
uci -q delete wirebraid.lte.colour
printf '#!/bin/sh\necho "init $*" >>"$ROUTER_CALLS"\n' >"$work/init"
chmod 755 "$work/init"
WIREBRAID_INIT=$work/init
export WIREBRAID_INIT
expect_same 'reload' 0 "$(of "$(plugin reload)" 'a["code"]')"
expect_line 'reload' "$ROUTER_CALLS" 'init reload'
! plugin nonsense || fail 'a method that is not there'
for method in status public_keys check; do
  ! plugin $method | grep -F -e "$(cat "$work/server/a.key")" || fail "$method tells a secret"
done

# ---- respondd, as Gluon's status page and yanic read it
peers='a["mesh_vpn"]["groups"]["wirebraid"]["peers"]'
said=$(busybox ash "$package/files/respondd/wirebraid-respondd")
expect_same 'respondd: peers' "['dsl', 'lte']" "$(of "$said" "list($peers)")"
expect_same 'respondd: seconds' True "$(of "$said" "all(0 <= ${peers}[p]['established'] < 60 for p in $peers)")"
ip link set up2 down
lte_is_down() { [ "$(live_states)" = 'dsl=up lte=down' ]; }
live_wait 'the end of an uplink' lte_is_down
said=$(busybox ash "$package/files/respondd/wirebraid-respondd")
expect_same 'respondd: without a session' None "$(of "$said" "${peers}['lte']['established']")"
ip link set up2 up
live_wait 'its return' live_is_up

# ---- netifd's protocol handler
printf 'config interface wb0\n\toption proto wirebraid\n\toption tunlink wan\n' >"$work/config/network"
INCLUDE_ONLY=1
for name in proto_notify_error proto_block_restart proto_setup_failed proto_run_command proto_kill_command \
  proto_init_update proto_send_update proto_add_ipv4_address proto_add_ipv6_address proto_add_ipv4_route \
  proto_add_ipv6_route proto_add_host_dependency proto_config_add_boolean proto_config_add_string; do
  eval "$name() { echo \"$name \$*\" >>\"\$ROUTER_CALLS\"; }"
done
# shellcheck source-path=SCRIPTDIR source=router/usr/share/libubox/jshn.sh
. "$IPKG_INSTROOT/usr/share/libubox/jshn.sh"
# shellcheck source-path=SCRIPTDIR source=../../openwrt-package/net/wirebraid/files/netifd/wirebraid.sh
. "$package/files/netifd/wirebraid.sh"
WIREBRAID_START_S=3
proto_wirebraid_init_config
# shellcheck disable=SC2154
expect_same 'no device, available' '1 1' "$no_device $available"
: >"$ROUTER_CALLS"
uci add_list wirebraid.wb0.address=fd99::2/64
uci add_list wirebraid.home.allowed_ips=::/0
proto_wirebraid_setup wb0
expect_line 'runs' "$ROUTER_CALLS" "proto_run_command wb0 /usr/sbin/wirebraidd --foreground --syslog --engine auto --log-level info --state-dir $WIREBRAID_STATE --config $WIREBRAID_ETC/wb0.conf wb0"
expect_line 'up, with addresses of its own' "$ROUTER_CALLS" 'proto_init_update wb0 1 1'
expect_line 'address' "$ROUTER_CALLS" 'proto_add_ipv4_address 10.99.0.2 24'
expect_line 'address' "$ROUTER_CALLS" 'proto_add_ipv6_address fd99::2 64'
expect_line 'route' "$ROUTER_CALLS" 'proto_add_ipv4_route 10.99.0.1 32'
expect_line 'route' "$ROUTER_CALLS" 'proto_add_ipv6_route :: 0'
expect_line 'sent' "$ROUTER_CALLS" 'proto_send_update wb0'
expect_none 'uplinks that are bound to a device need no route' "$ROUTER_CALLS" proto_add_host_dependency
# An uplink without a device would otherwise go into its own tunnel.
uci -q delete wirebraid.lte.interface
uci commit wirebraid
config_load wirebraid
wirebraid_apply wb0 netifd
chown nobody "$WIREBRAID_ETC/wb0.conf"
wirebraid reload wb0 || fail 'reload'
live_wait 'the uplink without a device' live_is_up
proto_wirebraid_renew wb0
expect_line 'host route' "$ROUTER_CALLS" 'proto_add_host_dependency wb0 10.2.0.2 wan'
proto_wirebraid_teardown wb0
expect_line 'ends' "$ROUTER_CALLS" 'proto_kill_command wb0'
: >"$ROUTER_CALLS"
! proto_wirebraid_setup wb7 || fail 'an interface without a section'
expect_line 'refused' "$ROUTER_CALLS" 'proto_notify_error wb7 NO_SECTION'
expect_line 'not tried again' "$ROUTER_CALLS" 'proto_block_restart wb7'
uci set wirebraid.lte.rate_up=fast
! proto_wirebraid_setup wb0 || fail 'a bad configuration'
expect_line 'refused' "$ROUTER_CALLS" 'proto_notify_error wb0 BAD_CONFIGURATION'

done_testing
