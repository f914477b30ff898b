#!/bin/sh
# Checks the dealer's generator with dieharder, ent and rngtest, and that the same checks catch bad generators.
#
#   bench/randomness.sh          about two minutes
#   bench/randomness.sh --full   all of dieharder: hours
#
# Exit code 0: every check passed the dealer, and every planted generator failed one at least.
# Installs dieharder, ent and rng-tools5 with apt-get where they are missing, which needs root.
set -eu

home="$(CDPATH='' cd "$(dirname "$0")/.." && pwd -P)"
sample_bytes=$((64 << 20))
# Each block has a chance of about 1 in 1250 to fail by chance (rngtest(1)): 2.1 of these, and more than 15 one in 10^9.
fips_blocks=2600
fips_failures=15
# birthdays, 32x32 ranks, count the ones, runs, monobit, serial, byte distribution: quick, and rated "good".
diehard="0 2 8 15 100 101 205"
case "${1-}" in
  "") ;;
  --full) diehard="0 1 2 3 4 8 9 10 11 12 13 15 16 17 100 101 102 200 201 202 203 204 205 206 207 208 209" ;;
  *)
    echo "usage: bench/randomness.sh [--full]" >&2
    exit 2
    ;;
esac

missing=""
command -v dieharder >/dev/null || missing="$missing dieharder"
command -v ent >/dev/null || missing="$missing ent"
command -v rngtest >/dev/null || missing="$missing rng-tools5"
if [ -n "$missing" ]; then
  echo "installing$missing ..."
  # shellcheck disable=SC2086
  if ! (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing) >/dev/null 2>&1; then
    echo "can't install$missing: run as root on Debian or Ubuntu, or install them by hand" >&2
    exit 2
  fi
fi

jar="$home/app/target/interlock.jar"
[ -f "$jar" ] || "$home/interlock" --version >/dev/null
. "$home/.mvn/jdk25.sh"

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# Compiled once; every generator is a process of its own.
"$JAVA_HOME/bin/javac" -cp "$jar" -d "$work" "$home/bench/randomness/RandomnessSample.java"
generate() {
  "$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED -cp "$work:$jar" RandomnessSample "$1" 2>"$work/err"
}

# Each check prints what it found, and returns 0 if the generator passed.
check_ent() {
  line="$(ent -t <"$work/sample" | tail -n 1)"
  # file bytes, entropy, chi-square (255 degrees of freedom), mean, pi, serial correlation; all at 6 standard deviations
  # or more of a good generator.
  echo "$line" | awk -F, '{
    n = $2; bad = ""
    if ($3 < 7.99999) bad = bad " entropy " $3
    if ($4 < 140 || $4 > 420) bad = bad " chi-square " $4
    if (($5 - 127.5) ^ 2 > (6 * 73.9) ^ 2 / n) bad = bad " mean " $5
    if ($7 ^ 2 > 36 / n) bad = bad " correlation " $7
    print (bad == "" ? "good" : "bad:" bad); exit bad != "" }'
}

check_rngtest() {
  # Its own exit code tells of a single failed block, which good generators have, too.
  failed="$(rngtest -c $fips_blocks <"$work/sample" 2>&1 | sed -n 's/.*FIPS 140-2 failures: //p')"
  echo "${failed:-no result} of $fips_blocks blocks failed, at most $fips_failures may"
  [ -n "$failed" ] && [ "$failed" -le $fips_failures ]
}

# A WEAK result comes by chance in one of a hundred: three in a row don't.
check_dieharder() {
  for d in $diehard; do
    for try in 1 2 3; do
      generate "$1" | dieharder -g 200 -d "$d" -D test_name -D pvalues -D assessment -c ' ' >"$work/dieharder" 2>/dev/null
      if grep -q FAILED "$work/dieharder"; then
        echo "bad: test $d FAILED: $(grep -m 1 FAILED "$work/dieharder")"
        return 1
      fi
      if ! grep -q PASSED "$work/dieharder" && ! grep -q WEAK "$work/dieharder"; then
        echo "bad: test $d gave no result"
        return 1
      fi
      ! grep -q WEAK "$work/dieharder" || continue
      continue 2
    done
    echo "bad: test $d was WEAK $try times: $(grep -m 1 WEAK "$work/dieharder")"
    return 1
  done
  echo "good: tests $diehard"
}

wrong=0
for generator in dealer stuck biased short-period counter; do
  generate "$generator" | head -c $sample_bytes >"$work/sample"
  if [ "$(wc -c <"$work/sample")" -ne $sample_bytes ]; then
    echo "the generator $generator gave no $sample_bytes bytes:" >&2
    cat "$work/err" >&2
    exit 1
  fi
  caught=""
  for check in ent rngtest dieharder; do
    # The first that catches a planted one is enough, and dieharder is slow.
    [ "$generator" = dealer ] || [ -z "$caught" ] || [ $check != dieharder ] || continue
    result=0
    said="$("check_$check" "$generator")" || result=1
    printf '%-12s  %-9s  %s\n' "$generator" "$check" "$said"
    [ $result = 0 ] || caught="$caught $check"
  done
  if [ "$generator" = dealer ] && [ -n "$caught" ]; then
    echo "WRONG: the dealer's generator failed$caught" >&2
    wrong=1
  elif [ "$generator" != dealer ] && [ -z "$caught" ]; then
    echo "WRONG: the bad generator $generator passed everything" >&2
    wrong=1
  fi
done
[ $wrong = 0 ] && echo "the dealer's generator passed; every planted one was caught"
exit $wrong
