# shellcheck shell=dash
# shellcheck disable=SC3043 # the router's shell knows local
# Stands for the router's procd.sh and rc.common: what is told to procd is written to ROUTER_CALLS,
# one call per line, and validation is done.

_procd_record() { echo "$*" >>"$ROUTER_CALLS"; }
procd_open_instance() { _procd_record procd_open_instance "$@"; }
procd_close_instance() { _procd_record procd_close_instance "$@"; }
procd_set_param() { _procd_record procd_set_param "$@"; }
procd_append_param() { _procd_record procd_append_param "$@"; }
procd_add_jail() { _procd_record procd_add_jail "$@"; }
procd_add_reload_trigger() { _procd_record procd_add_reload_trigger "$@"; }
procd_add_reload_interface_trigger() { _procd_record procd_add_reload_interface_trigger "$@"; }
procd_add_validation() {
  _procd_record procd_add_validation "$@"
  "$@" >>"$ROUTER_CALLS"
}

uci_validate_section() {
  local _result _status=0
  _result=$(validate_data "$@" 2>"$ROUTER_CALLS.validated") || _status=1
  if [ -z "$3" ]; then
    echo "$_result"
  else
    eval "$_result"
    # The router's says so on standard error, which goes to the log.
    grep 'with false$' "$ROUTER_CALLS.validated" | while read -r _line; do logger -p daemon.err "$_line"; done
  fi
  return $_status
}

uci_load_validate() {
  local _package=$1 _type=$2 _name=$3 _function=$4 _option
  shift 4
  # shellcheck disable=SC2163
  for _option in "$@"; do local "${_option%%:*}"; done
  uci_validate_section "$_package" "$_type" "$_name" "$@" || { _option=$? && [ -n "$_function" ] || return 1; }
  [ -z "$_function" ] || "$_function" "$_name" "$_option"
}

extra_command() { _procd_record extra_command "$1"; }
service_triggers() { :; }

# As rc.common does it: start is what procd is told, and its triggers.
start() {
  _procd_record start "$@"
  start_service "$@"
  service_triggers
}
