# The kernel's WireGuard, by /etc/config/wireguard. Keys are in files only; what goes to wg(8) goes
# through a file that nobody else can read. To be sourced.

# add_peer SECTION: appends a peer of $tunnel to wg's configuration.
add_peer() {
  config_get of "$1" interface
  [ "$of" = "$tunnel" ] || return 0
  echo "[Peer]"
  for option in public_key:PublicKey endpoint:Endpoint persistent_keepalive:PersistentKeepalive; do
    config_get value "$1" "${option%:*}"
    [ -z "$value" ] || echo "${option#*:} = $value"
  done
  config_get value "$1" preshared_key_file
  [ -z "$value" ] || echo "PresharedKey = $(cat "$value")"
  config_get value "$1" allowed_ips
  [ -z "$value" ] || echo "AllowedIPs = $(echo "$value" | tr '\n' ',' | sed 's/,$//')"
}

# The tunnel's own part; a key is made for it if there is none.
own_part() {
  config_get key_file "$1" private_key_file "/etc/wirebraid/$tunnel.key"
  if [ ! -s "$key_file" ]; then
    mkdir -p "${key_file%/*}"
    wg genkey >"$key_file.new" && sync && mv "$key_file.new" "$key_file"
  fi
  echo "[Interface]"
  echo "PrivateKey = $(cat "$key_file")"
  config_get value "$1" listen_port
  [ -z "$value" ] || echo "ListenPort = $value"
  config_get value "$1" fwmark
  [ -z "$value" ] || echo "FwMark = $value"
}

route_peer() {
  config_get of "$1" interface
  config_get_bool wanted "$1" route_allowed_ips 0
  if [ "$of" = "$tunnel" ] && [ "$wanted" = 1 ]; then
    config_list_foreach "$1" allowed_ips route_to_tunnel
  fi
}
route_to_tunnel() {
  case $1 in
    *:*) add_route -6 "$tunnel" "$1" ;;
    *) add_route -4 "$tunnel" "$1" ;;
  esac
}

add_tunnel() {
  config_get tunnel "$1" name "$1"
  modprobe -q wireguard || complain "this kernel has no WireGuard"
  make_link "$tunnel" type wireguard
  mask=$(umask)
  umask 077
  {
    own_part "$1"
    config_foreach add_peer peer
  } >"/var/run/$tunnel.conf"
  umask "$mask"
  attempt wg setconf "$tunnel" "/var/run/$tunnel.conf"
  rm -f "/var/run/$tunnel.conf"
  config_get mtu "$1" mtu 1420
  attempt ip link set "$tunnel" mtu "$mtu"
  up "$tunnel"
  config_list_foreach "$1" address add_address "$tunnel"
  config_foreach route_peer peer
}
