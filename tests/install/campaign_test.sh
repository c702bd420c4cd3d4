#!/usr/bin/env bash
# What `make campaign` runs, where the command is played: names of any kind reach it as they were given.
#
#   campaign_test.sh SOURCE_FOLDER
set -euo pipefail
source=$1
work=$(mktemp -d)
export PLAYED=$work/played
trap 'rm -rf "$work"' EXIT
fail() {
  echo "FAILED: $1" >&2
  exit 1
}

# Notes each argument, ended by a zero byte.
mkdir -p "$work/build/cli"
cat >"$work/build/cli/fluence" <<'END_OF_COMMAND'
#!/bin/sh
printf '%s\0' "$@" >>"$PLAYED"
END_OF_COMMAND
chmod +x "$work/build/cli/fluence"

# campaign VARIABLE=VALUE...: the arguments of all commands in ${arguments[@]}.
campaign() {
  rm -f "$PLAYED"
  make -C "$source" -o command BUILD="$work/build" campaign "$@" >"$work/out" 2>&1 || fail "make campaign $*: $(cat "$work/out")"
  mapfile -d '' -t arguments <"$PLAYED"
}
# expect WHAT ARGUMENT...
expect() {
  local what=$1
  shift
  [ "$(printf '<%s>' "$@")" = "$(printf '<%s>' "${arguments[@]}")" ] ||
    fail "$what: ran $(printf '<%s>' "${arguments[@]}") and not $(printf '<%s>' "$@")"
}

unset SPEC OUT PARAMS IMAGES MAP MAP_IMAGES
campaign
expect defaults run --out results/first-light -- campaigns/first-light.toml \
  map --network cnvW1A1 --count 200 --out results/first-light/map report -- results/first-light/map report -- results/first-light
campaign MAP=
expect 'no map' run --out results/first-light -- campaigns/first-light.toml report -- results/first-light

# Simulated accelerators are built of those networks alone that are simulated, or whose cycles are asked for.
models() {
  make -C "$source" -n BUILD="$work/build" SPEC="$1" command 2>/dev/null | sed -n "s/^echo .*accelerators of: \\(.*\\)'$/\\1/p"
}
for expected in first-light:cnvW1A1 smoke: 'activations-smoke:cnvW1A1 cnvW2A2'; do
  [ "$(models "campaigns/${expected%%:*}.toml")" = "${expected#*:}" ] ||
    fail "${expected%%:*} needs the models of '${expected#*:}', and has '$(models "campaigns/${expected%%:*}.toml")'"
done

for name in plain 'my run' 'two  blanks ' "it's" 'a"b' '$HOME' '$(HOME)' 'a$$b' -x '[x]' 'a;b' 'a#b' 'a\b' '*' '~' 'a,b' größe '`id`' '&' '50%'; do
  campaign "SPEC=$name" "OUT=$name" "PARAMS=$name" "IMAGES=$name"
  expect "'$name'" run --out "$name" --params "$name" --images "$name" -- "$name" report -- "$name"
  SPEC=$name OUT=$name PARAMS=$name IMAGES=$name campaign
  expect "'$name' of the environment" run --out "$name" --params "$name" --images "$name" -- "$name" report -- "$name"
  campaign "SPEC=a b/$name.toml"
  expect "the folder of '$name.toml'" run --out "results/$name" -- "a b/$name.toml" report -- "results/$name"
done
grep -qF "open $(realpath "$source")/results/50%/report.html" "$work/out" || fail "where the report is: $(cat "$work/out")"
