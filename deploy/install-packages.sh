#!/bin/bash
# Installs the Debian packages that Renkei needs, and says which.
#   deploy/install-packages.sh [build] [run] [test] [shipper] [check] [package] [bench] [profile] [layout]      without a word: build and run
# Safe to repeat: what is there already is left alone, and with nothing missing no network is needed.
set -euo pipefail

declare -A packages=(
  [build]="g++ cmake ninja-build pkgconf protobuf-compiler protobuf-compiler-grpc libprotobuf-dev libgrpc++-dev
           libabsl-dev librocksdb-dev libjemalloc-dev libssl-dev libargon2-dev liboath-dev libutf8proc-dev
           prometheus-cpp-dev"
  [run]="nghttp2-proxy openssl ca-certificates curl oathtool tzdata"
  [test]="clang lld libclang-rt-14-dev libgmock-dev nodejs npm"
  [shipper]="rsyslog rsyslog-relp"
  [check]="clang-format clang-tidy"
  [package]="dpkg-dev file"
  [bench]="libnghttp2-dev libbenchmark-dev"
  [profile]="linux-perf valgrind"
  [layout]="bolt-19"
)

# Another source's nodejs brings its own npm; Debian's must not be forced beside it.
is_there() {
  case $1 in
    nodejs) command -v node >/dev/null ;;
    npm) command -v npm >/dev/null ;;
    *) [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ] ;;
  esac
}

missing=()
for purpose in "${@:-build run}"; do
  for word in $purpose; do
    if [ -z "${packages[$word]-}" ]; then
      echo "install-packages: no such purpose: $word (build, run, test, shipper, check, package, bench, profile, layout)" >&2
      exit 2
    fi
    for package in ${packages[$word]}; do
      is_there "$package" || missing+=("$package")
    done
  done
done

if [ ${#missing[@]} -eq 0 ] && [ -e /proc/self/stat ]; then
  echo "install-packages: nothing is missing"
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "install-packages: become root, or install sudo; missing: ${missing[*]-/proc}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
# Sanitizers and process files read /proc, which a bare chroot lacks.
if [ ! -e /proc/self/stat ]; then
  echo "install-packages: mounting /proc"
  "${as_root[@]}" mount -t proc proc /proc
fi
if [ ${#missing[@]} -gt 0 ]; then
  echo "install-packages: installing ${missing[*]}"
  "${as_root[@]}" apt-get update -q
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
fi
