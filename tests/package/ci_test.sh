#!/bin/sh
# ci_test.sh FLUENCE SOURCE: the examples for CIs. The script that both call is run as it stands, where the command is
# there already; scripts/try-package runs it where it is not.
set -eu
fluence=$1 source=$2
examples=$source/examples/ci
script=$examples/fluence-gate.sh
here=$(dirname "$(realpath "$0")")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() {
  echo "FAILED: $1" >&2
  exit 1
}

dash -n "$script"
shellcheck "$script"

# Both files are YAML, call the script, and show what it writes.
/usr/bin/python3 - "$examples" <<'END_OF_PYTHON'
import sys, yaml
folder = sys.argv[1]
gitlab = yaml.safe_load(open(folder + "/gitlab-ci.yml"))["resilience"]
github = yaml.safe_load(open(folder + "/github-workflow.yml"))
job = github["jobs"]["gate"]
steps = {step.get("name"): step for step in job["steps"]}
command = steps["Campaign and gate"]["run"].split()
assert gitlab["script"] == [" ".join(command)], "the CIs do not run the same"
assert command[0].endswith("/fluence-gate.sh") and len(command) == 4, command
packed = [line.split("/")[-1] for line in open(folder + "/../../Makefile").read().splitlines() if line.startswith("SPEC ")]
assert packed == [command[1] + ".toml"], f"the package has no simulated accelerators of {command[1]}, but of {packed}"
out = command[3]
assert gitlab["image"] == job["container"] == "debian:12"
assert gitlab["artifacts"]["when"] == "always" and gitlab["artifacts"]["paths"] == [out + "/"]
assert gitlab["artifacts"]["reports"]["junit"] == out + "/gate.xml"
assert steps["Verdicts"]["with"]["report_paths"] == out + "/gate.xml"
assert steps["Report"]["with"]["path"] == out
assert all(steps[name]["if"] == "always()" for name in ("Verdicts", "Report"))
assert github[True] == ["push", "pull_request"]  # YAML's "on"
END_OF_PYTHON

cd "$dir"
PATH=$(dirname "$fluence"):$PATH
cat > small.toml <<'END_OF_SPEC'
name = "small"
seed = 1
count = 20
trials = 6
[[part]]
networks = ["cnvW1A1"]
modes = ["seu", "mbu"]
spaces = ["weights", "thresholds"]
faults = 3000
END_OF_SPEC
# gate CODE BASELINE: the script's exit code is as stated, and what it writes is there.
gate() {
  code=0
  "$script" small.toml "$2" results > log 2>&1 || code=$?
  [ "$code" = "$1" ] || fail "exit code $code, not $1, with $2: $(cat log)"
  [ -s results/report.html ] || fail "no page with $2: $(cat log)"
  grep -q "^cnvW1A1 " results/report.txt || fail "no tables with $2: $(cat log)"
}
valid() { xmllint --noout --schema "$here/junit.xsd" "$1" 2> xml_log || fail "$1: $(cat xml_log)"; }

gate 1 baseline.json
grep -q 'there is no baseline baseline.json: keep results/baseline.json' log || fail "nothing is said of the baseline: $(cat log)"
[ ! -e results/gate.xml ] || fail "verdicts without a baseline"
mv results/baseline.json .
gate 0 baseline.json
valid results/gate.xml
grep -q 'tests="4" failures="0"' results/gate.xml || fail "not all is equal to itself: $(cat results/gate.xml)"

# A baseline in which no fault costs anything.
/usr/bin/python3 - baseline.json better.json <<'END_OF_PYTHON'
import json, sys
baseline = json.load(open(sys.argv[1]))
for scenario in baseline["scenarios"]:
    scenario["correct"] = [scenario["fault_free"]] * len(scenario["correct"])
json.dump(baseline, open(sys.argv[2], "w"))
END_OF_PYTHON
gate 1 better.json
valid results/gate.xml
grep -q '<failure message="resilience regressed' results/gate.xml || fail "no verdict is shown: $(cat results/gate.xml)"

# The check can fail.
sed 's/ name="/ title="/' results/gate.xml > wrong.xml
if xmllint --noout --schema "$here/junit.xsd" wrong.xml 2> /dev/null; then fail "the schema takes anything"; fi
if "$script" small.toml 2> /dev/null; then fail "two arguments are taken"; fi
