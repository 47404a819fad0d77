# shellcheck shell=dash
# shellcheck disable=SC2034,SC2154 # of the harness, and for who is called
# A running gateway with two uplinks to a running server, both real, in namespaces that go with the
# test. The gateway's is the test's own; its daemon was configured by the init script from UCI, and
# runs as that says: with few capabilities, and not as root. Sourced after harness.sh.

# Not busybox's own.
ip() { /usr/sbin/ip "$@"; }
ping() { /usr/bin/ping "$@"; }
nsenter() { /usr/bin/nsenter "$@"; }

# nobody and nogroup stand for the user and group wirebraid, which this machine may lack.
chown() {
  if [ "$1" = wirebraid ]; then
    shift
    set -- nobody "$@"
  fi
  /usr/bin/chown "$@"
}

# live_start: this shell must be in network and mount namespaces of its own (see live_namespaces).
live_start() {
  mkdir -p /run/wirebraid /var/run/wireguard
  mount -t tmpfs wirebraid /run/wirebraid
  mount -t tmpfs wireguard /var/run/wireguard
  ip link set lo up
  unshare --net sleep 600 &
  live_server=$!
  trap live_stop EXIT
  live_wait 'a namespace for the server' _live_apart
  for number in 1 2; do
    ip link add "up$number" type veth peer name "up$number" netns $live_server
    ip address add "10.$number.0.1/24" dev "up$number"
    ip link set "up$number" up
    _live_inside ip address add "10.$number.0.2/24" dev "up$number"
    _live_inside ip link set "up$number" up
  done

  mkdir -p "$work/server"
  (umask 077 && wirebraid genkey >"$work/server/server.key" && wirebraid genkey >"$work/server/a.key" &&
    wirebraid genkey >"$work/server/b.key")
  cat >"$work/server/sv0.conf" <<END
[Interface]
PrivateKeyFile = server.key
ListenPort = 51820
Address = 10.99.0.1/24
[Bond home]
AllowedIPs = 10.99.0.2/32
[Uplink one]
PublicKey = $(wirebraid pubkey <"$work/server/a.key")
[Uplink two]
PublicKey = $(wirebraid pubkey <"$work/server/b.key")
END
  # Its control socket is not one that the gateway's tools should see.
  nsenter --net="/proc/$live_server/ns/net" unshare --mount sh -c \
    "mount -t tmpfs s /run/wirebraid; mount -t tmpfs s /var/run/wireguard
     exec wirebraidd -f -c '$work/server/sv0.conf' sv0" >"$work/server.log" 2>&1 &
  live_daemons=$!

  cat >"$WIREBRAID_CONFIG" <<END
config interface 'wb0'
  list address '10.99.0.2/24'

config bond 'home'
  list allowed_ips '10.99.0.1/32'

config uplink 'dsl'
  option interface 'wan'
  option secret '$(cat "$work/server/a.key")'
  option public_key '$(wirebraid pubkey <"$work/server/server.key")'
  list endpoint '10.1.0.2:51820'

config uplink 'lte'
  option interface 'wwan'
  option secret '$(cat "$work/server/b.key")'
  option public_key '$(wirebraid pubkey <"$work/server/server.key")'
  list endpoint '10.2.0.2:51820'
  option cost '10'
  option quota '20G'

config class 'calls'
  option mode 'redundant'
  list protocol 'udp'
  list port '5060'
END
  : >"$WIREBRAID_UJAIL"
  chmod 755 "$WIREBRAID_UJAIL"
  cp "$package/files/wirebraid.capabilities" "$WIREBRAID_CAPABILITIES"
  ROUTER_NETWORKS='wan up1 up1
wwan up2 up2'
  WIREBRAID_RUN=/run/wirebraid
  WIREBRAID_UAPI=/var/run/wireguard
}

# live_run COMMAND...: the gateway's daemon, as procd would run it: as nobody, with what the
# capabilities file grants.
live_run() {
  capabilities=$(python3 -c 'import json, sys; print(",".join("+" + c[4:].lower() for c in json.load(open(sys.argv[1]))["ambient"]))' \
    "$package/files/wirebraid.capabilities")
  chgrp nogroup "$WIREBRAID_RUN" "$WIREBRAID_UAPI" "$WIREBRAID_STATE"
  chmod 711 "$work"
  # Put back at the end: it is the machine's own.
  live_tun=$(stat -c %a /dev/net/tun)
  chmod 666 /dev/net/tun
  /usr/bin/setpriv --reuid nobody --regid nogroup --clear-groups --no-new-privs --inh-caps "-all,$capabilities" \
    --ambient-caps "-all,$capabilities" --bounding-set "-all,$capabilities" \
    "$@" >"$work/gateway.log" 2>&1 &
  live_daemons="$live_daemons $!"
}

_live_inside() { nsenter --net="/proc/$live_server/ns/net" "$@"; }
_live_apart() { [ "$(readlink "/proc/$live_server/ns/net")" != "$(readlink /proc/self/ns/net)" ]; }

# live_wait WHAT COMMAND...: until COMMAND succeeds, half a minute at most.
live_wait() {
  live_tries=0
  live_what=$1
  shift
  until "$@" >/dev/null 2>&1; do
    live_tries=$((live_tries + 1))
    if [ $live_tries -gt 300 ]; then
      fail "waited for $live_what in vain"
      cat "$work"/*.log
      return 1
    fi
    sleep 0.1
  done
}

# live_states: "dsl=up lte=up"
live_states() {
  wirebraid show --json wb0 | python3 -c 'import json, sys
print(" ".join(u["name"] + "=" + u["state"] for b in json.load(sys.stdin)["bonds"] for u in b["uplinks"]))'
}
live_is_up() { [ "$(live_states)" = 'dsl=up lte=up' ]; }

live_stop() {
  # shellcheck disable=SC2086
  kill $live_daemons $live_server 2>/dev/null
  wait
  [ -z "$live_tun" ] || chmod "$live_tun" /dev/net/tun
  rm -rf "$work"
}
