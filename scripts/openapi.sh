#!/usr/bin/env bash
# Writes docs/openapi.json, the description of our own API, and from it the web UI's types.
set -euo pipefail
cd "$(dirname "$0")/.."

described=$(mktemp)
trap 'rm -f "$described"' EXIT
cargo run --quiet -p runledger-server -- openapi >"$described"
cp "$described" docs/openapi.json
scripts/ui.sh types
