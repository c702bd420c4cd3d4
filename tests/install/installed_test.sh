#!/bin/sh
# installed_test.sh CMAKE BUILD SOURCE CC CXX
set -eu
cmake=$1 build=$2 source=$3 cc=$4 cxx=$5
examples=$source/examples
here=$(dirname "$0")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$cmake" --install "$build" --prefix "$dir/prefix" > "$dir/log"
export PKG_CONFIG_PATH=$dir/prefix/lib/pkgconfig LD_LIBRARY_PATH=$dir/prefix/lib
fluence=$dir/prefix/bin/fluence

# Completion is where bash looks for it, and asks the command by its name.
PATH=$dir/prefix/bin:$PATH bash -c '. "$1"; COMP_WORDS=(fluence merge --un); COMP_CWORD=2; _fluence fluence
  test "${COMPREPLY[*]}" = --unfinished' _ "$dir/prefix/share/bash-completion/completions/fluence"

flags=$(pkg-config --cflags --libs fluence-platform)
for example in polling forked; do
  "$cc" -std=c11 -Wall -Wextra -Werror "$examples/$example.c" $flags -o "$dir/$example"
done
for test in c_interface_test lifetime_test; do
  "$cc" -std=c11 -Wall -Wextra -Werror "$here/$test.c" $flags -o "$dir/$test"
done
"$cc" -std=c11 -Wall -Wextra -Werror -I"$source" -I"$source/sw/include" "$here/driver_test.c" \
  "$source/sw/driver/accel_driver.c" $flags -o "$dir/driver_test"
"$dir/driver_test"

# The header alone, in plain C99 and in C++; the library gives away nothing but the interface.
echo '#include <fluence/platform.h>' > "$dir/header.c"
"$cc" -std=c99 -pedantic -Wall -Wextra -Werror -fsyntax-only $flags "$dir/header.c"
"$cxx" -Wall -Wextra -Werror -fsyntax-only $flags -x c++ "$dir/header.c"
nm -D --defined-only "$dir/prefix/lib/libfluence_platform.so" | sed 's/.* //' | sort > "$dir/given"
sed -n 's/.*\(fluence_[a-z0-9_]*\)(.*/\1/p' "$dir/prefix/include/fluence/platform.h" \
  | sed '$a sc_main' | sort -u > "$dir/stated"
diff "$dir/stated" "$dir/given"
"$dir/c_interface_test"
"$dir/lifetime_test" "$dir/prefix/share/fluence/models"

# The installed command finds its models; the example's polling driver and it agree.
"$fluence" images --count 3 --out "$dir/images.bin" > /dev/null
expected=$("$fluence" classify --network cnvW1A1 --count 3 2> /dev/null | sed 's/.*: \(.* correct\),.*/\1/')
got=$("$dir/polling" cnvW1A1 "$dir/images.bin" 3)
echo "command: $expected; example: $got"
case $got in "$expected in "*) ;; *) echo "they differ"; exit 1 ;; esac
"$fluence" classify --network cnvW1A1 --engine rtl --host arm --count 1 > /dev/null

# So does the installed Python package, where a build has it.
package=$dir/prefix/lib/python3/dist-packages
if [ -d "$package/fluence" ]; then
  got=$(PYTHONPATH=$package /usr/bin/python3 -B -c "
import fluence
found = fluence.Session('cnvW1A1', count=3).classify(engine='rtl')
print(found.correct.sum(), 'of', len(found.labels), 'correct')")
  test "$got" = "$expected" || { echo "Python package: $got"; exit 1; }
fi

got=$(python3 "$examples/upset.py" cnvW1A1)
echo "Python: $got"
case $got in 0\ of*) echo "the upset changed nothing"; exit 1 ;; *" scores differ") ;; *) exit 1 ;; esac

# Upsets that differ, side by side.
"$dir/forked" cnvW1A1 > "$dir/forked.txt"
cat "$dir/forked.txt"
test "$(grep -c ': [1-9][0-9]* of 64 scores differ$' "$dir/forked.txt")" = 4
