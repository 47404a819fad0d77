#!/bin/sh
# The Debian packages of a build tree, tried in a clean Debian: what is in them, that they install
# with what they depend on, that the daemon runs as their unit has it (its user, its capabilities,
# its command line), and that a purge leaves nothing. Needs root, debootstrap and apt's mirror.
#
# Usage: package_test.sh BUILD-DIRECTORY     77: cannot be tried here
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
cache=$build/../package-test # the clean Debian, and what apt fetches: made once
cache=$(mkdir -p "$cache/archives/partial" && cd "$cache" && pwd)
work=$cache/run

say() { printf 'package test: %s\n' "$*"; }
fail() {
  say "$*" >&2
  exit 1
}
skip() {
  say "skipped: $*"
  exit 77
}

# expect NAME FILE: what is in the package of that name, but for examples, page and guest, is what FILE lists.
expect() {
  dpkg-deb --fsys-tarfile "$work/$1"_*.deb | tar -tf - | sed -e 's,^\./,/,' -e '\,/$,d' |
    grep -vE '^/usr/share/(doc/wirebraid/examples|wirebraid/(firmware|web))/' | sort >"$work/$1.list"
  diff -u "$here/$2" "$work/$1.list" || fail "$1 has other files than expected"
}

make_packages() {
  (cd "$work" && cpack --config "$build/CPackConfig.cmake" -B "$work" >"$work/cpack.log" 2>&1) ||
    fail "cpack: $(cat "$work/cpack.log")"
  expect wirebraid wirebraid.list
  expect wirebraid-twin wirebraid-twin.list
  # Not where what it needs is missing.
  [ ! -e "$build/src/app/wirebraid-web" ] || expect wirebraid-web wirebraid-web.list
}

# The machine's own mirror and release, as ./dev has it.
make_debian() {
  [ ! -e "$cache/debian/usr/bin/dpkg" ] || return 0
  command -v debootstrap >/dev/null || skip "no debootstrap"
  codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
  # shellcheck disable=SC2016  # apt's own variables
  mirror=$(apt-get indextargets --format '$(REPO_URI)' "Created-By: Packages" \
    "Release: $codename" "Component: main" 2>/dev/null | head -n 1)
  [ -n "$mirror" ] || skip "apt has no mirror"
  say "making a clean Debian"
  rm -rf "$cache/debian" "$cache/debian.new"
  debootstrap --variant=minbase --include=systemd,iproute2 "$codename" "$cache/debian.new" \
    "$mirror" >"$cache/debootstrap.log" 2>&1 || skip "debootstrap: $(tail -n 1 "$cache/debootstrap.log")"
  apt-config dump | grep -E '^Acquire::(http|https|Check|Retries)' \
    >"$cache/debian.new/etc/apt/apt.conf.d/00host" || true
  echo 'Acquire::Languages "none";' >>"$cache/debian.new/etc/apt/apt.conf.d/00host"
  mv "$cache/debian.new" "$cache/debian"
}

# The daemon's package and, where it was built, the web page's, as dpkg is to be told.
ours() {
  echo wirebraid
  [ ! -e "$build/src/app/wirebraid-web" ] || echo wirebraid-web
}
archives() { ours | sed 's,.*,/packages/&_*.deb,'; }

# From here on, in mount and process namespaces that end with this test.
root=$work/root
# With in_place=exec, in place of the shell that calls it.
inside() { ${in_place-} chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"; }
files() { (cd "$root" && find . -xdev \( -path ./proc -o -path ./packages -o -path ./var/cache/apt \) -prune -o -print) | sort; }

mount_debian() {
  mkdir -p "$root" "$work/disk"
  # Its own file system, since an overlay's upper layer cannot lie on another overlay.
  mount -t tmpfs -o mode=0755 package-test "$work/disk"
  mkdir -p "$work/disk/upper" "$work/disk/scratch"
  mount -t overlay -o "lowerdir=$cache/debian,upperdir=$work/disk/upper,workdir=$work/disk/scratch" \
    overlay "$root"
  mkdir -p "$root/packages" "$root/dev/net"
  mount -t proc proc "$root/proc"
  mount --bind "$work" "$root/packages"
  mount --bind "$cache/archives" "$root/var/cache/apt/archives"
  [ -e "$root/dev/net/tun" ] || mknod "$root/dev/net/tun" c 10 200
  chmod 666 "$root/dev/net/tun"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  # No services are started in here.
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
}

# run_dpkg WHAT ARGUMENTS...
run_dpkg() {
  what=$1
  shift
  inside sh -c "dpkg $*" >>"$work/dpkg.log" 2>&1 || fail "$what: $(tail -n 5 "$work/dpkg.log")"
}
is_known() { grep -q wirebraid "$root/etc/passwd" "$root/etc/group"; }

install_daemon() {
  inside apt-get update -qq || skip "apt-get update failed"
  say "installing"
  # As a newcomer does: dpkg, which finds that much is missing, and apt, which brings it.
  # shellcheck disable=SC2046  # lists of words, here and below
  (run_dpkg installing -i $(archives)) 2>/dev/null || true
  inside apt-get -f install -y -qq --no-install-recommends >>"$work/dpkg.log" 2>&1 ||
    fail "apt-get -f install: $(tail -n 5 "$work/dpkg.log")"
  for name in $(ours); do
    inside dpkg -s "$name" | grep -q '^Status: install ok installed' ||
      fail "$name is not installed: $(tail -n 5 "$work/dpkg.log")"
  done
  # What they depend on is there now, so from here on only they themselves come and go.
  # shellcheck disable=SC2046
  run_dpkg purging --purge $(ours)
  ! is_known || fail "purge left a user"
  files >"$work/before"
  # shellcheck disable=SC2046
  run_dpkg "installing again" -i $(archives)
  [ "$(inside stat -c %U:%G:%a /etc/wirebraid)" = wirebraid:wirebraid:750 ] ||
    fail "/etc/wirebraid is not the daemon's own"
}

# unit KEY: its values in the unit, of the instance $instance.
unit() {
  sed -n "s/^$1=//p" "$root/usr/lib/systemd/system/wirebraid@.service" | sed "s/%i/$instance/g"
}

# as_unit COMMAND...: as the unit's user, with its capabilities and no others.
as_unit() {
  capabilities=$(unit AmbientCapabilities | sed -e 's/CAP_/+/g' -e 's/ /,/g' | tr '[:upper:]' '[:lower:]')
  inside setpriv --reuid "$(unit User)" --regid "$(unit Group)" --clear-groups --no-new-privs \
    --inh-caps="-all,$capabilities" --ambient-caps="-all,$capabilities" \
    --bounding-set="-all,$capabilities" "$@"
}

key() { inside sh -c "umask 077; wirebraid genkey >/etc/wirebraid/$1.key; wirebraid pubkey </etc/wirebraid/$1.key"; }

# A server and a gateway on one machine, so that an uplink comes up.
write_configurations() {
  server_key=$(key server)
  gateway_key=$(key gateway)
  cat >"$root/etc/wirebraid/server.conf" <<END
[Interface]
PrivateKeyFile = server.key
ListenPort = 443
Address = 10.99.0.1/32
Table = off
[Bond alice]
AllowedIPs = 10.99.0.2/32
[Uplink alice]
PublicKey = $gateway_key
END
  cat >"$root/etc/wirebraid/gateway.conf" <<END
[Interface]
PrivateKeyFile = gateway.key
Address = 10.99.0.2/32
Table = off
[Bond home]
AllowedIPs = 10.99.0.1/32
[Uplink lo]
PublicKey = $server_key
Endpoint = 127.0.0.1:443
Device = lo
Quota = 1G
END
  inside sh -c 'chown wirebraid: /etc/wirebraid/*; chmod 600 /etc/wirebraid/*'
}

# await SECONDS COMMAND...
await() {
  tries=$(($1 * 20))
  shift
  until "$@" >/dev/null 2>&1; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || return 1
    sleep 0.05
  done
}

run_daemons() {
  say "running"
  ip link set lo up
  write_configurations
  # RuntimeDirectory and StateDirectory.
  inside install -d -o wirebraid -g wirebraid /run/wirebraid
  inside install -d -m 0700 -o wirebraid -g wirebraid /var/lib/wirebraid
  for instance in server gateway; do
    unit ExecStartPre | while read -r line; do
      run=as_unit
      [ "${line#+}" = "$line" ] || run=inside # as root
      # shellcheck disable=SC2086  # a list of words
      $run ${line#+} || fail "$instance: $line"
    done
    # There is no syslog in here.
    # shellcheck disable=SC2046  # a list of words
    (in_place='exec' && as_unit $(unit ExecStart | sed 's/ --syslog//')) >"$work/$instance.log" 2>&1 &
    eval "pid_$instance=$!"
    await 10 inside wirebraid show "$instance" || fail "$instance does not answer: $(cat "$work/$instance.log")"
  done
  up() { inside wirebraid show gateway --json | grep -q '"state": "up"'; }
  await 15 up || fail "the uplink does not come up: $(inside wirebraid show; cat "$work/gateway.log")"
  inside wirebraid show gateway
  # shellcheck disable=SC2046
  as_unit $(unit ExecReload) || fail "reload"
  ! grep -iE 'error|could not|denied|not permitted' "$work/server.log" "$work/gateway.log" ||
    fail "the daemon lacks something"
  # shellcheck disable=SC2154  # set by eval
  for pid in $pid_gateway $pid_server; do
    kill "$pid"
    wait "$pid" || fail "a daemon ended with status $?"
  done
  [ -s "$root/var/lib/wirebraid/gateway.json" ] || fail "no state was saved"
}

# The page comes from where it is installed, for nobody without a session, to a user of its own.
run_web() {
  [ -e "$build/src/app/wirebraid-web" ] || return 0
  say "asking for the web page"
  ip link set lo up
  page_unit=$root/usr/lib/systemd/system/wirebraid-web.service
  echo secret-enough-for-a-test | inside wirebraid-web --set-password >/dev/null ||
    fail "wirebraid-web takes no password"
  inside chown wirebraid-web: /etc/wirebraid/web.password
  # shellcheck disable=SC2046  # a list of words
  (in_place='exec' && inside setpriv --reuid "$(sed -n 's/^User=//p' "$page_unit")" \
    --regid "$(sed -n 's/^Group=//p' "$page_unit")" --clear-groups --no-new-privs \
    --inh-caps=-all --bounding-set=-all $(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$page_unit")) \
    >"$work/web.log" 2>&1 &
  web=$!
  page() {
    inside bash -c 'exec 3<>/dev/tcp/127.0.0.1/8378 && printf "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n" >&3 && cat <&3' |
      grep -qi '<html'
  }
  await 10 page || fail "no page: $(cat "$work/web.log")"
  kill "$web"
  wait "$web" || fail "wirebraid-web ended with status $?"
}

remove_daemon() {
  say "removing"
  # shellcheck disable=SC2046
  run_dpkg removing --remove $(ours)
  [ -s "$root/etc/wirebraid/gateway.key" ] || fail "removing took an administrator's key"
  # shellcheck disable=SC2046
  run_dpkg purging --purge $(ours)
  files >"$work/after"
  diff "$work/before" "$work/after" || fail "a purge leaves something, or takes what is not its own"
  ! is_known || fail "a purge leaves a user"
}

# Without QEMU, which would take longer to install than everything else here.
try_twin() {
  say "trying the twin"
  inside sh -c 'apt-get install -qq --simulate /packages/*.deb' >"$work/simulate.log" 2>&1 ||
    fail "the packages cannot be installed together: $(tail -n 3 "$work/simulate.log")"
  run_dpkg "installing the twin" -i --force-depends '/packages/wirebraid_*.deb' \
    '/packages/wirebraid-twin_*.deb'
  inside sh -c 'wirebraid-twin new evernet -o /tmp/net.json && wirebraid-twin check /tmp/net.json; rm /tmp/net.json' ||
    fail "the twin does not run"
  run_dpkg "purging the twin" --purge wirebraid-twin wirebraid
  files >"$work/after"
  diff "$work/before" "$work/after" || fail "a purge of the twin leaves something"
}

case ${2:-} in
  '')
    [ "$(id -u)" = 0 ] || skip "needs root"
    rm -rf "$work"
    mkdir -p "$work"
    make_packages
    make_debian
    unshare --mount --propagation private --pid --fork --kill-child "$0" "$build" in-debian
    rm -rf "$work"
    ;;
  in-debian)
    mount_debian
    install_daemon
    unshare --net "$0" "$build" in-network
    remove_daemon
    try_twin
    ;;
  in-network)
    run_daemons
    run_web
    ;;
esac
