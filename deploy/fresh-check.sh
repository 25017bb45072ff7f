#!/bin/bash
# For maintainers: runs a command of the README in a fresh Debian 12 with nothing but git, as a stranger would.
#   deploy/fresh-check.sh FOLDER COMMAND...      for instance: deploy/fresh-check.sh /var/tmp/fresh tests/run.sh
# Makes FOLDER/root with debootstrap from this machine's own mirrors, clones the last commit of this checkout into it
# and runs COMMAND there with chroot. FOLDER/root must not exist; it is left for a look, and `rm -rf` removes it.
# Needs root and debootstrap.
set -euo pipefail
folder=${1:?usage: deploy/fresh-check.sh FOLDER COMMAND...}
shift
: "${1:?usage: deploy/fresh-check.sh FOLDER COMMAND...}"
here=$(cd "$(dirname "$0")/.." && pwd)
root=$folder/root
if [ -e "$root" ]; then
  echo "fresh-check: $root exists; remove it first" >&2
  exit 2
fi
mkdir -p "$folder"

# This machine's sources of the release's own packages: address, suite, component.
sources() { apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' | grep ' bookworm' | sort -u; }
mirror=$(sources | awk '$2 == "bookworm" { print $1; exit }')
echo "== fresh-check: debootstrap into $root"
debootstrap --variant=minbase --include=git,ca-certificates bookworm "$root" "$mirror" >"$folder/debootstrap.log"
sources | sed 's/^/deb /' >"$root/etc/apt/sources.list"
# How this machine reaches its mirrors.
cp /etc/resolv.conf "$root/etc/resolv.conf"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
apt-config dump | grep -i '^Acquire::.*Proxy' >"$root/etc/apt/apt.conf.d/90mirror" || true

git clone -q --no-hardlinks "$here" "$root/root/renkei"
# What the command mounts and leaves running in there goes with it.
echo "== fresh-check: $*"
start=$SECONDS
status=0
unshare --mount --pid --fork --kill-child chroot "$root" /usr/bin/env -i HOME=/root TERM=dumb \
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  bash -c 'mount -t proc proc /proc && cd /root/renkei && exec "$@"' fresh-check "$@" </dev/null || status=$?
printf '== fresh-check: status %d after %d min %d s; %s\n' "$status" $(((SECONDS - start) / 60)) $(((SECONDS - start) % 60)) "$root"
exit "$status"
