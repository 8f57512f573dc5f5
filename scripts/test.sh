#!/usr/bin/env bash
# Every test: Rust against SQLite and PostgreSQL, then the real mlflow clients.
# Installs what is missing first; a service that is missing afterwards is a
# failure, never a skip.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/sections.sh
. scripts/sections.sh

section "what the tests need"
scripts/setup-test.sh

section "server binary"
cargo build --release -p runledger-server

section "Rust tests"
scripts/with-postgres.sh cargo test --workspace

section "mlflow clients"
scripts/with-postgres.sh .venv/mlflow3/bin/python -m pytest -c tests/pyproject.toml tests
