# Reads firmware images as docs/twin-firmware.md describes them. To be sourced.

IMAGE_BLOCK=4096
IMAGE_MOST=100663296

# bytes_of FILE: the size of a file or of a block device.
bytes_of() {
  if [ -b "$1" ]; then blockdev --getsize64 "$1"; else stat -L -c %s "$1"; fi
}

# part FILE OFFSET BYTES: prints that part. Without fullblock a short read would end it early.
part() {
  dd if="$1" bs=65536 iflag=skip_bytes,count_bytes,fullblock skip="$2" count="$3" 2>/dev/null
}

digest() { sha256sum | cut -d ' ' -f 1; }

# Its input is the header's text. Prints "image_NAME=VALUE" for the shell, where VALUE is a plain
# word, or a line "problem ..." if anything is not as it must be.
image_parse() {
  awk -v block=$IMAGE_BLOCK -v most=$IMAGE_MOST -v file_bytes="$1" '
    function fail(text) { if (!failed) print "problem " text; failed = 1; exit }
    function word(key) {
      if (NF != 2 || $1 != key || $2 !~ /^[A-Za-z0-9._+~-]+$/ || length($2) > 64)
        fail("its header has no line \"" key " ...\" where one must be")
      name = key
      gsub(/-/, "_", name)
      print "image_" name "=" $2
    }
    function section(key) {
      # Longer numbers than these are beyond every slot, and awk would round them.
      if (NF != 5 || $1 != "section" || $2 != key || $3 !~ /^[0-9]+$/ || length($3) > 9 ||
          $4 !~ /^[0-9]+$/ || length($4) > 9 || $5 !~ /^[0-9a-f]+$/ || length($5) != 64)
        fail("its header has no line \"section " key " ...\" where one must be")
      if ($4 == 0 || $3 % block != 0 || $3 < from || $3 + $4 > most)
        fail("section " key " is where it cannot be")
      if ($3 + $4 > file_bytes) fail("section " key " ends beyond the end of the file")
      from = $3 + $4
      print "image_" key "=\"" $3 " " $4 " " $5 "\""
    }
    BEGIN { from = block }
    NR == 1 && $0 !~ /^wirebraid-firmware / { fail("not a firmware image") }
    NR == 1 && $0 != "wirebraid-firmware 1" { fail("a firmware image of another format than 1") }
    NR == 2 { word("name") }
    NR == 3 { word("version") }
    NR == 4 { word("machine") }
    NR == 5 { word("kernel-release") }
    NR == 6 { section("kernel") }
    NR == 7 { section("initrd") }
    NR == 8 { section("rootfs"); print "image_bytes=" from }
    NR < 9 { covered += length($0) + 1 }
    NR == 9 {
      if (NF != 2 || $1 != "header-sha256" || $2 !~ /^[0-9a-f]+$/ || length($2) != 64)
        fail("its header has no checksum")
      print "image_sha256=" $2
      print "image_covered=" covered
    }
    NR > 9 { fail("something follows the checksum in its header") }
    END { if (!failed && NR < 9) print "problem its header is cut short" }'
}

# image_read FILE: sets image_name, image_version, image_machine, image_kernel_release, image_sha256
# and image_bytes; else returns 1, and image_problem says why.
image_read() {
  image_problem="cannot be read"
  [ -r "$1" ] && [ ! -d "$1" ] || return 1
  # The padding is newlines, which the shell strips.
  image_text=$(part "$1" 0 $IMAGE_BLOCK | tr '\000' '?')
  image_values=$(echo "$image_text" | image_parse "$(bytes_of "$1")")
  case $image_values in
    *"problem "*)
      image_problem=${image_values##*problem }
      return 1
      ;;
  esac
  eval "$image_values"
  if [ "$(part "$1" 0 "$image_covered" | digest)" != "$image_sha256" ]; then
    image_problem="its header does not have the checksum that it says"
    return 1
  fi
}

# After image_read. Prints the offset in bytes.
image_offset() {
  eval "set -- \$image_$1"
  echo "$1"
}

# image_verify FILE: as image_read; all sections must hash to what the header says.
image_verify() {
  image_read "$1" || return 1
  for section in kernel initrd rootfs; do
    eval "section_place=\$image_$section"
    wanted=${section_place##* }
    section_place=${section_place% *}
    [ "$(part "$1" "${section_place% *}" "${section_place#* }" | digest)" = "$wanted" ] && continue
    image_problem="section $section is damaged: its checksum differs"
    return 1
  done
}
