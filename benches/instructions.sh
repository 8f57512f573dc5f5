#!/usr/bin/env bash
# Counts the instructions of the hot paths and compares them with those written
# down in benches/instructions.tsv: a guard that does not depend on the machine's
# speed or on what else it does. More than a tenth above, or below, fails: what
# became cheaper is written down, too, so that it stays so.
#
#   benches/instructions.sh            compares
#   benches/instructions.sh --write    writes the counts down anew
#
# The counts are those of the build that the tests use: the project's own code
# unoptimised, what it stands on optimised. They move with the code and with the
# compiler.
set -euo pipefail
cd "$(dirname "$0")/.."

written=benches/instructions.tsv
hot=${CARGO_TARGET_DIR:-target}/debug/runledger-hot
paths=(parse encode decode project filter merge draw outline)

cargo build --quiet --workspace

counted() {
  # Loading and preparing is taken off by counting once and eleven times.
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$hot" "$1" "$2" 2>&1 | sed -n 's/.*Collected : //p'
}

new=$(mktemp)
trap 'rm -f "$new"' EXIT
for path in "${paths[@]}"; do
  once=$(counted "$path" 1)
  more=$(counted "$path" 11)
  printf '%s\t%d\n' "$path" $(((more - once) / 10)) | tee -a "$new"
done

if [ "${1:-}" = --write ]; then
  { echo "# Instructions of one time, counted by benches/instructions.sh with $(rustc --version | cut -d' ' -f1,2)."; cat "$new"; } >"$written"
  exit
fi
awk -F'\t' '
  NR == FNR { if ($1 !~ /^#/) before[$1] = $2; next }
  !($1 in before) { print $1 " is not written down: run benches/instructions.sh --write"; bad = 1; next }
  $2 > before[$1] * 1.1 { printf "%s takes %d instructions, %.0f %% more than the %d written down\n", $1, $2, ($2 / before[$1] - 1) * 100, before[$1]; bad = 1 }
  $2 < before[$1] * 0.9 { printf "%s takes %d instructions, %.0f %% fewer than the %d written down: run benches/instructions.sh --write\n", $1, $2, (1 - $2 / before[$1]) * 100, before[$1]; bad = 1 }
  END { exit bad }' "$written" "$new"
