"""An acknowledged write is visible at once: from another process, without a projector, and after a restart."""

import time

from conftest import StartServer
from harness.wire import Wire

LAG = "x-runledger-lag-events"


def log_something(wire: Wire, run_id: str, step: int) -> None:
    metrics = [{"key": "m", "value": float(step), "timestamp": step, "step": step}]
    wire.post("runs/log-batch", run_id=run_id, metrics=metrics, tags=[{"key": "t", "value": str(step)}]).ok()
    wire.post("runs/log-parameter", run_id=run_id, key=f"p{step}", value=str(step)).ok()


def assert_visible(wire: Wire, run_id: str, step: int) -> None:
    data = wire.data(run_id)
    assert data["metrics"] == {"m": float(step)}
    assert data["tags"]["t"] == str(step)
    assert data["params"] == {f"p{i}": str(i) for i in range(step + 1)}
    assert wire.history(run_id, "m") == [(i, i, float(i)) for i in range(step + 1)]


def test_from_another_process(start_on_postgres: StartServer) -> None:
    writer, reader = Wire(start_on_postgres().url), Wire(start_on_postgres().url)
    for round_number in range(10):
        name = f"experiment {round_number}"
        experiment_id = writer.new_experiment(name=name)
        found = reader.get("experiments/get-by-name", experiment_name=name).ok()["experiment"]
        assert found["experiment_id"] == experiment_id
        run_id = writer.new_run(experiment_id)
        for step in range(3):
            log_something(writer, run_id, step)
            assert_visible(reader, run_id, step)
            answer = reader.post("runs/search", experiment_ids=[experiment_id], filter=f"metrics.m = {step}")
            assert len(answer.ok().get("runs", [])) == 1, "a search has to wait for the projector"
        reader.post("runs/update", run_id=run_id, status="FINISHED").ok()
        assert writer.run(run_id)["info"]["status"] == "FINISHED"
        reader.post("runs/delete", run_id=run_id).ok()
        assert writer.post("runs/search", experiment_ids=[experiment_id]).ok() == {}
        writer.post("runs/set-tag", run_id=run_id, key="k", value="v").invalid()


def test_without_a_projector(start_server: StartServer) -> None:
    server = start_server(projector=False)
    wire = Wire(server.url)
    experiment_id = wire.new_experiment()
    run_id = wire.new_run(experiment_id)
    for step in range(3):
        log_something(wire, run_id, step)
        assert_visible(wire, run_id, step)
    started = time.monotonic()
    answer = wire.post("runs/search", experiment_ids=[experiment_id])
    assert answer.status == 200
    assert int(answer.headers[LAG]) > 0
    assert time.monotonic() - started < 2.5, "a search waits about a second for the projector, and no longer"
    server.stop()
    server.projector = True
    server.start()
    assert_visible(wire, run_id, 2)
    answer = wire.post("runs/search", experiment_ids=[experiment_id], filter="metrics.m = 2 AND tags.t = '2'")
    assert len(answer.ok()["runs"]) == 1
    assert int(answer.headers.get(LAG, "0")) == 0


def test_from_another_process_without_a_projector(start_on_postgres: StartServer) -> None:
    writer, reader = (Wire(start_on_postgres(projector=False).url) for _ in range(2))
    run_id = writer.new_run(writer.new_experiment())
    for step in range(5):
        log_something(writer if step % 2 else reader, run_id, step)
        assert_visible(writer, run_id, step)
        assert_visible(reader, run_id, step)


def test_after_a_restart(start_server: StartServer) -> None:
    server = start_server()
    wire = Wire(server.url)
    experiment_id = wire.new_experiment(name="kept")
    run_id = wire.new_run(experiment_id)
    path = f"/api/2.0/mlflow-artifacts/artifacts/{experiment_id}/{run_id}/artifacts/a.txt"
    log_something(wire, run_id, 0)
    assert wire.request("PUT", path, data=b"kept").status == 200
    for step, end in enumerate((server.kill, server.stop), start=1):
        end()
        server.start()
        assert_visible(wire, run_id, step - 1)
        log_something(wire, run_id, step)
        assert_visible(wire, run_id, step)
        assert wire.session.get(server.url + path, timeout=10).content == b"kept"
        assert len(wire.post("runs/search", experiment_ids=[experiment_id]).ok()["runs"]) == 1
