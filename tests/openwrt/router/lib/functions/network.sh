# shellcheck shell=dash
# Stands for the router's network.sh: ROUTER_NETWORKS is lines of "LOGICAL L3_DEVICE DEVICE", with -
# for what is not there.

_network_column() {
  _network_found=$(echo "$ROUTER_NETWORKS" | awk -v name="$2" -v column="$3" '$1 == name { print $column }')
  [ "$_network_found" != - ] || _network_found=
  eval "$1=\$_network_found"
  [ -n "$_network_found" ]
}
network_get_device() { _network_column "$1" "$2" 2; }
network_get_physdev() { _network_column "$1" "$2" 3; }
