# shellcheck shell=bash
# The variables of run.sh are used here and there.
# shellcheck disable=SC2154,SC2034
# The works, each done by one server at a time. Sourced by run.sh and scale.sh.

# One result of the generator, with the options every work shares.
measure() {
  local server=$1 work=$2 clients=$3 time=$peer_seconds
  shift 3
  [ "$server" = ours ] && time=$seconds
  "$bench" "$work" --url "${url[$server]}" --label "$server" --round "$round" --clients "$clients" \
    --seconds "$time" "$@" >>"$results"
}

memory() {
  "$bench" memory --pid "${group[$1]}" --label "$1" --moment "$2" --round "$3" >>"$results"
}

# Dirty pages of one work are written before the next one begins.
settle() {
  sql "$RUNLEDGER_TEST_POSTGRES_URL" -c CHECKPOINT
}

run_work() {
  local work=$1 server=$2 lag=()
  [ "$server" = ours ] && lag=(--lag-url "${url[ours]}/metrics")
  case $work in
    start) ;;
    memory) [ "$round" != "$rounds" ] || memory "$server" memory-after 1 ;;
    burst)
      measure "$server" burst 16 "${lag[@]}"
      measure "$server" burst 1 "${lag[@]}"
      ;;
    shared-run) measure "$server" shared-run 16 ;;
    log-metric)
      measure "$server" log-metric 1
      measure "$server" log-metric 32
      ;;
    lifecycle) measure "$server" lifecycle 8 ;;
    search)
      seed "$server"
      measure "$server" search 1 --experiment seeded
      measure "$server" search 8 --experiment seeded
      ;;
    listing)
      seed "$server"
      measure "$server" listing 1 --experiment seeded
      ;;
    history) measure "$server" history 1 ;;
    chart) measure "$server" chart 1 ;;
    replay) replays ;;
    artifacts)
      measure "$server" artifacts 8 --direction put --kib 1
      measure "$server" artifacts 8 --direction put --kib 64
      measure "$server" artifacts 4 --direction put --kib 10240
      measure "$server" artifacts 4 --direction get --kib 10240
      ;;
    storage) storage "$server" ;;
    *) echo "--works $work: no such work" >&2; exit 2 ;;
  esac
}

# What `burst`, `log-metric` and `lifecycle` log is rebuilt apart, from a log of its own: their events mean very different work.
replays() {
  local work clients server
  for work in burst log-metric lifecycle; do
    case $work in burst) clients=16 ;; log-metric) clients=32 ;; lifecycle) clients=8 ;; esac
    server=ours_${work/-/_}_$round
    launch "$server"
    "$bench" "$work" --url "${url[$server]}" --clients "$clients" --seconds "$seconds" >/dev/null
    stop "$server"
    settle
    replay "$server" "replay-$work"
  done
}

# All views are built anew beside those in use, from what the server has logged.
replay() {
  local server=$1 name=$2 began counted
  counted=$(sql "$(database_url "$server")" -c "SELECT count(*), COALESCE(sum((SELECT sum(one::BIGINT)
    FROM jsonb_array_elements_text(payload -> 'counts') AS one)) FILTER (WHERE kind = 'MetricsLogged'), 0) FROM events")
  began=$(date +%s.%N)
  "$runledger" replay --database-url "$(database_url "$server")" --data-dir "$work_dir/$server" >/dev/null 2>&1
  awk -v name="$name" -v round="$round" -v events="${counted%|*}" -v points="${counted#*|}" -v seconds="$(date +%s.%N) $began" 'BEGIN {
    split(seconds, moment, " "); took = moment[1] - moment[2]
    printf "{\"work\":\"%s\",\"label\":\"ours\",\"round\":%d,\"size\":%d,\"seconds\":%.2f,\"operations\":%d,", name, round, events, took, events
    printf "\"operations_per_s\":%.0f,\"points_per_s\":%.0f}\n", events / took, points / took
  }' >>"$results"
}

# Runs for search and listing, once for each server. Peers get most of theirs in SQL, because their API would take
# an hour; the first few go through the API, and their rate is the figure.
declare -A seeded
seed() {
  local server=$1 file=$benches/seed/$1.sql
  [ -z "${seeded[$server]:-}" ] || return 0
  seeded[$server]=yes
  if [ -f "$file" ]; then
    measure "$server" seed 8 --experiment seeded --runs 200
    sql "$(database_url "$server")" -v first=200 -v runs="$runs" -f "$file"
  else
    measure "$server" seed 8 --experiment seeded --runs "$runs"
  fi
  # The database has time to get to know its tables before anyone searches them.
  if [ "$server" != ours ] || [ "$database" = postgres ]; then
    sql "$(database_url "$server")" -c 'VACUUM ANALYZE'
  fi
}

database_bytes() {
  if [ "$1" = ours ] && [ "$database" = sqlite ]; then
    du --bytes --summarize "$work_dir/ours" | cut -f1
  else
    sql "$RUNLEDGER_TEST_POSTGRES_URL" -c "SELECT pg_database_size('$(database_name "$1")')"
  fi
}

# How far the database grows for 200 000 points, indexes included.
storage() {
  local server=$1 batches=200 before after lag=()
  [ "$server" = ours ] && lag=(--lag-url "${url[ours]}/metrics")
  before=$(database_bytes "$server")
  "$bench" burst --url "${url[$server]}" --clients 4 --seconds 600 --count $batches --warm-up 0 "${lag[@]}" >/dev/null
  settle
  after=$(database_bytes "$server")
  awk -v server="$server" -v round="$round" -v grown=$((after - before)) -v points=$((batches * 1000)) 'BEGIN {
    printf "{\"work\":\"storage\",\"label\":\"%s\",\"round\":%d,\"bytes_per_point\":%.1f}\n", server, round, grown / points
  }' >>"$results"
}
