#!/bin/bash
# Measures what ten million messages cost: fills a store through the product's own write path, then compares calls with
# a store of 100,000 and times starting, clean and after kill -9, and the disk.
#   tests/bench/scale.sh [--messages N] [--quick] [--json] [--keep]     half an hour and 20 GB of disk; --quick two minutes
# The stores are in build/scale-work (BENCH_WORK), which must not be in memory. A fill that was cut short goes on when
# it is run again; without --keep everything is removed once it was measured.
set -euo pipefail
cd "$(dirname "$0")/../.."
deploy/install-packages.sh build layout run bench >&2
mkdir -p build
cmake --preset release >build/bench-configure.log 2>&1 || { cat build/bench-configure.log >&2; exit 1; }
cmake --build --preset release --target renkeid renkei-scale >&2
work=${BENCH_WORK:-$PWD/build/scale-work}
keep=
arguments=()
for word in "$@"; do
  if [ "$word" = --keep ]; then keep=yes; else arguments+=("$word"); fi
done
build/release/bin/renkei-scale --bin "$PWD/build/release/bin" --work "$work" "${arguments[@]}"
if [ -z "$keep" ]; then
  rm -rf "$work/small" "$work/large"
fi
