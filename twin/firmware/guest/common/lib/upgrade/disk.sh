# Where the parts of the node's disk are. To be sourced.

# disk SERIAL: prints the device.
disk() {
  for block in /sys/block/vd*; do
    [ "$(cat "$block/serial" 2>/dev/null)" = "$1" ] || continue
    echo "/dev/${block##*/}"
    return 0
  done
  return 1
}

# Prints a or b: the slot that runs.
active_slot() {
  # shellcheck disable=SC2013  # words are what it is made of
  for word in $(cat /proc/cmdline); do
    case $word in
      wirebraid.slot=[ab])
        echo "${word#wirebraid.slot=}"
        return 0
        ;;
    esac
  done
  return 1
}
