#!/bin/bash
# Builds Renkei and shows it at work, on a Debian 12 that needs to have nothing but git:
#   1. installs the packages and builds the programs into build/release/bin,
#   2. makes a network of its own in DIR: store, keys, certificates,
#   3. starts the server and the front, which listens on 127.0.0.1 only,
#   4. plays a day of a home-care team through the command line and prints what came of it.
#
#   deploy/quickstart.sh [DIR]           DIR is build/demo if not given; RENKEI_PORT is 8443 if not set
#   deploy/quickstart.sh --stop [DIR]    ends the server and the front that this script started
#
# Safe to repeat: the demo is started again with what it holds.
set -euo pipefail
cd "$(dirname "$0")/.."
stop_only=
if [ "${1-}" = --stop ]; then
  stop_only=yes
  shift
fi
dir=$(realpath -m "${1:-build/demo}")
port=${RENKEI_PORT:-8443}
bin=$PWD/build/release/bin

# A process number alone may be somebody else's by now; with its start time it is ours.
started_at() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

is_running() {
  local pid start
  [ -s "$dir/$1.pid" ] || return 1
  read -r pid start <"$dir/$1.pid"
  [ -n "$start" ] && [ "$(started_at "$pid")" = "$start" ]
}

start() {
  local name=$1
  shift
  (umask 0007 && exec setsid "$@" >>"$dir/$name.log" 2>&1 </dev/null) &
  echo "$! $(started_at $!)" >"$dir/$name.pid"
  echo "== started $name, process $!, log $dir/$name.log"
}

stop() {
  local pid tries=0
  if is_running "$1"; then
    read -r pid _ <"$dir/$1.pid"
    kill "$pid"
    while is_running "$1"; do
      tries=$((tries + 1))
      [ $tries -ne 100 ] || kill -KILL "$pid"
      sleep 0.1
    done
    echo "== ended $1, process $pid"
  fi
  rm -f "$dir/$1.pid"
}

stop_both() {
  stop front
  stop renkeid
}

# Asks the health service through the front, as any gRPC client would; 1 in field 1 is SERVING.
is_serving() {
  [ "$(printf '\0\0\0\0\0' | curl -s --max-time 2 --cacert "$dir/tls/ca.crt" -H 'content-type: application/grpc' \
    -H 'te: trailers' --data-binary @- "https://127.0.0.1:$port/grpc.health.v1.Health/Check" | od -An -tx1 | tr -d ' ')" = 00000000020801 ]
}

await_serving() {
  local tries=0
  until is_serving; do
    tries=$((tries + 1))
    if ! is_running renkeid || ! is_running front || [ $tries -eq 300 ]; then
      echo "quickstart: the demo does not answer; the last lines of its logs:" >&2
      tail -n 5 "$dir/renkeid.log" "$dir/front.log" >&2
      stop_both
      exit 1
    fi
    sleep 0.1
  done
}

make_network() {
  rm -rf "$dir"/{messages,keys,audit_mark,root.key,office-password}
  cat >"$dir/server.textproto" <<END
# Made by deploy/quickstart.sh; paths count from this folder.
data_dir: "messages"
key_dir: "keys"
audit_mark_file: "audit_mark"
socket_path: "run/renkeid.sock"
operator_socket_path: "run/operator.sock"
root_key_file: "root.key"
END
  "$bin/renkeid" init --config "$dir/server.textproto" --network-code chofu --network-name ちょうふ \
    --office-login office --password-out "$dir/office-password"
  touch "$dir/network-made"
}

export LC_ALL=C.UTF-8
umask 0077
if [ -n "$stop_only" ]; then
  stop_both
  echo "== the demo in $dir is not running"
  exit 0
fi

echo "== packages"
deploy/install-packages.sh build run
deploy/install-packages.sh layout || echo "== without that package the server is a fifth slower, and the same otherwise"
echo "== build"
cmake --preset release
cmake --build --preset release

echo "== demo in $dir"
mkdir -p "$dir"
if [ -n "$(ls -A "$dir")" ] && [ ! -e "$dir/made-by-quickstart" ]; then
  echo "quickstart: $dir holds something else; name a folder that is empty or not there" >&2
  exit 1
fi
touch "$dir/made-by-quickstart"
stop_both
install -d -m 0750 "$dir/run"
deploy/make-demo-ca.sh "$dir/tls"
[ -e "$dir/network-made" ] || make_network
start renkeid "$bin/renkeid" serve --config "$dir/server.textproto"
start front nghttpx --conf="$PWD/deploy/nghttpx.conf" --frontend="127.0.0.1,$port" \
  --backend="unix:$dir/run/renkeid.sock;;proto=h2" "$dir/tls/front.key" "$dir/tls/front.crt"
await_serving

echo "== play"
if ! PATH=$bin:$PATH deploy/demo/play.sh "$dir" "127.0.0.1:$port"; then
  echo "quickstart: the play broke off and the demo is ended; run this again to go on where it stopped" >&2
  stop_both
  exit 1
fi

cat <<END

== Renkei is running. What to do next:
  be the visiting nurse                   export RENKEI_HOME=$dir/play/sessions
                                          $bin/renkei unread --profile somechi --lang ja
  all that the command line can           $bin/renkei --help
  sign everybody in again, print again    deploy/quickstart.sh${1:+ $1}     (an idle session locks after 15 minutes)
  who the people are                      deploy/demo/README.md
  write a client in any language          docs/INTEGRATING.md: server 127.0.0.1:$port, authority $dir/tls/ca.crt
  run every test                          tests/run.sh
  end the demo                            deploy/quickstart.sh --stop${1:+ $1}
END
