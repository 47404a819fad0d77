# shellcheck shell=dash
# shellcheck disable=SC3043 # the router's shell knows local
# What the init script and the protocol handler share, beside rendering.

: "${WIREBRAID_LIB:=${IPKG_INSTROOT}/usr/share/wirebraid}"
: "${WIREBRAID_CONFIG:=/etc/config/wirebraid}"
: "${WIREBRAID_STATE:=/etc/wirebraid/state}" # kept over reboots: what metered uplinks have used
: "${WIREBRAID_UAPI:=/var/run/wireguard}"
: "${WIREBRAID_CAPABILITIES:=/etc/capabilities/wirebraid.json}"
: "${WIREBRAID_UJAIL:=/sbin/ujail}"
: "${WIREBRAID_TUN:=/dev/net/tun}"
# shellcheck source-path=SCRIPTDIR source=render.sh
. "$WIREBRAID_LIB/render.sh"

# wirebraid_prepare: directories, and what an ordinary user needs to open a TUN device. The daemon may
# be the user wirebraid or root without the right to pass by permissions, so both have theirs.
wirebraid_prepare() {
  # The daemon's control socket is below /run, which OpenWrt has under another name.
  [ -e "${WIREBRAID_RUN%/*}" ] || ln -s /var/run "${WIREBRAID_RUN%/*}"
  mkdir -p "$WIREBRAID_RUN" "$WIREBRAID_UAPI" "$WIREBRAID_ETC" "$WIREBRAID_STATE"
  chmod 0755 "$WIREBRAID_ETC"
  chmod 0775 "$WIREBRAID_RUN"
  chmod 0770 "$WIREBRAID_UAPI" "$WIREBRAID_STATE"
  chgrp wirebraid "$WIREBRAID_RUN" "$WIREBRAID_UAPI" "$WIREBRAID_STATE" 2>/dev/null
  if [ -c "$WIREBRAID_TUN" ]; then
    chgrp wirebraid "$WIREBRAID_TUN" 2>/dev/null && chmod 0660 "$WIREBRAID_TUN"
  fi
  return 0
}

# wirebraid_user VARIABLE INTERFACE: who runs its daemon. netifd knows no users, and without ujail
# an ordinary one gets no capabilities.
wirebraid_user() {
  local _user=root
  if [ -x "$WIREBRAID_UJAIL" ] && [ -e "$WIREBRAID_CAPABILITIES" ] && ! wirebraid_of_netifd "$2"; then
    _user=wirebraid
  fi
  eval "$1=\$_user"
}

_wirebraid_generate() {
  local secret
  config_get secret "$1" secret
  [ "$secret" = generate ] || return 0
  secret=$(wirebraid genkey) || return 0
  uci -q set "wirebraid.$1.secret=$secret" || return 0
  config_set "$1" secret "$secret"
  _generated="$_generated $1"
}

# wirebraid_generate_keys: makes a key wherever `option secret 'generate'` asks for one.
wirebraid_generate_keys() {
  local _generated="" section
  config_foreach _wirebraid_generate interface
  config_foreach _wirebraid_generate uplink
  [ -n "$_generated" ] || return 0
  uci commit wirebraid
  chmod 0600 "$WIREBRAID_CONFIG"
  for section in $_generated; do
    wirebraid_log info "wirebraid.$section.secret: made a new key; /etc/init.d/wirebraid show_key tells the public one"
  done
}

# wirebraid_public_key VARIABLE SECTION: of the section's secret; empty if it has none.
wirebraid_public_key() {
  local _secret _file
  config_get _secret "$2" secret
  config_get _file "$2" secret_file
  if [ -n "$_secret" ] && [ "$_secret" != generate ]; then
    _secret=$(echo "$_secret" | wirebraid pubkey 2>/dev/null)
  elif [ -r "$_file" ]; then
    _secret=$(wirebraid pubkey <"$_file" 2>/dev/null)
  else
    _secret=
  fi
  eval "$1=\$_secret"
}

# wirebraid_of_netifd INTERFACE: whether netifd runs it (`option proto 'wirebraid'`).
wirebraid_of_netifd() {
  [ "$(uci -q get "network.$1.proto")" = wirebraid ]
}

# ---- validation

# wirebraid_validate TYPE [SECTION [FUNCTION]]: as uci_load_validate. Without a section it says what
# it would validate, for procd_add_validation.
wirebraid_validate() {
  # shellcheck disable=SC2046 # an argument each
  uci_load_validate wirebraid "$1" "$2" "$3" $(wirebraid_datatypes "$1")
}

wirebraid_validate_globals() { wirebraid_validate globals "$@"; }
wirebraid_validate_interface() { wirebraid_validate interface "$@"; }
wirebraid_validate_bond() { wirebraid_validate bond "$@"; }
wirebraid_validate_uplink() { wirebraid_validate uplink "$@"; }
wirebraid_validate_class() { wirebraid_validate class "$@"; }

_wirebraid_validate_section() { # SECTION TYPE INTERFACE
  local owner
  wirebraid_owner owner "$1"
  [ "$owner" = "$3" ] || return 0
  wirebraid_validate "$2" "$1" || {
    wirebraid_log err "wirebraid.$1: an option has a value of the wrong form, see above"
    _valid=no
  }
}

# wirebraid_valid INTERFACE: it and all that belongs to it have values of the right form.
wirebraid_valid() {
  local _valid=yes type
  wirebraid_validate interface "$1" || {
    wirebraid_log err "wirebraid.$1: an option has a value of the wrong form, see above"
    _valid=no
  }
  for type in bond uplink class; do
    config_foreach _wirebraid_validate_section "$type" "$type" "$1"
  done
  [ $_valid = yes ]
}

# wirebraid_check_options: names options that nobody reads, such as misspelt ones.
wirebraid_check_options() {
  local types="globals interface bond uplink class" type option rest line path section known=""
  for type in $types; do
    for option in $(wirebraid_datatypes "$type"); do known="$known $type.${option%%:*}"; done
  done
  while IFS='=' read -r line rest; do
    path=${line#wirebraid.}
    section=${path%%.*}
    option=${path#*.}
    if [ "$section" = "$path" ]; then
      type=$rest
      case " $types " in
        *" $type "*) ;;
        *) wirebraid_log warning "wirebraid.$section: there is no section of type '$type'" ;;
      esac
    else
      case " $known " in
        *" $type.$option "*) ;;
        *) wirebraid_log warning "wirebraid.$section.$option: there is no such option" ;;
      esac
    fi
  done <<END
$(uci -q show wirebraid)
END
}
