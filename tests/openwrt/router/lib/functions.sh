# shellcheck shell=dash
# shellcheck disable=SC3043 # the router's shell knows local
# Stands for the router's /lib/functions.sh: reading UCI into shell variables.

_load_sections=

# What `uci -n export` prints is read as commands.
package() { :; }
config() {
  _load_section=$2
  _load_sections="$_load_sections $_load_section"
  config_set "$_load_section" TYPE "$1"
}
option() { config_set "$_load_section" "$1" "$2"; }
list() {
  local length joined
  config_get length "$_load_section" "${1}_LENGTH" 0
  config_get joined "$_load_section" "$1"
  length=$((length + 1))
  config_set "$_load_section" "${1}_ITEM$length" "$2"
  config_set "$_load_section" "${1}_LENGTH" "$length"
  config_set "$_load_section" "$1" "${joined:+$joined }$2"
}

config_load() {
  local variable exported
  for variable in $(set | sed -n 's/^\(CONFIG_[A-Za-z0-9_]*\)=.*/\1/p'); do unset "$variable"; done
  _load_sections=
  _load_section=
  exported=$(uci -n export "$1" 2>/dev/null) || return 1
  eval "$exported"
}

config_set() { eval "CONFIG_${1}_$2=\$3"; }

config_get() {
  case $2${3:-} in *[!A-Za-z0-9_]*) return ;; esac
  if [ -n "${3:-}" ]; then
    eval "$1=\${CONFIG_${2}_$3:-\${4:-}}"
  else
    eval "echo \"\${CONFIG_${1}_$2:-}\""
  fi
}

config_get_bool() {
  local _value
  config_get _value "$2" "$3" "${4:-}"
  case $_value in
    1 | on | true | yes | enabled) _value=1 ;;
    0 | off | false | no | disabled) _value=0 ;;
    *) _value=${4:-} ;;
  esac
  eval "$1=\$_value"
}

# Local names are those of the router's: a callback that sets one of them loses it here as there.
# shellcheck disable=SC2034
config_foreach() {
  local ___function=$1 ___type=${2:-} section cfgtype
  [ $# -lt 2 ] || shift
  shift
  for section in $_load_sections; do
    config_get cfgtype "$section" TYPE
    case $___type in
      '' | "$cfgtype") "$___function" "$section" "$@" ;;
    esac
  done
}

config_list_foreach() {
  local section=$1 option=$2 function=$3 val len c=1
  shift 3
  config_get len "$section" "${option}_LENGTH"
  while [ $c -le "${len:-0}" ]; do
    config_get val "$section" "${option}_ITEM$c"
    "$function" "$val" "$@"
    c=$((c + 1))
  done
}
