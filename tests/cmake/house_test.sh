#!/bin/sh
# house_test.sh SOURCE: what only some folders may say. Skipped (77) where there is no checkout to search.
set -eu
cd "$1"
git rev-parse --is-inside-work-tree > /dev/null 2>&1 || exit 77
failed=0

# Networks and hardwares are files: no source knows one by its name.
for file in networks/*.json; do
  name=$(basename "$file" | sed 's/\..*//')
  git grep -qw "$name" -- tests || { echo "the search does not find $name where it is"; failed=1; }
  if git grep -nw "$name" -- ':!networks' ':!models' ':!schedules' ':!campaigns' ':!study' ':!docs' ':!tests' ':!*.md'; then
    echo "the network $name is named outside the folders that may"
    failed=1
  fi
done

# Kinds of stages answer for themselves (rtl/stage_kind.hpp): nobody asks which one it is in order to answer for it.
kinds='(switch|case)\b.*\b([Ss]tage[._]?[Kk]ind|stage\.kind|stage->kind|StageKind)\b|dynamic_cast<[^>]*(StageKind|MatrixVector|MaxPool|SlidingWindow|MemReader|MemWriter|WidthConverter)'
echo 'switch (stage.kind) {' | grep -qE "$kinds" || { echo "the search finds no switch"; failed=1; }
if git grep -nE "$kinds" -- '*.cpp' '*.hpp'; then
  echo "a switch over kinds of stages: ask the kind"
  failed=1
fi
exit $failed
