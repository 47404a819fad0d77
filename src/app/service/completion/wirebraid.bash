# Completion for bash: wirebraid, wirebraidd and wirebraid-twin. Debian's bash-completion loads it by
# the name of the command; elsewhere: `. wirebraid.bash`.

# _wirebraid_words WORDS: what of these fits the word under the cursor.
_wirebraid_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "${COMP_WORDS[COMP_CWORD]}")
}

_wirebraid_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
}

# The control sockets are named after their interfaces.
_wirebraid_interfaces() {
  local socket directory=/run/wirebraid i
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ ${COMP_WORDS[i]} != --socket-directory ]] || directory=${COMP_WORDS[i + 1]}
  done
  for socket in "$directory"/*.sock; do
    [[ ! -S $socket ]] || basename "$socket" .sock
  done
}

# _wirebraid_sections INTERFACE [KIND]: names in what `show --json` says, such as uplink.lte.
_wirebraid_sections() {
  local status
  status=$("${COMP_WORDS[0]}" show --json "$1" 2>/dev/null) || return 0
  # Without jq, which need not be there: members of a bond are indented by six, those of its arrays
  # by ten.
  awk -F'"' '
    /^      "[a-z_]+": \[/ { kind = $2 }
    /^      "name": / { print "bond." $4 }
    /^          "name": / && kind == "uplinks" && $4 { print "uplink." $4 }
    /^          "name": / && kind == "classes" && $4 { print "class." $4 }
  ' <<<"$status" | if [[ -n ${2-} ]]; then sed -n "s/^$2\\.//p"; else cat; fi
}

# _wirebraid_keys SECTION: the keys that there are in one, such as Uplink.
_wirebraid_keys() {
  "${COMP_WORDS[0]}" help keys 2>/dev/null |
    sed -nE "/^\\[$1\\]/,/^\$/s/^  ([A-Za-z]+) = .*/\\1/p"
}

# A word such as uplink.lte.Cost=10; INTERFACE is known.
_wirebraid_change() {
  local word=${COMP_WORDS[COMP_CWORD]} section key
  compopt -o nospace 2>/dev/null
  case $word in
    *=*) COMPREPLY=() ;;
    interface.* | bond.*.* | uplink.*.* | class.*.*)
      section=${word%%.*}
      _wirebraid_words "$(for key in $(_wirebraid_keys "${section^}"); do echo "${word%.*}.$key="; done)"
      ;;
    *) _wirebraid_words "interface. $(for key in $(_wirebraid_sections "$1"); do echo "$key."; done)" ;;
  esac
}

_wirebraid() {
  local commands='show top events why set confirm revert invite metrics speedtest reload check
    genkey pubkey genpsk help'
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} words=() i
  COMPREPLY=()
  # What has been said so far, without options and what belongs to them.
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      --socket-directory | --confirm | --add | --remove | --endpoint | --bond | --seconds) ((i++)) ;;
      -*) ;;
      *) words+=("${COMP_WORDS[i]}") ;;
    esac
  done
  case $before in
    --socket-directory)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -d -- "$word")
      return
      ;;
    --remove) _wirebraid_words "$(_wirebraid_sections "${words[1]-}")" && return ;;
    --bond) _wirebraid_words "$(_wirebraid_sections "${words[1]-}" bond)" && return ;;
    --confirm | --add | --endpoint | --seconds) return ;;
  esac
  if [[ $word == -* ]]; then
    local options='--socket-directory'
    case ${words[0]-} in
      '') options+=' --json --version --help' ;;
      show) options+=' --json' ;;
      events) options+=' --follow --json' ;;
      set) options+=' --confirm --check --add --remove' ;;
      speedtest) options+=' --seconds' ;;
      invite) options+=' --endpoint --bond --qr' ;;
    esac
    _wirebraid_words "$options"
    return
  fi
  case ${#words[@]} in
    0) _wirebraid_words "$commands" ;;
    1)
      case ${words[0]} in
        show | top | events | why | set | confirm | revert | invite | metrics | speedtest | reload)
          _wirebraid_words "$(_wirebraid_interfaces)"
          ;;
        check) _wirebraid_files ;;
        help) _wirebraid_words keys ;;
      esac
      ;;
    *)
      case ${words[0]} in
        why | speedtest)
          [[ ${#words[@]} -gt 2 ]] || _wirebraid_words "$(_wirebraid_sections "${words[1]}" uplink)"
          ;;
        set) _wirebraid_change "${words[1]}" ;;
      esac
      ;;
  esac
}

_wirebraidd() {
  COMPREPLY=()
  case ${COMP_WORDS[COMP_CWORD - 1]} in
    -c | --config | --state-dir) _wirebraid_files ;;
    --engine) _wirebraid_words 'auto io_uring epoll' ;;
    --log-level) _wirebraid_words 'debug info warning error silent' ;;
    *)
      _wirebraid_words '--foreground --config --engine --log-level --syslog --state-dir --version
        --help'
      ;;
  esac
}

# _wirebraid_running node|link: those of the running twin.
_wirebraid_running() {
  "${COMP_WORDS[0]}" status --json 2>/dev/null | sed -nE "s/.*\"$1\": \"([^\"]*)\".*/\1/p"
}

_wirebraid_twin() {
  local word=${COMP_WORDS[COMP_CWORD]} options='--help'
  COMPREPLY=()
  if [[ $COMP_CWORD == 1 ]]; then
    _wirebraid_words 'import new check firmware validate up down status exec shell console power set
      cut capture help'
    return
  fi
  case ${COMP_WORDS[COMP_CWORD - 1]} in
    --accelerator) _wirebraid_words 'auto kvm tcg' && return ;;
    --plan) _wirebraid_words 'leaf-first all canary nodes' && return ;;
    --format)
      _wirebraid_words 'wirebraid netjson meshviewer-nested meshviewer openwifimap olsrd-jsoninfo
        batadv-vis batadv-vis-text olsrd-txtinfo'
      return
      ;;
  esac
  case ${COMP_WORDS[1]} in
    import) options+=' --format --village --component --max-nodes --output' ;;
    new) options+=' --seed --villages --households --output' ;;
    firmware)
      options+=' --kernel --output --name --version --suite --wirebraid --cache --files
        --without-module'
      ;;
    validate)
      options+=' --old --new --plan --scripts --mirror --trials --junit --json --html --settle --quick
        --keep --memory --boots-at-once --accelerator'
      ;;
    up) options+=' --directory --firmware --memory --boots-at-once --accelerator' ;;
    status) options+=' --directory --json' ;;
    exec) options+=' --directory --limit' ;;
    console) options+=' --directory --follow' ;;
    cut) options+=' --directory --back' ;;
    down | shell | power | set | capture) options+=' --directory' ;;
  esac
  if [[ $word == -* ]]; then
    _wirebraid_words "$options"
    return
  fi
  case ${COMP_WORDS[1]}:$COMP_CWORD in
    new:2) _wirebraid_words evernet ;;
    firmware:2) _wirebraid_words 'build check extract' ;;
    power:3) _wirebraid_words 'off on' ;;
    exec:2 | shell:2 | console:2 | power:2) _wirebraid_words "$(_wirebraid_running node)" ;;
    set:2 | cut:2 | capture:2) _wirebraid_words "$(_wirebraid_running link)" ;;
    exec:* | shell:* | console:* | power:* | set:* | cut:*) ;;
    *) _wirebraid_files ;;
  esac
}

complete -F _wirebraid wirebraid
complete -F _wirebraidd wirebraidd
complete -F _wirebraid_twin wirebraid-twin
