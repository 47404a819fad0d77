#!/bin/sh
# ESLint over LuCI's views, the stand-in of LuCI and the tests themselves.
set -eu
eslint=$WIREBRAID_NODE_MODULES/node_modules/eslint/bin/eslint.js
[ -f "$eslint" ] || {
  echo "skipped: no packages in WIREBRAID_NODE_MODULES; ./dev test puts them there"
  exit 77
}
cd "$WIREBRAID_SOURCE"
exec node "$eslint" --max-warnings 0 --config tests/openwrt/eslint.config.js \
  openwrt-package/luci-app-wirebraid/htdocs tests/openwrt
