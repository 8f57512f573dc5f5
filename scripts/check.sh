#!/usr/bin/env bash
# Everything that can be judged without running the server.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/sections.sh
. scripts/sections.sh

section "formatting"
cargo fmt --all --check

section "repository rules"
python3 scripts/check_repository.py

section "clippy"
cargo clippy --workspace --all-targets -- -D warnings

section "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items

section "web UI"
scripts/ui.sh check

if command -v cargo-deny >/dev/null; then
  section "dependencies"
  cargo deny check
fi

if command -v shellcheck >/dev/null; then
  section "shell scripts"
  shellcheck -x scripts/*.sh .ci/run
fi

section "containers, balancer, alerts"
scripts/check-compose.sh
