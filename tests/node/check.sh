#!/bin/bash
# Runs every line of docs/INTEGRATING.md, in a language and with a library that are not ours, against a server of its
# own behind its front; before that, what the front must refuse; after it, what the audit log tells of it all as FHIR.
#   tests/node/check.sh BIN    BIN is the folder of the programs, such as build/asan/bin
set -euo pipefail
export LSAN_OPTIONS=suppressions=$(cd "$(dirname "$0")/.." && pwd)/leaks.supp:print_suppressions=0
bin=$(realpath "${1:?usage: tests/node/check.sh BIN}")
cd "$(dirname "$0")/../.."
export LC_ALL=C.UTF-8
umask 0027
dir=$(mktemp -d)
pids=()

finish() {
  local status=$? pid
  for pid in "${pids[@]}"; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  [ $status -eq 0 ] || tail -n 20 "$dir"/*.log >&2
  rm -rf "$dir"
  exit $status
}
trap finish EXIT

if ! [ tests/node/node_modules/.package-lock.json -nt tests/node/package-lock.json ]; then
  (cd tests/node && npm ci --no-audit --no-fund --loglevel=error)
fi

mkdir "$dir/run"
deploy/make-demo-ca.sh "$dir/tls" >/dev/null
cat >"$dir/server.textproto" <<END
data_dir: "messages"
key_dir: "keys"
audit_mark_file: "audit_mark"
socket_path: "run/renkeid.sock"
operator_socket_path: "run/operator.sock"
root_key_file: "root.key"
END
"$bin/renkeid" init --config "$dir/server.textproto" --network-code chofu --network-name ちょうふ \
  --office-login office --password-out "$dir/office-password"

export RENKEI_HOME=$dir/probe
port=$((20000 + RANDOM % 20000))
"$bin/renkeid" serve --config "$dir/server.textproto" >"$dir/renkeid.log" 2>&1 &
pids+=($!)
nghttpx --conf="$PWD/deploy/nghttpx.conf" --frontend="127.0.0.1,$port" \
  --backend="unix:$dir/run/renkeid.sock;;proto=h2" "$dir/tls/front.key" "$dir/tls/front.crt" >"$dir/front.log" 2>&1 &
pids+=($!)
for ((tries = 0; tries < 300; tries++)); do
  if "$bin/renkei" server-info --server "127.0.0.1:$port" --ca "$dir/tls/ca.crt" --timeout 2 --profile probe \
    --field state 2>/dev/null | grep -q SERVING; then
    break
  fi
  sleep 0.1
done

PATH=$bin:$PATH deploy/demo/play.sh "$dir" "127.0.0.1:$port" tests/node/network

# A second front, with the same rules and client certificates switched on.
device_port=$((port + 1))
sed "s#^verify-client-cacert=.*#verify-client-cacert=$dir/tls/ca.crt#" deploy/nghttpx-client-certificates.conf >"$dir/certificates.conf"
nghttpx --conf="$PWD/deploy/nghttpx.conf" --include="$dir/certificates.conf" --frontend="127.0.0.1,$device_port" \
  --backend="unix:$dir/run/renkeid.sock;;proto=h2" "$dir/tls/front.key" "$dir/tls/front.crt" >"$dir/device-front.log" 2>&1 &
pids+=($!)
as_sasu() { RENKEI_HOME=$dir/play/sessions "$bin/renkei" "$@" --profile sasu; }
as_sasu people create --login probe --name 試験 --reading しけん --profession clerk \
  --facility "$(as_sasu whoami --field person.affiliations.facility)" --one-time-password-file "$dir/probe.one-time" >/dev/null
chmod o+x "$dir" "$dir/run" # so that only the socket's own mode is in another user's way
# By its name where the machine knows it: a bare root file system has no /etc/hosts.
host=localhost
getent hosts $host >/dev/null || host=127.0.0.1
RENKEI_SERVER=$host:$port RENKEI_CA=$dir/tls/ca.crt RENKEI_SOCKET=$dir/run/renkeid.sock RENKEI_LOGIN=probe \
  RENKEI_PASSWORD=$(<"$dir/probe.one-time") RENKEI_DEVICE_FRONT=$host:$device_port RENKEI_DEVICE=$dir/tls node tests/node/front.mjs

# The codes with which these people were enrolled are used up; the next ones come with the next half minute.
sleep $((31 - $(date +%s) % 30))
RENKEI_SERVER=$host:$port RENKEI_CA=$dir/tls/ca.crt RENKEI_PEOPLE=$dir/play node tests/node/run.mjs docs/INTEGRATING.md

# The audit log of all that, as FHIR. An export ends with the last checkpoint, which comes within a second.
as_auditor() { RENKEI_HOME=$dir/play/sessions "$bin/renkei" "$@" --profile kamiishi; }
as_auditor patients search --name '見本 花子' >/dev/null
auditor=$(as_auditor whoami --field person.name)
for ((tries = 0; tries < 100; tries++)); do
  as_auditor audit export "$dir/log.export" >/dev/null
  if [ -n "$("$bin/renkei-audit" show --json --type patient_searched --person "$auditor" "$dir/log.export")" ]; then
    break
  fi
  sleep 0.1
done
"$bin/renkei-audit" verify "$dir/log.export"
tests/fhir/check.sh "$bin" "$dir/log.export"
"$bin/renkei-audit" fhir "$dir/log.export" >"$dir/log.ndjson"
if grep -q '見本' "$dir/log.ndjson"; then
  echo "check: the FHIR form of the log holds a name" >&2
  exit 1
fi
