# Sourced by mvnw and interlock. Finds a JDK of version 25 or newer and exports JAVA_HOME;
# prints what is missing and returns 1 when there is none.
#
# Looked at in this order: JAVA_HOME, the java on the PATH, then the usual folders (newest first).
# INTERLOCK_JDK_PROGRAM says which program must be there: javac (default), or java where a runtime is enough.

# Sets interlock_version to the feature version of the JDK in $1 (its `release` file), or to 0.
# Without a process for each JDK that is looked at: this is part of every start.
interlock_jdk_version() {
  interlock_version=
  if [ -x "$1/bin/${INTERLOCK_JDK_PROGRAM:-javac}" ] && [ -x "$1/bin/java" ] && [ -r "$1/release" ]; then
    while [ -z "$interlock_version" ] && IFS= read -r interlock_line; do
      case "$interlock_line" in
        JAVA_VERSION=\"*)
          interlock_version="${interlock_line#JAVA_VERSION=\"}"
          interlock_version="${interlock_version%%[!0-9]*}"
          ;;
      esac
    done <"$1/release"
  fi
  interlock_version="${interlock_version:-0}"
}

# Prints the home of the newest JDK >= 25 that it finds, or nothing. Runs in a subshell: changes nothing outside.
interlock_find_jdk() (
  set +euf
  program="$(command -v "${INTERLOCK_JDK_PROGRAM:-javac}")"
  hops=0
  while [ -L "$program" ] && [ "$hops" -lt 20 ]; do
    link="$(readlink "$program")"
    case "$link" in
      /*) program="$link" ;;
      *) program="$(dirname "$program")/$link" ;;
    esac
    hops=$((hops + 1))
  done
  if [ -n "$program" ]; then
    home="$(cd "$(dirname "$program")/.." 2>/dev/null && pwd -P)"
    interlock_jdk_version "${home:-/nonexistent}"
    if [ "$interlock_version" -ge 25 ]; then
      printf '%s\n' "$home"
      exit 0
    fi
  fi

  best=24
  found=
  for home in /usr/lib/jvm/* /opt/* /opt/*/* "${HOME:-/nonexistent}"/.sdkman/candidates/java/* \
    "${HOME:-/nonexistent}"/.jdks/* /Library/Java/JavaVirtualMachines/*/Contents/Home; do
    interlock_jdk_version "$home"
    if [ "$interlock_version" -gt "$best" ]; then
      best="$interlock_version"
      found="$home"
    fi
  done
  [ -z "$found" ] || printf '%s\n' "$found"
)

interlock_jdk_version "${JAVA_HOME:-/nonexistent}"
[ "$interlock_version" -ge 25 ] || JAVA_HOME="$(interlock_find_jdk)"
if [ -z "$JAVA_HOME" ]; then
  unset JAVA_HOME
  echo "Interlock needs a JDK of version 25 or newer, and found none: looked at JAVA_HOME, the PATH, /usr/lib/jvm, /opt, ~/.sdkman and /Library/Java/JavaVirtualMachines." >&2
  echo "Install one (for example from https://adoptium.net) and set JAVA_HOME to its folder." >&2
  return 1
fi
export JAVA_HOME
