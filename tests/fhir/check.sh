#!/bin/bash
# Holds what `renkei-audit fhir` writes against FHIR R4 and the profiles of IHE BALP, offline; and spoiled events, which
# must be refused.
#   tests/fhir/check.sh BIN             of a made-up log with events of every type
#   tests/fhir/check.sh BIN EXPORT…     of a real log: a server's exports
# BIN is the folder of the programs, such as build/asan/bin.
set -euo pipefail
export LSAN_OPTIONS=suppressions=$(cd "$(dirname "$0")/.." && pwd)/leaks.supp:print_suppressions=0
bin=$(realpath "${1:?usage: tests/fhir/check.sh BIN [EXPORT…]}")
shift
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

if ! [ "$here/node_modules/.package-lock.json" -nt "$here/package-lock.json" ]; then
  (cd "$here" && npm ci --no-audit --no-fund --loglevel=error)
fi

profiles=(Create Read Update PatientCreate PatientRead PatientUpdate PatientDelete PatientQuery UserAuthentication)
if [ $# -eq 0 ]; then
  "$bin/every_event" >"$dir/every_event.export"
  set -- "$dir/every_event.export"
  profiles+=(Delete Query EmergencyOverride FailedPatientCreate FailedPatientRead
    FailedPatientUpdate FailedPatientDelete FailedPatientQuery)
fi
for export in "$@"; do
  name=$(basename "$export" .export)
  "$bin/renkei-audit" fhir "$export" >"$dir/$name.ndjson"
  "$bin/renkei-audit" show --json "$export" >"$dir/$name.show"
  (cd "$dir" && node "$here/check.mjs" "$name.ndjson" "$name.show" "${profiles[@]}")
done
