# shellcheck shell=dash
# shellcheck disable=SC3043 # the router's shell knows local
# Turns /etc/config/wirebraid into the daemons' configuration files. For the init script, the
# protocol handler and the rpcd plugin, after config_load wirebraid. Of the router's libraries it
# needs config_get, config_get_bool, config_foreach and config_list_foreach, and, for uplinks that
# name a logical interface, network_get_device and network_get_physdev.

: "${WIREBRAID_ETC:=/var/etc/wirebraid}" # the files that are made
: "${WIREBRAID_RUN:=/run/wirebraid}"     # the daemons' control sockets
: "${WIREBRAID_USER:=root}"
WIREBRAID_PROBLEMS=0

# Every option: its section, its name, the key of the configuration file that it becomes, whether it
# is one value, a list, a switch (yes or no) or names of other sections, and its type for
# uci_validate_section. The type is coarse where the router's validation is: it counts in int, and
# knows no rates. `wirebraid check` reads everything again.
WIREBRAID_OPTIONS='
interface secret PrivateKey value string
interface secret_file PrivateKeyFile value string
interface listen_port ListenPort value port
interface fwmark FwMark value string
interface address Address list list(cidr)
interface mtu MTU value range(576,65440)
interface table Table value string
interface metric Metric value string
interface cipher Cipher value or("auto","libsodium","openssl","ipsec-mb")
interface workers Workers value or("auto",range(1,64))
bond mode Mode value or("packet","flow","host","failover","redundant")
bond allowed_ips AllowedIPs list list(cidr)
bond hold_time HoldTime value range(1,5000)
uplink bond Bond name uciname
uplink secret PrivateKey value string
uplink secret_file PrivateKeyFile value string
uplink public_key PublicKey value string
uplink preshared_key PresharedKey value string
uplink preshared_key_file PresharedKeyFile value string
uplink endpoint Endpoint list list(string)
uplink persistent_keepalive PersistentKeepalive value or("off",range(0,65535))
uplink allowed_ips AllowedIPs list list(cidr)
uplink device Device value string
uplink address Address value ipaddr
uplink listen_port ListenPort value port
uplink fwmark FwMark value string
uplink priority Priority value range(1,255)
uplink weight Weight value range(1,1000)
uplink cost Cost value range(0,1000)
uplink rate_up RateUp value string
uplink rate_down RateDown value string
uplink quota Quota value string
uplink quota_reserve QuotaReserve value string
uplink quota_day QuotaDay value range(1,28)
uplink tunnel_address TunnelAddress list list(cidr)
uplink target Target list list(ipaddr)
uplink enabled Enabled switch bool
class bond Bond name uciname
class mode Mode value or("packet","flow","host","failover","redundant")
class uplinks Uplinks names list(uciname)
class prefix Prefix list list(cidr)
class protocol Protocol list list(string)
class port Port list list(or(port,portrange))
class dscp DSCP list list(string)
class min_size MinSize value range(0,65535)
class max_size MaxSize value range(0,65535)
'
# Options that are ours alone: they become no key.
WIREBRAID_OWN_OPTIONS='
globals enabled bool
globals log_level or("debug","info","warning","error","silent")
globals engine or("auto","io_uring","epoll")
globals state_dir string
interface enabled bool
bond name string
bond wirebraid uciname
uplink name string
uplink wirebraid uciname
uplink interface uciname
class name string
class wirebraid uciname
'

# wirebraid_log PRIORITY TEXT
wirebraid_log() {
  logger -t wirebraid -p "daemon.$1" "$2"
  [ ! -t 2 ] || echo "wirebraid: $2" >&2
}

# wirebraid_problem SECTION OPTION TEXT: what keeps an interface from being configured.
wirebraid_problem() {
  WIREBRAID_PROBLEMS=$((WIREBRAID_PROBLEMS + 1))
  wirebraid_log err "wirebraid.$1${2:+.$2}: $3"
}

# wirebraid_datatypes TYPE: the arguments of uci_validate_section.
wirebraid_datatypes() {
  local type option key form datatype
  echo "$WIREBRAID_OPTIONS" | while read -r type option key form datatype; do
    [ "$type" != "$1" ] || echo "$option:$datatype"
  done
  echo "$WIREBRAID_OWN_OPTIONS" | while read -r type option datatype; do
    [ "$type" != "$1" ] || echo "$option:$datatype"
  done
}

# wirebraid_option_of TYPE KEY: the option that becomes KEY.
wirebraid_option_of() {
  local type option key form datatype
  echo "$WIREBRAID_OPTIONS" | while read -r type option key form datatype; do
    [ "$type $key" != "$1 $2" ] || echo "$option"
  done
}

# ---- sections and their names

# wirebraid_is TYPE SECTION
wirebraid_is() {
  local found
  config_get found "$2" TYPE
  [ "$found" = "$1" ]
}

# wirebraid_name VARIABLE SECTION: as the configuration file calls it.
wirebraid_name() {
  local _called
  config_get _called "$2" name "$2"
  eval "$1=\$_called"
}

_wirebraid_count() {
  _count=$((_count + 1))
  _only=$1
}

# wirebraid_owner VARIABLE SECTION: the interface section that a bond, uplink or class belongs to:
# the one that it names, that of its bond, or the only one. Empty: none.
wirebraid_owner() {
  local _owner _bond _count=0 _only=
  config_get _owner "$2" wirebraid
  if [ -z "$_owner" ]; then
    config_get _bond "$2" bond
    [ -z "$_bond" ] || config_get _owner "$_bond" wirebraid
  fi
  if [ -z "$_owner" ]; then
    config_foreach _wirebraid_count interface
    [ $_count != 1 ] || _owner=$_only
  fi
  eval "$1=\$_owner"
}

# wirebraid_check_owners: every bond, uplink and class belongs to an interface, or nobody would
# notice that it is left out.
wirebraid_check_owners() {
  local type
  for type in bond uplink class; do
    config_foreach _wirebraid_check_owner "$type" "$type"
  done
}

_wirebraid_check_owner() {
  local owner
  wirebraid_owner owner "$1"
  if [ -z "$owner" ]; then
    wirebraid_problem "$1" wirebraid "there are several interfaces: name the one that this belongs to"
  elif ! wirebraid_is interface "$owner"; then
    wirebraid_problem "$1" wirebraid "there is no interface '$owner'"
  fi
}

# ---- values

# wirebraid_put SECTION OPTION KEY VALUE: one line of the file. A value cannot become more than that.
wirebraid_put() {
  case $4 in
    '') return ;;
    *'#'* | *'
'*)
      wirebraid_problem "$1" "$2" "a value has neither # nor line breaks"
      return
      ;;
  esac
  echo "$3 = $4"
}

_wirebraid_append() {
  _joined="${_joined:+$_joined, }$1"
}

# wirebraid_list VARIABLE SECTION OPTION: a list, or an option with blanks in between, with commas.
wirebraid_list() {
  local _length _joined="" _text
  config_get _length "$2" "${3}_LENGTH"
  if [ -n "$_length" ]; then
    config_list_foreach "$2" "$3" _wirebraid_append
  else
    config_get _text "$2" "$3"
    wirebraid_each "$_text" _wirebraid_append
  fi
  eval "$1=\$_joined"
}

# wirebraid_each TEXT FUNCTION [ARGUMENT...]: for each word, with blanks in between as in UCI, or
# with commas as in what wirebraid_list makes. Words are not patterns, although [::1]:51820 looks
# like one.
wirebraid_each() {
  local _ifs="$IFS" IFS=', ' _each _text="$1" _function="$2"
  shift 2
  set -f
  for _each in $_text; do
    set +f
    IFS=$_ifs
    "$_function" "$_each" "$@"
  done
  set +f
}

# wirebraid_named VARIABLE SECTION OPTION TYPE: the names in the file of the sections that the option
# lists.
wirebraid_named() {
  local _words _names=
  wirebraid_list _words "$2" "$3"
  wirebraid_each "$_words" _wirebraid_add_name "$2" "$3" "$4"
  eval "$1=\$_names"
}

_wirebraid_add_name() { # WORD SECTION OPTION TYPE
  local name
  if wirebraid_is "$4" "$1"; then
    wirebraid_name name "$1"
    _names="${_names:+$_names, }$name"
  else
    wirebraid_problem "$2" "$3" "there is no $4 '$1'"
  fi
}

# wirebraid_device VARIABLE LOGICAL: the device of a logical interface. The last one that was known
# counts while the interface is down, since the daemon waits for a device by itself, and a change
# would end the session.
wirebraid_device() {
  local _device="" _known="$WIREBRAID_ETC/devices/$2"
  if network_get_device _device "$2" && [ -n "$_device" ]; then :; else
    network_get_physdev _device "$2" || _device=
  fi
  if [ -n "$_device" ]; then
    mkdir -p "$WIREBRAID_ETC/devices"
    [ "$(cat "$_known" 2>/dev/null)" = "$_device" ] || echo "$_device" >"$_known"
  elif [ -f "$_known" ]; then
    _device=$(cat "$_known")
  fi
  eval "$1=\$_device"
}

# ---- the file

# wirebraid_keys TYPE SECTION [SKIPPED...]: all keys of a section but those of SKIPPED options.
wirebraid_keys() {
  local type option key form datatype value wanted=$1 section=$2
  shift 2
  while read -r type option key form datatype; do
    [ "$type" = "$wanted" ] || continue
    case " $* " in *" $option "*) continue ;; esac
    case $form in
      value) config_get value "$section" "$option" ;;
      list) wirebraid_list value "$section" "$option" ;;
      name) wirebraid_named value "$section" "$option" bond ;;
      names) wirebraid_named value "$section" "$option" uplink ;;
      switch)
        config_get value "$section" "$option"
        if [ -n "$value" ]; then
          config_get_bool value "$section" "$option" 1
          [ "$value" = 0 ] && value=no || value=yes
        fi
        ;;
    esac
    wirebraid_put "$section" "$option" "$key" "$value"
  done <<END
$WIREBRAID_OPTIONS
END
}

_wirebraid_section() { # SECTION TYPE HEADER INTERFACE
  local owner name
  wirebraid_owner owner "$1"
  [ "$owner" = "$4" ] || return 0
  wirebraid_name name "$1"
  case $name in
    cfg[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f])
      wirebraid_problem "$1" name "this $2 needs a name: config $2 'NAME'"
      ;;
  esac
  echo
  echo "[$3 $name]"
  if [ "$2" = uplink ]; then
    wirebraid_uplink_keys "$1"
  else
    wirebraid_keys "$2" "$1"
  fi
}

wirebraid_uplink_keys() {
  local logical device enabled
  config_get logical "$1" interface
  if [ -z "$logical" ]; then
    wirebraid_keys uplink "$1"
    return
  fi
  config_get device "$1" device
  if [ -n "$device" ]; then
    wirebraid_problem "$1" device "either interface or device"
    return
  fi
  case $logical in
    *[!A-Za-z0-9_]*)
      wirebraid_problem "$1" interface "no name of a logical interface"
      return
      ;;
  esac
  wirebraid_device device "$logical"
  if [ -n "$device" ]; then
    wirebraid_put "$1" interface Device "$device"
    wirebraid_keys uplink "$1"
    return
  fi
  # Never without a device: it would leave through whatever the routes say.
  config_get_bool enabled "$1" enabled 1
  [ "$enabled" = 0 ] ||
    wirebraid_log warning "wirebraid.$1.interface: '$logical' has no device yet; the uplink waits for it"
  echo "Enabled = no"
  wirebraid_keys uplink "$1" enabled
}

# wirebraid_render INTERFACE [netifd]: the file. With netifd, that is who sets the routes, unless
# the interface has a table of its own.
wirebraid_render() {
  local table
  echo "# Made from /etc/config/wirebraid. Changes here are lost."
  echo
  echo "[Interface]"
  config_get table "$1" table
  [ "$2" != netifd ] || [ -n "$table" ] || echo "Table = off"
  wirebraid_keys interface "$1"
  config_foreach _wirebraid_section bond bond Bond "$1"
  config_foreach _wirebraid_section uplink uplink Uplink "$1"
  config_foreach _wirebraid_section class class Class "$1"
}

# ---- what `wirebraid check` says, by section and option

_wirebraid_find() { # SECTION NAME INTERFACE
  local owner name
  wirebraid_owner owner "$1"
  wirebraid_name name "$1"
  [ "$owner $name" != "$3 $2" ] || _found=$1
}

# wirebraid_translate INTERFACE FILE: standard input is what was said about FILE.
wirebraid_translate() {
  local line text label type key option _found logical
  while read -r line; do
    text=${line#"$2":}
    case $text in [0-9]*:*) text=${text#*:} ;; esac
    case $text in
      ' ['*\]*) ;;
      *)
        wirebraid_log err "wirebraid.$1:$text"
        continue
        ;;
    esac
    label=${text#*\[}
    label=${label%%\]*}
    text=${text#*\]}
    key=${text%%:*}
    key=${key# }
    text=${text#*: }
    type=$(echo "${label%% *}" | tr '[:upper:]' '[:lower:]')
    _found=$1
    [ "$type" = interface ] || config_foreach _wirebraid_find "$type" "${label#* }" "$1"
    option=
    [ -z "$key" ] || option=$(wirebraid_option_of "$type" "$key")
    config_get logical "$_found" interface
    [ "$option" != device ] || [ -z "$logical" ] || option=interface
    case $text in
      *' (warning)') wirebraid_log warning "wirebraid.$_found${option:+.$option}: ${text% (warning)}" ;;
      *) wirebraid_log err "wirebraid.$_found${option:+.$option}: $text" ;;
    esac
  done
}

# wirebraid_apply INTERFACE [netifd]: makes WIREBRAID_ETC/INTERFACE.conf anew, if it is good. Fails
# and leaves the old one otherwise. WIREBRAID_CHANGED gets the interface if the file has changed. Only
# WIREBRAID_USER, who runs the daemon, may read it.
wirebraid_apply() {
  local conf="$WIREBRAID_ETC/$1.conf" new="$WIREBRAID_ETC/.$1.new" mask said status=0
  mask=$(umask)
  umask 077
  WIREBRAID_PROBLEMS=0
  [ ${#1} -le 15 ] ||
    wirebraid_problem "$1" '' "the name of an interface has 15 characters at most"
  wirebraid_render "$@" >"$new"
  umask "$mask"
  said=$(wirebraid check "$new" 2>&1 >/dev/null) || status=1
  [ -z "$said" ] || wirebraid_translate "$1" "$new" <<END
$said
END
  if [ $status != 0 ] || [ "$WIREBRAID_PROBLEMS" != 0 ]; then
    rm -f "$new"
    return 1
  fi
  chown "$WIREBRAID_USER" "$new"
  if cmp -s "$new" "$conf"; then
    chown "$WIREBRAID_USER" "$conf"
    rm -f "$new"
    return 0
  fi
  mv -f "$new" "$conf"
  # shellcheck disable=SC2034 # for the caller
  WIREBRAID_CHANGED="${WIREBRAID_CHANGED:+$WIREBRAID_CHANGED }$1"
}
