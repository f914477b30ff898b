# Sourced by mvnw and interlock. Finds a JDK of version 25 or newer and exports JAVA_HOME;
# prints what is missing and returns 1 when there is none.
#
# Looked at in this order: JAVA_HOME, the java on the PATH, then the usual folders (newest first).
# INTERLOCK_JDK_PROGRAM says which program must be there: javac (default), or java where a runtime is enough.

# Prints the feature version of the JDK in $1 (its `release` file), or 0.
interlock_jdk_version() {
  [ -x "$1/bin/${INTERLOCK_JDK_PROGRAM:-javac}" ] && [ -x "$1/bin/java" ] && [ -r "$1/release" ] || {
    echo 0
    return
  }
  # Without a process of its own for each JDK that is looked at: this is part of every start.
  v=
  while [ -z "$v" ] && IFS= read -r line; do
    case "$line" in
      JAVA_VERSION=\"*)
        v="${line#JAVA_VERSION=\"}"
        v="${v%%[!0-9]*}"
        ;;
    esac
  done <"$1/release"
  echo "${v:-0}"
}

# Prints the home of the newest JDK >= 25 that it finds, or nothing. Runs in a subshell: changes nothing outside.
interlock_find_jdk() (
  set +euf
  if [ "$(interlock_jdk_version "${JAVA_HOME:-/nonexistent}")" -ge 25 ]; then
    printf '%s\n' "$JAVA_HOME"
    exit 0
  fi

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
    if [ "$(interlock_jdk_version "${home:-/nonexistent}")" -ge 25 ]; then
      printf '%s\n' "$home"
      exit 0
    fi
  fi

  best=24
  found=
  for home in /usr/lib/jvm/* /opt/* /opt/*/* "${HOME:-/nonexistent}"/.sdkman/candidates/java/* \
    "${HOME:-/nonexistent}"/.jdks/* /Library/Java/JavaVirtualMachines/*/Contents/Home; do
    version="$(interlock_jdk_version "$home")"
    if [ "$version" -gt "$best" ]; then
      best="$version"
      found="$home"
    fi
  done
  [ -z "$found" ] || printf '%s\n' "$found"
)

JAVA_HOME="$(interlock_find_jdk)"
if [ -z "$JAVA_HOME" ]; then
  unset JAVA_HOME
  echo "Interlock needs a JDK of version 25 or newer, and found none: looked at JAVA_HOME, the PATH, /usr/lib/jvm, /opt, ~/.sdkman and /Library/Java/JavaVirtualMachines." >&2
  echo "Install one (for example from https://adoptium.net) and set JAVA_HOME to its folder." >&2
  return 1
fi
export JAVA_HOME
