"""`runledger archive metrics`: the points of runs that have ended leave the database, and are read as before."""

import re
import signal
import time
from pathlib import Path
from typing import Any

import mlflow
import pytest
import requests
from conftest import StartServer
from harness.operator import Operator
from harness.runledger import Runledger
from harness.waiting import wait_until
from harness.wire import Wire

OWN = "/api/runledger/v1"
BATCHES = 24
POINTS = 500
MOVE = ("archive", "metrics", "--older-than", "1d", "--at-least", "500")


def log(wire: Wire, run_id: str, batches: range, points: int = POINTS) -> None:
    for batch in batches:
        steps = range(batch * POINTS, batch * POINTS + points)
        metrics = [
            {"key": key, "value": (step * 7 % 1_000) / 3 + len(key), "timestamp": 1_000 + step, "step": step}
            for step in steps
            for key in ("loss", "acc/ü")
        ]
        wire.post("runs/log-batch", run_id=run_id, metrics=metrics).ok()


def fill(server: Runledger) -> tuple[Operator, str, dict[str, str]]:
    """An experiment with a run that ended long ago, one that goes on, one that ended just now, and one with little."""
    wire, operator = Wire(server.url), Operator(server)
    experiment_id = wire.new_experiment()
    runs = {name: wire.new_run(experiment_id) for name in ("old", "running", "young", "small")}
    for name, run_id in runs.items():
        log(wire, run_id, range(1 if name == "small" else BATCHES), 2 if name == "small" else POINTS)
    ended = {"old": 5_000, "young": int(time.time() * 1_000), "small": 5_000}
    for name, end_time in ended.items():
        wire.post("runs/update", run_id=runs[name], status="FINISHED", end_time=end_time).ok()
    await_views(operator)
    return operator, experiment_id, runs


def await_views(operator: Operator) -> None:
    ((head,),) = operator.log("SELECT max(position) FROM events")
    wait_until("the views have caught up", lambda: operator.views("SELECT min(position) FROM projections")[0][0] >= head)


class Seen:
    """What readers are told of the points of a run."""

    def __init__(self, server: Runledger, run_id: str) -> None:
        wire, client = Wire(server.url), mlflow.MlflowClient(server.url)
        self.raw = {key: wire.history(run_id, key) for key in ("loss", "acc/ü")}
        self.history = [(p.step, p.value, p.timestamp) for p in client.get_metric_history(run_id, "loss")]
        interval = {"run_ids": run_id, "metric_key": "loss", "max_results": 300}
        self.interval = wire.get("metrics/get-history-bulk-interval", **interval).ok()
        self.past = wire.request("GET", f"{OWN}/runs/{run_id}", params={"as_of": 10**9}).ok()
        self.difference = wire.request("GET", f"{OWN}/runs/{run_id}/diff").ok()["metrics"]


def moved(operator: Operator, run_id: str) -> tuple[int, int]:
    """Segments of the run that are in objects, and those that are not. The row of one that is has no points."""
    counts = operator.views(
        "SELECT coalesce(sum(CASE WHEN object IS NULL THEN 0 ELSE 1 END), 0),"
        " coalesce(sum(CASE WHEN object IS NULL THEN 1 ELSE 0 END), 0),"
        " coalesce(sum(CASE WHEN object IS NULL THEN 0 ELSE length(columns) END), 0)"
        " FROM metric_segments WHERE run_no = (SELECT run_no FROM runs WHERE run_id = ?)",
        run_id,
    )
    there, here, bytes_left = counts[0]
    assert bytes_left == 0
    return int(there), int(here)


def objects(server: Runledger, run_id: str) -> list[Path]:
    folder = server.folder / "data" / "artifacts" / "#archive" / "metrics" / run_id
    return sorted(folder.iterdir()) if folder.exists() else []


@pytest.mark.timeout(300)
def test_moved_points_are_read_as_before(start_server: StartServer) -> None:
    server = start_server()
    operator, _, runs = fill(server)
    before = {run_id: Seen(server, run_id) for run_id in runs.values()}
    assert len(before[runs["old"]].history) == BATCHES * POINTS
    digest = operator.ok("replay", "--dry-run").split()[1]

    assert "of 1 runs" in operator.ok(*MOVE, "--dry-run")
    assert moved(operator, runs["old"])[0] == 0
    for pause in (0.05, 0.3, 0.6):
        command = operator.start(*MOVE)
        time.sleep(pause)
        command.send_signal(signal.SIGKILL)
        command.communicate()
    operator.ok(*MOVE)
    there, here = moved(operator, runs["old"])
    assert (there > 0, here) == (True, 0)
    for name in ("running", "young", "small"):
        assert moved(operator, runs[name])[0] == 0

    for run_id, seen in before.items():
        assert vars(Seen(server, run_id)) == vars(seen)
    assert operator.ok("replay", "--dry-run").split()[1] == digest
    assert "objects with points of metrics, as they were archived" in operator.ok("verify", "--views", "--artifacts")

    # Late points, enough to be merged, and a few days later these move as well.
    wire = Wire(server.url)
    wire.post("runs/update", run_id=runs["old"], status="RUNNING").ok()
    log(wire, runs["old"], range(BATCHES, BATCHES + 40), 30)
    wire.post("runs/update", run_id=runs["old"], status="FINISHED", end_time=6_000).ok()
    await_views(operator)
    late = Seen(server, runs["old"])
    assert len(late.history) == BATCHES * POINTS + 40 * 30
    assert late.history[: BATCHES * POINTS] == before[runs["old"]].history
    assert operator.views("SELECT * FROM dead_letters") == []
    operator.ok(*MOVE)
    assert len(objects(server, runs["old"])) >= 2
    assert vars(Seen(server, runs["old"])) == vars(late)

    # Views that are built anew have their points themselves.
    assert "it says what the one before said" in operator.ok("replay")
    assert moved(operator, runs["old"])[0] == 0
    assert vars(Seen(server, runs["old"])) == vars(late)
    assert "0 objects removed" in operator.ok(*MOVE)
    assert moved(operator, runs["old"])[1] == 0
    operator.ok("replay", "--discard", "1")
    operator.ok(*MOVE)
    named = {name for (name,) in operator.views("SELECT DISTINCT object FROM metric_segments WHERE object IS NOT NULL")}
    assert {f"#archive/metrics/{runs['old']}/{each.name}" for each in objects(server, runs["old"])} == named
    assert vars(Seen(server, runs["old"])) == vars(late)

    # What was purged goes with the next run.
    wire.post("runs/delete", run_id=runs["old"]).ok()
    operator.ok("gc", "--run-ids", runs["old"])
    await_views(operator)
    assert f"{len(named)} objects removed" in operator.ok(*MOVE)
    assert objects(server, runs["old"]) == []
    assert Seen(server, runs["young"]).raw == before[runs["young"]].raw
    operator.ok("verify", "--log", "--views", "--artifacts")


def test_points_that_are_away_are_an_error_that_names_them(start_server: StartServer) -> None:
    server = start_server()
    operator, _, runs = fill(server)
    operator.ok(*MOVE)
    (gone,) = objects(server, runs["old"])
    content = gone.read_bytes()
    gone.unlink()
    wire = Wire(server.url)
    question: dict[str, Any] = {"run_id": runs["old"], "metric_key": "loss"}
    wire.get("metrics/get-history", **question).refused(503, "TEMPORARILY_UNAVAILABLE")
    assert wire.run(runs["old"])["info"]["status"] == "FINISHED"
    assert wire.history(runs["running"], "loss")
    found = operator.run("verify", "--artifacts")
    assert found.returncode == 1
    name = f"#archive/metrics/{runs['old']}/{gone.name}"
    assert f"points of metrics, object {name}: the artifact store has no such object" in found.stdout
    compared = operator.run("verify", "--views")
    assert compared.returncode == 2
    assert gone.name in compared.stderr
    assert "bring it back from a backup" in compared.stderr

    gone.write_bytes(content[:-1] + b"?")
    assert "has the SHA-256" in operator.run("verify", "--artifacts").stdout
    gone.write_bytes(content)
    operator.ok("verify", "--views", "--artifacts")
    wire.get("metrics/get-history", **question).ok()


def test_rows_that_are_taken_over_keep_their_objects(start_server: StartServer) -> None:
    server = start_server()
    operator, _, runs = fill(server)
    operator.ok(*MOVE)
    seen, kept = vars(Seen(server, runs["old"])), objects(server, runs["old"])
    assert kept
    operator.ok("replay", "--view", "params")
    operator.ok("replay", "--discard", "1")
    assert moved(operator, runs["old"])[1] == 0
    assert "0 objects removed" in operator.ok(*MOVE)
    assert objects(server, runs["old"]) == kept
    assert vars(Seen(server, runs["old"])) == seen
    # Made anew in the database, after which nothing names the objects.
    operator.ok("replay", "--view", "metrics")
    assert moved(operator, runs["old"])[0] == 0
    operator.ok("replay", "--discard", "2")
    assert "0 objects removed" not in operator.ok("archive", "metrics", "--at-least", "1000000000")
    assert objects(server, runs["old"]) == []
    assert vars(Seen(server, runs["old"])) == seen


def test_a_server_shows_how_far_it_is(start_server: StartServer) -> None:
    server = start_server()
    operator, *_ = fill(server)
    operator.ok(*MOVE)
    ((done, target),) = operator.log("SELECT done, target FROM archive_progress WHERE command = 'metrics'")
    assert done == target > 0

    def shown(what: str) -> float:
        text = requests.get(f"{server.url}/metrics", timeout=10).text
        (value,) = re.findall(rf"^runledger_archive_metrics_{what} (\S+)$", text, re.MULTILINE)
        return float(value)

    def moves() -> bool:
        operator.log("UPDATE archive_progress SET done = ?, target = ?, updated_at = updated_at + 1", 7, 9)
        return shown("running") == 1

    wait_until("it is seen at work", moves)
    assert (shown("done_bytes"), shown("target_bytes")) == (7, 9)
    wait_until("it is seen to have ended", lambda: shown("running") == 0)
