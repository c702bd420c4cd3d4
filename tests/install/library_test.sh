#!/bin/sh
# library_test.sh CMAKE BUILD SOURCE CXX: the example on the installed libraries, by CMake and by pkg-config.
set -eu
cmake=$1 build=$2 source=$3 cxx=$4
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$cmake" --install "$build" --prefix "$dir/prefix" > "$dir/log"
# Nothing of the source tree, nor of this build, is used: the headers are those that are installed.
cp -r "$source/examples/library" "$dir/example"
"$cmake" -S "$dir/example" -B "$dir/build" "-DCMAKE_CXX_COMPILER=$cxx" "-DCMAKE_PREFIX_PATH=$dir/prefix" >> "$dir/log"
"$cmake" --build "$dir/build" >> "$dir/log"
"$dir/build/upsets" "$dir/prefix/share/fluence/models" 5 > "$dir/by_cmake"
cat "$dir/by_cmake"
test "$(grep -c '^bit [0-2]: [0-5] of 5 masked' "$dir/by_cmake")" = 3

export PKG_CONFIG_PATH=$dir/prefix/lib/pkgconfig
"$cxx" -std=c++20 "$dir/example/upsets.cpp" $(pkg-config --cflags --libs fluence) -o "$dir/upsets"
"$dir/upsets" "$dir/prefix/share/fluence/models" 5 | diff "$dir/by_cmake" -
