#!/bin/sh
# Draws flame graphs of small gets and puts and of a large put, all processes of a ring of (5,3) together, and prints what kinds of
# work they are made of.
# Usage: bench/flame.sh LABEL [OUT]    writes OUT/flame-{get,put,stream}-LABEL.svg (default: docs/performance)
#   TREE           the checkout to look at, which may be an older one (default: this one)
#   WARM           seconds of puts, and of gets, 16 at once, before (default: 60)
#   STREAM_MIB     how large the large put is (default: 1024)
# Needs Linux, and once the network or a local Maven repository: the profiler comes from Maven Central, and is compared with its hash.
set -eu

home="$(CDPATH='' cd "$(dirname "$0")/.." && pwd -P)"
version=4.1
hash=5535baa56133628cfffe2f05ca9bfef1fae3d5abe49835447262b1c6da4a9582

[ $# -ge 1 ] && [ $# -le 2 ] || {
  echo "usage: bench/flame.sh LABEL [OUT]" >&2
  exit 2
}
label="$1"
out="${2:-$home/docs/performance}"
tree="$(CDPATH='' cd "${TREE:-$home}" && pwd -P)"

INTERLOCK_JDK_PROGRAM=java
. "$home/.mvn/jdk25.sh"

work="$(mktemp -d "${TMPDIR:-/tmp}/interlock-flame-XXXXXX")"
finish() {
  trap - EXIT HUP INT TERM
  [ ! -e "$work/ring/ring" ] || "$tree/interlock" ring down "$work/ring" >/dev/null 2>&1 || :
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

(cd "$home" && ./mvnw -B -q -N dependency:copy -Dartifact="tools.profiler:async-profiler:$version" -DoutputDirectory="$work")
jar="$work/async-profiler-$version.jar"
echo "$hash  $jar" | sha256sum -c --quiet -
case "$(uname -m)" in
  aarch64 | arm64) platform=linux-arm64 ;;
  *) platform=linux-x64 ;;
esac
(cd "$work" && "$JAVA_HOME/bin/jar" xf "$jar" "$platform/libasyncProfiler.so")

"$tree/interlock" ring create "$work/ring" -n 5 -t 3 >&2
# On a busy machine some nodes may need longer than it waits; it starts those that don't run.
"$tree/interlock" ring up "$work/ring" >&2 || "$tree/interlock" ring up "$work/ring" >&2 || "$tree/interlock" ring up "$work/ring" >&2
"$JAVA_HOME/bin/java" -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
  -Djdk.attach.allowAttachSelf=true -Djavax.net.ssl.trustStore=NONE "-Djava.library.path=$tree/app/target/lib/native" \
  -Dio.netty.leakDetection.level=disabled -cp "$tree/app/target/interlock.jar" "$home/bench/flame/Flame.java" \
  "$work/ring" "$work/$platform/libasyncProfiler.so" "$out" "$label" "${WARM:-60}" "${STREAM_MIB:-1024}"
