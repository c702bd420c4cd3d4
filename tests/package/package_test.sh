#!/bin/sh
# package_test.sh CPACK BUILD SOURCE: the package of this build, unpacked; the command runs by its name in an empty
# folder and opens nothing of the build or its sources. scripts/try-package installs one.
set -eu
cpack=$1 build=$2 source=$3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() {
  echo "FAILED: $1" >&2
  exit 1
}

"$cpack" --config "$build/CPackConfig.cmake" -B "$dir" > "$dir/log" || fail "$(cat "$dir/log")"
deb=$(echo "$dir"/fluence_*.deb)
field() { dpkg-deb --field "$deb" "$1"; }
for library in libc6 libonnx1 libsystemc libunicorn2 libsqlite3-0; do
  case ", $(field Depends)," in *", $library "*) ;; *) fail "it does not depend on $library: $(field Depends)" ;; esac
done
for tool in verilator g++; do
  case ", $(field Suggests)," in *", $tool,"*) ;; *) fail "it does not suggest $tool: $(field Suggests)" ;; esac
done
dpkg-deb --extract "$deb" "$dir/root"
prefix=$dir/root/usr
for file in lib/libfluence_platform.so include/fluence/platform.h include/fluence-cpp/campaign/store.hpp \
  lib/libfluence_campaign.a lib/cmake/fluence/fluence-config.cmake lib/pkgconfig/fluence.pc \
  share/fluence/firmware.elf share/fluence/radiation/7-series.device.toml share/doc/fluence/README.md \
  share/doc/fluence/copyright share/doc/fluence/examples/ci/fluence-gate.sh lib/python3/dist-packages/fluence/__init__.py \
  share/bash-completion/completions/fluence share/zsh/vendor-completions/_fluence share/fish/vendor_completions.d/fluence.fish; do
  [ -e "$prefix/$file" ] || fail "it has no $file"
done
for folder in models schedules campaigns; do
  diff -r "$source/$folder" "$prefix/share/fluence/$folder" || fail "not all $folder are in it"
done
grep -q 'Jeffrey Heer\|University of Washington' "$prefix/share/doc/fluence/copyright" || fail "it does not say whose the report's figures are"

# From here on as a user: by name, in a folder of their own. What the calls of the system name of these must not be
# there.
mkdir "$dir/work"
cd "$dir/work"
PATH=$prefix/bin:$PATH
traced() {
  strace -f -qq -e trace=%file -o "$dir/trace" "$@" > "$dir/out" 2> "$dir/err" || fail "$*: $(cat "$dir/err")"
  grep -q "\"$prefix/" "$dir/trace" || fail "$*: the trace has nothing of the package"
  if grep -E "\"($build|$source)(/|\")" "$dir/trace"; then fail "$*: opens files of the build"; fi
}
traced fluence run smoke --jobs 2
[ -e results/smoke/results.sqlite ] || fail "no results in this folder"
traced fluence report results/smoke
traced fluence classify --network cnvW1A1 --engine rtl --host arm --count 1
grep -q correct "$dir/out" || fail "classify: $(cat "$dir/out")"
python='import fluence; print(fluence.__file__); print(fluence.Session("lfcW1A1", count=2).classify().scores.shape)'
traced env PYTHONPATH="$prefix/lib/python3/dist-packages" PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -c "$python"
grep -q "^$prefix/" "$dir/out" && grep -qx '(2, .*)' "$dir/out" || fail "the Python module: $(cat "$dir/out")"
# The check can fail.
FLUENCE_MODELS=$source/models strace -f -qq -e trace=%file -o "$dir/trace" fluence classify --network cnvW1A1 --count 1 > "$dir/out"
grep -qE "\"($build|$source)(/|\")" "$dir/trace" || fail "files of the sources are opened unseen"

# Every command has its page.
commands=$(fluence --help | sed -n '/^Subcommands:/,/^$/s/^  \([a-z-]*\) .*/-\1/p')
for page in '' $commands; do
  file=$prefix/share/man/man1/fluence$page.1.gz
  [ -e "$file" ] || fail "there is no page fluence$page(1)"
  for section in NAME SYNOPSIS OPTIONS; do
    zcat "$file" | grep -q "^\.SH $section" || fail "$file has no $section"
  done
  zcat "$file" | grep -q "^fluence$page \\\\- [A-Za-z]" || fail "$file does not say what the command does"
done
[ "$(printf '%s\n' $commands | wc -l)" -gt 10 ] || fail "commands with pages: $commands"
