"""Our own API, which the web UI is built on, on both databases."""

import json
import struct
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from harness.waiting import wait_until
from harness.wire import ARTIFACTS, Answer, Wire, fresh_name

OWN = "/api/runledger/v1"


@pytest.fixture
def wire(our_server: str) -> Wire:
    return Wire(our_server)


def ask(wire: Wire, path: str, **arguments: Any) -> Any:
    return wire.request("GET", f"{OWN}/{path}", params=arguments).ok()


def tell(wire: Wire, path: str, **fields: Any) -> Answer:
    return wire.request("POST", f"{OWN}/{path}", json=fields)


def logged_run(wire: Wire, experiment_id: str, name: str, **metrics: float | str) -> str:
    run_id = wire.new_run(experiment_id, run_name=name, start_time=1000)
    points = [{"key": key, "value": value, "timestamp": 1, "step": 0} for key, value in metrics.items()]
    params = [{"key": "lr", "value": name}]
    wire.post("runs/log-batch", run_id=run_id, metrics=points, params=params).ok()
    return run_id


def test_experiments_are_listed_with_their_runs_counted(wire: Wire) -> None:
    name = fresh_name("counted")
    experiment_id = wire.new_experiment(name=name)
    runs = [wire.new_run(experiment_id) for _ in range(4)]
    wire.post("runs/update", run_id=runs[0], status="FAILED", end_time=int(time.time() * 1000)).ok()
    wire.post("runs/update", run_id=runs[1], status="FINISHED", end_time=5000).ok()
    wire.post("runs/delete", run_id=runs[3]).ok()
    found = {each["name"]: each for each in ask(wire, "experiments")["experiments"]}[name]
    assert (found["runs"], found["running"], found["failed_24h"]) == (3, 1, 1)
    assert found["last_activity"] > 5000
    assert ask(wire, f"experiments/{experiment_id}") == found
    wire.post("experiments/delete", experiment_id=experiment_id).ok()
    assert name not in {each["name"] for each in ask(wire, "experiments")["experiments"]}
    deleted = {each["name"]: each for each in ask(wire, "experiments", view="deleted")["experiments"]}[name]
    assert deleted["lifecycle_stage"] == "deleted"
    wire.request("GET", f"{OWN}/experiments/999999").missing()


def test_a_table_keeps_its_order_while_runs_come_and_go(wire: Wire) -> None:
    experiment_id = wire.new_experiment()
    runs = {name: logged_run(wire, experiment_id, name, loss=value) for name, value in zip("abcde", range(5), strict=True)}
    asked = {
        "experiment_ids": [experiment_id],
        "order_by": ["metrics.loss DESC"],
        "columns": ["params.lr", "metrics.loss", "tags.none"],
        "limit": 2,
    }
    first = tell(wire, "runs/query", **asked).ok()
    assert (first["matched"], first["total"], first["lag_events"]) == (5, 5, 0)
    assert [(row["name"], row["values"]) for row in first["rows"]] == [("e", ["e", 4.0, None]), ("d", ["d", 3.0, None])]
    assert first["rows"][0] | {"user": ""} == {
        "run_id": runs["e"],
        "experiment_id": experiment_id,
        "name": "e",
        "user": "",
        "status": "RUNNING",
        "start": 1000,
        "end": None,
        "deleted": False,
        "values": ["e", 4.0, None],
    }
    logged_run(wire, experiment_id, "f", loss=9)
    wire.post("runs/delete", run_id=runs["b"]).ok()
    rest = tell(wire, "runs/query", **asked, offset=2, snapshot=first["snapshot"]).ok()
    assert [row["name"] for row in rest["rows"]] == ["c", "b"]
    assert rest["rows"][1]["deleted"], "the row stays, and says what has become of it"
    again = tell(wire, "runs/query", **asked, filter="metrics.loss > 2").ok()
    assert (again["matched"], again["total"]) == (3, 5)
    assert [row["name"] for row in again["rows"]] == ["f", "e"]


def test_what_a_table_refuses(wire: Wire) -> None:
    forgotten = tell(wire, "runs/query", experiment_ids=["0"], snapshot="no-such-snapshot")
    assert forgotten.status == 410
    assert "params.<key>" in tell(wire, "runs/query", experiment_ids=["0"], columns=["loss"]).invalid()
    assert "500" in tell(wire, "runs/query", experiment_ids=["0"], limit=501).invalid()
    tell(wire, "runs/query", experiment_ids=["0"], filter="metrics.x >").invalid()
    tell(wire, "runs/query", experiment_ids="0").invalid()
    assert tell(wire, "filter/check", filter="metrics.`val/loss` < 1").ok() == {"ok": True}
    wrong = tell(wire, "filter/check", filter="metrics.x > 1 and metrics.y >").ok()
    assert not wrong["ok"]
    assert wrong["span"] == [18, 29]
    assert wrong["message"]


def test_fields_tell_what_runs_use(wire: Wire) -> None:
    experiment_id = wire.new_experiment()
    logged_run(wire, experiment_id, "a", loss=2.5, odd="NaN")
    logged_run(wire, experiment_id, "b", loss=-1)
    fields = ask(wire, f"experiments/{experiment_id}/fields")
    assert fields["params"] == [{"key": "lr", "runs": 2}]
    assert fields["metrics"] == [{"key": "loss", "runs": 2, "min": -1.0, "max": 2.5}, {"key": "odd", "runs": 1}]
    assert "mlflow.runName" in {field["key"] for field in fields["tags"]}


def test_a_run_shows_its_metrics_in_numbers(wire: Wire) -> None:
    run_id = wire.new_run(run_name="numbers")
    points = [{"key": "m", "value": value, "timestamp": i, "step": i} for i, value in enumerate([3.0, "NaN", -7.0, 1.0])]
    wire.post("runs/log-batch", run_id=run_id, metrics=points, params=[{"key": "p", "value": "1"}]).ok()
    run = ask(wire, f"runs/{run_id}")
    assert (run["run"]["name"], run["params"]) == ("numbers", {"p": "1"})
    expected = {"key": "m", "last": 1.0, "step": 3, "timestamp": 3, "min": -7.0, "max": 3.0, "points": 4, "nans": 1}
    assert run["metrics"] == [expected]
    wire.request("GET", f"{OWN}/runs/no-such-run").missing()


def test_series_hide_no_spike(wire: Wire) -> None:
    run_id = wire.new_run()
    values: list[float | str] = [0.0] * 3000
    values[1234], values[10], values[20] = 99.0, "NaN", "Infinity"
    for start in range(0, len(values), 1000):
        points = [
            {"key": "m", "value": value, "timestamp": start + i, "step": start + i}
            for i, value in enumerate(values[start : start + 1000])
        ]
        wire.post("runs/log-batch", run_id=run_id, metrics=points).ok()
    (series,) = tell(wire, "series", runs=[run_id], metrics=["m", "none"], buckets=50).ok()["series"]
    assert (series["points"], len(series["x"])) == (3000, 50)
    assert max(series["max"]) == 99.0
    assert (series["nans"], series["infs"], series["x"][-1]) == ([10], [[20, 1]], 2999)
    (zoomed,) = tell(wire, "series", runs=[run_id], metrics=["m"], **{"from": 1230, "to": 1239}).ok()["series"]
    assert zoomed["x"] == list(range(1230, 1240))
    tell(wire, "series", runs=["a"] * 50, metrics=["m"] * 50).invalid()


def test_a_smoothed_series_does_not_depend_on_the_zoom_and_comes_in_columns_too(wire: Wire) -> None:
    run_id = wire.new_run()
    points = [{"key": "m", "value": step % 7, "timestamp": step, "step": step} for step in range(1000)]
    wire.post("runs/log-batch", run_id=run_id, metrics=points).ok()
    asked = {"runs": [run_id], "metrics": ["m"], "smooth": 0.8}
    (whole,) = tell(wire, "series", **asked, buckets=1000).ok()["series"]
    (part,) = tell(wire, "series", **asked, **{"from": 500, "to": 599}, buckets=10).ok()["series"]
    assert part["smooth"] == [whole["smooth"][x] for x in part["x"]]
    assert max(abs(value - 3) for value in part["smooth"]) < 1.5
    assert "smooth" not in tell(wire, "series", runs=[run_id], metrics=["m"]).ok()["series"][0]
    tell(wire, "series", **asked | {"smooth": 1}).invalid()

    url, accept = f"{wire.url}{OWN}/series", {"Accept": "application/octet-stream"}
    response = wire.session.post(url, json=asked | {"from": 500, "to": 599, "buckets": 10}, headers=accept, timeout=30)
    assert response.headers["Content-Type"] == "application/octet-stream"
    (length,) = struct.unpack_from("<I", response.content)
    assert (4 + length) % 8 == 0
    (head,) = json.loads(response.content[4 : 4 + length])["series"]
    doubles = struct.unpack_from(f"<{head['length'] * len(head['columns'])}d", response.content, 4 + length)
    for number, name in enumerate(head["columns"]):
        assert list(doubles[number * head["length"] :][: head["length"]]) == part[name]
    assert {key: head[key] for key in ("run_id", "metric", "points", "nans", "infs")} == {
        "run_id": run_id,
        "metric": "m",
        "points": 100,
        "nans": [],
        "infs": [],
    }


def test_the_events_of_a_run_say_who_did_what(wire: Wire) -> None:
    run_id = wire.new_run("0", user_id="ada")
    wire.post("runs/set-tag", run_id=run_id, key="k", value="v").ok()
    wire.request("PUT", f"{ARTIFACTS}/0/{run_id}/artifacts/a.txt", data=b"hello").ok()
    events = ask(wire, f"runs/{run_id}/events")["events"]
    assert {"RunCreated", "TagsSet", "ArtifactStaged"} <= {event["kind"] for event in events}
    assert [event["position"] for event in events] == sorted((e["position"] for e in events), reverse=True)
    created = next(event for event in events if event["kind"] == "RunCreated")
    assert created["actor"] == "ada"
    assert created["request_id"]
    page = ask(wire, f"runs/{run_id}/events", limit=1)
    assert page["more"]
    older = ask(wire, f"runs/{run_id}/events", before=page["events"][0]["position"])["events"]
    assert older == [event for event in events if event["position"] < page["events"][0]["position"]]
    assert ask(wire, "events", kind="RunCreated", limit=1)["events"][0]["kind"] == "RunCreated"


def test_many_runs_are_deleted_and_brought_back(wire: Wire) -> None:
    experiment_id = wire.new_experiment()
    run_ids = [wire.new_run(experiment_id) for _ in range(5)]
    done = tell(wire, "bulk", run_ids=run_ids, action="delete").ok()
    assert done["done"] == 5
    query = {"experiment_ids": [experiment_id]}
    assert tell(wire, "runs/query", **query).ok()["matched"] == 0
    tell(wire, "bulk", **done["undo"]).ok()
    assert tell(wire, "runs/query", **query).ok()["matched"] == 5
    table = tell(wire, "runs/query", **query).ok()["snapshot"]
    done = tell(wire, "bulk", snapshot=table, action="delete").ok()
    assert (done["done"], tell(wire, "runs/query", **query).ok()["matched"]) == (5, 0)
    tell(wire, "bulk", **done["undo"]).ok()
    assert tell(wire, "runs/query", **query).ok()["matched"] == 5
    tell(wire, "bulk", run_ids=["no-such-run"], action="delete").missing()
    assert tell(wire, "bulk", snapshot="no-such-table", action="delete").status == 410


def test_the_status_tells_what_operators_look_for(wire: Wire) -> None:
    run_id = wire.new_run("0")
    wire.request("PUT", f"{ARTIFACTS}/0/{run_id}/artifacts/a.txt", data=b"hello").ok()
    status = ask(wire, "ops/status")
    assert status["position"] > 0
    assert status["ready"]["status"] in ("ready", "degraded")
    assert len(status["projections"]) == 8
    assert status["uploads"]["spool_quota_bytes"] > 0
    wait_until("nothing waits", lambda: ask(wire, "ops/uploads")["uploads"] == [])
    tell(wire, "ops/uploads/none/retry").missing()


def test_the_stream_tells_every_change_and_resumes(wire: Wire) -> None:
    experiment_id = wire.new_experiment()
    start = ask(wire, "ops/status")["position"]
    created = []

    def create() -> None:
        for _ in range(20):
            created.append(wire.new_run(experiment_id))

    thread = threading.Thread(target=create)
    thread.start()
    seen: set[str] = set()
    position = start
    # The line breaks again and again, and nothing is missed.
    while len(seen) < 20:
        for name, ident, data in events(wire, experiment=experiment_id, since=position):
            if name == "change":
                assert ident == data["position"] > position
                position = ident
                seen |= {run["run_id"] for run in data["runs"] if run["kind"] == "created"}
                break
    thread.join()
    assert seen == set(created)


def test_a_stream_begins_with_the_lag_and_filters(wire: Wire) -> None:
    run_id, other = wire.new_run("0"), wire.new_run("0")
    stream = events(wire, run=run_id)
    assert next(stream)[0] == "lag"
    wire.post("runs/log-metric", run_id=other, key="m", value=1, timestamp=1).ok()
    wire.post("runs/log-metric", run_id=run_id, key="m", value=1, timestamp=1).ok()
    change = next(data for name, _, data in stream if name == "change")
    assert change["runs"] == [{"run_id": run_id, "experiment_id": "0", "kind": "metrics"}]


def test_a_stream_from_another_log_is_refused(wire: Wire) -> None:
    assert wire.request("GET", f"{OWN}/stream", params={"since": 10**12}).status == 410


def events(wire: Wire, **arguments: Any) -> Iterator[tuple[str, int | None, Any]]:
    """Server-sent events as (name, id, data)."""
    with requests.get(f"{wire.url}{OWN}/stream", params=arguments, stream=True, timeout=20) as response:
        assert response.headers["content-type"] == "text/event-stream"
        fields: dict[str, str] = {}
        for line in response.iter_lines(decode_unicode=True):
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "data" in fields:
                yield fields["event"], int(fields["id"]) if "id" in fields else None, json.loads(fields["data"])
                fields = {}
