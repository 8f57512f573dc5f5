#!/usr/bin/env bash
# Checks the files in compose/ as far as it goes without containers, each with the
# tool that will read it: Compose's parser, HAProxy and Prometheus. A tool that is
# not on this machine is named, and its files are left to CI.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin

# The library with which Compose loads its files, as a program; Docker's own takes minutes to build.
build_parser() {
  local version=v2.9.1 folder
  parser=$PWD/.services/bin/compose-parser-$version
  if [ -x "$parser" ]; then return; fi
  folder=$(mktemp -d "${TMPDIR:-/tmp}/runledger-parser.XXXXXX")
  # shellcheck disable=SC2064  # the name is meant now
  trap "rm -rf '$folder'" EXIT
  cat >"$folder/main.go" <<'GO'
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	options, err := cli.NewProjectOptions(os.Args[1:], cli.WithOsEnv)
	if err == nil {
		_, err = options.LoadProject(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
GO
  (cd "$folder" && go mod init parser && go get "github.com/compose-spec/compose-go/v2/cli@$version" && go build -o parser .) >"$folder/log" 2>&1 || {
    cat "$folder/log" >&2
    return 1
  }
  mkdir -p "$(dirname "$parser")"
  mv "$folder/parser" "$parser"
}

config=()
if docker compose version >/dev/null 2>&1; then
  config=(docker compose --env-file /dev/null -f compose/compose.yaml config --quiet)
elif command -v go >/dev/null; then
  build_parser
  config=("$parser" compose/compose.yaml)
else
  echo "compose/compose.yaml is not checked: there is no docker compose, and no Go to build its parser"
fi
if [ "${#config[@]}" -gt 0 ]; then
  # Nothing is started, so any password will do; without one the file has to be refused.
  passwords=(POSTGRES_PASSWORD=x RABBITMQ_PASSWORD=x MINIO_PASSWORD=x GRAFANA_PASSWORD=x)
  env "${passwords[@]}" "${config[@]}"
  for password in "${passwords[@]}"; do
    if env "${passwords[@]}" "${password%x}" "${config[@]}" 2>/dev/null; then
      echo "compose/compose.yaml starts without ${password%=x}" >&2
      exit 1
    fi
  done
  echo "compose/compose.yaml is valid"
fi

if command -v haproxy >/dev/null; then
  RUNLEDGER_BALANCER_LISTEN=127.0.0.1:5000 RUNLEDGER_BALANCER_METRICS_LISTEN=127.0.0.1:8405 \
    haproxy -c -f compose/haproxy/haproxy.cfg -f compose/haproxy/servers.cfg
else
  echo "compose/haproxy is not checked: there is no haproxy"
fi

if command -v promtool >/dev/null; then
  promtool check config compose/prometheus/prometheus.yml
  promtool test rules compose/prometheus/alerts.test.yml
else
  echo "compose/prometheus is not checked: there is no promtool"
fi
