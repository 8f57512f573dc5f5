#!/usr/bin/env bash
# A private PostgreSQL: its own folder and port, and as durable as a real one
# (fsync on), because the tests kill what writes to it.
#
#   postgres.sh bin           prints the folder of initdb and pg_ctl
#   postgres.sh start DIR     starts the one in DIR, which it creates if it is not there; prints its admin URL
#   postgres.sh kill DIR      ends it as a crash would (`pg_ctl --mode=immediate`); `start` brings it back on the same port
#   postgres.sh halt DIR      ends it in good order; `start` brings it back
#   postgres.sh stop DIR      ends it and removes DIR
set -euo pipefail
# shellcheck source=scripts/service.sh
. "$(dirname "$0")/service.sh"

bin_dir() {
  local candidate
  for candidate in "$(dirname "$(readlink -f "$(command -v initdb || echo /)")")" /usr/lib/postgresql/*/bin; do
    if [ -x "$candidate/initdb" ] && [ -x "$candidate/pg_ctl" ]; then
      echo "$candidate"
      return
    fi
  done
  echo "no initdb on this machine; scripts/setup-test.sh installs PostgreSQL" >&2
  return 1
}

# PostgreSQL refuses to run as root, so root hands it to an unprivileged user.
as_owner() {
  as_user "$(first_user postgres nobody)" "$@"
}

start() {
  local dir=$1 bin port
  bin=$(bin_dir)
  own_folder "$dir" "$(first_user postgres nobody)"
  if [ ! -d "$dir/data" ]; then
    as_owner "$bin/initdb" --pgdata="$dir/data" --username=postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 >&2
  fi
  port=$(ports_of "$dir" 1)
  if ! is_up "$dir"; then
    # The standard output of pg_ctl would keep the caller's pipe open for the server's life.
    as_owner "$bin/pg_ctl" --pgdata="$dir/data" --log="$dir/log" --wait --timeout=60 start --options="\
      -c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories='' \
      -c fsync=on -c synchronous_commit=on -c max_connections=200" >&2 </dev/null
  fi
  echo "postgres://postgres@127.0.0.1:$port/postgres"
}

is_up() {
  as_owner "$(bin_dir)/pg_ctl" --pgdata="$1/data" status >/dev/null 2>&1
}

shut_down() {
  local dir=$1 mode=$2
  if [ -f "$dir/data/postmaster.pid" ]; then
    as_owner "$(bin_dir)/pg_ctl" --pgdata="$dir/data" --wait --mode="$mode" stop >&2 || true
  fi
}

case "${1:-}" in
  bin)
    bin_dir
    exit
    ;;
  start | kill | halt | stop) [ $# -eq 2 ] || usage ;;
  *) usage ;;
esac
dir=$(realpath -m "$2")
case $1 in
  start) start "$dir" ;;
  kill) shut_down "$dir" immediate ;;
  halt) shut_down "$dir" fast ;;
  stop)
    shut_down "$dir" immediate
    rm -rf "$dir"
    ;;
esac
