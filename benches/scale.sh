#!/usr/bin/env bash
# Measures how cost grows, and draws it: each figure at sizes a factor of ten
# apart, of Runledger on PostgreSQL. A curve that is flat or straight is as it
# should be; one that bends needs an explanation in docs/performance.md.
#
#   benches/scale.sh [options]
#     --mode quick|full    quick (default): up to 10^6 points and 10^4 runs
#                          full: up to 10^8 points and 10^6 runs; hours
#     --axes LIST          of log,runs,points,events,processes (default: all)
#     --seconds S          of each measurement
#     --draw FILE          only draw what is in this file of results
#
# Results go to target/bench/, the drawing to docs/images/scale.svg.
set -euo pipefail
benches=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$benches")
arguments=("$@")

mode=quick axes=log,runs,points,events,processes seconds=3 results=''
while [ $# -gt 0 ]; do
  case $1 in
    --mode) mode=$2; shift ;;
    --axes) axes=$2; shift ;;
    --seconds) seconds=$2; shift ;;
    --draw) results=$2; shift ;;
    *) sed -n '2,15s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
  shift
done
case $mode in
  quick) log_sizes='10000 100000 1000000' run_sizes='100 1000 10000' history_sizes='1000 10000 100000 1000000' ;;
  full) log_sizes='10000 100000 1000000 10000000 100000000' run_sizes='1000 10000 100000 1000000'
    history_sizes='1000 10000 100000 1000000 10000000' ;;
  *) echo "--mode $mode: quick or full" >&2; exit 2 ;;
esac

# The Python of the drawing, made again only when its requirements change.
draw() {
  local venv=$root/.venv/plot wanted
  wanted=$(sha256sum <"$benches/plot-requirements.txt")
  if [ "$(cat "$venv/requirements.sha256" 2>/dev/null)" != "$wanted" ]; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet -r "$benches/plot-requirements.txt"
    echo "$wanted" >"$venv/requirements.sha256"
  fi
  "$venv/bin/python" "$benches/plot.py" "$results" "$root/docs/images/scale.svg"
  echo "Results: ${results#"$root"/}; drawing: docs/images/scale.svg"
}

if [ -n "$results" ]; then
  draw
  exit
fi
if [ -z "${RUNLEDGER_TEST_POSTGRES_URL:-}" ]; then
  exec "$root/scripts/with-services.sh" --only postgres "$benches/scale.sh" "${arguments[@]}"
fi

# What servers.sh and works.sh need of run.sh.
# shellcheck disable=SC2034
peers='' ours=ours database=postgres works='' round=1 rounds=1 peer_seconds=$seconds runs=0
# shellcheck source=benches/servers.sh
. "$benches/servers.sh"
# shellcheck source=benches/works.sh
. "$benches/works.sh"

results=$root/target/bench/scale-$(date +%Y%m%dT%H%M%S).jsonl
begin

# The same words as `measure`, with a size before them.
at() {
  local size=$1
  shift
  measure ours "$@" --size "$size"
}

# Load that is not measured.
fill() {
  "$bench" "$@" --url "${url[ours]}" --seconds 36000 --warm-up 0 >/dev/null
}

# Does one append take longer the more there is?
log_axis() {
  local size have=0
  for size in $log_sizes; do
    fill burst --clients 4 --count $(((size - have) / 1000))
    have=$size
    settle
    at "$size" log-metric 1
    at "$size" burst 1
  done
}

# Do searches?
runs_axis() {
  local size have=0
  for size in $run_sizes; do
    fill seed --clients 8 --runs $((size - have)) --first "$have" --experiment grown
    have=$size
    # Searches wait for views that are behind.
    settle
    sql "$(database_url ours)" -c 'VACUUM ANALYZE'
    at "$size" search 1 --experiment grown
    at "$size" listing 1 --experiment grown
  done
}

points_axis() {
  local size
  for size in $history_sizes; do
    at "$size" history 1 --points "$size"
    at "$size" chart 1 --points "$size"
  done
}

# A log of its own, since what is rebuilt is all of it.
events_axis() {
  local size have=0
  for size in $run_sizes; do
    # Each run is three events: created, params, and metrics with tags.
    fill seed --clients 8 --runs $((size - have)) --first "$have" --experiment rebuilt
    have=$size
    replay ours replay
  done
}

# Several processes on one database, each with its own generator.
processes_axis() {
  local number started=() port pid
  for number in 1 2 3; do
    port=$(free_port)
    "$runledger" server --listen "127.0.0.1:$port" --data-dir "$work_dir/ours" --database-url "$(database_url ours)" \
      >>"$work_dir/process.log" 2>&1 &
    pid=$!
    started+=("$pid $port")
    until curl --silent --fail --output "$work_dir/health" "http://127.0.0.1:$port/health"; do
      kill -0 "$pid" 2>/dev/null || { tail -5 "$work_dir/process.log" >&2; exit 1; }
      sleep 0.1
    done
    together "$number" "${started[@]}"
  done
  for pid in "${started[@]}"; do
    kill -TERM "${pid% *}"
  done
}

# The sum of what generators beside one another reach.
together() {
  local size=$1 one pids=()
  shift
  for one in "$@"; do
    "$bench" burst --url "http://127.0.0.1:${one#* }" --label ours --clients $((16 / size)) --seconds "$seconds" \
      --size "$size" >"$work_dir/generator-${one#* }.json" &
    pids+=($!)
  done
  wait "${pids[@]}"
  cat "$work_dir"/generator-*.json | python3 -c '
import json, sys
found = [json.loads(line) for line in sys.stdin]
points = sum(one["points_per_s"] for one in found)
print(json.dumps(found[0] | {"work": "processes", "points_per_s": points}))' >>"$results"
  rm "$work_dir"/generator-*.json
}

build
for axis in $(echo "$axes" | tr ',' ' '); do
  echo "$axis" >&2
  rm -rf "$work_dir/ours"
  launch ours
  "${axis}_axis"
  stop_all
done
draw
