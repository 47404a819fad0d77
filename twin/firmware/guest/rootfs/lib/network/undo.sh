# What has been set up is noted with the command that takes it away again, so that `stop` needs to
# know nothing about the configuration, which may have changed since. To be sourced.
UNDO=/var/run/network.undo

complain() { logger -s -t network "$*"; }

# attempt COMMAND...: a mistake in one section must not keep the rest from working.
attempt() { "$@" || complain "failed: $*"; }

# undo COMMAND...: run by undo_all, the last one first.
undo() { echo "$*" >>"$UNDO"; }

undo_all() {
  [ -f "$UNDO" ] || return 0
  # What is gone already is what is wanted.
  tac "$UNDO" | while read -r command; do $command 2>/dev/null; done
  rm -f "$UNDO"
}

# make_link NAME ARGUMENTS...: a link of our own, which goes away again.
make_link() {
  attempt ip link add name "$@"
  undo ip link del "$1"
}

# up DEVICE
up() {
  attempt ip link set "$1" up
  undo ip link set "$1" down
}
