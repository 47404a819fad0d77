# shellcheck shell=dash
# shellcheck disable=SC2016,SC2030,SC2031 # code for others, with a PATH of its own
# The Makefiles' install sections are run by make, with what `cmake --install` gives; what comes out
# has the right modes and versions, and needs no library that the package does not depend on.
# shellcheck source-path=SCRIPTDIR source=harness.sh
. "$WIREBRAID_SOURCE/tests/openwrt/harness.sh"
fresh
mkdir -p "$work/install" "$work/root"

sdk() { # TARGET [ARGUMENT...]: in the package's directory
  make -s -C "$package" TOPDIR="$tests/sdk" ROOT="$work/root" PKG_INSTALL_DIR="$work/install" "$@"
}

DESTDIR=$work/install cmake --install "$WIREBRAID_BUILD" --prefix /usr >"$work/cmake.log" || {
  cat "$work/cmake.log"
  fail 'cmake --install'
}
for name in wirebraid wirebraid-proto; do sdk install-$name || fail "install-$name"; done
root=$work/root/wirebraid

(cd "$work/root" && /usr/bin/find . -type f -printf '%m %P\n' | sort -k 2) >"$work/installed"
cat >"$work/expected" <<'END'
644 wirebraid/etc/capabilities/wirebraid.json
600 wirebraid/etc/config/wirebraid
755 wirebraid/etc/hotplug.d/iface/40-wirebraid
755 wirebraid/etc/init.d/wirebraid
755 wirebraid/etc/uci-defaults/40-wirebraid
644 wirebraid/lib/upgrade/keep.d/wirebraid
755 wirebraid-proto/lib/netifd/proto/wirebraid.sh
755 wirebraid/usr/bin/wirebraid
755 wirebraid/usr/libexec/wirebraid/respondd
755 wirebraid/usr/sbin/wirebraidd
644 wirebraid/usr/share/wirebraid/render.sh
644 wirebraid/usr/share/wirebraid/service.sh
END
sort -k 2 "$work/expected" -o "$work/expected"
sort -k 2 "$work/installed" -o "$work/installed"
expect_file 'installed' "$work/expected" "$work/installed"

# ---- the version is one
version=$(sdk show-version)
expect_same 'version' "$version" "$(sed -n 's/^project(wirebraid VERSION \([0-9.]*\).*/\1/p' "$WIREBRAID_SOURCE/CMakeLists.txt")"
(PATH=$root/usr/bin:$root/usr/sbin:$PATH && sh "$package/test.sh" wirebraid "$version") >"$work/said" 2>&1
# It ends at the first file that only a router has.
expect_line 'test.sh' "$work/said" "wirebraid $version"
expect_same 'test.sh: daemon and tool' 2 "$(grep -cxF "wirebraid $version" "$work/said")"

# ---- the script can be read where an image is built: there are no libraries of a router
env -i PATH="$PATH" IPKG_INSTROOT="$root" busybox ash -c '
extra_command() { :; }
. "$IPKG_INSTROOT/etc/init.d/wirebraid"
echo "S$START K$STOP"' >"$work/said" 2>&1
expect_same 'read for enabling' 'S90 K10' "$(cat "$work/said")"

# ---- what is copied to be built is enough, with the options for a router
sdk prepare || fail 'Build/Prepare'
# shellcheck disable=SC2046
cmake -S "$work/root/build_dir/wirebraid-$version" -B "$work/cmake" $(sdk show-options CONFIG_KERNEL_IO_URING=) >"$work/cmake.log" 2>&1 || {
  cat "$work/cmake.log"
  fail 'cmake'
}
expect_same 'no io_uring' OFF "$(sed -n 's/^WIREBRAID_URING:BOOL=//p' "$work/cmake/CMakeCache.txt")"

# ---- every library comes with a package
depends=$(sdk show-wirebraid)
for program in "$root/usr/sbin/wirebraidd" "$root/usr/bin/wirebraid"; do
  for library in $(readelf -d "$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\.so.*/\1/p'); do
    case $library in
      libsodium | libmnl | libatomic) wanted="+$library" ;;
      libstdc++) wanted=+libstdcpp ;;
      liburing) wanted=+KERNEL_IO_URING:liburing ;;
      libcrypto) wanted=+WIREBRAID_OPENSSL:libopenssl ;;
      libboost_program_options) wanted=+boost-program_options ;;
      libspdlog | libfmt) continue ;;                        # static there
      libIPSec_MB | libqrencode) continue ;;                 # switched off there
      libc | libm | libgcc_s | ld-linux*) continue ;;        # everywhere
      *) wanted="something for $library" ;;
    esac
    case " $depends " in *" $wanted "*) ;; *) fail "DEPENDS lacks $wanted" ;; esac
  done
done

# ---- keep.d and conffiles name what keys and quotas are in
expect_line 'keep.d' "$package/files/wirebraid.upgrade" /etc/wirebraid/
case $(sed -n 's/.*WIREBRAID_STATE:=\([^}]*\)}.*/\1/p' "$package/files/lib/service.sh") in
  /etc/wirebraid/*) ;;
  *) fail 'the state is elsewhere' ;;
esac

# ---- JSON, and the example configuration
find "$WIREBRAID_SOURCE/openwrt-package" -name '*.json' -o -name '*.capabilities' | while read -r file; do
  python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$file" || echo bad >>"$work/bad"
done
[ ! -e "$work/bad" ] || fail 'JSON'
# The example in the configuration file, with keys, is what the daemon takes.
sed -e 's/^#\([ \t]*[a-z]\)/\1/' -e "s,the public key of the server,$public," \
  "$package/files/wirebraid.config" >"$WIREBRAID_CONFIG"
ROUTER_NETWORKS='wan eth1 eth1
wwan wwan0 wwan0'
# shellcheck source-path=SCRIPTDIR source=router/lib/functions.sh
. "$IPKG_INSTROOT/lib/functions.sh"
# shellcheck source-path=SCRIPTDIR source=router/lib/functions/network.sh
. "$IPKG_INSTROOT/lib/functions/network.sh"
# shellcheck source-path=SCRIPTDIR source=../../openwrt-package/net/wirebraid/files/lib/service.sh
. "$WIREBRAID_LIB/service.sh"
config_load wirebraid
wirebraid_generate_keys
wirebraid_apply wb0 || fail 'the example'
expect_none 'the example' "$ROUTER_LOG" '^err\|^warn'

# ---- the table of options in the documentation is the one of the scripts
sed -n 's/^| `\([a-z]*\)\.\([a-z_]*\)` .*/\1 \2/p' "$WIREBRAID_SOURCE/docs/install-openwrt.md" | sort >"$work/documented"
echo "$WIREBRAID_OPTIONS$WIREBRAID_OWN_OPTIONS" | awk 'NF { print $1, $2 }' | sort >"$work/known"
expect_file 'documentation' "$work/known" "$work/documented"

done_testing
