#!/usr/bin/env bash
# Sourced by the scripts that run one private service each: ports that stay the
# same, an unprivileged user, and processes that are found again and ended whole.
#
# A service keeps everything in one folder. `pid` names the leader of its process
# group with the time at which it started, so that a number that was given to
# another process meanwhile is never taken for the service.

# Runs a command as the given user when called by root, else as the caller.
as_user() {
  local user=$1
  shift
  if [ "$(id -u)" -eq 0 ]; then
    (cd / && exec setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups "$@")
  else
    "$@"
  fi
}

# The first of these users that exists: several services refuse to run as root.
first_user() {
  local user
  for user in "$@"; do
    if id "$user" >/dev/null 2>&1; then
      echo "$user"
      return
    fi
  done
}

# Makes the folder of a service, which belongs to its user.
own_folder() {
  local dir=$1 user=$2
  mkdir -p "$dir"
  if [ "$(id -u)" -eq 0 ]; then
    chown "$user" "$dir"
    if ! as_user "$user" test -w "$dir"; then
      echo "$dir: the user $user, who runs the service, cannot get there; use a folder below directories that all may enter" >&2
      return 1
    fi
  fi
}

# The ports of the service in DIR, one word each, chosen at the first call and
# kept in DIR/ports: a service that comes back is where its clients look for it.
ports_of() {
  local dir=$1 count=$2
  if [ ! -f "$dir/ports" ]; then
    free_ports "$count" >"$dir/ports.new"
    mv "$dir/ports.new" "$dir/ports"
  fi
  cat "$dir/ports"
}

# Not from the range that the kernel gives to outgoing connections: a client that
# keeps trying a port there, while its service is down, may end up connected to itself.
free_ports() {
  python3 - "$1" <<'PYTHON'
import random, socket, sys
held = []
while len(held) < int(sys.argv[1]):
    candidate = socket.socket()
    try:
        candidate.bind(("127.0.0.1", random.randrange(15000, 32000)))
        held.append(candidate)
    except OSError:
        candidate.close()
print(*(each.getsockname()[1] for each in held))
PYTHON
}

# Starts a command as the leader of a process group, with its output in DIR/log.
launch() {
  local dir=$1 user=$2
  shift 2
  if [ "$(id -u)" -eq 0 ]; then
    set -- setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups "$@"
  fi
  # Nothing of the caller's is kept, neither its folder nor a descriptor: a pipe would stay open for the service's life.
  (cd / && exec setsid -- "$@") >>"$dir/log" 2>&1 </dev/null &
  echo "$! $(started_at $!)" >"$dir/pid"
}

is_running() {
  local pid started
  [ -f "$1/pid" ] && read -r pid started <"$1/pid" && [ "$(started_at "$pid")" = "$started" ]
}

# Sends a signal to the whole group and waits until it is gone; what is left after
# LIMIT seconds is killed.
end() {
  local dir=$1 signal=$2 limit=${3:-30} pid
  if is_running "$dir"; then
    read -r pid _ <"$dir/pid"
    kill -s "$signal" -- "-$pid" 2>/dev/null || true
    if ! within "$limit" group_is_gone "$pid"; then
      echo "$dir: still there $limit s after SIG$signal, killing it" >&2
      kill -s KILL -- "-$pid" 2>/dev/null || true
      within 10 group_is_gone "$pid"
    fi
  fi
  rm -f "$dir/pid"
}

# Waits for the service in DIR to answer; shows the end of its log when it does not.
await_answer() {
  local dir=$1 limit=$2
  shift 2
  if within "$limit" answers_or_ended "$dir" "$@" && is_running "$dir"; then
    return
  fi
  echo "$dir: no answer within $limit s; the end of its log:" >&2
  tail -n 30 "$dir/log" >&2
  return 1
}

answers_or_ended() {
  "${@:2}" || ! is_running "$1"
}

# Repeats a check until it succeeds, at most LIMIT seconds.
within() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    if [ "$SECONDS" -gt "$deadline" ]; then return 1; fi
    sleep 0.05
  done
}

# The fields come after the name of the process, which is in parentheses and may hold anything.
started_at() {
  { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null || true; } | awk '$1 != "Z" { print $20 }'
}

# Processes end while they are listed; that is no answer, so what `sed` says of it does not count.
group_lives() {
  { sed 's/.*) //' /proc/[0-9]*/stat 2>/dev/null || true; } |
    awk -v group="$1" '$3 == group && $1 != "Z" { alive = 1 } END { exit !alive }'
}

group_is_gone() {
  ! group_lives "$1"
}

# Prints the comment at the head of the script that was called, as its help.
usage() {
  awk 'NR > 1 && /^#/ { sub(/^# ?/, ""); print; next } NR > 1 { exit }' "$0" >&2
  exit 2
}
