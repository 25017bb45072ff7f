#!/bin/bash
# Measures what is promised about speed, beside yardsticks that run in turn with it; README.md says how to read it.
#   tests/bench/run.sh [--quick] [--json] [--only WORD] [--runs N]     about ten minutes; --quick two
#   tests/bench/run.sh --micro                              the parts of the hot path (Google Benchmark)
#   tests/bench/run.sh --growth [--quick]                   how cost grows, as build/growth.svg; about eight minutes
# Builds the release, sets up a network of a thousand people in build/bench-work (BENCH_WORK) through the public API,
# and prints one line a promise; --json gives them to machines, --runs the median of so many runs. Leave the machine
# alone meanwhile: rounds that somebody else disturbs are dropped, and with too few left the figure says so.
set -euo pipefail
cd "$(dirname "$0")/../.."
deploy/install-packages.sh build layout run bench >&2
mkdir -p build
cmake --preset release >build/bench-configure.log 2>&1 || { cat build/bench-configure.log >&2; exit 1; }
bin=$PWD/build/release/bin
work=${BENCH_WORK:-$PWD/build/bench-work}
case "${1-}" in
  --micro)
    shift
    cmake --build --preset release --target micro-bench >&2
    exec "$bin/micro-bench" "$@"
    ;;
  --growth)
    shift
    cmake --build --preset release --target renkeid renkei-growth >&2
    exec "$bin/renkei-growth" --bin "$bin" --work "$work" --svg "$PWD/build/growth.svg" "$@"
    ;;
esac
cmake --build --preset release --target renkeid renkei-bench bench-programs >&2
exec "$bin/renkei-bench" --bin "$bin" --source "$PWD" --work "$work" "$@"
