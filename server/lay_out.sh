#!/bin/sh
# Lays out the text of a server that was linked with its relocations: what runs often lies together, block by block, and
# what hardly ever runs lies apart, in Debian's archives as in our own code. Nothing is added or left out.
#   server/lay_out.sh BOLT LINKED OUTPUT
# What runs often is read from renkeid.layout.gz beside this script, which tests/bench/layout.sh makes. What the profile
# says of a function that has changed since is left alone. BOLT's account is in LINKED.log.
set -eu
bolt=$1 linked=$2 output=$3
profile=$linked.layout
gzip -dc "$(dirname "$0")/renkeid.layout.gz" >"$profile"
if ! "$bolt" "$linked" -o "$output" --data "$profile" --reorder-blocks=ext-tsp --reorder-functions=cdsort \
  --split-functions --split-all-cold --split-eh >"$linked.log" 2>&1; then
  cat "$linked.log" >&2
  exit 1
fi
rm "$profile"
