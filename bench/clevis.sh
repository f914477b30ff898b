#!/bin/sh
# Times `interlock get` of a 32-byte secret against `clevis decrypt` of one, whole processes in turn on this machine:
# clevis with Shamir's scheme, any 3 of 5 tang servers, and a ring of the same shape, both on 127.0.0.1.
# Usage: bench/clevis.sh [RING]    RING: the folder of a ring that runs; without it one is made and stopped again
#   ROUNDS         how many pairs are timed (default: 11)
#   INTERLOCK      the command (default: the launcher of this source tree)
#   TANG_PORT      the first of five ports (default: 17701)
# Exit code 0 whichever is quicker; 1 when a program is missing or one of the two prints anything but the secret.
set -eu

home="$(CDPATH='' cd "$(dirname "$0")/.." && pwd -P)"
interlock="${INTERLOCK:-$home/interlock}"
rounds="${ROUNDS:-11}"
first="${TANG_PORT:-17701}"

tangd="$(command -v tangd || ls /usr/libexec/tangd /usr/lib/tangd /usr/lib/*/tangd 2>/dev/null | head -n 1 || :)"
missing=
for program in clevis jose socat curl; do
  command -v "$program" >/dev/null 2>&1 || missing="$missing $program"
done
[ -n "$tangd" ] || missing="$missing tang"
if [ -n "$missing" ]; then
  echo "clevis.sh: missing:$missing. On Debian: apt-get install --no-install-recommends clevis tang jose socat curl" >&2
  exit 1
fi

work="$(mktemp -d "${TMPDIR:-/tmp}/interlock-clevis-XXXXXX")"
servers=
own=
finish() {
  trap - EXIT HUP INT TERM
  for pid in $servers; do
    kill "$pid" 2>/dev/null || :
  done
  [ -z "$own" ] || "$interlock" ring down "$own" >/dev/null 2>&1 || :
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

head -c 32 /dev/urandom >"$work/secret"

pins=
i=0
while [ "$i" -lt 5 ]; do
  port=$((first + i))
  keys="$work/tang$i"
  mkdir "$keys"
  # What tangd-keygen does, under names that don't matter.
  jose jwk gen -i '{"alg":"ES512"}' -o "$keys/sign.jwk"
  jose jwk gen -i '{"alg":"ECMR"}' -o "$keys/exchange.jwk"
  socat "TCP-LISTEN:$port,bind=127.0.0.1,reuseaddr,fork" "EXEC:$tangd $keys" 2>>"$work/tang.log" &
  servers="$servers $!"
  thumbprint="$(jose jwk thp -a S256 -i "$keys/sign.jwk")"
  pins="$pins${pins:+,}{\"url\":\"http://127.0.0.1:$port\",\"thp\":\"$thumbprint\"}"
  i=$((i + 1))
done
tries=0
for port in "$first" $((first + 1)) $((first + 2)) $((first + 3)) $((first + 4)); do
  until curl -sf "http://127.0.0.1:$port/adv" >/dev/null; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || {
      echo "clevis.sh: no tang answers on port $port; TANG_PORT chooses others" >&2
      cat "$work/tang.log" >&2
      exit 1
    }
    sleep 0.1
  done
done
clevis encrypt sss "{\"t\":3,\"pins\":{\"tang\":[$pins]}}" <"$work/secret" >"$work/jwe"

if [ "$#" -gt 0 ]; then
  ring="$1"
else
  ring="$work/ring"
  "$interlock" ring create "$ring" -n 5 -t 3 >/dev/null 2>&1
  own="$ring"
  "$interlock" ring up "$ring" >/dev/null
fi
INTERLOCK_RING="$ring"
export INTERLOCK_RING
id="$("$interlock" put "$work/secret" 2>/dev/null)"

# Prints how many nanoseconds a command took and appends them to a file; its output must be the secret.
timed() {
  list="$1"
  shift
  begin="$(date +%s%N)"
  "$@" >"$work/out" </dev/null || {
    echo "clevis.sh: $1 failed" >&2
    exit 1
  }
  end="$(date +%s%N)"
  cmp -s "$work/out" "$work/secret" || {
    echo "clevis.sh: $1 printed something else than the secret" >&2
    exit 1
  }
  echo $((end - begin)) >>"$list"
}
clevis_decrypt() {
  clevis decrypt <"$work/jwe"
}
interlock_get() {
  "$interlock" get "$id" -o -
}

# Warm: files in the page cache, the ring's code compiled.
round=0
while [ "$round" -lt 3 ]; do
  timed "$work/warm" clevis_decrypt
  timed "$work/warm" interlock_get
  round=$((round + 1))
done
round=0
while [ "$round" -lt "$rounds" ]; do
  timed "$work/clevis" clevis_decrypt
  timed "$work/interlock" interlock_get
  round=$((round + 1))
done
"$interlock" destroy "$id" >/dev/null 2>&1 || :

median() {
  sort -n "$1" | sed -n "$((($(wc -l <"$1") + 1) / 2))p"
}
c="$(median "$work/clevis")"
g="$(median "$work/interlock")"
awk -v c="$c" -v g="$g" -v n="$rounds" 'BEGIN {
  printf "clevis decrypt, 3 of 5 tang   %8.1f ms   median of %d\n", c / 1e6, n
  printf "interlock get, 3 of 5         %8.1f ms   median of %d\n", g / 1e6, n
  printf "interlock / clevis            %8.2f\n", g / c
}'
