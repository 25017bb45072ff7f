#!/bin/bash
# Ships the audit logs of a server of its own with Debian's rsyslog and the sample configuration to a second rsyslog, on
# the loopback interface: every event arrives as its line, whoever is killed, and what was shipped is swept.
#   tests/rsyslog/check.sh BIN    BIN is the folder of the programs, such as build/asan/bin
set -euo pipefail
export LSAN_OPTIONS=suppressions=$(cd "$(dirname "$0")/.." && pwd)/leaks.supp:print_suppressions=0
bin=$(realpath "${1:?usage: tests/rsyslog/check.sh BIN}")
cd "$(dirname "$0")/../.."
export LC_ALL=C.UTF-8
dir=$(mktemp -d)
server='' shipper='' receiver=''

stop() { # SIGNAL PID
  [ -z "$2" ] || { kill "-$1" "$2" 2>/dev/null || true; wait "$2" 2>/dev/null || true; }
}
finish() {
  local status=$?
  stop TERM "$server"
  stop KILL "$shipper"
  stop KILL "$receiver"
  [ $status -eq 0 ] || tail -n 20 "$dir"/*.log >&2
  rm -rf "$dir"
  exit $status
}
trap finish EXIT

# Waits until a condition holds; says which did not within half a minute.
await() {
  local tries
  for ((tries = 0; tries < 300; tries++)); do
    if "$@"; then return; fi
    sleep 0.1
  done
  echo "check: never came: $*" >&2
  return 1
}

mkdir "$dir/work" "$dir/received" "$dir/run"
deploy/make-demo-ca.sh "$dir/tls" >/dev/null
port=$((20000 + RANDOM % 20000))

# The sample with the paths and names of this test, and shorter pauses.
sed -e "s#/var/lib/renkei/audit-spool#$dir/spool#; s#log.example.jp#localhost#g; s#\"6514\"#\"$port\"#" \
  -e "s#/etc/renkei/tls/log-ca.crt#$dir/tls/ca.crt#; s#/etc/renkei/tls/log\.#$dir/tls/device.#g" \
  -e 's#timeout="10"#timeout="2"#; s#resumeInterval="5"#resumeInterval="1"#; s#resumeIntervalMax="60"#resumeIntervalMax="1"#' \
  deploy/rsyslog/renkei-audit.conf >"$dir/shipper.conf"
sed -i "1i global(workDirectory=\"$dir/work\")" "$dir/shipper.conf"
cat >"$dir/receiver.conf" <<END
global(workDirectory="$dir/received")
module(load="imrelp" tls.tlslib="openssl" ruleset="keep")
input(type="imrelp" port="$port" address="127.0.0.1" tls="on" tls.caCert="$dir/tls/ca.crt" tls.authMode="name"
      tls.myCert="$dir/tls/front.crt" tls.myPrivKey="$dir/tls/front.key" tls.permittedPeer=["demo device"])
template(name="Line" type="string" string="%rawmsg%\n")
template(name="Parts" type="string"
         string="%syslogfacility-text% %syslogseverity-text% %app-name% %msgid% %structured-data%|%msg%\n")
ruleset(name="keep") {
  action(type="omfile" file="$dir/received/lines" template="Line")
  action(type="omfile" file="$dir/received/parts" template="Parts")
}
END
cat >"$dir/server.textproto" <<END
data_dir: "messages"
key_dir: "keys"
audit_mark_file: "audit_mark"
socket_path: "run/renkeid.sock"
operator_socket_path: "run/operator.sock"
root_key_file: "root.key"
audit_spool_dir: "spool"
END

# A server's life: events of its beginning and end in its own log.
live() {
  "$bin/renkeid" serve --config "$dir/server.textproto" >>"$dir/renkeid.log" 2>&1 &
  server=$!
  await grep -q "event=unsealed" "$dir/renkeid.log"
  stop TERM "$server"
  server=''
  cat "$dir/renkeid.log" >>"$dir/renkeid-before.log"
  : >"$dir/renkeid.log"
}
ship() {
  rsyslogd -n -f "$dir/shipper.conf" -i NONE >>"$dir/shipper.log" 2>&1 &
  shipper=$!
}
receive() {
  rsyslogd -n -f "$dir/receiver.conf" -i NONE >>"$dir/receiver.log" 2>&1 &
  receiver=$!
}
written() { find "$dir/spool" -name 'audit-*.log' -exec cat {} + | sort -u; }
received() { sort -u "$dir/received/lines" 2>/dev/null; }
# Every line that was ever written to the spool arrived, and nothing else.
all_arrived() { cmp -s <(cat "$dir/seen" <(written) | sort -u) <(received); }
note_written() { written >>"$dir/seen"; }
spooled() { ls "$dir/spool"/audit-*.log | wc -l; }

: >"$dir/seen"
"$bin/renkeid" init --config "$dir/server.textproto" --network-code chofu --network-name ちょうふ \
  --office-login office --password-out "$dir/office-password"
rsyslogd -N1 -f "$dir/shipper.conf" >"$dir/shipper.log" 2>&1
rsyslogd -N1 -f "$dir/receiver.conf" >"$dir/receiver.log" 2>&1

receive
ship
live
await all_arrived
grep -q '^<109>1 .* renkeid [0-9]* SERVER_STARTED \[renkei@32473 network="server" number="0" ' "$dir/received/lines"
grep -q '^<109>1 .* renkeid [0-9]* NETWORK_CREATED ' "$dir/received/lines"
# The receiver understands its parts.
grep -q '^[^ ]* notice renkeid SERVER_STOPPED \[renkei@32473 network="server" .*\]|SERVER_STOPPED ALLOWED$' \
  "$dir/received/parts"
echo "rsyslog: every event arrived as its line"

stop KILL "$receiver"
live
receive
# What was under way when the receiver died waits in the shipper's memory until it has something to send again.
live
await all_arrived
echo "rsyslog: nothing was lost when the receiver was killed"

stop KILL "$shipper"
live
ship
await all_arrived
stop TERM "$shipper"
live
ship
await all_arrived
echo "rsyslog: nothing was lost when the shipper was killed, and when it was stopped"

note_written
sweep() { deploy/rsyslog/renkei-audit-sweep "$dir/spool" "$dir/work"; }
swept() { sweep && [ "$(spooled)" -eq 1 ]; }
await swept
gone() { sweep && [ -z "$(ls "$dir/spool/shipped")" ]; }
await gone
live
await all_arrived
echo "rsyslog: what was shipped is swept, and the rest still arrives"
