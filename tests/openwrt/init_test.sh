# shellcheck shell=dash
# shellcheck disable=SC2119
# The init script, told by a stand-in of procd what it would do; the hotplug and uci-defaults scripts.
# shellcheck source-path=SCRIPTDIR source=harness.sh
. "$WIREBRAID_SOURCE/tests/openwrt/harness.sh"
# shellcheck source-path=SCRIPTDIR source=router/lib/functions.sh
. "$IPKG_INSTROOT/lib/functions.sh"
# shellcheck source-path=SCRIPTDIR source=router/lib/functions/procd.sh
. "$IPKG_INSTROOT/lib/functions/procd.sh"
fresh
# shellcheck source-path=SCRIPTDIR source=../../openwrt-package/net/wirebraid/files/wirebraid.init
. "$package/files/wirebraid.init"

gateway() { # of cases/, as it is after installation
  fresh
  cp "$tests/cases/gateway/wirebraid" "$WIREBRAID_CONFIG"
  chmod 644 "$WIREBRAID_CONFIG"
  ROUTER_NETWORKS=$(cat "$tests/cases/gateway/networks")
  printf 'config interface wan\n' >"$work/config/network"
}

# ---- start
gateway
start
conf=$WIREBRAID_ETC/wb0.conf
expect_line 'one instance' "$ROUTER_CALLS" 'procd_open_instance wb0'
expect_line 'command' "$ROUTER_CALLS" "procd_set_param command /usr/sbin/wirebraidd --foreground --syslog --engine auto --log-level info --state-dir $WIREBRAID_STATE --config $conf wb0"
expect_line 'what takes a start' "$ROUTER_CALLS" 'procd_set_param data cipher=auto workers=1'
expect_line 'respawn' "$ROUTER_CALLS" 'procd_set_param respawn'
expect_line 'no new privileges' "$ROUTER_CALLS" 'procd_set_param no_new_privs 1'
expect_none 'root without ujail' "$ROUTER_CALLS" ' user '
expect_line 'config trigger' "$ROUTER_CALLS" 'procd_add_reload_trigger wirebraid'
for logical in wan wwan wwan2; do
  expect_line 'interface trigger' "$ROUTER_CALLS" "procd_add_reload_interface_trigger $logical"
done
for type in globals interface bond uplink class; do
  expect_line 'validation' "$ROUTER_CALLS" "procd_add_validation wirebraid_validate_$type"
done
expect_line 'types' "$ROUTER_CALLS" 'wirebraid uplink cost range(0,1000)'
expect_same 'instances end' "$(grep -c procd_open_instance "$ROUTER_CALLS")" "$(grep -c procd_close_instance "$ROUTER_CALLS")"
expect_none 'log' "$ROUTER_LOG" '^err'

# Its own user and few capabilities, where ujail can give them to it.
gateway
: >"$WIREBRAID_UJAIL"
chmod 755 "$WIREBRAID_UJAIL"
: >"$WIREBRAID_CAPABILITIES"
# shellcheck disable=SC2317
chown() { echo "chown $*" >>"$ROUTER_CALLS"; }
start
unset -f chown
expect_line 'jail' "$ROUTER_CALLS" 'procd_add_jail wirebraid'
expect_line 'user' "$ROUTER_CALLS" 'procd_set_param user wirebraid'
expect_line 'group' "$ROUTER_CALLS" 'procd_set_param group wirebraid'
expect_line 'capabilities' "$ROUTER_CALLS" "procd_set_param capabilities $WIREBRAID_CAPABILITIES"
expect_line 'may read its file' "$ROUTER_CALLS" "chown wirebraid $WIREBRAID_ETC/.wb0.new"

# Several interfaces, of which one is wanted; switched off; all switched off.
fresh
mkdir "$work/keys"
for key in wb0 dsl psk; do wirebraid genkey >"$work/keys/$key.key" 2>/dev/null; done
sed "s,KEYS,$work/keys," "$tests/cases/two_interfaces/wirebraid" >"$WIREBRAID_CONFIG"
start wb1
expect_line 'the one that is wanted' "$ROUTER_CALLS" 'procd_open_instance wb1'
expect_none 'only that' "$ROUTER_CALLS" 'procd_open_instance wb0'
: >"$ROUTER_CALLS"
uci set wirebraid.wb1.enabled=off
start
expect_line 'the other one' "$ROUTER_CALLS" 'procd_open_instance wb0'
expect_none 'not enabled' "$ROUTER_CALLS" 'procd_open_instance wb1'
gateway
uci set wirebraid.globals.enabled=0
start
expect_none 'nothing enabled' "$ROUTER_CALLS" procd_open_instance

# Global options.
fresh
sed 's,/srv/state,'"$work/srv/state," "$tests/cases/everything/wirebraid" >"$WIREBRAID_CONFIG"
ROUTER_NETWORKS='wan eth1 eth1'
start
expect_line 'global options' "$ROUTER_CALLS" "procd_set_param command /usr/sbin/wirebraidd --foreground --syslog --engine epoll --log-level debug --state-dir $work/srv/state --config $conf wb0"
expect_line 'cipher and workers' "$ROUTER_CALLS" 'procd_set_param data cipher=libsodium workers=2'
[ -d "$work/srv/state" ] || fail 'no directory for the state'
expect_none 'every option is known and of its type' "$ROUTER_LOG" '^err\|no such'

WIREBRAID_STATE=$work/state

# ---- secret 'generate'
gateway
uci set wirebraid.dsl.secret=generate
uci commit wirebraid
start
secret=$(uci get wirebraid.dsl.secret)
expect_same 'a key' 44 "${#secret}"
[ ! -e "$work/config/.staged/wirebraid" ] || fail 'the key was not committed'
expect_same 'mode of the configuration' 600 "$(stat -c %a "$WIREBRAID_CONFIG")"
expect_line 'in the file' "$conf" "PrivateKey = $secret"
expect_none 'secret in the log' "$ROUTER_LOG" "$secret"
start
expect_same 'made once' "$secret" "$(uci get wirebraid.dsl.secret)"

show_key >"$work/shown"
expect_line 'show_key' "$work/shown" "dsl $(echo "$secret" | wirebraid pubkey)"
expect_same 'show_key: all that have one' 3 "$(wc -l <"$work/shown")"
show_key lte >"$work/shown"
expect_same 'show_key NAME' "lte $(uci get wirebraid.lte.secret | wirebraid pubkey)" "$(cat "$work/shown")"

# ---- mistakes
gateway
uci set wirebraid.dsl.cost=1001
uci set wirebraid.dsl.endpint=x
uci set wirebraid.extra=uplynk
start
expect_line 'validated' "$ROUTER_LOG" 'err wirebraid.dsl.cost=1001 validates as range(0,1000) with false'
expect_line 'not applied' "$ROUTER_LOG" 'err wirebraid.wb0: not applied because of the mistakes above'
expect_line 'misspelt' "$ROUTER_LOG" 'warning wirebraid.dsl.endpint: there is no such option'
expect_line 'misspelt type' "$ROUTER_LOG" "warning wirebraid.extra: there is no section of type 'uplynk'"
expect_none 'no file, no instance' "$ROUTER_CALLS" procd_open_instance
# What was good before goes on, also when nothing but the real check finds the mistake.
gateway
start
cp "$conf" "$work/good"
uci set wirebraid.dsl.public_key="$(uci get wirebraid.dsl.secret | wirebraid pubkey)"
: >"$ROUTER_CALLS"
start
expect_line 'found by check' "$ROUTER_LOG" "err wirebraid.dsl.public_key: is this end's own key; the far side's is expected"
expect_line 'goes on' "$ROUTER_CALLS" 'procd_open_instance wb0'
expect_file 'old file' "$work/good" "$conf"

# ---- reload: the daemon reads its file again if that has changed, and only then
gateway
start
wirebraid() { # what matters of it here
  case $1 in
    reload) echo "wirebraid $*" >>"$ROUTER_CALLS" ;;
    *) command wirebraid "$@" ;;
  esac
}
mkdir -p "$WIREBRAID_RUN"
python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$WIREBRAID_RUN/wb0.sock"
: >"$ROUTER_CALLS"
reload_service
expect_line 'started as before' "$ROUTER_CALLS" 'procd_open_instance wb0'
expect_none 'nothing has changed' "$ROUTER_CALLS" 'wirebraid reload'
uci set wirebraid.lte.cost=5
reload_service
expect_line 'changed' "$ROUTER_CALLS" 'wirebraid reload wb0'
: >"$ROUTER_CALLS"
ROUTER_NETWORKS='wan eth7 eth7'
reload_service
expect_line 'another device' "$ROUTER_CALLS" 'wirebraid reload wb0'
expect_line 'another device' "$conf" 'Device = eth7'
# A daemon that does not run yet reads the file anyway.
rm "$WIREBRAID_RUN/wb0.sock"
uci set wirebraid.lte.cost=6
: >"$ROUTER_CALLS"
reload_service
expect_none 'not running' "$ROUTER_CALLS" 'wirebraid reload'

# ---- what netifd runs is configured, not started
printf 'config interface wb0\n\toption proto wirebraid\n' >"$work/config/network"
: >"$ROUTER_CALLS"
uci set wirebraid.lte.cost=7
reload_service
expect_none 'no instance' "$ROUTER_CALLS" procd_open_instance
expect_line 'brought up after a change' "$ROUTER_CALLS" 'ubus call network.interface up {"interface":"wb0"}'
expect_line 'routes are netifd'"'"'s' "$conf" 'Table = off'
python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$WIREBRAID_RUN/wb0.sock"
uci set wirebraid.lte.cost=8
reload_service
expect_line 'told' "$ROUTER_CALLS" 'wirebraid reload wb0'
expect_line 'and so is netifd' "$ROUTER_CALLS" 'ubus call network.interface renew {"interface":"wb0"}'
unset -f wirebraid

# ---- hotplug
gateway
start
mkdir -p "$work/etc/init.d"
hotplug() { # DEVICE ACTION INTERFACE: prints what it calls
  sed "s,/etc/init.d/wirebraid,$work/init," "$package/files/wirebraid.hotplug" >"$work/hotplug"
  printf '#!/bin/sh\necho "init $*"\n' >"$work/init"
  chmod 755 "$work/init"
  DEVICE=$1 ACTION=$2 INTERFACE=$3 sh "$work/hotplug" | grep -v enabled
}
expect_same 'the same device' '' "$(hotplug wwan0 ifup wwan)"
expect_same 'another device' 'init reload' "$(hotplug wwan1 ifup wwan)"
expect_same 'not ours' '' "$(hotplug wwan1 ifup lan)"
expect_same 'going down' '' "$(hotplug wwan1 ifdown wwan)"

done_testing
