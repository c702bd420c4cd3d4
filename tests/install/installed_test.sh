#!/bin/sh
# installed_test.sh CMAKE BUILD EXAMPLES CC
set -eu
cmake=$1 build=$2 examples=$3 cc=$4
here=$(dirname "$0")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$cmake" --install "$build" --prefix "$dir/prefix" > "$dir/log"
export PKG_CONFIG_PATH=$dir/prefix/lib/pkgconfig LD_LIBRARY_PATH=$dir/prefix/lib
fluence=$dir/prefix/bin/fluence

flags=$(pkg-config --cflags --libs fluence-platform)
"$cc" -std=c11 -Wall -Wextra -Werror "$examples/polling.c" $flags -o "$dir/polling"
"$cc" -std=c11 -Wall -Wextra -Werror "$here/c_interface_test.c" $flags -o "$dir/c_interface_test"
"$dir/c_interface_test"

# The installed command finds its models; the example's polling driver and it agree.
"$fluence" images --count 3 --out "$dir/images.bin" > /dev/null
expected=$("$fluence" classify --network cnvW1A1 --count 3 2> /dev/null | sed 's/.*: \(.* correct\),.*/\1/')
got=$("$dir/polling" cnvW1A1 "$dir/images.bin" 3)
echo "command: $expected; example: $got"
case $got in "$expected in "*) ;; *) echo "they differ"; exit 1 ;; esac
"$fluence" classify --network cnvW1A1 --engine rtl --host arm --count 1 > /dev/null

got=$(python3 "$examples/upset.py" cnvW1A1)
echo "Python: $got"
case $got in 0\ of*) echo "the upset changed nothing"; exit 1 ;; *" scores differ") ;; *) exit 1 ;; esac
