#!/bin/bash
# Measures what is promised about speed, beside yardsticks that run in turn with it; README.md says how to read it.
#   tests/bench/run.sh [--quick] [--json] [--only WORD]     about ten minutes; --quick two
#   tests/bench/run.sh --micro                              the parts of the hot path (Google Benchmark)
# Builds the release, sets up a network of a thousand people in build/bench-work (BENCH_WORK) through the public API,
# and prints one line a promise; --json gives them to machines. Leave the machine alone meanwhile: rounds that somebody
# else disturbs are dropped, and with too few left the figure says so.
set -euo pipefail
cd "$(dirname "$0")/../.."
deploy/install-packages.sh build run bench >&2
mkdir -p build
cmake --preset release >build/bench-configure.log 2>&1 || { cat build/bench-configure.log >&2; exit 1; }
bin=build/release/bin
if [ "${1-}" = --micro ]; then
  shift
  cmake --build --preset release --target micro-bench >&2
  exec $bin/micro-bench "$@"
fi
cmake --build --preset release --target renkeid renkei-bench bench-programs >&2
exec $bin/renkei-bench --bin "$PWD/$bin" --source "$PWD" --work "${BENCH_WORK:-$PWD/build/bench-work}" "$@"
