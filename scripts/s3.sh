#!/usr/bin/env bash
# A private S3 server with a bucket `runledger`: its own folder, port and process.
# There are two kinds, because what holds on one server only is no S3.
#
#   s3.sh minio|versitygw build        builds it with Go into .services/bin, once
#   s3.sh minio|versitygw start DIR    starts the one in DIR, which it creates if it is not there;
#                                      prints http://ACCESS:SECRET@127.0.0.1:PORT/runledger
#   s3.sh minio|versitygw kill DIR     SIGKILL; its data stays, and `start` brings it back on the same port
#   s3.sh minio|versitygw halt DIR     ends it in good order; its data stays
#   s3.sh minio|versitygw stop DIR     ends it and removes DIR
set -euo pipefail
scripts=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/service.sh
. "$scripts/service.sh"

# What only this machine can reach needs no secret that anyone has to guess.
access=runledger secret=runledger-secret

kind=${1:-}
case $kind in
  minio)
    # A commit of 2026-02-12: the tags of MinIO's releases are no versions to Go.
    module=github.com/minio/minio version=v0.0.0-20260212201848-7aac2a2c5b7c
    ;;
  versitygw)
    module=github.com/versity/versitygw/cmd/versitygw version=v1.8.0
    ;;
  *) usage ;;
esac
binary=$(dirname "$scripts")/.services/bin/$kind-$version

# Into a folder of this process's own first: two builds at once do not disturb each other.
build() {
  if [ -x "$binary" ]; then return; fi
  if ! command -v go >/dev/null; then
    echo "no Go toolchain on this machine, and $kind is built with it: install Go 1.24 or later, or put the binary at $binary" >&2
    return 1
  fi
  echo "building $kind $version, which takes some minutes the first time" >&2
  mkdir -p "$binary.$$"
  # shellcheck disable=SC2064  # the name is meant now
  trap "rm -rf '$binary.$$'" EXIT
  GOBIN="$binary.$$" CGO_ENABLED=0 go install -trimpath -ldflags='-s -w' "$module@$version" >&2
  mv "$binary.$$/$kind" "$binary"
}

start() {
  local dir=$1 port
  build
  # Both servers take a folder below their root for a bucket.
  mkdir -p "$dir/data/runledger" "$dir/meta"
  port=$(ports_of "$dir" 1)
  if ! is_running "$dir"; then
    case $kind in
      minio)
        launch "$dir" "$(id -un)" env MINIO_ROOT_USER="$access" MINIO_ROOT_PASSWORD="$secret" MINIO_BROWSER=off MINIO_PROMETHEUS_AUTH_TYPE=public MINIO_UPDATE=off \
          "$binary" server --quiet --address "127.0.0.1:$port" "$dir/data"
        ;;
      versitygw)
        # What S3 keeps beside the bytes goes into files: not every file system has extended attributes.
        launch "$dir" "$(id -un)" env ROOT_ACCESS_KEY="$access" ROOT_SECRET_KEY="$secret" \
          "$binary" --port "127.0.0.1:$port" --quiet --keep-alive posix --sidecar "$dir/meta" "$dir/data"
        ;;
    esac
    await_answer "$dir" 30 serves_the_bucket "$port"
  fi
  echo "http://$access:$secret@127.0.0.1:$port/runledger"
}

# An unsigned request for the bucket is refused by a server that is ready; before that it is 503, or no answer.
serves_the_bucket() {
  python3 - "$1" 2>/dev/null <<'PYTHON'
import http.client, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=2)
connection.request("GET", "/runledger")
sys.exit(connection.getresponse().status != 403)
PYTHON
}

case "${2:-}" in
  build)
    build
    exit
    ;;
  start | kill | halt | stop) [ $# -eq 3 ] || usage ;;
  *) usage ;;
esac
dir=$(realpath -m "$3")
case $2 in
  start) start "$dir" ;;
  kill) end "$dir" KILL ;;
  halt) end "$dir" TERM ;;
  stop)
    end "$dir" KILL
    rm -rf "$dir"
    ;;
esac
