#!/bin/bash
# Shows where the server's CPU goes while it is loaded as run.sh loads it: by component and by function, for a send with
# nobody listening, a page of 50, and a send to eight streams.
#   tests/bench/profile.sh [--only send|list|stream] [--seconds N] [--callgrind]     about three minutes
# Uses perf, or callgrind where perf is not permitted. What perf recorded stays in build/bench-profile (BENCH_WORK):
#   perf report --no-inline -i build/bench-profile/send.perf
set -euo pipefail
cd "$(dirname "$0")/../.."
deploy/install-packages.sh build layout run bench profile >&2
mkdir -p build
cmake --preset release >build/bench-configure.log 2>&1 || { cat build/bench-configure.log >&2; exit 1; }
cmake --build --preset release --target renkeid renkei-profile >&2
exec build/release/bin/renkei-profile --bin "$PWD/build/release/bin" --source "$PWD" \
  --work "${BENCH_WORK:-$PWD/build/bench-profile}" "$@"
