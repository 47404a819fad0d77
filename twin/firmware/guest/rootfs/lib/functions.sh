# Reading /etc/config from shell scripts, as OpenWrt's library of the same name does. To be sourced.
#
#   config_load NAME                        reads /etc/config/NAME; names of sections are ids from then on
#   config_foreach FUNCTION [TYPE]          calls FUNCTION ID for every section
#   config_get VARIABLE ID OPTION [DEFAULT] a list is one value a line
#   config_get_bool VARIABLE ID OPTION DEFAULT     0 or 1
#   config_list_foreach ID LIST FUNCTION [ARGUMENTS]   calls FUNCTION VALUE ARGUMENTS
UCI_AWK=${UCI_AWK:-/lib/uci.awk}
UCI_DIRECTORY=${UCI_DIRECTORY:-/etc/config}

config_load() {
  CONFIG_SECTIONS=
  config_file=$UCI_DIRECTORY/$1
  [ -f "$config_file" ] || return 1
  # The prefix keeps what was loaded before from showing through.
  CONFIG_LOAD=$((${CONFIG_LOAD:-0} + 1))
  eval "$(UCI_COMMAND=shell UCI_PACKAGE=C$CONFIG_LOAD awk -f "$UCI_AWK" "$config_file")"
}

config_foreach() {
  for each_section in $CONFIG_SECTIONS; do
    eval "each_type=\$C${CONFIG_LOAD}_${each_section}_"
    [ -z "${2:-}" ] || [ "$each_type" = "$2" ] || continue
    "$1" "$each_section"
  done
}

config_get() {
  eval "$1=\${C${CONFIG_LOAD}_$2_$3:-\${4:-}}"
}

config_get_bool() {
  config_get "$1" "$2" "$3" "$4"
  eval "case \$$1 in 1 | on | true | yes | enabled) $1=1 ;; *) $1=0 ;; esac"
}

config_list_foreach() {
  config_get list_values "$1" "$2"
  list_function=$3
  shift 3
  [ -n "$list_values" ] || return 0
  # From a descriptor of its own, so that the function keeps its standard input.
  while read -r list_value <&7; do
    "$list_function" "$list_value" "$@"
  done 7<<END
$list_values
END
}
