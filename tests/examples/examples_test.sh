#!/bin/sh
# The examples of docs/examples: the firewall as nft reads it, and the script that announces a way to
# the internet, with real daemons. Needs root.
#
# Usage: examples_test.sh BUILD-DIRECTORY     77: cannot be tried here
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$1" && pwd)
examples=$root/docs/examples

fail() {
  echo "examples test: $*" >&2
  exit 1
}

if [ -z "${2-}" ]; then
  [ "$(id -u)" = 0 ] && [ -c /dev/net/tun ] && command -v nft >/dev/null || exit 77
  # With a /run and a network of its own, which end with it.
  exec unshare --mount --propagation private --pid --fork --kill-child --mount-proc --net "$0" \
    "$build" inside
fi

mount -t tmpfs examples-test /run
ip link set lo up
PATH=$build/src/app:$PATH

# Twice, since loading it again is to replace it.
nft -c -f "$examples/server.nft" || fail "server.nft: nft does not take it"
nft -f "$examples/server.nft"
nft -f "$examples/server.nft"
[ "$(nft list table inet wirebraid | grep -c 'masquerade')" = 2 ] || fail "server.nft: loaded twice"

# await CONDITION: for ten seconds at most.
await() {
  tries=200
  until "$@" >/dev/null 2>&1; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || return 1
    sleep 0.05
  done
}
key=$(wirebraid genkey)
other=$(wirebraid genkey)
umask 077
cat >/run/server.conf <<END
[Interface]
PrivateKey = $key
ListenPort = 51820
Table = off
[Bond gateway]
AllowedIPs = 10.0.0.2/32
[Uplink gateway]
PublicKey = $(echo "$other" | wirebraid pubkey)
END
cat >/run/gateway.conf <<END
[Interface]
PrivateKey = $other
Table = off
[Bond home]
AllowedIPs = 0.0.0.0/0
[Uplink lo]
PublicKey = $(echo "$key" | wirebraid pubkey)
Endpoint = 127.0.0.1:51820
END
start() { wirebraidd -f --config "/run/$1.conf" "$1" 2>>"/run/$1.log" & }
announced() { ip route show table 191 | grep -q '^default dev gateway proto 191'; }
not_announced() { ! announced; }

start server
server=$!
start gateway
await wirebraid show gateway || fail "no gateway: $(cat /run/gateway.log)"
"$examples/announce-while-up" gateway &
script=$!
await announced || fail "announce-while-up: the uplink is up, and nothing is announced"
kill "$server"
# What is sent is not answered any more.
ping -q -c 1 -W 1 -I gateway 10.0.0.9 >/dev/null 2>&1 || true
await not_announced || fail "announce-while-up: the uplink is dead, and still announced"
start server
await announced || fail "announce-while-up: the uplink is back, and nothing is announced"
kill "$script"
await not_announced || fail "announce-while-up: its routes stay when it ends"
