# The writable layer over a firmware, one for each slot. To be sourced.
#
#   DATA/overlay/SLOT/firmware   the image (its header's checksum) that this layer is for
#   DATA/overlay/SLOT/upper      the layer, DATA/overlay/SLOT/work for the kernel
#   DATA/sysupgrade/for          "SLOT CHECKSUM": the firmware that the saved files are meant for
#   DATA/sysupgrade/files.tar    the saved files

# prepare_overlay DATA SLOT CHECKSUM: a firmware that runs for the first time gets an empty layer with
# the files that sysupgrade saved for it. Power may fail anywhere in it: the layer appears whole, and
# what it is made of goes away only afterwards.
prepare_overlay() {
  layer=$1/overlay/$2
  [ "$(cat "$layer/firmware" 2>/dev/null)" != "$3" ] || return 0
  rm -rf "$layer.new"
  mkdir -p "$layer.new/upper" "$layer.new/work" || return 1
  chmod 755 "$layer.new/upper"
  if [ "$(cat "$1/sysupgrade/for" 2>/dev/null)" = "$2 $3" ]; then
    tar -xf "$1/sysupgrade/files.tar" -C "$layer.new/upper" || return 1
  fi
  echo "$3" >"$layer.new/firmware" || return 1
  sync
  rm -rf "$layer" && mv "$layer.new" "$layer" || return 1
  sync
  rm -rf "$1/sysupgrade"
}
