# The commands of the project. What takes more than a line lives in scripts/.
# CI runs `check` and `test`; everything else is for the desk.

.PHONY: help run ui test test-embedded test-e2e check fix bench bench-scale up down

help:
	@echo "run            build and start the server on 127.0.0.1:5000 (SQLite, local artifacts)"
	@echo "ui             build the web UI that the binary embeds; 'run' and 'test' do so by themselves"
	@echo "test           everything: Rust tests on the real services, then the real mlflow clients"
	@echo "test-embedded  the Rust tests that need no service"
	@echo "test-e2e       only the tests with the real mlflow clients; ARGS='-k kill' picks some"
	@echo "up             the roles apart, with PostgreSQL, RabbitMQ, MinIO, HAProxy, Prometheus; ARGS='--port 6000'"
	@echo "down           stops that; ARGS=--delete removes its data"
	@echo "check          formatting, lints, docs, file sizes, crate boundaries, migrations, compose files"
	@echo "fix            format, apply what clippy can repair by itself, and write what is generated anew"
	@echo "bench          the benchmarks, with the peers side by side"
	@echo "bench-scale    how cost grows with the log, runs, points, events and processes, drawn"

run: ui
	cargo run --release -p runledger-server -- server

ui:
	scripts/ui.sh build

test:
	scripts/test.sh

test-embedded:
	cargo test --workspace --exclude runledger-storage-postgres --exclude runledger-queue --exclude runledger-artifacts
	cargo test -p runledger-queue -p runledger-artifacts --lib

test-e2e:
	scripts/test-e2e.sh $(ARGS)

check:
	scripts/check.sh

fix:
	cargo fmt --all
	cargo clippy --workspace --all-targets --fix --allow-dirty --allow-staged
	scripts/openapi.sh

up: ui
	scripts/setup-test.sh
	cargo build --release -p runledger-server
	scripts/up.sh $(ARGS)

down:
	scripts/down.sh $(ARGS)

bench:
	benches/run.sh

bench-scale:
	benches/scale.sh $(ARGS)
