#!/usr/bin/env bash
# Runs a campaign in shards on a one-node Slurm of its own, kills one shard midway, submits again, and
# compares what is merged with what one process gives.
#
#   slurm_test.sh FLUENCE SOURCE_FOLDER
set -euo pipefail
export FLUENCE=$1
submit=$2/scripts/slurm/submit
shards=3 trials=150

skip() {
  echo "skipped: $1"
  exit 77
}
fail() {
  echo "FAILED: $1" >&2
  tail -n 30 "$work"/*.log "$work"/out/logs/* >&2 2>/dev/null || true
  exit 1
}

[ "$(id -u)" -eq 0 ] || skip "only root can start a Slurm"
PATH=$PATH:/usr/sbin:/sbin
for program in munged slurmctld slurmd sbatch pgrep; do
  command -v $program >/dev/null || skip "there is no $program: install slurm-wlm, munge and procps"
done

# Local, because a socket's path must be short; and munged wants to own the way to it.
work=$(mktemp -d /tmp/fluence-slurm-XXXXXX)
children=()
stop() {
  status=$?
  if [ "${SLURM_CONF:-}" = "$work/slurm.conf" ]; then  # never another Slurm's jobs
    scancel --user root >/dev/null 2>&1 || true
  fi
  for child in "${children[@]}"; do
    kill "$child" 2>/dev/null || true
  done
  wait
  rm -rf "$work"
  exit $status
}
trap stop EXIT
trap 'exit 1' INT TERM

free_port() {
  local port
  while port=$((20000 + RANDOM % 10000)) && (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
    :
  done
  echo $port
}
# within SECONDS COMMAND...: tries until it succeeds
within() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.2
  done
}

head -c 128 /dev/urandom >"$work/munge.key"
chmod 400 "$work/munge.key"
munged --foreground --force --key-file "$work/munge.key" --socket "$work/munge.socket" \
  --pid-file "$work/munge.pid" --log-file "$work/munge.log" --seed-file "$work/munge.seed" \
  >"$work/munged.log" 2>&1 &
children+=($!)
within 10 [ -S "$work/munge.socket" ] || skip "munged does not start: $(tail -n 1 "$work/munged.log")"

host=$(hostname -s)
export SLURM_CONF=$work/slurm.conf
cat >"$SLURM_CONF" <<END
ClusterName=fluence-test
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge.socket
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
MailProg=/bin/true
ReturnToService=2
KillWait=1
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,bf_interval=1
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=15
END
mkdir "$work/state" "$work/spool"
slurmctld -D >"$work/slurmctld.log" 2>&1 &
children+=($!)
slurmd -D >"$work/slurmd.log" 2>&1 &
children+=($!)
node_is_up() { [ "$(sinfo --noheader --format %t 2>/dev/null)" = idle ]; }
within 30 node_is_up || skip "Slurm does not start: $(tail -n 1 "$work/slurmctld.log") $(tail -n 1 "$work/slurmd.log")"

cat >"$work/spec.toml" <<END
name = "slurm"
seed = 4
count = 1000
trials = $((trials / 2))
[[part]]
networks = "cnvW2A2"
modes = ["seu", "mbu"]
spaces = "weights"
faults = 300
END
queue_is_empty() { [ -z "$(squeue --noheader)" ]; }
# Trials that a shard has stored.
stored() {
  sqlite3 -readonly "$work/out/shard-$1-of-$shards/results.sqlite" "SELECT count(*) FROM trial" 2>/dev/null || echo 0
}
is_midway() { [ "$(stored 1)" -gt 0 ]; }

cd "$work"
"$submit" $shards out spec.toml -- --cpus-per-task=1 >submitted.log || fail "the campaign was not submitted"
grep -q "^shards 0-2 of 3: job " submitted.log || fail "not all shards were submitted"
code=0
"$submit" $shards out spec.toml >refused.log 2>&1 || code=$?
{ [ $code -eq 2 ] && grep -q "are still in the queue" refused.log; } || fail "the campaign was submitted twice"

within 120 is_midway || fail "shard 1 does not start"
# The command itself, which dies without a word; its workers bear the same name but are younger.
kill -KILL "$(pgrep --oldest --full -- "--shard 1/$shards .*--out $work/out")"
within 300 queue_is_empty || fail "the shards do not end"
kept=$(stored 1)
{ [ "$kept" -gt 0 ] && [ "$kept" -lt $((trials / shards)) ]; } || fail "shard 1 was not killed midway but with $kept trials"
! grep -q interrupted out/logs/shard-1.log || fail "shard 1 ended cleanly"
[ ! -e out/results.sqlite ] || fail "unfinished shards were merged"

"$submit" $shards out spec.toml >submitted.log || fail "the rest was not submitted"
grep -q "^shards 1 of 3: job " submitted.log || fail "more or less than shard 1 was submitted again"
within 300 queue_is_empty || fail "shard 1 does not end"
[ -e out/results.sqlite ] || fail "the shards were not merged"

"$FLUENCE" run spec.toml --out whole 2>whole.log >&2 || fail "one process does not run the campaign"
merged=$("$FLUENCE" digest out) whole=$("$FLUENCE" digest whole)
[ "${merged%% *}" = "${whole%% *}" ] || fail "merged $merged is not $whole"
echo "shard 1 was killed after $kept of $((trials / shards)) trials; merged and whole: ${whole%% *}"
