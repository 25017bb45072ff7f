#!/bin/bash
# Runs every test of Renkei on a Debian 12 that needs to have nothing but git:
#   1. installs the packages,
#   2. builds everything with the address and undefined-behaviour sanitizers, runs all tests,
#   3. builds the core with the thread sanitizer, runs its tests,
#   4. checks the API's files, the FHIR export and the shipping of audit logs by rsyslog, and calls the server from a
#      client written for another language.
# Safe to repeat; goes on after a failure; the last line counts what passed and what failed.
set -uo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8
passed=0
failed=0
summary=()
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Counts one thing as passed or failed: name, status, seconds.
count() {
  if [ "$2" -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  summary+=("$(printf '%-24s %-6s %4d s' "$1" "$([ "$2" -eq 0 ] && echo ok || echo FAILED)" "$3")")
}

# Runs a command as one thing to pass or fail.
step() {
  local name=$1 start=$SECONDS status
  shift
  echo "== $name: $*"
  "$@"
  status=$?
  count "$name" $status $((SECONDS - start))
  return $status
}

# Runs the tests of one preset and counts each.
suite() {
  local start=$SECONDS numbers
  echo "== tests of $1"
  ctest --preset "$1" 2>&1 | tee "$log"
  numbers=$(sed -n 's/^[0-9]*% tests passed, \([0-9]*\) tests\? failed out of \([0-9]*\)$/\1 \2/p' "$log")
  if [ -z "$numbers" ]; then
    count "$1 tests" 1 $((SECONDS - start))
    return
  fi
  read -r bad all <<<"$numbers"
  passed=$((passed + all - bad))
  failed=$((failed + bad))
  summary+=("$(printf '%-24s %d of %d passed %4d s' "$1 tests" $((all - bad)) "$all" $((SECONDS - start)))")
}

step packages deploy/install-packages.sh build run test shipper || exit 1
for preset in asan tsan; do
  if step "$preset configure" cmake --preset $preset && step "$preset build" cmake --build --preset $preset; then
    suite $preset
  fi
done
[ ! -e tests/proto/check.sh ] || step "proto" tests/proto/check.sh
step "fhir" tests/fhir/check.sh build/asan/bin
step "rsyslog" tests/rsyslog/check.sh build/asan/bin
[ ! -e tests/node/check.sh ] || step "node" tests/node/check.sh build/asan/bin

printf '\n== summary after %d min %d s\n' $((SECONDS / 60)) $((SECONDS % 60))
printf '%s\n' "${summary[@]}"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
