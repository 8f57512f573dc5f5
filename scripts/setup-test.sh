#!/usr/bin/env bash
# Installs what the tests need and the machine lacks: PostgreSQL from the
# distribution's packages, and one Python environment per MLflow client.
# Does nothing, quickly, when all of it is there.
set -euo pipefail
cd "$(dirname "$0")/.."

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

install_packages() {
  echo "installing $* from the distribution's packages"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
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

if ! scripts/postgres.sh bin >/dev/null 2>&1; then
  install_packages postgresql
fi
scripts/postgres.sh bin

python=$(command -v python3.11 || command -v python3)
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  install_packages python3-venv
fi
python_environment mlflow3
python_environment mlflow2
