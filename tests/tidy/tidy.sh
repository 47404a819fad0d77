#!/bin/sh
# Checks the rules of the tree that neither the compiler nor clang-format knows, so that no reviewer
# has to. One line per finding, FILE:LINE: RULE; exits 1 if there is any.
#
# Usage: tidy.sh ROOT
set -eu
cd "$1"
LC_ALL=C
export LC_ALL

# More than fits in a few screens wants to be two files.
MAX_LINES=600
TOP_LEVEL='CMakeLists\.txt|CMakePresets\.json|LICENSE|README\.md|dev'
TOP_LEVEL="$TOP_LEVEL|src|include|openwrt-package|twin|bench|tests|docs"

findings=$(mktemp)
files=$(mktemp)
trap 'rm -f "$findings" "$files"' EXIT

# Seeds of fuzz targets are data: they break rules on purpose.
{
  if [ -e .git ] && git ls-files --cached --others --exclude-standard 2>/dev/null; then :; else
    find . -path ./build -prune -o -type f -print | sed 's,^\./,,'
  fi
} | grep -v '^tests/fuzz/corpus/' | while read -r file; do
  [ ! -f "$file" ] || echo "$file"
done >"$files"

named() { grep -E "$1" "$files" || true; }
# matching EXTENDED_REGEX RULE: in the files that standard input names.
matching() { xargs -r grep -HnE -e "$1" | sed -E "s/^([^:]*:[0-9]+):.*/\1: $2/" >>"$findings"; }

check_top_level() {
  sed 's,/.*,,' "$files" | sort -u | grep -vxE "\..*|$TOP_LEVEL" |
    sed 's/$/:1: not among the names at the top level/' >>"$findings" || true
}

check_headers() {
  named '\.h$' | while read -r file; do
    grep -q '^#pragma once$' "$file" || echo "$file:1: no #pragma once"
    head -n 1 "$file" | grep -q '^// ' || echo "$file:1: does not open with what it is for"
  done >>"$findings"
}

check_length() {
  named '\.(cc|h)$' | while read -r file; do
    lines=$(wc -l <"$file")
    [ "$lines" -le $MAX_LINES ] || echo "$file:$lines: longer than $MAX_LINES lines"
  done >>"$findings"
}

check_text() {
  named '\.(cc|h|txt|json|md|sh)$|^dev$|^\.ci/' | matching '[[:blank:]]$' 'blank at the end'
  named '\.(cc|h|txt|json|md|sh)$|^dev$|^\.ci/' | matching "$(printf '\t')" 'tab'
  named '\.(cc|h|txt|json|md|sh)$|^dev$|^\.ci/' |
    matching '(^|[^[:alnum:]_.}])\/(home|root|work|Users)\/[a-z]' 'path of one machine'
  named '\.(cc|h)$' | matching '(TO[D]O|FIX[M]E)' 'left for later'
}

# layer DIRECTORY ALLOWED: what DIRECTORY may include in quotes, as alternatives of a regex.
layer() {
  named "^$1/.*\.(cc|h)$" | xargs -r grep -HnE '^#include "' | grep -vE "#include \"($2)/" |
    sed -E 's/^([^:]*:[0-9]+):#include (.*)/\1: \2 is not below this layer/' >>"$findings" || true
}
# without DIRECTORY REGEX: system headers that DIRECTORY may not include.
without() {
  named "^$1/.*\.(cc|h)$" | matching "^#include <($2)" 'this header is not for this layer'
}

check_layers() {
  layer include/wirebraid wirebraid
  layer src/core 'wirebraid|core'
  layer src/io 'wirebraid|io'
  layer src/control 'wirebraid|io|control'
  layer src/web 'wirebraid|io|control|web'
  layer src/app 'wirebraid|io|control|web|app'
  layer twin/fabric 'wirebraid|twin/fabric'
  layer twin/lab 'wirebraid|twin/fabric|twin/lab'
  layer twin/machine 'wirebraid|io|twin/fabric|twin/lab|twin/machine'
  layer twin/topology 'wirebraid|twin/topology'
  layer twin/app 'wirebraid|io|twin/[a-z]*'
  layer twin/firmware 'wirebraid|twin/lab|twin/firmware'
  layer twin/node 'wirebraid|io|twin/lab|twin/firmware|twin/machine|twin/node'
  layer twin/mesh 'wirebraid|io|twin/fabric|twin/lab|twin/topology|twin/firmware|twin/machine|twin/node|twin/mesh'
  layer twin/check 'wirebraid|twin/fabric|twin/lab|twin/topology|twin/node|twin/mesh|twin/check'
  layer twin/keeper 'wirebraid|io|twin/fabric|twin/topology|twin/node|twin/mesh|twin/keeper'
  layer twin/validate 'wirebraid|twin/[a-z]*'
  layer bench/support 'wirebraid|twin/fabric|twin/lab|bench/support'
  layer bench/scenarios 'wirebraid|twin/fabric|twin/lab|bench/support|bench/scenarios'
  layer bench/throughput 'wirebraid|twin/fabric|twin/lab|bench/support|bench/throughput'
  layer bench/scale 'wirebraid|core|twin/lab|tests/support|bench/support|bench/scale'
  layer twin/demo 'wirebraid|twin/fabric|twin/lab|twin/demo'
  interface_libraries='spdlog|boost|nlohmann'
  files_and_sockets='sys/|net/|netinet/|linux/|unistd|fcntl|poll|iostream|fstream|cstdio|filesystem'
  clocks_and_threads='ctime|time\.h|thread|mutex|atomic|random'
  for pure in include/wirebraid src/core; do
    without $pure "$interface_libraries|$files_and_sockets|$clocks_and_threads"
    named "^$pure/" | matching '(_clock::now|clock_gettime|getenv)\(' 'time and environment are passed in'
  done
  without src/io "$interface_libraries|iostream"
}

check_top_level
check_headers
check_length
check_text
check_layers
sort "$findings"
[ ! -s "$findings" ]
