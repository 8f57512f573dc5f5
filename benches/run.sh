#!/usr/bin/env bash
# Measures Runledger beside MLflow and FastTrackML: the same work, the same
# machine, the same run. Prints a Markdown table; the results themselves go to
# target/bench/, one JSON line each.
#
#   benches/run.sh [options]
#     --mode quick|full    quick (default): one round of short works, a few minutes
#                          full: three rounds, 100 000 seeded runs
#     --works LIST         of start,burst,shared-run,log-metric,lifecycle,search,
#                          listing,history,chart,artifacts,storage,replay,memory
#                          (default: all; chart and replay are ours alone, replay
#                          needs PostgreSQL)
#     --peers LIST         of mlflow,fasttrackml, or none (default: both)
#     --skip-ours          measure the peers only
#     --database KIND      postgres (default) or sqlite, for ours only
#     --rounds N           repetitions, of which the table shows the median
#     --seconds S          of each work, ours
#     --peer-seconds S     of each work, peers
#     --runs N             seeded runs for search and listing
#
# PostgreSQL is the one of RUNLEDGER_TEST_POSTGRES_URL, else a private one with
# fsync and synchronous_commit on.
set -euo pipefail
benches=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$benches")
arguments=("$@")

mode=quick works=start,burst,shared-run,log-metric,lifecycle,search,listing,history,chart,artifacts,storage,replay,memory
peers=mlflow,fasttrackml ours=ours database=postgres rounds='' seconds='' peer_seconds='' runs=''
while [ $# -gt 0 ]; do
  case $1 in
    --mode) mode=$2; shift ;;
    --works) works=$2; shift ;;
    --peers) peers=$2; shift ;;
    --skip-ours) ours='' ;;
    --database) database=$2; shift ;;
    --rounds) rounds=$2; shift ;;
    --seconds) seconds=$2; shift ;;
    --peer-seconds) peer_seconds=$2; shift ;;
    --runs) runs=$2; shift ;;
    *) sed -n '2,25s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
  shift
done
case $mode in
  quick) : "${rounds:=1}" "${seconds:=5}" "${peer_seconds:=5}" "${runs:=20000}" ;;
  full) : "${rounds:=3}" "${seconds:=15}" "${peer_seconds:=15}" "${runs:=100000}" ;;
  *) echo "--mode $mode: quick or full" >&2; exit 2 ;;
esac
[ "$peers" = none ] && peers=''
servers=$(echo "$ours,$peers" | tr ',' ' ')

if [ -z "${RUNLEDGER_TEST_POSTGRES_URL:-}" ]; then
  exec "$root/scripts/with-services.sh" --only postgres "$benches/run.sh" "${arguments[@]}"
fi

# shellcheck source=benches/servers.sh
. "$benches/servers.sh"
# shellcheck source=benches/works.sh
. "$benches/works.sh"

results=$root/target/bench/$(date +%Y%m%dT%H%M%S).jsonl
begin

build
install_peers
load_before=$(cut -d' ' -f1-3 /proc/loadavg)
for server in $servers; do
  launch "$server"
done
for round in $(seq "$rounds"); do
  for work in $(echo "$works" | tr ',' ' '); do
    for server in $servers; do
      [ "$server" = ours ] || case $work in chart | replay) continue ;; esac
      run_work "$work" "$server" || echo "$server could not do $work" >&2
      settle
    done
  done
  # Each round begins with another server, so that none is always the first after an idle moment.
  servers=$(echo "$servers" | awk '{first = $1; $1 = ""; print $0, first}')
done

describe
"$bench" table "$results"
echo
echo "Results: ${results#"$root"/}"
