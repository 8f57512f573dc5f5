#!/usr/bin/env bash
# Installs what the tests need and the machine lacks: PostgreSQL, RabbitMQ, HAProxy,
# Prometheus, Chromium, Valgrind and Java from the distribution's packages, two S3 servers built with
# Go, one Python environment per MLflow client, and a program on its Java client. Does
# nothing, quickly, when all of it is there.
set -euo pipefail
cd "$(dirname "$0")/.."

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# The packages want to start their services, but the tests start private ones: the policy
# tells them not to, unless the machine has a policy of its own.
install_packages() {
  local policy=/usr/sbin/policy-rc.d
  echo "installing $* from the distribution's packages"
  as_root apt-get update -qq
  if [ ! -e "$policy" ]; then
    # shellcheck disable=SC2064  # the name is meant now
    trap "as_root rm -f $policy" EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

# Commands for administrators may lie outside of a user's PATH.
has_command() {
  PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null
}

# One environment under .venv/, made again only when its requirements change.
python_environment() {
  local name=$1 requirements=tests/requirements-$1.txt
  local folder=.venv/$name stamp=.venv/$name/requirements.sha256 wanted
  wanted=$(sha256sum <"$requirements")
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    echo "$folder: up to date"
    return
  fi
  rm -rf "$folder"
  "$python" -m venv "$folder"
  "$folder/bin/python" -m pip install --quiet --requirement "$requirements"
  echo "$wanted" >"$stamp"
  echo "$folder: installed"
}

python=$(command -v python3.11 || command -v python3 || echo python3)

packages=()
if ! scripts/postgres.sh bin >/dev/null 2>&1; then packages+=(postgresql); fi
if ! scripts/rabbitmq.sh bin >/dev/null 2>&1; then packages+=(rabbitmq-server); fi
if ! has_command haproxy; then packages+=(haproxy); fi
if ! has_command valgrind; then packages+=(valgrind); fi
if ! has_command prometheus; then packages+=(prometheus); fi
if ! has_command chromium; then packages+=(chromium); fi
if ! has_command javac; then packages+=(default-jdk-headless); fi
if ! has_command mvn; then packages+=(maven); fi
# LightGBM's wheel leaves OpenMP to the distribution.
if ! /sbin/ldconfig -p | grep 'libgomp\.so\.1' >/dev/null; then packages+=(libgomp1); fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then packages+=(python3-venv); fi
if [ "${#packages[@]}" -gt 0 ]; then install_packages "${packages[@]}"; fi
scripts/postgres.sh bin
scripts/rabbitmq.sh bin

scripts/s3.sh minio build
scripts/s3.sh versitygw build

python_environment mlflow3
python_environment mlflow2

# Brings along, once, what a test without a network builds from.
mvn --quiet --batch-mode --file tests/java compile
echo ".cache/java-client: up to date"
