#!/usr/bin/env bash
# The distributed topology on this machine, without containers: PostgreSQL, RabbitMQ
# and MinIO of its own, two API processes behind HAProxy, two ingest workers, two
# projectors, and Prometheus. What runs already is left running.
#
#   up.sh [--dir DIR] [--port PORT]
#
# DIR (default ./runledger-up) holds the data, and for each process a folder with its
# `log` and `pid`; `down.sh` stops all of it. PORT (default 5000) is the balancer's;
# the processes take ports up to 90 above it.
set -euo pipefail
scripts=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$scripts")
# shellcheck source=scripts/service.sh
. "$scripts/service.sh"
PATH=$PATH:/usr/sbin:/sbin

dir=$root/runledger-up port=5000
while [ $# -gt 0 ]; do
  case $1 in
    --dir) dir=$(realpath -m "${2:?--dir needs a folder}") ;;
    --port) port=${2:?--port needs a number} ;;
    *) usage ;;
  esac
  shift 2
done
binary=$(realpath -m "${RUNLEDGER_BINARY:-${CARGO_TARGET_DIR:-$root/target}/release/runledger}")
balancer_metrics=$((port + 40)) prometheus_port=$((port + 90))
api=($((port + 1)) $((port + 2))) api_admin=($((port + 11)) $((port + 12)))
worker_admin=($((port + 21)) $((port + 22))) projector_admin=($((port + 31)) $((port + 32)))

need() {
  if ! command -v "$1" >/dev/null; then
    echo "no $1 on this machine; ${2:-scripts/setup-test.sh installs it}" >&2
    exit 1
  fi
}

# Starts a command unless it runs already; its words come after the check that tells when it is ready.
process() {
  local name=$1 check=$2
  shift 2
  if is_running "$dir/$name"; then
    echo "$name runs already"
    return
  fi
  mkdir -p "$dir/$name"
  launch "$dir/$name" "$(id -un)" "$@"
  # shellcheck disable=SC2086  # a check is words
  await_answer "$dir/$name" 60 $check
  echo "$name is up"
}

# The ports of a process that does not run yet must be free.
claim() {
  if ! is_running "$dir/$1"; then require_free "$@"; fi
}

require_free() {
  python3 - "$@" <<'PYTHON'
import socket, sys
name, *ports = sys.argv[1:]
for port in ports:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", int(port)))
        except OSError as error:
            sys.exit(f"{name} cannot have 127.0.0.1:{port}: {error.strerror}. Stop what listens there, or choose others with --port.")
PYTHON
}

answers_200() {
  python3 - "$1" 2>/dev/null <<'PYTHON'
import sys, urllib.request
sys.exit(urllib.request.build_opener(urllib.request.ProxyHandler({})).open(sys.argv[1], timeout=2).status != 200)
PYTHON
}

# One process of a role, with its own port for operators.
role() {
  local name=$1 command=$2 admin=$3 listen=${4:-}
  process "$name" "answers_200 http://127.0.0.1:$admin/ready" \
    env "${settings[@]}" RUNLEDGER_ADMIN_LISTEN="127.0.0.1:$admin" RUNLEDGER_LISTEN="127.0.0.1:${listen:-0}" \
    RUNLEDGER_DATA_DIR="$dir/$name" "$binary" "$command"
}

targets() {
  printf '"127.0.0.1:%s", ' "$@"
}

need haproxy
need prometheus
need "$binary" "cargo build --release -p runledger-server makes it"
claim balancer "$port" "$balancer_metrics"
claim prometheus "$prometheus_port"
for i in 0 1; do
  claim "api-$((i + 1))" "${api[i]}" "${api_admin[i]}"
  claim "ingest-worker-$((i + 1))" "${worker_admin[i]}"
  claim "projector-$((i + 1))" "${projector_admin[i]}"
done
mkdir -p "$dir/spool"

# Prints the URL of a service, which keeps its port from one start to the next.
service() {
  local name=$1 script=$2
  shift 2
  if ! "$scripts/$script" "$@" "$dir/$name" 2>"$dir/$name.start.log"; then
    echo "$name did not start:" >&2
    tail -n 30 "$dir/$name.start.log" >&2
    return 1
  fi
  echo "$name is up" >&2
}

admin_url=$(service postgres postgres.sh start)
amqp_url=$(service rabbitmq rabbitmq.sh start)
s3_url=$(service minio s3.sh minio start)
database_url=${admin_url%/*}/runledger
psql() { "$("$scripts/postgres.sh" bin)/psql" --no-psqlrc --quiet --tuples-only "$admin_url" --command "$1"; }
if [ -z "$(psql "SELECT 1 FROM pg_database WHERE datname = 'runledger'")" ]; then psql 'CREATE DATABASE runledger'; fi

# http://ACCESS:SECRET@HOST:PORT/BUCKET
credentials=${s3_url#http://}
credentials=${credentials%%@*}
endpoint=${s3_url#*@}
endpoint=http://${endpoint%/*}
settings=(
  RUNLEDGER_DATABASE_URL="$database_url"
  RUNLEDGER_AMQP_URL="$amqp_url"
  RUNLEDGER_ARTIFACT_STORE=s3://runledger/artifacts
  RUNLEDGER_S3_ENDPOINT="$endpoint"
  RUNLEDGER_SPOOL="$dir/spool"
  AWS_ACCESS_KEY_ID="${credentials%:*}"
  AWS_SECRET_ACCESS_KEY="${credentials#*:}"
)
# For `runledger doctor`, `uploads` and the like: `. runledger-up/environment`.
printf 'export %q\n' "${settings[@]}" >"$dir/environment"

env "${settings[@]}" "$binary" migrate
for i in 0 1; do
  role "projector-$((i + 1))" projector "${projector_admin[i]}"
  role "api-$((i + 1))" api "${api_admin[i]}" "${api[i]}"
  role "ingest-worker-$((i + 1))" ingest-worker "${worker_admin[i]}"
done

mkdir -p "$dir/balancer" "$dir/prometheus"
cat >"$dir/balancer/servers.cfg" <<CONF
backend api
    server api-1 127.0.0.1:${api[0]}
    server api-2 127.0.0.1:${api[1]}
CONF
process balancer "answers_200 http://127.0.0.1:$port/health" \
  env RUNLEDGER_BALANCER_LISTEN="127.0.0.1:$port" RUNLEDGER_BALANCER_METRICS_LISTEN="127.0.0.1:$balancer_metrics" \
  haproxy -db -f "$root/compose/haproxy/haproxy.cfg" -f "$dir/balancer/servers.cfg"

rabbitmq_metrics=$("$scripts/rabbitmq.sh" metrics "$dir/rabbitmq")
cat >"$dir/prometheus/prometheus.yml" <<CONF
global: { scrape_interval: 5s, evaluation_interval: 5s }
rule_files: ["$root/compose/prometheus/alerts.yml"]
scrape_configs:
  - { job_name: runledger-api, static_configs: [{ targets: [$(targets "${api_admin[@]}")] }] }
  - { job_name: runledger-ingest-worker, static_configs: [{ targets: [$(targets "${worker_admin[@]}")] }] }
  - { job_name: runledger-projector, static_configs: [{ targets: [$(targets "${projector_admin[@]}")] }] }
  - { job_name: balancer, static_configs: [{ targets: [$(targets "$balancer_metrics")] }] }
  - { job_name: rabbitmq, static_configs: [{ targets: ["$rabbitmq_metrics"] }] }
  - job_name: rabbitmq-queues
    metrics_path: /metrics/detailed
    params: { family: [queue_coarse_metrics, queue_consumer_count] }
    static_configs: [{ targets: ["$rabbitmq_metrics"] }]
  - { job_name: minio, metrics_path: /minio/v2/metrics/cluster, static_configs: [{ targets: ["${endpoint#http://}"] }] }
CONF
process prometheus "answers_200 http://127.0.0.1:$prometheus_port/-/ready" \
  prometheus --config.file="$dir/prometheus/prometheus.yml" --storage.tsdb.path="$dir/prometheus/data" \
  --web.listen-address="127.0.0.1:$prometheus_port"

cat <<TEXT

  Runledger    http://127.0.0.1:$port          MLFLOW_TRACKING_URI for your script
  API          http://127.0.0.1:${api[0]}, ${api[1]}    operators: ${api_admin[*]}
  workers      operators: ${worker_admin[*]}     projectors: ${projector_admin[*]}
  Prometheus   http://127.0.0.1:$prometheus_port
  RabbitMQ     $("$scripts/rabbitmq.sh" management "$dir/rabbitmq")
  PostgreSQL   $database_url
  MinIO        $s3_url

  logs         tail -F $dir/{api,ingest-worker,projector}-*/log
  operators    . $dir/environment && $binary doctor
  stop         make down                 (make down ARGS=--delete removes the data as well)
TEXT
