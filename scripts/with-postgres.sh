#!/usr/bin/env bash
# Runs a command with RUNLEDGER_TEST_POSTGRES_URL naming a PostgreSQL on which
# it may create databases: the one given in the environment, else a private one
# that lives as long as the command.
set -euo pipefail
scripts=$(cd "$(dirname "$0")" && pwd)

if [ $# -eq 0 ]; then
  echo "usage: with-postgres.sh COMMAND [ARGUMENT...]" >&2
  exit 2
fi
if [ -n "${RUNLEDGER_TEST_POSTGRES_URL:-}" ]; then
  exec "$@"
fi

# Only this folder is removed at the end, whatever the command did.
dir=$(mktemp -d "${TMPDIR:-/tmp}/runledger-postgres.XXXXXX")
trap '"$scripts/postgres.sh" stop "$dir"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
RUNLEDGER_TEST_POSTGRES_URL=$("$scripts/postgres.sh" start "$dir" 2>"$dir.log") || {
  cat "$dir.log" >&2
  rm -f "$dir.log"
  exit 1
}
rm -f "$dir.log"
export RUNLEDGER_TEST_POSTGRES_URL
"$@"
