#!/bin/bash
# Commands that make keys, cut off by power losses: what was acknowledged is there, and nothing is there by half.
#
#     bench/powerloss/powerloss.sh JAR [LOSSES]
set -u
here=$(cd "$(dirname "$0")" && pwd)
jar=$1
losses=${2:-200}
java="${JAVA_HOME:-/usr}/bin/java"
work=$(mktemp -d)
trap 'interlock ring down "$work/ring" > /dev/null 2>&1; rm -rf "$work"' EXIT
cc -O1 -shared -fPIC -o "$work/powerloss.so" "$here/powerloss.c" -ldl || exit 2

# The folder as the disk has it: names of the folder's last sync, bytes of each file's last sync.
restore() { # image, inode of the folder, target
    mkdir -p "$3"
    [ -f "$1/folder-$2" ] || return 0
    while read -r kind ino name; do
        if [ "$kind" = d ]; then restore "$1" "$ino" "$3/$name"
        elif [ -f "$1/file-$ino" ]; then cp "$1/file-$ino" "$3/$name"
        else : > "$3/$name"; fi
    done < "$1/folder-$2"
}

interlock() { "$java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$jar" dev.interlock.app.Main "$@"; }

# A ring that keeps what is put, and a provider that is to join another one.
export INTERLOCK_RECORD=off
{
    interlock ring create "$work/ring" -n 3 -t 2 && interlock ring up "$work/ring" &&
    for i in 1 2; do interlock provider init "$work/cc$i" --name cc$i --address 127.0.0.1:740$i > "$work/cc$i.card"; done &&
    interlock dealer init "$work/dealer1" --name dealer1 --address 127.0.0.1:7403 > "$work/dealer1.card" &&
    interlock ring assemble "$work"/{cc1,cc2,dealer1}.card -t 2 -o "$work/descriptor" --key "$work/ring.key" &&
    head -c 1000 /dev/urandom > "$work/secret" &&
    interlock put "$work/secret" --ring "$work/ring" --share "$work/share"
} > "$work/out" 2>&1 || { cat "$work/out"; exit 1; }

# Whether a file is there whole.
whole() { # kind, file
    case $1 in
        text) grep -qE '[0-9a-f]{64}$' "$2" ;;
        share) [ "$(stat -c %s "$2")" = "$(stat -c %s "$work/share")" ] ;;
        ring) cmp -s "$2" "$work/descriptor" ;;
    esac
}

lost=0 acknowledged=0 gone=0 half=0
for ((i = 0; i < losses; i++)); do
    rm -rf "$work/live" "$work/image" "$work/disk"
    mkdir -p "$work/live" "$work/image"
    case $((i % 4)) in
        0) command="keygen -o $work/live/key" check=key kind=text ;;
        1) command="credential init $work/live/key" check=key kind=text ;;
        2) command="put $work/secret --ring $work/ring --share $work/live/key" check=key kind=share ;;
        3) cp -r "$work/cc1/." "$work/live"
           command="provider join $work/live $work/descriptor" check=ring kind=ring ;;
    esac
    # A quarter goes through; the power fails right after it.
    at=$((RANDOM % 4 ? 1 + RANDOM % 14 : 1000000))
    LOSS_FOLDER=$work/live LOSS_IMAGE=$work/image LOSS_AT=$at LD_PRELOAD=$work/powerloss.so \
        "$java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$jar" dev.interlock.app.Main $command > "$work/out" 2>&1
    code=$?
    restore "$work/image" "$(stat -c %i "$work/live")" "$work/disk"
    [ $code = 137 ] && lost=$((lost + 1))
    if [ $code = 0 ]; then
        acknowledged=$((acknowledged + 1))
        cmp -s "$work/live/$check" "$work/disk/$check" || { gone=$((gone + 1)); echo "gone: $command"; }
    elif [ $code != 137 ]; then
        echo "exit code $code: $command"; cat "$work/out"; exit 1
    fi
    if [ -e "$work/disk/$check" ] && ! whole $kind "$work/disk/$check"; then
        half=$((half + 1)); echo "by half: $command, at call $at"
    fi
done
echo "$losses power losses: $lost in the middle, $acknowledged after the acknowledgement; gone $gone, by half $half"
[ $gone = 0 ] && [ $half = 0 ]
