# shellcheck shell=dash
# shellcheck disable=SC2034,SC2119 # for who is called
# The LuCI package, as make installs it; its modules of what the web page shares; its views in a
# browser, about a running gateway.
if ! [ -d "$WIREBRAID_NODE_MODULES/node_modules/playwright-core" ] || ! [ -x /usr/bin/chromium ]; then
  echo "skipped: no packages in WIREBRAID_NODE_MODULES, or no Chromium; ./dev test puts them there"
  exit 77
fi
[ -n "$WIREBRAID_LIVE" ] ||
  WIREBRAID_LIVE=1 exec unshare --mount --net --propagation private busybox ash "$WIREBRAID_SOURCE/tests/openwrt/luci_test.sh"
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

luci=$WIREBRAID_SOURCE/openwrt-package/luci-app-wirebraid
mkdir -p "$work/root"
make -s -C "$luci" TOPDIR="$tests/sdk" ROOT="$work/root" install || fail 'make install'
LUCI_INSTALLED=$work/root/luci-app-wirebraid
LUCI_PO=$luci/po
for file in usr/libexec/rpcd/wirebraid usr/share/rpcd/acl.d/luci-app-wirebraid.json \
  www/luci-static/resources/wirebraid/format.js www/luci-static/resources/wirebraid/graph.js; do
  [ -f "$LUCI_INSTALLED/$file" ] || fail "not installed: $file"
done
[ -x "$LUCI_INSTALLED/usr/libexec/rpcd/wirebraid" ] || fail 'rpcd cannot run its plugin'

live_start
start
command=$(sed -n 's,^procd_set_param command /usr/sbin/,,p' "$ROUTER_CALLS")
# shellcheck disable=SC2086
live_run $command
live_wait 'both uplinks' live_is_up || done_testing

printf 'config interface wb0\n' >"$work/config/network"
echo "$WIREBRAID_OPTIONS$WIREBRAID_OWN_OPTIONS" | awk 'NF { print $1, $2 }' >"$work/options"
LUCI_OPTIONS=$work/options
ROUTER_NETWORKS="$ROUTER_NETWORKS
bat up1 up1"
HOME=$work
export LUCI_INSTALLED LUCI_PO LUCI_OPTIONS ROUTER_NETWORKS HOME
node "$tests/luci_test.js" || fail 'the views'

done_testing
