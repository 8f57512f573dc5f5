#!/usr/bin/env bash
# Runs a command with private services that live as long as it, named by
#
#   RUNLEDGER_TEST_POSTGRES_URL   a PostgreSQL on which databases may be created
#   RUNLEDGER_TEST_AMQP_URL       a RabbitMQ, with RUNLEDGER_TEST_AMQP_MANAGEMENT_URL for its management API
#                                 and RUNLEDGER_TEST_AMQP_METRICS, host and port of its metrics
#   RUNLEDGER_TEST_S3             S3 servers, as minio=http://ACCESS:SECRET@HOST:PORT/BUCKET,versitygw=…
#
# A variable that is already set is left as it is, and no service is started for it.
#
#   with-services.sh [--only postgres,rabbitmq,s3] COMMAND [ARGUMENT...]
set -euo pipefail
scripts=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/service.sh
. "$scripts/service.sh"

wanted=,postgres,rabbitmq,s3,
if [ "${1:-}" = --only ] && [ $# -gt 1 ]; then
  wanted=,$2,
  shift 2
fi
[ $# -gt 0 ] || usage

# Whether a service is asked for, and not there yet under the variable.
missing() {
  [[ $wanted == *",$1,"* ]] && [ -z "${!2:-}" ]
}

services=()
if missing postgres RUNLEDGER_TEST_POSTGRES_URL; then services+=(postgres); fi
if missing rabbitmq RUNLEDGER_TEST_AMQP_URL; then services+=(rabbitmq); fi
if missing s3 RUNLEDGER_TEST_S3; then services+=(minio versitygw); fi

control() {
  local verb=$1 service=$2
  case $service in
    minio | versitygw) "$scripts/s3.sh" "$service" "$verb" "$dir/$service" ;;
    *) "$scripts/$service.sh" "$verb" "$dir/$service" ;;
  esac
}

# Only this folder and what runs in it are removed at the end, whatever the command did.
# shellcheck disable=SC2317  # the trap calls it
clean_up() {
  local service
  trap '' INT TERM
  if [ -n "${command:-}" ]; then kill -s KILL -- "-$command" 2>/dev/null || true; fi
  # A start that is under way is waited for: it cannot be stopped before it is complete.
  wait
  for service in "${services[@]}"; do
    control stop "$service" >/dev/null 2>&1 &
  done
  wait
  rm -rf "$dir"
}

dir=$(mktemp -d "${TMPDIR:-/tmp}/runledger-services.XXXXXX")
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
# Services that run as another user have to get to their folders.
chmod 711 "$dir"

declare -A starting
for service in "${services[@]}"; do
  control start "$service" >"$dir/$service.url" 2>"$dir/$service.errors" &
  starting[$service]=$!
done
for service in "${services[@]}"; do
  if ! wait "${starting[$service]}"; then
    echo "$service did not start:" >&2
    cat "$dir/$service.errors" >&2
    exit 1
  fi
  url=$(cat "$dir/$service.url")
  case $service in
    postgres) export RUNLEDGER_TEST_POSTGRES_URL=$url ;;
    rabbitmq)
      export RUNLEDGER_TEST_AMQP_URL=$url
      RUNLEDGER_TEST_AMQP_MANAGEMENT_URL=$(control management rabbitmq)
      RUNLEDGER_TEST_AMQP_METRICS=$(control metrics rabbitmq)
      export RUNLEDGER_TEST_AMQP_MANAGEMENT_URL RUNLEDGER_TEST_AMQP_METRICS
      ;;
    *) export RUNLEDGER_TEST_S3=${RUNLEDGER_TEST_S3:+$RUNLEDGER_TEST_S3,}$service=$url ;;
  esac
done

# In a group of its own, so that a signal reaches the command and its children once, and nothing of it
# outlives the services. A command in the background would ignore SIGINT if it were not told otherwise.
setsid -- env --default-signal=INT,QUIT "$@" <&0 &
command=$!
trap 'kill -s INT -- "-$command" 2>/dev/null || true' INT
trap 'kill -s TERM -- "-$command" 2>/dev/null || true' TERM
# A signal ends the `wait`, not the command.
while :; do
  status=0
  wait "$command" || status=$?
  kill -0 "$command" 2>/dev/null || break
done
exit "$status"
