#!/usr/bin/env bash
# A private PostgreSQL for the tests: its own folder, a free port, and as
# durable as a real one (fsync on), because the tests kill what writes to it.
#
#   postgres.sh bin           prints the folder of initdb and pg_ctl
#   postgres.sh start DIR     creates and starts one in DIR, prints its admin URL
#   postgres.sh stop DIR      stops it and removes DIR
set -euo pipefail

usage() {
  sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

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
owner() {
  if id postgres >/dev/null 2>&1; then echo postgres; else echo nobody; fi
}

as_owner() {
  if [ "$(id -u)" -eq 0 ]; then
    (cd / && exec runuser -u "$(owner)" -- "$@")
  else
    "$@"
  fi
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

start() {
  local dir=$1 bin port
  bin=$(bin_dir)
  mkdir -p "$dir"
  if [ "$(id -u)" -eq 0 ]; then chown "$(owner)" "$dir"; fi
  as_owner "$bin/initdb" --pgdata="$dir/data" --username=postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 >&2
  port=$(free_port)
  # The standard output of pg_ctl would keep the caller's pipe open for the server's life.
  as_owner "$bin/pg_ctl" --pgdata="$dir/data" --log="$dir/log" --wait --timeout=60 start --options="\
    -c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories='' \
    -c fsync=on -c synchronous_commit=on -c max_connections=200" >&2 </dev/null
  echo "postgres://postgres@127.0.0.1:$port/postgres"
}

stop() {
  local dir=$1
  if [ -f "$dir/data/postmaster.pid" ]; then
    as_owner "$(bin_dir)/pg_ctl" --pgdata="$dir/data" --wait --mode=immediate stop >&2 || true
  fi
  rm -rf "$dir"
}

case "${1:-}" in
  bin) bin_dir ;;
  start | stop)
    [ $# -eq 2 ] || usage
    "$1" "$2"
    ;;
  *) usage ;;
esac
