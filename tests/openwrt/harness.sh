# shellcheck shell=dash
# shellcheck disable=SC3043 # the router's shell knows local
# For tests that run in the router's shell: a router's libraries and programs beside the real
# `wirebraid`, in a directory that goes at the end. WIREBRAID_SOURCE and WIREBRAID_BUILD say where
# the tree and the build are.

tests=$WIREBRAID_SOURCE/tests/openwrt
package=$WIREBRAID_SOURCE/openwrt-package/net/wirebraid
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

PATH=$tests/router/bin:$WIREBRAID_BUILD/src/app:$PATH
IPKG_INSTROOT=$tests/router
UCI_CONFIG_DIR=$work/config
ROUTER_LOG=$work/log
ROUTER_CALLS=$work/calls
ROUTER_NETWORKS=
WIREBRAID_LIB=$package/files/lib
WIREBRAID_CONFIG=$work/config/wirebraid
WIREBRAID_ETC=$work/etc
WIREBRAID_RUN=$work/run/wirebraid
WIREBRAID_STATE=$work/state
WIREBRAID_UAPI=$work/wireguard
WIREBRAID_TUN=$work/tun
WIREBRAID_UJAIL=$work/ujail
WIREBRAID_CAPABILITIES=$work/capabilities
export PATH IPKG_INSTROOT UCI_CONFIG_DIR ROUTER_LOG ROUTER_CALLS ROUTER_NETWORKS WIREBRAID_LIB
export WIREBRAID_CONFIG WIREBRAID_ETC WIREBRAID_RUN WIREBRAID_STATE WIREBRAID_UAPI WIREBRAID_TUN
export WIREBRAID_UJAIL WIREBRAID_CAPABILITIES

# From wg(8)'s manual.
export private=yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=
export public=xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=

# Debian's busybox runs its own applets whatever PATH says.
logger() { "$tests/router/bin/logger" "$@"; }

fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# fresh: an empty router.
fresh() {
  rm -rf "${work:?}"/*
  mkdir -p "$work/config" "$work/etc" "$work/run"
  : >"$ROUTER_LOG"
  : >"$ROUTER_CALLS"
}

# expect_file WHAT EXPECTED FOUND
expect_file() {
  diff -u "$2" "$3" || fail "$1: not as expected"
}
expect_line() { # WHAT FILE LINE
  grep -qxF -- "$3" "$2" || {
    fail "$1: no line: $3"
    sed 's/^/  | /' "$2"
  }
}
expect_none() { # WHAT FILE PATTERN
  ! grep -e "$3" "$2" || fail "$1: there should be nothing like: $3"
}
expect_same() { # WHAT EXPECTED FOUND
  [ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"
}

done_testing() {
  [ $failures = 0 ] || {
    echo "$failures failed"
    exit 1
  }
  echo "all good"
  exit 0
}
