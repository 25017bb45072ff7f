#!/bin/bash
# Makes a certificate authority of one's own and what the front and a device need from it, for demo and tests.
#   deploy/make-demo-ca.sh DIR [NAME...]    NAMEs are further host names or addresses of the front
# DIR gets ca.crt (give it to the clients), ca.key (lock it away), front.crt and front.key, device.crt and device.key.
# Safe to repeat: what is there and valid for another week is kept.
set -euo pipefail
dir=${1:?usage: deploy/make-demo-ca.sh DIR [NAME...]}
shift
mkdir -p "$dir"
cd "$dir"
umask 077

fresh() { [ -s "$1.key" ] && openssl x509 -in "$1.crt" -noout -checkend 604800 >/dev/null 2>&1; }

# Subject, days, and extensions of a certificate signed by our authority: name, common name, usage, alternative names.
certificate() {
  if fresh "$1" && openssl verify -CAfile ca.crt "$1.crt" >/dev/null 2>&1; then return; fi
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -subj "/O=Renkei demo/CN=$2" 2>/dev/null |
    openssl x509 -req -CA ca.crt -CAkey ca.key -set_serial "0x$(openssl rand -hex 15)" -days 365 -sha256 -out "$1.crt" \
      -extfile <(printf '%s\n' 'basicConstraints=critical,CA:FALSE' 'keyUsage=critical,digitalSignature' \
        "extendedKeyUsage=$3" 'subjectKeyIdentifier=hash' 'authorityKeyIdentifier=keyid' ${4:+"subjectAltName=$4"}) 2>/dev/null
  echo "make-demo-ca: made $dir/$1.crt"
}

if ! fresh ca; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -days 3650 -sha256 \
    -subj "/O=Renkei demo/CN=Renkei demo authority" \
    -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' -addext 'keyUsage=critical,keyCertSign,cRLSign' 2>/dev/null
  echo "make-demo-ca: made $dir/ca.crt"
fi
# A name that the front's certificate lacks makes it anew.
names=DNS:localhost,IP:127.0.0.1,IP:::1
for name in "$@"; do
  if [[ $name =~ ^[0-9.]+$|: ]]; then kind=ip names+=,IP:$name; else kind=host names+=,DNS:$name; fi
  openssl x509 -in front.crt -noout "-check$kind" "$name" 2>/dev/null | grep -q 'does match' || rm -f front.crt
done
certificate front "${1:-localhost}" serverAuth "$names"
certificate device "demo device" clientAuth ''
chmod 0644 ./*.crt
