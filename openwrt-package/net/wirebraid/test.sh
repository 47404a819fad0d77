#!/bin/sh
# For the feed's CI, on the router: $1 is the package, $2 its version.
set -e

case $1 in
  wirebraid)
    wirebraidd --version | grep -F "wirebraid $2"
    wirebraid --version | grep -F "wirebraid $2"
    wirebraid genkey | wirebraid pubkey | grep -E '^[A-Za-z0-9+/]{43}=$'
    for script in /etc/init.d/wirebraid /etc/hotplug.d/iface/40-wirebraid /usr/libexec/wirebraid/respondd; do
      [ -x "$script" ]
    done
    ;;
  wirebraid-proto)
    [ -x /lib/netifd/proto/wirebraid.sh ]
    ;;
esac
