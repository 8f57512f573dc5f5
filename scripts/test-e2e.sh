#!/usr/bin/env bash
# Only the tests with the real mlflow clients. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup-test.sh
scripts/ui.sh build
cargo build --workspace
scripts/with-services.sh .venv/mlflow3/bin/python -m pytest -c tests/pyproject.toml tests "$@"
