#!/usr/bin/env bash
# Every test: Rust on SQLite and the real services, then the real mlflow clients.
# Installs what is missing first; a service that is missing afterwards is a
# failure, never a skip.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/sections.sh
. scripts/sections.sh

section "what the tests need"
scripts/setup-test.sh

section "web UI"
scripts/ui.sh build

section "Rust tests"
cargo build --workspace
scripts/with-services.sh cargo test --workspace

section "instructions of the hot paths"
benches/instructions.sh

section "mlflow clients and browser"
scripts/with-services.sh .venv/mlflow3/bin/python -m pytest -c tests/pyproject.toml -n 2 --dist loadfile tests
