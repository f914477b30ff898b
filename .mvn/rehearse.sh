#!/bin/sh
# Has the JVM prepare the starts of commands and nodes, from a short life of a ring (see Rehearsal.java): AOT caches next to
# the jar, which `interlock` uses where they are there and fit. They make starts quicker and change nothing else.
# Usage: rehearse.sh JAR
set -eu

jar="$1"
to="$(dirname "$jar")"
INTERLOCK_JDK_PROGRAM=java
. "$(dirname "$0")/jdk25.sh" || exit 1

folder="$(mktemp -d "${TMPDIR:-/tmp}/interlock-rehearsal-XXXXXX")"
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
export INTERLOCK_RECORD="$folder/record"

# The flags must be those of the later starts: `interlock` has them for commands, NodeProcess for nodes.
# With recorded profiles the second compiler would compile at the start what only a long or busy process needs: six nodes on two
# cores start in two thirds of the processor time without, a get in four fifths.
rehearse() {
  part="$1"
  name="$2"
  shift 2
  "$JAVA_HOME/bin/java" "$@" -XX:+UnlockDiagnosticVMOptions -XX:-AOTRecordTraining -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED \
    --sun-misc-unsafe-memory-access=allow -Dio.netty.jfr.enabled=false "-Djava.library.path=$to/lib/native" "-XX:AOTCacheOutput=$to/$name.part.aot" -cp "$jar" \
    dev.interlock.app.Rehearsal "$part" "$folder" >"$to/$name.aot.log" 2>&1 && [ -f "$to/$name.part.aot" ] || {
    # What a rehearsal that broke off leaves fits half of a start; without any, starts only take longer.
    rm -f "$to/$name.part.aot"
    echo "interlock: no $name.aot was made, so starts take longer; $to/$name.aot.log says why" >&2
    return 0
  }
  mv "$to/$name.part.aot" "$to/$name.aot"
}

rm -f "$to/command.aot" "$to/node.aot" "$to/thin.aot" "$to"/*.part.aot
# Which they fit, and where the launcher looks first.
printf '%s\n' "$JAVA_HOME" >"$to/jdk"
rehearse nodes node -Djavax.net.ssl.trustStore=NONE -Xmx128m -Xmn16m &
rehearse commands command -Djavax.net.ssl.trustStore=NONE &
wait
