#!/bin/bash
# Runs every command of docs/AUDITING.md and of its Japanese twin as an auditor of the demo network, and compares what
# they print with what the documents say.
#   tests/node/auditing.sh BIN [--write]    BIN is the folder of the programs, such as build/asan/bin;
#                                           --write brings the documents up to date
set -euo pipefail
export LSAN_OPTIONS=suppressions=$(cd "$(dirname "$0")/.." && pwd)/leaks.supp:print_suppressions=0
bin=$(realpath "${1:?usage: tests/node/auditing.sh BIN [--write]}")
cd "$(dirname "$0")/../.."
source=$PWD
export LC_ALL=C.UTF-8
umask 0077
# At the same place for both documents, which the sessions remember.
top=$(mktemp -d)
dir=$top/demo
server=

stop_server() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  [ -z "$server" ] || wait "$server" || true
  server=
}
finish() {
  local status=$?
  stop_server
  [ $status -eq 0 ] || tail -n 20 "$dir"/*.log >&2
  rm -rf "$top"
  exit $status
}
trap finish EXIT

start_server() {
  "$bin/renkeid" serve --config "$dir/server.textproto" >>"$dir/renkeid.log" 2>&1 &
  server=$!
  for ((tries = 0; tries < 300; tries++)); do
    if RENKEI_HOME=$dir/probe "$bin/renkei" server-info --server "unix:$dir/run/renkeid.sock" --timeout 2 \
      --field state 2>/dev/null | grep -q SERVING; then
      return
    fi
    sleep 0.1
  done
  return 1
}

mkdir -p "$dir/run" "$dir/tls" "$dir/work"
: >"$dir/tls/ca.crt" # asked for by the play; the socket of this machine needs none
cat >"$dir/server.textproto" <<END
data_dir: "messages"
key_dir: "keys"
audit_mark_file: "audit_mark"
checkpoint_dir: "checkpoints"
socket_path: "run/renkeid.sock"
operator_socket_path: "run/operator.sock"
root_key_file: "root.key"
END
"$bin/renkeid" init --config "$dir/server.textproto" --network-code chofu --network-name ちょうふ在宅ネット \
  --office-login office --password-out "$dir/office-password"
start_server
PATH=$bin:$PATH deploy/demo/play.sh "$dir" "unix:$dir/run/renkeid.sock" >/dev/null
cp "$dir/play/sessions/kamiishi.session" "$dir/play/sessions/default.session" # the auditor
stop_server
cp -a "$dir" "$top/played"

documents=(docs/AUDITING.md docs/AUDITING.ja.md)
commands_of() { grep '^\$ ' "$1" | sed "s/'[^']*'/'…'/g"; } # what people write differs
if ! diff <(commands_of "${documents[0]}") <(commands_of "${documents[1]}"); then
  echo "the two documents do not run the same commands" >&2
  exit 1
fi
for document in "${documents[@]}"; do
  rm -rf "$dir"
  cp -a "$top/played" "$dir"
  start_server
  language=en
  [[ $document != *.ja.md ]] || language=ja
  (cd "$dir/work" && ln -s ../checkpoints checkpoints && unset LC_ALL &&
    LANG=$language PATH=$bin:$PATH RENKEI_HOME=$dir/play/sessions \
      node "$source/tests/node/console.mjs" ${2-} "$source/$document")
  stop_server
done
