# shellcheck shell=dash
# shellcheck disable=SC3043 # the router's shell knows local
# Stands for the router's jshn.sh: JSON in shell variables. In each namespace the nodes are numbered;
# of node I, J_<namespace>_I_keys lists the keys, and _type, _value and _name, with _KEY after it,
# tell of each. A value that is an object or array is the number of its node.

_jshn_space=${_jshn_space:-default}

_jshn_set() { eval "J_${_jshn_space}_$1=\$2"; }
_jshn_get() { eval "$1=\${J_${_jshn_space}_$2:-}"; }
_jshn_key() { echo "$1" | sed 's/[^A-Za-z0-9_]/_/g'; }

json_set_namespace() {
  [ -z "${2:-}" ] || eval "$2=\$_jshn_space"
  _jshn_space=${1:-default}
}
json_init() {
  json_cleanup
  _jshn_set nodes 1
  _jshn_set here 1
  _jshn_set 1_kind object
}
json_cleanup() {
  local variable
  for variable in $(set | sed -n "s/^\(J_${_jshn_space}_[A-Za-z0-9_]*\)=.*/\1/p"); do unset "$variable"; done
}
json_load() {
  json_init
  eval "$(python3 -SE "$IPKG_INSTROOT/jshn.py" load "$_jshn_space" "$1" || echo false)"
}
json_dump() {
  set | grep "^J_${_jshn_space}_" | python3 -SE "$IPKG_INSTROOT/jshn.py" dump "$_jshn_space"
}
json_select() {
  local _here _next
  _jshn_get _here here
  if [ "$1" = .. ]; then
    _jshn_get _next "${_here}_parent"
  else
    _jshn_get _next "${_here}_type_$(_jshn_key "$1")"
    case $_next in
      object | array) _jshn_get _next "${_here}_value_$(_jshn_key "$1")" ;;
      *) _next= ;;
    esac
  fi
  [ -n "$_next" ] || return 1
  _jshn_set here "$_next"
}
json_get_keys() {
  local _here _keys
  _jshn_get _here here
  _jshn_get _keys "${_here}_keys"
  eval "$1=\$_keys"
}
json_get_var() {
  local _here _found
  _jshn_get _here here
  _jshn_get _found "${_here}_value_$(_jshn_key "$2")"
  eval "$1=\${_found:-\${3:-}}"
}
json_get_vars() {
  local _each
  for _each in "$@"; do json_get_var "$_each" "$_each"; done
}
_jshn_add() { # KEY TYPE VALUE
  local _here _keys _key
  _jshn_get _here here
  _jshn_get _keys "${_here}_keys"
  _key=$1
  # shellcheck disable=SC2086
  [ -n "$_key" ] || _key=$(($(set -- $_keys && echo $#) + 1))
  _key=$(_jshn_key "$_key")
  _jshn_set "${_here}_keys" "${_keys:+$_keys }$_key"
  _jshn_set "${_here}_type_$_key" "$2"
  _jshn_set "${_here}_value_$_key" "$3"
  _jshn_set "${_here}_name_$_key" "$1"
}
_jshn_open() { # KEY KIND
  local _here _nodes
  _jshn_get _nodes nodes
  _nodes=$((_nodes + 1))
  _jshn_set nodes $_nodes
  _jshn_add "$1" "$2" $_nodes
  _jshn_get _here here
  _jshn_set "${_nodes}_parent" "$_here"
  _jshn_set "${_nodes}_kind" "$2"
  _jshn_set here $_nodes
}
json_add_object() { _jshn_open "${1:-}" object; }
json_add_array() { _jshn_open "${1:-}" array; }
json_close_object() { json_select ..; }
json_close_array() { json_select ..; }
json_add_string() { _jshn_add "$1" string "$2"; }
json_add_int() { _jshn_add "$1" int "$2"; }
json_add_boolean() { _jshn_add "$1" boolean "$2"; }
json_add_null() { _jshn_add "$1" null ''; }
