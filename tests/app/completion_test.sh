#!/bin/bash
# What bash's completion offers, with a real daemon to ask. Needs root.
#
# Usage: completion_test.sh BUILD-DIRECTORY     77: cannot be tried here
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$1" && pwd)

if [[ -z ${2-} ]]; then
  [[ $(id -u) == 0 && -c /dev/net/tun ]] || exit 77
  # With a /run and a network of its own, which end with it.
  exec unshare --mount --propagation private --pid --fork --kill-child --mount-proc --net "$0" "$build" inside
fi

mount -t tmpfs completion-test /run
PATH=$build/src/app:$build/twin:$PATH
scratch=/run/scratch
mkdir $scratch
key() { wirebraid genkey | wirebraid pubkey; }
cat >$scratch/wb0.conf <<END
[Interface]
PrivateKey = $(wirebraid genkey)
[Bond home]
AllowedIPs = 10.0.0.0/8
[Uplink dsl]
PublicKey = $(key)
[Uplink lte]
PublicKey = $(key)
[Class calls]
DSCP = ef
Mode = failover
END
chmod 600 $scratch/wb0.conf
wirebraidd -f --config $scratch/wb0.conf wb0 2>$scratch/log &
for _ in {1..200}; do
  ! wirebraid show wb0 >/dev/null 2>&1 || break
  sleep 0.05
done

# shellcheck source=src/app/service/completion/wirebraid.bash
. "$root/src/app/service/completion/wirebraid.bash"
failures=0

# offers FUNCTION WORDS... -- EXPECTED...: the last of WORDS is under the cursor.
offers() {
  local function=$1 expected
  shift
  COMP_WORDS=()
  while [[ $1 != -- ]]; do
    COMP_WORDS+=("$1")
    shift
  done
  shift
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  COMPREPLY=()
  $function 2>>$scratch/errors
  expected=$*
  if [[ ${COMPREPLY[*]} != "$expected" ]]; then
    echo "${COMP_WORDS[*]}: '${COMPREPLY[*]}' instead of '$expected'"
    failures=$((failures + 1))
  fi
}

# compopt is for a completion that bash itself has started.
# shellcheck disable=SC2317  # completion calls it
compopt() { :; }

offers _wirebraid wirebraid sho -- show
offers _wirebraid wirebraid show '' -- wb0
offers _wirebraid wirebraid --socket-directory /run/none show '' --
offers _wirebraid wirebraid reload w -- wb0
offers _wirebraid wirebraid why wb0 '' -- dsl lte
offers _wirebraid wirebraid why wb0 l -- lte
offers _wirebraid wirebraid events --f -- --follow
offers _wirebraid wirebraid set wb0 '' -- interface. class.calls. bond.home. uplink.dsl. uplink.lte.
offers _wirebraid wirebraid set wb0 uplink.lte.Q -- uplink.lte.Quota= uplink.lte.QuotaReserve= uplink.lte.QuotaDay=
offers _wirebraid wirebraid set --confirm 90 wb0 bond.home.M -- bond.home.Mode=
offers _wirebraid wirebraid set wb0 interface.W -- interface.Workers=
offers _wirebraid wirebraid set wb0 --remove up -- uplink.dsl uplink.lte
offers _wirebraid wirebraid invite wb0 new --bond '' -- home
offers _wirebraid wirebraid check $scratch/wb -- $scratch/wb0.conf
offers _wirebraid wirebraid help '' -- keys
offers _wirebraidd wirebraidd --engine '' -- auto io_uring epoll
offers _wirebraidd wirebraidd --config $scratch/wb -- $scratch/wb0.conf
offers _wirebraidd wirebraidd --st -- --state-dir
offers _wirebraid_twin wirebraid-twin c -- check console cut capture
offers _wirebraid_twin wirebraid-twin firmware '' -- build check extract
offers _wirebraid_twin wirebraid-twin validate --accelerator '' -- auto kvm tcg

# Every command and option that the programs tell of is offered.
commands=$(wirebraid help | sed -nE 's/^  ([a-z]+) .*/\1/p')
COMP_WORDS=(wirebraid '') COMP_CWORD=1
_wirebraid
for command in $commands; do
  [[ " ${COMPREPLY[*]} " == *" $command "* ]] || { echo "not offered: $command" && failures=$((failures + 1)); }
done
for command in "${COMPREPLY[@]}"; do
  [[ $'\n'$commands$'\n' == *$'\n'"$command"$'\n'* ]] || { echo "there is no $command" && failures=$((failures + 1)); }
done
COMP_WORDS=(wirebraidd --) COMP_CWORD=1
_wirebraidd
for option in $(wirebraidd --help | grep -oE -- '--[a-z-]+' | sort -u); do
  [[ " ${COMPREPLY[*]} " == *" $option "* ]] || { echo "not offered: $option" && failures=$((failures + 1)); }
done

if [[ -s $scratch/errors ]]; then
  cat $scratch/errors
  failures=$((failures + 1))
fi
exit $((failures > 0))
