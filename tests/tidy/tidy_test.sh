#!/bin/sh
# Breaks the rules of tidy.sh one by one, in a tree of its own, and expects to be told.
set -eu
tidy=$(cd "$(dirname "$0")" && pwd)/tidy.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree
failed=no

clean_tree() {
  rm -rf "$tree"
  mkdir -p "$tree/src/core" "$tree/include/wirebraid"
  printf '// A header.\n#pragma once\n' >"$tree/include/wirebraid/good.h"
  printf '#include "wirebraid/good.h"\n\n#include <vector>\n' >"$tree/src/core/good.cc"
}

# expect FILE:LINE RULE CONTENT: what must be said of a tree where FILE has CONTENT (as printf's).
expect() {
  clean_tree
  file=${1%%:*}
  mkdir -p "$tree/$(dirname "$file")"
  # shellcheck disable=SC2059  # a format, for its newlines and tabs
  printf "$3" >"$tree/$file"
  status=0
  "$tidy" "$tree" >"$work/said" || status=$?
  if [ $status != 1 ] || [ "$(cat "$work/said")" != "$1: $2" ]; then
    echo "expected status 1 and: $1: $2"
    echo "got status $status and: $(cat "$work/said")"
    failed=yes
  fi
}

clean_tree
"$tidy" "$tree" || {
  echo "finds something in a tree without faults"
  failed=yes
}

expect scratch:1 'not among the names at the top level' ''
expect src/io/a.h:1 'no #pragma once' '// A header.\n'
expect src/io/a.h:1 'does not open with what it is for' '#pragma once\n'
expect src/io/a.cc:601 'longer than 600 lines' "$(printf '\\n%.0s' $(seq 601))"
expect docs/a.md:2 'blank at the end' 'text\ntext \n'
expect src/io/a.cc:1 'tab' '\tint a;\n'
expect docs/a.md:1 'path of one machine' 'see /ho''me/someone/notes\n'
expect src/io/a.cc:1 'left for later' '// TO''DO: all of it\n'
expect include/wirebraid/a.h:3 '"core/a.h" is not below this layer' \
  '// A header.\n#pragma once\n#include "core/a.h"\n'
expect src/core/a.cc:1 '"io/engine.h" is not below this layer' '#include "io/engine.h"\n'
expect src/io/a.cc:1 '"control/config.h" is not below this layer' '#include "control/config.h"\n'
expect src/control/a.cc:1 '"core/a.h" is not below this layer' '#include "core/a.h"\n'
expect twin/fabric/a.cc:1 '"twin/lab/a.h" is not below this layer' '#include "twin/lab/a.h"\n'
expect src/core/a.cc:1 'this header is not for this layer' '#include <sys/socket.h>\n'
expect src/core/a.cc:1 'this header is not for this layer' '#include <iostream>\n'
expect src/core/a.cc:1 'this header is not for this layer' '#include <spdlog/spdlog.h>\n'
expect src/io/a.cc:1 'this header is not for this layer' '#include <nlohmann/json.hpp>\n'
expect src/core/a.cc:1 'time and environment are passed in' \
  'auto now = std::chrono::steady_clock::now();\n'

[ $failed = no ]
