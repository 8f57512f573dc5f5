#!/usr/bin/env bash
# A private RabbitMQ with the plugins for management and Prometheus: its own folder, node name, ports
# and port mapper, so that several run side by side and none leaves anything behind.
#
#   rabbitmq.sh bin                prints the folder of rabbitmq-server and rabbitmqctl
#   rabbitmq.sh start DIR          starts the one in DIR, which it creates if it is not there; prints its AMQP URL
#   rabbitmq.sh kill DIR           SIGKILL to the node; its data stays
#   rabbitmq.sh halt DIR           ends it in good order; its data stays
#   rabbitmq.sh restart DIR        ends it in good order, if it runs, and starts it with its data on the same ports
#   rabbitmq.sh stop DIR           ends it and removes DIR
#   rabbitmq.sh management DIR     prints the URL of its management API
#   rabbitmq.sh metrics DIR        prints host and port of its metrics for Prometheus
#   rabbitmq.sh ctl DIR ARG...     runs rabbitmqctl on it
set -euo pipefail
# shellcheck source=scripts/service.sh
. "$(dirname "$0")/service.sh"

# Not the commands on the PATH of Debian: they insist on its own user and its own folders.
bin_dir() {
  local candidate
  for candidate in /usr/lib/rabbitmq/bin "$(dirname "$(readlink -f "$(command -v rabbitmq-server || echo /)")")"; do
    if [ -x "$candidate/rabbitmq-server" ] && [ -x "$candidate/rabbitmqctl" ]; then
      echo "$candidate"
      return
    fi
  done
  echo "no rabbitmq-server on this machine; scripts/setup-test.sh installs RabbitMQ" >&2
  return 1
}

owner() {
  first_user rabbitmq nobody
}

# What the node and its tools have to agree on; sets `amqp_port`, `management_port`, `metrics_port` and `environment`.
settings_of() {
  local dir=$1 distribution_port epmd_port
  read -r amqp_port management_port distribution_port epmd_port metrics_port < <(ports_of "$dir" 5)
  environment=(
    HOME="$dir"
    ERL_EPMD_PORT="$epmd_port" ERL_EPMD_ADDRESS=127.0.0.1
    RABBITMQ_CONF_ENV_FILE=/dev/null
    RABBITMQ_NODENAME="runledger-$amqp_port@localhost"
    RABBITMQ_DIST_PORT="$distribution_port"
    RABBITMQ_CONFIG_FILE="$dir/rabbitmq.conf"
    RABBITMQ_ADVANCED_CONFIG_FILE="$dir/advanced.config"
    RABBITMQ_ENABLED_PLUGINS_FILE="$dir/enabled_plugins"
    RABBITMQ_MNESIA_BASE="$dir/data"
    RABBITMQ_LOG_BASE="$dir/logs"
    # The schedulers do not spin while they wait: the tests need the processors.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}"
  )
}

# Small limits, so that several instances fit beside a build, and statistics that a test need not wait long for.
write_configuration() {
  local dir=$1
  cat >"$dir/rabbitmq.conf" <<CONF
listeners.tcp.1 = 127.0.0.1:$amqp_port
management.tcp.ip = 127.0.0.1
management.tcp.port = $management_port
prometheus.tcp.ip = 127.0.0.1
prometheus.tcp.port = $metrics_port
collect_statistics_interval = 1000
vm_memory_high_watermark.absolute = 512MB
disk_free_limit.absolute = 50MB
raft.wal_max_size_bytes = 16777216
CONF
  echo '[rabbitmq_management, rabbitmq_prometheus].' >"$dir/enabled_plugins"
  echo '[].' >"$dir/advanced.config"
  if [ ! -f "$dir/.erlang.cookie" ]; then
    (umask 077 && od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$dir/.erlang.cookie")
    if [ "$(id -u)" -eq 0 ]; then chown "$(owner)" "$dir/.erlang.cookie"; fi
    chmod 400 "$dir/.erlang.cookie"
  fi
}

start() {
  local dir=$1 bin
  bin=$(bin_dir)
  own_folder "$dir" "$(owner)"
  settings_of "$dir"
  if ! is_running "$dir"; then
    write_configuration "$dir"
    launch "$dir" "$(owner)" env "${environment[@]}" "$bin/rabbitmq-server"
    await_answer "$dir" 60 speaks_amqp
  fi
  echo "amqp://guest:guest@127.0.0.1:$amqp_port/%2f"
}

# A broker that is ready answers the header of the protocol with its first frame, and serves the management API.
speaks_amqp() {
  python3 - "$amqp_port" "$management_port" 2>/dev/null <<'PYTHON'
import socket, sys
amqp, management = (socket.create_connection(("127.0.0.1", int(port)), timeout=2) for port in sys.argv[1:])
amqp.sendall(b"AMQP\0\0\x09\x01")
sys.exit(amqp.recv(1) != b"\x01")
PYTHON
}

# The node goes first: its port mapper refuses to end while a node is registered.
shut_down() {
  local dir=$1 signal=$2
  [ -f "$dir/ports" ] || return 0
  settings_of "$dir"
  end "$dir" "$signal"
  as_user "$(owner)" env "${environment[@]}" "$(epmd)" -kill >/dev/null 2>&1 || true
}

epmd() {
  command -v epmd || find /usr/lib/erlang /usr/local/lib/erlang -path '*/bin/epmd' -print -quit 2>/dev/null
}

case "${1:-}" in
  bin)
    bin_dir
    exit
    ;;
  start | kill | halt | restart | stop | management | metrics) [ $# -eq 2 ] || usage ;;
  ctl) [ $# -gt 2 ] || usage ;;
  *) usage ;;
esac
dir=$(realpath -m "$2")
case $1 in
  start) start "$dir" ;;
  kill) shut_down "$dir" KILL ;;
  halt) shut_down "$dir" TERM ;;
  restart)
    shut_down "$dir" TERM
    start "$dir"
    ;;
  stop)
    shut_down "$dir" KILL
    rm -rf "$dir"
    ;;
  management)
    settings_of "$dir"
    echo "http://guest:guest@127.0.0.1:$management_port"
    ;;
  metrics)
    settings_of "$dir"
    echo "127.0.0.1:$metrics_port"
    ;;
  ctl)
    settings_of "$dir"
    as_user "$(owner)" env "${environment[@]}" "$(bin_dir)/rabbitmqctl" "${@:3}"
    ;;
esac
