# Meshes of batman-adv, bridges, VLANs and such: everything that becomes a device. To be sourced.

# ----- /etc/config/batman: section "mesh"

add_hard_interface() {
  attempt ip link set "$1" master "$2"
  undo ip link set "$1" nomaster
  up "$1"
}

# set_mesh SECTION: every option but those of add_mesh is a word of batctl's.
set_mesh() {
  for option in gw_mode orig_interval hop_penalty multicast_mode fragmentation ap_isolation \
    bridge_loop_avoidance distributed_arp_table aggregation throughput_override loglevel; do
    config_get setting "$1" $option
    # shellcheck disable=SC2086  # gw_mode has two words
    [ -z "$setting" ] || attempt batctl meshif "$mesh" $option $setting
  done
}

add_mesh() {
  config_get mesh "$1" name "$1"
  config_get algorithm "$1" routing_algo BATMAN_IV
  modprobe -q batman-adv || complain "this kernel has no batman-adv"
  make_link "$mesh" type batadv ra "$algorithm"
  # Else it is another one after every start, and neighbours go on sending to the one before.
  config_get mac "$1" macaddr
  [ -z "$mac" ] || attempt ip link set "$mesh" address "$mac"
  config_list_foreach "$1" interface add_hard_interface "$mesh"
  set_mesh "$1"
  up "$mesh"
}

# ----- /etc/config/network: section "device"

add_port() {
  attempt ip link set "$1" master "$2"
  undo ip link set "$1" nomaster
  up "$1"
}

add_device() {
  config_get name "$1" name "$1"
  config_get type "$1" type
  config_get base "$1" ifname
  case $type in
    bridge)
      config_get_bool stp "$1" stp 0
      make_link "$name" type bridge stp_state "$stp"
      config_list_foreach "$1" ports add_port "$name"
      ;;
    8021q)
      config_get vid "$1" vid
      make_link "$name" link "$base" type vlan id "$vid"
      ;;
    veth)
      config_get peer "$1" peer "${name}p"
      make_link "$name" type veth peer name "$peer"
      up "$peer"
      ;;
    dummy) make_link "$name" type dummy ;;
    '') ;;
    *) complain "device $name: no such type: $type" ;;
  esac
  config_get mac "$1" macaddr
  [ -z "$mac" ] || attempt ip link set "$name" address "$mac"
  config_get mtu "$1" mtu
  [ -z "$mtu" ] || attempt ip link set "$name" mtu "$mtu"
  up "$name"
}
