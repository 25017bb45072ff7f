#!/bin/bash
# Checks the .proto files: style and comments (buf lint), that no client of the last release breaks (buf breaking
# against tests/golden/api.binpb), and the rules of the API itself.
#   tests/proto/check.sh             check
#   tests/proto/check.sh --accept    take today's API as the one to keep compatible with; only for a release
set -euo pipefail
cd "$(dirname "$0")/../.."
golden=tests/golden/api.binpb

# npm writes its own copy of the lock file when the installation is complete; an older one is out of date.
if ! [ tests/proto/node_modules/.package-lock.json -nt tests/proto/package-lock.json ]; then
  (cd tests/proto && npm ci --no-audit --no-fund --loglevel=error)
fi
buf=tests/proto/node_modules/.bin/buf

$buf lint
if [ "${1-}" = --accept ]; then
  mkdir -p "$(dirname "$golden")"
  $buf build --path proto/renkei/v1 --exclude-source-info -o "$golden"
  echo "proto: $golden written"
fi
$buf breaking --against "$golden"
$buf build --path proto/renkei/v1 --exclude-source-info -o '-#format=json' | node tests/proto/check_rules.mjs proto
echo "proto: ok"
