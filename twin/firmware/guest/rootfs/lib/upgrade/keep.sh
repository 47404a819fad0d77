# Which files live on from one firmware to the next. To be sourced; ROOT is "" but in tests, DATA has
# the overlay, SLOT is the slot that runs.

# Paths and patterns, one a line, from the firmware's own lists and the user's; "#" begins a comment.
keep_patterns() {
  cat "$ROOT"/lib/upgrade/keep.d/* "$ROOT/etc/sysupgrade.conf" 2>/dev/null |
    sed -e 's/[[:space:]]*#.*//' -e '/^[[:space:]]*$/d'
}

# What somebody changed in /etc is what the overlay has of it.
changed_in_etc() {
  [ -n "$all_of_etc" ] && [ -d "$DATA/overlay/$SLOT/upper/etc" ] || return 0
  (cd "$DATA/overlay/$SLOT/upper" && find etc -type f -o -type l)
}

# Prints the files, relative to /, each once. What a list names and is not there is no mistake.
kept_files() {
  {
    keep_patterns | while read -r pattern; do
      # shellcheck disable=SC2086  # patterns are meant to be expanded
      for path in "$ROOT"/${pattern#/}; do
        if [ -e "$path" ] || [ -L "$path" ]; then find "$path" -type f -o -type l; fi
      done
    done | sed "s,^$ROOT/*,,"
    changed_in_etc
  } | sort -u
}

# kept_files | kept_archive: prints a tar, and fails if any of it could not be read.
kept_archive() {
  # busybox's tar takes no list of names from a file.
  set --
  while read -r path; do set -- "$@" "$path"; done
  if [ $# -gt 0 ]; then
    tar -C "$ROOT/" -cf - "$@"
  else
    # tar would not make an empty one.
    dd if=/dev/zero bs=512 count=2 2>/dev/null
  fi
}
