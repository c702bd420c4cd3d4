#!/usr/bin/env bash
# What submit tells Slurm, whose two commands are played here: names of any kind, and nothing twice.
#
#   submit_test.sh FLUENCE SOURCE_FOLDER
set -euo pipefail
export FLUENCE=$1
submit=$2/scripts/slurm/submit
work=$(mktemp -d)
export PLAYED=$work/played
trap 'rm -rf "$work"' EXIT
fail() {
  echo "FAILED: $1" >&2
  exit 1
}

mkdir "$work/bin" "$PLAYED"
cat >"$work/bin/sbatch" <<'END'
#!/usr/bin/env bash
while [ $# -gt 0 ]; do
  case $1 in
    --job-name|-J) name=$2; shift ;;
    --output) echo "$2" >>"$PLAYED/logs"; shift ;;
    --wrap) printf %s "$2" >"$PLAYED/wrap"; shift ;;
    */shard.sbatch) printf %s "$3" >"$PLAYED/spec" ;;
  esac
  shift
done
echo "$name" >>"$PLAYED/jobs"
wc -l <"$PLAYED/jobs"
END
# Like Slurm's, it takes a list of names with commas between them.
cat >"$work/bin/squeue" <<'END'
#!/usr/bin/env bash
while [ "$1" != --name ]; do shift; done
[ ! -e "$PLAYED/jobs" ] || grep -nxF "${2//,/$'\n'}" "$PLAYED/jobs" | cut -d: -f1
END
chmod +x "$work/bin"/*
PATH=$work/bin:$PATH
cd "$work"
cat >spec.toml <<'END'
name = "t"
seed = 1
count = 2
trials = 2
[[part]]
networks = "cnvW1A1"
modes = "seu"
spaces = "weights"
faults = 1
END

for name in plain 'a,b' 'my run' $'a\tb' $'a\nb' $'end\n' größe $'gr\xf6sse' "it's \$HOME" '50%a #1?' '*[x]' -r; do
  rm -rf "$PLAYED"/*
  (export LC_ALL=C; "$submit" 2 "$name" spec.toml -- --job-name mine) >out 2>&1 || fail "'$name' is not submitted: $(cat out)"
  code=0
  "$submit" 2 "$name" spec.toml -- --job-name mine >out 2>&1 || code=$?
  { [ $code -eq 2 ] && [ "$(wc -l <out)" -eq 1 ] && grep -q 'are still in the queue' out; } || fail "'$name' is submitted twice: $(cat out)"
  [ "$(wc -l <"$PLAYED/jobs")" -eq 2 ] || fail "'$name' has other jobs: $(cat "$PLAYED/jobs")"
  for shard in 0/2 1/2; do
    "$FLUENCE" run spec.toml --shard $shard --out "$name" --jobs 1 >out 2>&1 || fail "shard $shard of '$name': $(cat out)"
  done
  LC_ALL=C sh "$PLAYED/wrap" >out 2>&1 || fail "the merge of '$name': $(cat out)"
  [ -e "$name/results.sqlite" ] || fail "'$name' is not merged"
done

rm -rf "$PLAYED"/*
"$submit" 2 '50%a' spec.toml >out 2>&1 || fail "50%a is not submitted: $(cat out)"
grep -qF '/50%%a/logs/shard-%a.log' "$PLAYED/logs" || fail "logs of 50%a: $(cat "$PLAYED/logs")"
cp spec.toml ./-s.toml
"$submit" 2 dash -s.toml >out 2>&1 || fail "-s.toml is not submitted: $(cat out)"
"$FLUENCE" run --shard 0/2 --jobs 1 "$(cat "$PLAYED/spec")" --out dash >out 2>&1 || fail "a shard of -s.toml: $(cat out)"
! "$submit" 2 'a\b' spec.toml >out 2>&1 || fail "a folder with a backslash is submitted, whose logs would be one"
