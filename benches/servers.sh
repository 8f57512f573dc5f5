# shellcheck shell=bash
# The variables of run.sh are used here and there.
# shellcheck disable=SC2154,SC2034
# Building, installing, starting and stopping the servers. Sourced by run.sh and scale.sh.

target=${CARGO_TARGET_DIR:-$root/target}
bench=$target/release/runledger-bench
runledger=$target/release/runledger
venv=$root/.venv/bench
declare -A group url

# A folder for the servers and an empty file for the results; whatever happens, what was started is stopped.
begin() {
  work_dir=$(mktemp -d "${TMPDIR:-/tmp}/runledger-bench.XXXXXX")
  trap 'stop_all; rm -rf "$work_dir"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  mkdir -p "$(dirname "$results")"
  : >"$results"
}

build() {
  (cd "$root" && cargo build --quiet --release --workspace)
}

# One environment for both peers, made again only when the requirements change.
install_peers() {
  [ -n "$peers" ] || return 0
  local wanted
  wanted=$(cat "$benches"/requirements*.txt | sha256sum)
  [ "$(cat "$venv/requirements.sha256" 2>/dev/null)" = "$wanted" ] && return 0
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet -r "$benches/requirements.txt"
  "$venv/bin/pip" install --quiet --no-deps -r "$benches/requirements-fasttrackml.txt"
  echo "$wanted" >"$venv/requirements.sha256"
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

sql() {
  "$("$root/scripts/postgres.sh" bin)/psql" --quiet --no-align --tuples-only -v ON_ERROR_STOP=1 "$@"
}

database_name() {
  echo "bench_$1_$$"
}

database_url() {
  local server=${RUNLEDGER_TEST_POSTGRES_URL%%\?*}
  echo "${server%/*}/$(database_name "$1")"
}

# The command of a server, in the array `command`.
command_of() {
  local server=$1 port=$2 dir=$3 db
  db=$(database_url "$server")
  case $server in
    ours*)
      command=("$runledger" server --listen "127.0.0.1:$port" --data-dir "$dir")
      [ "$database" = postgres ] && command+=(--database-url "$db")
      ;;
    mlflow)
      command=(env MLFLOW_DISABLE_TELEMETRY=true "$venv/bin/mlflow" server --host 127.0.0.1 --port "$port" --workers 4
        --backend-store-uri "${db/#postgres:/postgresql+psycopg2:}" --artifacts-destination "$dir/artifacts")
      ;;
    fasttrackml)
      command=("$venv/bin/fml" server --listen-address "127.0.0.1:$port" --database-uri "$db"
        --default-artifact-root "$dir/artifacts")
      ;;
    *) echo "--peers $server: mlflow, fasttrackml or none" >&2; exit 2 ;;
  esac
}

# Starts a server twice: the first start makes the schema, the second is timed.
launch() {
  local server=$1 port dir line pid command
  port=$(free_port)
  dir=$work_dir/$server
  mkdir -p "$dir"
  sql "$RUNLEDGER_TEST_POSTGRES_URL" -c "CREATE DATABASE $(database_name "$server")"
  command_of "$server" "$port" "$dir"
  pushd "$dir" >/dev/null || exit 1
  local health=(--health "http://127.0.0.1:$port/health" --log "$work_dir/$server.log")
  "$bench" start --label "$server" "${health[@]}" -- "${command[@]}" >/dev/null 2>&1 || {
    tail -20 "$work_dir/$server.log" >&2
    echo "$server does not start" >&2
    exit 1
  }
  line=$("$bench" start --label "$server" "${health[@]}" --detach -- "${command[@]}")
  popd >/dev/null || exit 1
  pid=${line#*\"pid\":}
  group[$server]=${pid%%[!0-9]*}
  url[$server]=http://127.0.0.1:$port
  case ,$works, in *,start,*) echo "$line" >>"$results" ;; esac
  sleep 2
  case ,$works, in *,memory,*) memory "$server" memory-idle 1 ;; esac
}

# Stops servers, all at the same time.
stop() {
  local server
  for server in "$@"; do
    kill -TERM -- "-${group[$server]}" 2>/dev/null || true
  done
  for server in "$@"; do
    for _ in $(seq 50); do
      kill -0 -- "-${group[$server]}" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL -- "-${group[$server]}" 2>/dev/null || true
  done
}

stop_all() {
  local server
  stop "${!group[@]}"
  # A database given from outside is left as it was found.
  for server in "${!group[@]}"; do
    sql "$RUNLEDGER_TEST_POSTGRES_URL" -c "DROP DATABASE IF EXISTS $(database_name "$server") WITH (FORCE)" || true
  done
  group=()
}

# What was measured, on what.
describe() {
  local cpu
  cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)
  echo
  echo "$(nproc) cores (${cpu:-unknown}), $(free -g | awk '/^Mem:/ {print $2}') GiB, Linux $(uname -r)," \
    "load before $load_before; $(sql "$RUNLEDGER_TEST_POSTGRES_URL" -c 'SELECT split_part(version(), $$ ($$, 1)')," \
    "fsync $(sql "$RUNLEDGER_TEST_POSTGRES_URL" -c 'SHOW fsync')," \
    "synchronous_commit $(sql "$RUNLEDGER_TEST_POSTGRES_URL" -c 'SHOW synchronous_commit')."
  echo "Runledger $(git -C "$root" describe --always --dirty) on $database${peers:+; $(peer_versions)}." \
    "Median of $rounds (least to greatest) of $seconds s, peers $peer_seconds s; $runs seeded runs."
  echo
}

peer_versions() {
  "$venv/bin/pip" list --format=freeze 2>/dev/null | grep -iE '^(mlflow|fasttrackml)=' | tr '\n' ' ' | sed 's/==/ /g; s/ $//'
}
