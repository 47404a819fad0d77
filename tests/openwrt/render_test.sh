# shellcheck shell=dash
# Renders the UCI files of cases/ and compares what comes out; the real `wirebraid check` reads it.
# Then mistakes, which are to be named by section and option.
# shellcheck source-path=SCRIPTDIR source=harness.sh
. "$WIREBRAID_SOURCE/tests/openwrt/harness.sh"
# shellcheck source-path=SCRIPTDIR source=router/lib/functions.sh
. "$IPKG_INSTROOT/lib/functions.sh"
# shellcheck source-path=SCRIPTDIR source=router/lib/functions/network.sh
. "$IPKG_INSTROOT/lib/functions/network.sh"
# shellcheck source-path=SCRIPTDIR source=../../openwrt-package/net/wirebraid/files/lib/render.sh
. "$WIREBRAID_LIB/render.sh"

load_case() { # NAME
  fresh
  mkdir -p "$work/keys"
  for key in wb0 dsl psk; do wirebraid genkey >"$work/keys/$key.key" 2>/dev/null; done
  sed "s,KEYS,$work/keys," "$tests/cases/$1/wirebraid" >"$WIREBRAID_CONFIG"
  ROUTER_NETWORKS=
  [ ! -f "$tests/cases/$1/networks" ] || ROUTER_NETWORKS=$(cat "$tests/cases/$1/networks")
  config_load wirebraid
}

for case in "$tests"/cases/*/; do
  case=$(basename "$case")
  for expected in "$tests/cases/$case"/*.conf; do
    load_case "$case"
    interface=$(basename "$expected" .conf)
    WIREBRAID_CHANGED=
    wirebraid_apply "$interface" || {
      fail "$case: $interface was not applied"
      cat "$ROUTER_LOG"
      continue
    }
    sed "s,KEYS,$work/keys," "$expected" >"$work/expected"
    expect_file "$case" "$work/expected" "$WIREBRAID_ETC/$interface.conf"
    expect_same "$case: changed" "$interface" "$WIREBRAID_CHANGED"
    expect_same "$case: mode" 600 "$(stat -c %a "$WIREBRAID_ETC/$interface.conf")"
    expect_same "$case: nothing left over" "$interface.conf" \
      "$(find "$WIREBRAID_ETC" -maxdepth 1 -type f -exec basename {} \;)"
    expect_none "$case: log" "$ROUTER_LOG" '^err'

    WIREBRAID_CHANGED=
    wirebraid_apply "$interface"
    expect_same "$case: not changed" '' "$WIREBRAID_CHANGED"
  done
done

# A device that has gone is remembered, and one that was never there switches its uplink off.
load_case gateway
expect_none 'before' "$ROUTER_LOG" guest
wirebraid_apply wb0
expect_line 'no device' "$ROUTER_LOG" \
  "warning wirebraid.guest.interface: 'wwan2' has no device yet; the uplink waits for it"
# shellcheck disable=SC2034
ROUTER_NETWORKS='wan - -
wwan - wwan7'
wirebraid_apply wb0
expect_line 'remembered' "$WIREBRAID_ETC/wb0.conf" 'Device = pppoe-wan'
expect_line 'by its lower device' "$WIREBRAID_ETC/wb0.conf" 'Device = wwan7'

# With netifd the routes are its own, unless there is a table.
load_case gateway
wirebraid_apply wb0 netifd
expect_line 'netifd' "$WIREBRAID_ETC/wb0.conf" 'Table = off'
load_case everything
wirebraid_apply wb0 netifd
expect_line 'netifd, with a table' "$WIREBRAID_ETC/wb0.conf" 'Table = 4294967295'

# Mistakes. The file that was there stays.
mistake() { # OPTION VALUE LINE OF THE LOG
  load_case gateway
  echo 'old' >"$WIREBRAID_ETC/wb0.conf"
  uci set "wirebraid.$1=$2"
  config_load wirebraid
  ! wirebraid_apply wb0 || fail "$1=$2 was applied"
  expect_line "$1=$2" "$ROUTER_LOG" "$3"
  expect_same "$1=$2: what was there" old "$(cat "$WIREBRAID_ETC/wb0.conf")"
  expect_same "$1=$2: left over" "devices wb0.conf" "$(find "$WIREBRAID_ETC" -mindepth 1 -maxdepth 1 -exec basename {} \; | sort | xargs)"
}
mistake dsl.public_key short 'err wirebraid.dsl.public_key: not a key: 44 characters of base64 expected, got 5'
mistake lte.rate_up fast "err wirebraid.lte.rate_up: 'fast' is not a rate: bits per second from 8k to 1000G expected, such as 50M"
mistake lte.bond away "err wirebraid.lte.bond: there is no bond 'away'"
mistake dsl.device eth7 'err wirebraid.dsl.device: either interface or device'
mistake dsl.quota_day 3x "err wirebraid.dsl.quota_day: '3x' is not a number from 1 to 28"
mistake wb0.mtu 600 'err wirebraid.wb0.mtu: 600 is too small for IPv6, which needs 1280'
mistake dsl.interface '../wan' 'err wirebraid.dsl.interface: no name of a logical interface'
mistake lte.quota '20G
AllowedIPs = 10.0.0.0/8' 'err wirebraid.lte.quota: a value has neither # nor line breaks'
mistake lte.quota '20G # each month' 'err wirebraid.lte.quota: a value has neither # nor line breaks'

# Nothing belongs nowhere.
load_case two_interfaces
uci -q delete wirebraid.first.wirebraid
uci set wirebraid.three.wirebraid=wb7
config_load wirebraid
wirebraid_check_owners
expect_line 'no owner' "$ROUTER_LOG" \
  'err wirebraid.first.wirebraid: there are several interfaces: name the one that this belongs to'
expect_line 'wrong owner' "$ROUTER_LOG" "err wirebraid.three.wirebraid: there is no interface 'wb7'"

# Every key that there is can be reached, and no option is one that there is not.
load_case everything
wirebraid help keys | awk '/^\[/ { section = substr($1, 2, length($1) - 2) }
  /^  [A-Za-z]/ { key = $1 }
  /^      / && !/wg-quick/ { print tolower(section), key }' | sort >"$work/keys.known"
echo "$WIREBRAID_OPTIONS" | awk 'NF { print $1, $3 }' | sort >"$work/keys.reached"
expect_file 'keys' "$work/keys.known" "$work/keys.reached"

done_testing
