"""Our own API, which the web UI is built on, on both databases."""

import json
import struct
import time
from typing import Any

import pytest
from harness.own import OWN, ask, logged_run, point, tell
from harness.waiting import wait_until
from harness.wire import ARTIFACTS, Wire, fresh_name


@pytest.fixture
def wire(our_server: str) -> Wire:
    return Wire(our_server)


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


def test_the_activity_of_experiments_counts_runs_by_day(wire: Wire) -> None:
    experiment_id = wire.new_experiment()
    day = 86_400_000
    until = int(time.time() * 1000)
    for age, user in ((0.5, "ann"), (0.9, "ann"), (1.5, "bob"), (13.5, "eve"), (14.5, "ann")):
        wire.new_run(experiment_id, start_time=int(until - age * day), user_id=user)
    gone = wire.new_run(experiment_id, start_time=until - 1, user_id="bob")
    wire.post("runs/delete", run_id=gone).ok()
    found = ask(wire, "experiments/activity", until=until)["experiments"][experiment_id]
    assert found == {"days": [1, *[0] * 11, 1, 2], "owner": "ann"}
    idle = wire.new_experiment()
    wire.new_run(idle, start_time=until - 40 * day)
    activities = ask(wire, "experiments/activity")["experiments"]
    assert idle not in activities, "neither days nor an owner are known"


def test_what_was_deleted_is_purged_by_its_name(wire: Wire) -> None:
    name = fresh_name("purged")
    experiment_id = wire.new_experiment(name=name)
    runs = [wire.new_run(experiment_id, run_name="one") for _ in range(3)]
    wire.request("PUT", f"{ARTIFACTS}/{experiment_id}/{runs[0]}/artifacts/a.txt", data=b"hello").ok()
    tell(wire, f"runs/{runs[0]}/purge", name="one").refused(409, "INVALID_STATE", "The run is not deleted…")
    wire.post("runs/delete", run_id=runs[0]).ok()
    assert "'one'" in tell(wire, f"runs/{runs[0]}/purge", name="two").invalid()
    assert tell(wire, f"runs/{runs[0]}/purge", name="one").ok() == {"runs": 1}
    tell(wire, f"runs/{runs[0]}/purge", name="one").missing()
    assert wire.get("runs/get", run_id=runs[0]).missing()
    assert wire.request("GET", f"{ARTIFACTS}/{experiment_id}/{runs[0]}/artifacts/a.txt").status == 404

    tell(wire, f"experiments/{experiment_id}/purge", name=name).refused(409, "INVALID_STATE")
    wire.post("experiments/delete", experiment_id=experiment_id).ok()
    assert name in tell(wire, f"experiments/{experiment_id}/purge", name="x").invalid()
    assert tell(wire, f"experiments/{experiment_id}/purge", name=name).ok() == {"runs": 2}
    wire.get("experiments/get", experiment_id=experiment_id).missing()
    assert wire.get("runs/get", run_id=runs[1]).missing()
    assert wire.new_experiment(name=name) != experiment_id, "the name is free again"


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


def test_runs_in_groups_tell_what_they_have_in_common(wire: Wire) -> None:
    experiment_id = wire.new_experiment()
    big = 1.7976931348623157e308
    logged: list[tuple[str | None, float | str, str]] = [
        ("adam", 1.0, "ann"),
        ("adam", 3.0, "ann"),
        ("adam", "NaN", "bob"),
        ("sgd", big, "ann"),
        ("sgd", big, "ann"),
        (None, "Infinity", "ann"),
        (None, "-Infinity", "ann"),
    ]
    for number, (optimizer, loss, user) in enumerate(logged):
        run_id = wire.new_run(experiment_id, user_id=user, start_time=number)
        params = [] if optimizer is None else [{"key": "optimizer", "value": optimizer}]
        wire.post("runs/log-batch", run_id=run_id, params=params, metrics=[point("loss", loss)]).ok()
    asked = {"experiment_ids": [experiment_id], "metrics": ["loss", "none"]}
    found = tell(wire, "runs/groups", **asked, group=["params.optimizer"]).ok()
    assert (found["matched"], found["total"], found["more"], found["lag_events"]) == (7, 7, False, 0)
    nothing = {"runs": 0, "min": None, "mean": None, "max": None}
    infinite = {"runs": 2, "min": "-Infinity", "mean": None, "max": "Infinity"}
    assert [group.pop("metrics") for group in found["groups"]] == [
        [{"runs": 2, "min": 1.0, "mean": 2.0, "max": 3.0}, nothing],
        [infinite, nothing],
        [{"runs": 2, "min": big, "mean": big, "max": big}, nothing],
    ]
    assert found["groups"] == [
        {"values": ["adam"], "runs": 3, "start": 2},
        {"values": [None], "runs": 2, "start": 6},
        {"values": ["sgd"], "runs": 2, "start": 4},
    ]
    two = tell(wire, "runs/groups", **asked, group=["user", "status"], filter="params.optimizer = 'adam'").ok()
    assert [(group["values"], group["runs"]) for group in two["groups"]] == [(["ann", "RUNNING"], 2), (["bob", "RUNNING"], 1)]
    assert (two["matched"], two["total"]) == (3, 7)
    assert "params.<key>" in tell(wire, "runs/groups", **asked, group=["metrics.loss"]).invalid()
    tell(wire, "runs/groups", **asked, group=[]).invalid()
    tell(wire, "runs/groups", **asked, group=["user"], filter="metrics.x >").invalid()


def test_what_a_table_refuses(wire: Wire) -> None:
    forgotten = tell(wire, "runs/query", experiment_ids=["0"], snapshot="no-such-snapshot")
    assert forgotten.status == 410
    assert "params.<key>" in tell(wire, "runs/query", experiment_ids=["0"], columns=["loss"]).invalid()
    assert "500" in tell(wire, "runs/query", experiment_ids=["0"], limit=501).invalid()
    for path in ("query", "groups"):
        refused = tell(wire, f"runs/{path}", experiment_ids=["0"], group=["status"], filter="metrics.x > 1 and metrics.é >")
        assert refused.invalid()
        assert refused.body["span"] == [18, 29], refused.body
    tell(wire, "runs/query", experiment_ids="0").invalid()
    assert tell(wire, "filter/check", filter="metrics.`val/loss` < 1").ok()["mlflow"]
    for own in ("metrics.a > 1 OR metrics.a < 0", "max(metrics.a) > 1", "NOT params.b = 'c'", "duration > 1h"):
        checked = tell(wire, "filter/check", filter=own).ok()
        assert (checked["ok"], checked["mlflow"]) == (True, False), own
    wrong = tell(wire, "filter/check", filter="metrics.x > 1 and metrics.y >").ok()
    assert not wrong["ok"]
    assert wrong["span"] == [18, 29]
    assert wrong["message"]


def test_views_are_saved_as_tags_of_the_experiment(wire: Wire) -> None:
    experiment_id = wire.new_experiment()
    views = f"{OWN}/experiments/{experiment_id}/views"
    best = {"name": "Best ✓", "search": "q=metrics.loss+%3C+1&group=params.a"}
    wire.request("PUT", f"{views}/best-1", json=best).ok()
    wire.request("PUT", f"{views}/all", json={"name": "All", "search": ""}).ok()
    wire.post("experiments/set-experiment-tag", experiment_id=experiment_id, key="runledger.view.x", value="mine").ok()
    assert ask(wire, f"experiments/{experiment_id}/views")["views"] == [
        {"view_id": "all", "name": "All", "search": ""},
        {"view_id": "best-1"} | best,
    ]
    kinds = [e["kind"] for e in ask(wire, "events", kind="ExperimentTagsSet", limit=3)["events"]]
    assert kinds == ["ExperimentTagsSet"] * 3
    wire.request("PUT", f"{views}/all", json={"name": "Everything", "search": "a=b"}).ok()
    wire.request("DELETE", f"{views}/best-1").ok()
    wire.request("DELETE", f"{views}/best-1").missing()
    assert [v["name"] for v in ask(wire, f"experiments/{experiment_id}/views")["views"]] == ["Everything"]
    for view_id, view in (
        ("a.b", best),
        ("a" * 41, best),
        ("a", {"name": " ", "search": ""}),
        ("a", {"name": "x" * 101, "search": ""}),
        ("a", {"name": "x", "search": "y" * 5000}),
        ("a", {"name": "x"}),
    ):
        wire.request("PUT", f"{views}/{view_id}", json=view).invalid()
    wire.request("PUT", f"{OWN}/experiments/999999/views/a", json=best).missing()
def test_a_table_is_filtered_and_sorted_by_more_than_mlflow_has(wire: Wire) -> None:
    experiment_id = wire.new_experiment()
    runs = {name: logged_run(wire, experiment_id, name, loss=value) for name, value in zip("abc", (1, 2, 3), strict=True)}
    for value, step in ((9, 1), (0.5, 2), ("NaN", 3)):
        wire.post("runs/log-metric", run_id=runs["a"], key="loss", value=value, timestamp=step, step=step).ok()
    wire.post("runs/log-metric", run_id=runs["b"], key="odd:max", value="NaN", timestamp=1, step=1).ok()
    wire.post("runs/update", run_id=runs["c"], status="FINISHED", end_time=1000 + 90_000).ok()

    def found(filter_string: str, *order: str) -> str:
        asked = {"experiment_ids": [experiment_id], "filter": filter_string, "order_by": [*order, "run_name"]}
        return "".join(row["name"] for row in tell(wire, "runs/query", **asked).ok()["rows"])

    for filter_string, names in {
        "metrics.loss = 2 or params.lr = 'c'": "bc",
        "not (metrics.loss = 2 or params.lr = 'c')": "a",
        "not metrics.`odd:max` > 0": "abc",
        "metrics.`odd:max` is not null": "b",
        "max(metrics.`odd:max`) is null": "abc",
        "max(metrics.loss) > 2.5 and min(metrics.loss) < 1": "a",
        "metrics.loss in (2, 3)": "bc",
        "params.lr not in ('a', 'c')": "b",
        "duration > 1m or started > now-1h": "c",
        "ended is null and status in ('RUNNING')": "ab",
    }.items():
        assert found(filter_string) == names, filter_string
        # MLflow's endpoint stays MLflow's.
        wire.post("runs/search", experiment_ids=[experiment_id], filter=filter_string).invalid()
    assert found("", "max(metrics.loss) DESC") == "acb"
    assert found("", "min(metrics.loss)") == "abc"
    assert found("", "duration DESC") == "cab"

    columns = [*(f"metrics.loss{end}" for end in (":min", ":max", ":last", "")), "metrics.odd:max:last", "metrics.odd:max:max"]
    rows = tell(wire, "runs/query", experiment_ids=[experiment_id], order_by=["run_name"], columns=columns).ok()["rows"]
    assert [row["values"] for row in rows] == [
        [0.5, 9, "NaN", "NaN", None, None],
        [2, 2, 2, 2, "NaN", None],
        [3, 3, 3, 3, None, None],
    ]


def test_a_filter_is_looked_at_while_it_is_typed(wire: Wire) -> None:
    experiment_id = wire.new_experiment()
    logged_run(wire, experiment_id, "it's", loss=1, **{"val/loss": 2})
    here = {"experiment_ids": [experiment_id]}
    filter_string = "max(metrics.`val/loss`) > 1 or not params.none = 'x'"
    checked = tell(wire, "filter/check", filter=filter_string, **here).ok()
    assert (checked["ok"], checked["mlflow"]) == (True, False)
    assert checked["warnings"] == [{"message": "No run here has a param 'none'.", "span": [35, 46]}]
    told = [(token["kind"], filter_string[slice(*token["span"])]) for token in checked["tokens"]]
    assert told[:4] == [("keyword", "max"), ("punctuation", "("), ("key", "metrics.`val/loss`"), ("punctuation", ")")]
    assert told[4:8] == [("operator", ">"), ("value", "1"), ("keyword", "or"), ("keyword", "not")]
    half = tell(wire, "filter/check", filter="params.ü = 'x").ok()
    assert [token["kind"] for token in half["tokens"]] == ["key", "operator", "other", "key"]

    def offered(filter_string: str, **more: Any) -> list[tuple[str, int, int]]:
        checked = tell(wire, "filter/check", filter=filter_string, cursor=len(filter_string), **here | more).ok()
        return [(each["insert"], each["from"], each["to"]) for each in checked["completions"]]

    assert offered("metrics.") == [("metrics.loss", 0, 8), ("metrics.`val/loss`", 0, 8)]
    assert offered("metrics.loss < 1 and max(v") == [("metrics.`val/loss`", 25, 26)]
    assert offered("params.lr = 'i") == [('"it\'s"', 12, 14)]
    assert offered("status = fi") == [("'FINISHED'", 9, 11)]
    assert ("is null", 13, 13) in offered("metrics.loss ")
    assert offered("metrics.", experiment_ids=[]) == []
    wrong = tell(wire, "filter/check", filter="(metrics.loss > 1", cursor=0, **here).ok()
    assert (wrong["ok"], wrong["span"], wrong["message"]) == (False, [0, 1], "This parenthesis is never closed.")
    too_many = [str(number) for number in range(101)]
    assert "100" in tell(wire, "filter/check", filter="", experiment_ids=too_many).invalid()


def test_fields_tell_what_runs_use(wire: Wire) -> None:
    experiment_id = wire.new_experiment()
    logged_run(wire, experiment_id, "a", loss=2.5, odd="NaN")
    logged_run(wire, experiment_id, "b", loss=-1)
    fields = ask(wire, f"experiments/{experiment_id}/fields")
    assert fields["params"] == [{"key": "lr", "runs": 2, "varies": True}]
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


def test_a_metric_is_an_axis(wire: Wire) -> None:
    run_id = wire.new_run()
    epochs = [{"key": "epoch", "value": 0.5 + step / 10, "timestamp": step, "step": step} for step in range(0, 30, 10)]
    losses = [{"key": "loss", "value": 9 - step, "timestamp": step, "step": step} for step in (0, 5, 10, 29)]
    wire.post("runs/log-batch", run_id=run_id, metrics=[*losses, *epochs]).ok()
    last = wire.request("GET", "/api/runledger/v1/ops/status").ok()["position"]
    wire.post("runs/log-metric", run_id=run_id, key="loss", value="NaN", timestamp=30, step=30).ok()
    over = {"runs": [run_id], "metrics": ["loss", "epoch"], "x": {"metric": "epoch"}}
    loss, epoch = tell(wire, "series", **over).ok()["series"]
    # Steps 5 and 29 have no epoch of their own, but the one before.
    assert (loss["x"], loss["last"], loss["nans"]) == ([0.5, 0.5, 1.5, 2.5], [9, 4, -1, -20], [2.5])
    assert epoch["x"] == epoch["last"] == [0.5, 1.5, 2.5]
    (part,) = tell(wire, "series", **over | {"metrics": ["loss"], "from": 0.75, "to": 1.5}).ok()["series"]
    assert (part["points"], part["x"]) == (1, [1.5])
    (then,) = tell(wire, "series", **over | {"metrics": ["loss"], "at": last}).ok()["series"]
    assert (then["points"], then["nans"]) == (4, [])
    assert tell(wire, "series", **over | {"x": {"metric": "none"}}).ok()["series"] == []
    tell(wire, "series", **over | {"x": "epoch"}).invalid()
    accept = {"Accept": "application/octet-stream"}
    response = wire.session.post(f"{wire.url}{OWN}/series", json=over, headers=accept, timeout=30)
    (length,) = struct.unpack_from("<I", response.content)
    assert json.loads(response.content[4 : 4 + length])["series"][0]["nans"] == [2.5]
    assert list(struct.unpack_from("<4d", response.content, 4 + length)) == loss["x"]


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


def test_a_run_is_shown_as_it_was(wire: Wire) -> None:
    experiment_id = wire.new_experiment()
    run_id = wire.new_run(experiment_id, run_name="before")
    wire.post("runs/log-batch", run_id=run_id, metrics=[point("m", 3.0, 0), point("m", "NaN", 1)], params=[{"key": "p", "value": "1"}]).ok()
    first = ask(wire, f"runs/{run_id}/events")["events"][0]
    later = [point("m", -7.0, 2), point("late", 1.0)]
    wire.post("runs/log-batch", run_id=run_id, metrics=later, tags=[{"key": "t", "value": "x"}]).ok()
    wire.post("runs/update", run_id=run_id, run_name="after", status="FINISHED", end_time=5).ok()
    wire.post("experiments/delete", experiment_id=experiment_id).ok()
    wire.post("experiments/restore", experiment_id=experiment_id).ok()

    span = ask(wire, f"runs/{run_id}/span")
    assert span["first"]["position"] < first["position"] < span["last"]["position"]
    now = ask(wire, f"runs/{run_id}")
    assert "as_of" not in now
    past = ask(wire, f"runs/{run_id}", at=first["position"])
    assert past["as_of"] == {"position": first["position"], "at": first["at"]}
    assert (past["run"]["name"], past["run"]["status"], past["run"]["end"]) == ("before", "RUNNING", None)
    assert past["params"] == {"p": "1"}
    assert "t" not in past["tags"]
    (metric,) = past["metrics"]
    assert {k: metric[k] for k in ("last", "min", "max", "points", "nans")} == {
        "last": "NaN",
        "min": 3.0,
        "max": 3.0,
        "points": 2,
        "nans": 1,
    }
    series = {"runs": [run_id], "metrics": ["m", "late"]}
    (then,) = tell(wire, "series", **series, at=first["position"]).ok()["series"]
    assert (then["metric"], then["points"], then["x"], then["nans"]) == ("m", 2, [0], [1])
    assert [one["points"] for one in tell(wire, "series", **series).ok()["series"]] == [3, 1]

    # Until now, by the clock, it is what it is; its end was told when the experiment was deleted.
    latest = ask(wire, f"runs/{run_id}", at=int(time.time() * 1000))
    assert latest.pop("as_of")["position"] > span["last"]["position"]
    assert {k: v for k, v in latest.items() if k != "position"} == {k: v for k, v in now.items() if k != "position"}
    (delete,) = ask(wire, "events", kind="ExperimentDeleted", limit=1)["events"]
    assert ask(wire, f"runs/{run_id}", at=delete["position"])["run"]["deleted"]
    assert "not there yet" in wire.request("GET", f"{OWN}/runs/{run_id}", params={"at": 1}).missing()
    wire.request("GET", f"{OWN}/runs/no-such-run", params={"at": 10**9}).missing()


def test_the_table_as_it_was(wire: Wire) -> None:
    experiment_id = wire.new_experiment()
    first, second = (wire.new_run(experiment_id, run_name=name, start_time=n) for n, name in enumerate(("one", "two")))
    for run_id, loss in ((first, 3.0), (second, 1.0)):
        point = {"key": "loss", "value": loss, "timestamp": 1, "step": 0}
        wire.post("runs/log-batch", run_id=run_id, metrics=[point], params=[{"key": "lr", "value": run_id[:4]}]).ok()
    wire.post("runs/delete", run_id=second).ok()
    before = ask(wire, "events", limit=1)["events"][0]["position"]
    wire.post("runs/restore", run_id=second).ok()
    wire.post("runs/log-metric", run_id=first, key="loss", value=0.5, timestamp=2, step=1).ok()
    wire.post("runs/update", run_id=first, run_name="renamed", status="FINISHED", end_time=9).ok()
    wire.new_run(experiment_id, run_name="three")

    columns = ["metrics.loss", "metrics.loss:max", "params.lr"]
    query: dict[str, Any] = {"experiment_ids": [experiment_id], "columns": columns, "order_by": ["metrics.loss DESC"]}
    past = tell(wire, "runs/query", **query, view="all", at=before).ok()
    shown = [(row["name"], row["status"], row["deleted"], row["values"]) for row in past["rows"]]
    assert shown == [
        ("one", "RUNNING", False, [3.0, 3.0, first[:4]]),
        ("two", "RUNNING", True, [1.0, 1.0, second[:4]]),
    ]
    assert (past["position"], past["matched"], past["total"]) == (before, 2, 2)
    rest = tell(wire, "runs/query", **query, snapshot=past["snapshot"], offset=1).ok()["rows"]
    assert [row["name"] for row in rest] == ["two"]
    assert [row["name"] for row in tell(wire, "runs/query", **query, at=before, filter="metrics.loss > 1").ok()["rows"]] == ["one"]
    assert tell(wire, "runs/query", **query, at=1).ok()["matched"] == 0
    groups = tell(wire, "runs/groups", experiment_ids=[experiment_id], group=["status"], metrics=["loss"], at=before).ok()
    assert [(group["values"], group["runs"], group["metrics"][0]["max"]) for group in groups["groups"]] == [(["RUNNING"], 1, 3.0)]
    now = tell(wire, "runs/query", **query, at=int(time.time() * 1000)).ok()
    assert now["rows"] == tell(wire, "runs/query", **query).ok()["rows"]
    assert "past cannot be changed" in tell(wire, "bulk", snapshot=past["snapshot"], action="delete").invalid()


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
