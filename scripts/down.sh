#!/usr/bin/env bash
# Stops what up.sh started, in good order: first what takes requests, at last what
# keeps the data.
#
#   down.sh [--dir DIR] [--delete]
#
# The data stays in DIR (default ./runledger-up), unless --delete removes it.
set -euo pipefail
scripts=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/service.sh
. "$scripts/service.sh"

dir=$(dirname "$scripts")/runledger-up delete=false
while [ $# -gt 0 ]; do
  case $1 in
    --dir)
      dir=$(realpath -m "${2:?--dir needs a folder}")
      shift
      ;;
    --delete) delete=true ;;
    *) usage ;;
  esac
  shift
done
# Nothing but a folder of up.sh's is ever removed.
if [ ! -e "$dir/environment" ] && [ ! -d "$dir/postgres" ]; then
  echo "nothing of \`make up\` is in $dir"
  exit
fi

for name in prometheus balancer api-1 api-2 ingest-worker-1 ingest-worker-2 projector-1 projector-2; do
  end "$dir/$name" TERM 35 &
done
wait
verb=halt
if [ "$delete" = true ]; then verb=stop; fi
"$scripts/s3.sh" minio "$verb" "$dir/minio" &
"$scripts/rabbitmq.sh" "$verb" "$dir/rabbitmq" &
"$scripts/postgres.sh" "$verb" "$dir/postgres" >/dev/null 2>&1 &
wait
if [ "$delete" = true ]; then
  rm -rf "$dir"
  echo "stopped, and $dir removed"
else
  echo "stopped; the data stays in $dir"
fi
