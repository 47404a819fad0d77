#!/bin/sh
# Builds wirebraid for another machine and runs the core's tests under qemu-user: what a router has that this machine has not,
# such as 32 bits, strict alignment, or the other order of bytes (s390x, standing for big-endian MIPS routers, for which
# Debian has no libraries).
#
# Usage: cross.sh ARCHITECTURE [TEST_FILTER]
#   ARCHITECTURE: arm64, armhf, mipsel or s390x, as Debian names them. Its libraries are unpacked below build/cross, not
#   installed. The compiler g++-TRIPLET and qemu-user-static must be there (`./dev cross` installs them).
set -eu
cd "$(dirname "$0")/../.."

architecture=$1
case $architecture in
  arm64) triplet=aarch64-linux-gnu ;;
  armhf) triplet=arm-linux-gnueabihf ;;
  mipsel) triplet=mipsel-linux-gnu ;;
  s390x) triplet=s390x-linux-gnu ;;
  *)
    echo "cross: no such architecture: $architecture (arm64, armhf, mipsel, s390x)" >&2
    exit 2
    ;;
esac
# Simulations of many seconds take too long under emulation; one of each kind is left in.
filter=${2:-*-*Throughput*:*Scenario*:*Schedules*:*Outages*:*Invariants*:*Failover*:*Flows*:*Peers*:*Restart*}

root=$PWD/build/cross/$architecture
sysroot=$root/sysroot
LIBRARIES="libsodium-dev libmnl-dev libboost-program-options-dev libspdlog-dev nlohmann-json3-dev
  libgtest-dev libgmock-dev"

# From the mirror that apt uses for Debian's own suite; apt's configuration and state stay as they are.
fetch_libraries() {
  codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
  # shellcheck disable=SC2016  # apt's own variables
  mirror=$(apt-get indextargets --format '$(REPO_URI)' "Created-By: Packages" \
    "Release: $codename" "Component: main" 2>/dev/null | head -n 1)
  rm -rf "$root"
  mkdir -p "$root/state/lists/partial" "$root/cache/archives/partial" "$sysroot"
  : >"$root/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
    "$mirror $codename main" >"$root/sources.list"
  private="-o APT::Architecture=$architecture -o APT::Architectures::=$architecture
    -o Dir::Etc::SourceList=$root/sources.list -o Dir::Etc::SourceParts=/dev/null
    -o Dir::State::Lists=$root/state/lists -o Dir::State::Status=$root/status
    -o Dir::Cache=$root/cache -o APT::Sandbox::User=root -o APT::Install-Recommends=false"
  # shellcheck disable=SC2086  # lists of options and packages
  {
    apt-get $private update -qq
    apt-get $private install -y -qq --download-only $LIBRARIES
  } </dev/null >"$root/apt.log" 2>&1 || {
    cat "$root/apt.log" >&2
    echo "cross: Debian's libraries for $architecture could not be fetched" >&2
    exit 1
  }
  for package in "$root"/cache/archives/*.deb; do
    case ${package##*/} in
      # The compiler's own C and C++ libraries are used.
      libc6*_* | linux-libc-dev_* | libgcc-*_* | libstdc++*_* | gcc-*_* | g++*_* | cpp*_* | binutils*_*) ;;
      *) dpkg-deb -x "$package" "$sysroot" ;;
    esac
  done
  touch "$root/complete"
}

[ -e "$root/complete" ] || fetch_libraries

# For size, as OpenWrt compiles.
cmake -S . -B "$root/build" -G Ninja -DCMAKE_BUILD_TYPE=MinSizeRel \
  -DCMAKE_TOOLCHAIN_FILE="$PWD/tests/cross/toolchain.cmake" \
  -DWIREBRAID_TRIPLET="$triplet" -DWIREBRAID_SYSROOT="$sysroot" \
  -DWIREBRAID_BENCH=OFF -DWIREBRAID_TWIN=OFF -DWIREBRAID_OPENSSL=OFF >"$root/configure.log" 2>&1 || {
  cat "$root/configure.log" >&2
  exit 1
}
nice cmake --build "$root/build" --target wirebraidd wirebraid core_test

echo "stripped, in bytes:"
for program in wirebraidd wirebraid; do
  "$triplet-strip" -o "$root/$program" "$root/build/src/app/$program"
  printf '  %-12s %s\n' "$program" "$(stat -c %s "$root/$program")"
done

machine=${triplet%%-*}
exec "qemu-$machine-static" -L "/usr/$triplet" \
  -E LD_LIBRARY_PATH="$sysroot/usr/lib/$triplet:$sysroot/lib/$triplet" \
  "$root/build/tests/core_test" --gtest_brief=1 --gtest_filter="$filter"
