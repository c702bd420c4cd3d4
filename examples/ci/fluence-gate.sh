#!/bin/sh
# Has resilience regressed? Installs fluence where it is not, runs a campaign, and compares it with a baseline that is
# kept with the sources. A job of any CI on Debian 12: gitlab-ci.yml and github-workflow.yml call it.
#
#   FLUENCE_DEB=FILE|URL fluence-gate.sh CAMPAIGN BASELINE.json OUT
#
# OUT gets gate.xml (JUnit), report.html, and the results. The exit code is 0 if nothing regressed, 1 if something did
# or there is no baseline yet: then OUT/baseline.json is what to keep as BASELINE.json.
set -eu
[ $# -eq 3 ] || {
  echo "usage: FLUENCE_DEB=FILE|URL $0 CAMPAIGN BASELINE.json OUT" >&2
  exit 2
}
campaign=$1 baseline=$2 out=$3

if ! command -v fluence > /dev/null; then
  deb=${FLUENCE_DEB:?names the package of fluence, a file or an address}
  apt-get update -qq
  case $deb in
    *://*)
      apt-get install -y -qq --no-install-recommends ca-certificates curl
      curl -fsSL -o /tmp/fluence.deb "$deb"
      deb=/tmp/fluence.deb
      ;;
  esac
  apt-get install -y -qq --no-install-recommends "$(realpath "$deb")"
fi

fluence run --out "$out" -- "$campaign"
fluence report -- "$out" > "$out/report.txt"
if [ ! -e "$baseline" ]; then
  fluence gate --write-baseline "$out/baseline.json" -- "$out"
  echo "there is no baseline $baseline: keep $out/baseline.json under this name, with the sources" >&2
  exit 1
fi
fluence gate --baseline "$baseline" --junit "$out/gate.xml" -- "$out"
