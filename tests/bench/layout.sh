#!/bin/bash
# Makes the profile by which the server's text is laid out (DECISIONS 45), server/renkeid.layout.gz, anew: builds the
# release, puts counters into the server, runs the benchmark's loads on it and keeps the branches that make 99.7 % of all.
#   tests/bench/layout.sh
# Takes two to three minutes beside the build. Due when Debian has new versions of the libraries, or the hot path has
# changed much: `grep stale build/release/server/renkeid.linked.log` says how much of the profile does not fit any more, or nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."
export LC_ALL=C.UTF-8
deploy/install-packages.sh build layout run bench >&2
cmake --preset release >&2
cmake --build --preset release --target renkeid renkei-bench bench-programs >&2
bin=$PWD/build/release/bin
work=$PWD/build/layout-work
rm -rf "$work"
mkdir -p "$work/bin"
echo "== counters" >&2
# By its real name: the library that counts is looked for beside it.
if ! "$(readlink -f "$(command -v llvm-bolt-19)")" build/release/server/renkeid.linked -o "$work/bin/renkeid" --instrument \
  --instrumentation-file="$work/counted" --instrumentation-file-append-pid >"$work/bolt.log" 2>&1; then
  tail "$work/bolt.log" >&2
  exit 1
fi
cp "$bin"/{renkeid-without-audit,grpc-yardstick,commit-yardstick} "$work/bin"
echo "== loads" >&2
# The allocator's own thread begins before the counters are there, and would end the process.
MALLOC_CONF=background_thread:false "$bin/renkei-bench" --bin "$work/bin" --source "$PWD" --work "$work/store" --quick >/dev/null
echo "== profile" >&2
merge-fdata-19 "$work"/counted.* >"$work/all"
total=$(awk '{ total += $NF } END { print total }' "$work/all")
sort -k 8,8nr "$work/all" | awk -v "total=$total" 'seen < total * 0.997 { print; seen += $NF }' | LC_ALL=C sort |
  gzip -9n >server/renkeid.layout.gz
cmake --build --preset release --target renkeid >&2
ls -l server/renkeid.layout.gz
rm -rf "$work"
