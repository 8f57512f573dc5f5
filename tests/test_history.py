"""Who changed what of a run and when, and what became of it between two moments."""

import time
from typing import Any

import pytest
from harness.wire import Wire

OWN = "/api/runledger/v1"


@pytest.fixture
def wire(our_server: str) -> Wire:
    return Wire(our_server)


def ask(wire: Wire, path: str, **arguments: Any) -> Any:
    return wire.request("GET", f"{OWN}/{path}", params=arguments).ok()


def as_user(wire: Wire, name: str) -> Wire:
    other = Wire(wire.url)
    other.session.auth = (name, "secret")
    return other


def test_the_events_of_a_run_have_old_and_new_values(wire: Wire) -> None:
    run_id = wire.new_run(run_name="first")
    as_user(wire, "ada").post("runs/set-tag", run_id=run_id, key="note", value="a").ok()
    as_user(wire, "bob").post("runs/set-tag", run_id=run_id, key="note", value="b").ok()
    wire.post("runs/log-batch", run_id=run_id, params=[{"key": "lr", "value": "0.1"}]).ok()
    wire.post("runs/update", run_id=run_id, status="FINISHED", end_time=77, run_name="second").ok()
    wire.post("runs/delete-tag", run_id=run_id, key="note").ok()
    wire.post("runs/delete", run_id=run_id).ok()
    events = ask(wire, f"runs/{run_id}/events")["events"]
    told = [(event["kind"], event["changes"]) for event in reversed(events)]
    assert told[1] == ("TagsSet", [change("tags.note", None, "a")])
    assert told[2] == ("TagsSet", [change("tags.note", "a", "b")])
    assert [event["actor"] for event in reversed(events)][1:3] == ["ada", "bob"]
    assert told[3] == ("ParamsLogged", [change("params.lr", None, "0.1")])
    assert told[4] == (
        "RunUpdated",
        [
            change("status", "RUNNING", "FINISHED"),
            change("end_time", None, 77),
            change("name", "first", "second"),
            change("tags.mlflow.runName", "first", "second"),
        ],
    )
    assert told[5] == ("TagDeleted", [change("tags.note", "b", None)])
    assert told[6] == ("RunDeleted", [change("lifecycle_stage", "active", "deleted")])
    # The page before knows what was there before it.
    page = ask(wire, f"runs/{run_id}/events", limit=1, before=events[3]["position"])["events"]
    assert page[0]["changes"] == [change("tags.note", "a", "b")]


def change(field: str, old: Any, new: Any) -> dict[str, Any]:
    return {"field": field, "old": old, "new": new}


def test_the_difference_between_two_moments(wire: Wire) -> None:
    run_id = wire.new_run(run_name="r", start_time=1)
    for key, value in {"kept": "1", "changed": "1", "removed": "1"}.items():
        wire.post("runs/set-tag", run_id=run_id, key=key, value=value).ok()
    log(wire, run_id, loss=3.0, steady=1.0)
    then = last_position(wire, run_id)
    time.sleep(0.005)
    between = int(time.time() * 1000)
    time.sleep(0.005)
    as_user(wire, "ada").post("runs/set-tag", run_id=run_id, key="changed", value="2").ok()
    as_user(wire, "bob").post("runs/set-tag", run_id=run_id, key="changed", value="3").ok()
    wire.post("runs/delete-tag", run_id=run_id, key="removed").ok()
    wire.post("runs/log-parameter", run_id=run_id, key="p", value="v").ok()
    log(wire, run_id, step=1, loss=float(2), fresh=1.0)
    log(wire, run_id, step=2, loss=1.0)
    wire.post("runs/update", run_id=run_id, status="FINISHED", end_time=9).ok()
    now = last_position(wire, run_id)

    diff = ask(wire, f"runs/{run_id}/diff", **{"from": then})
    assert (diff["from"]["position"], diff["to"]["position"]) == (then, now)
    tags = {entry["key"]: entry for entry in diff["tags"]}
    assert set(tags) == {"changed", "removed"}
    changed = tags["changed"]
    assert (changed["change"], changed["old"], changed["new"]) == ("changed", "1", "3")
    assert (changed["events"], changed["by"]["actor"], changed["by"]["kind"]) == (2, "bob", "TagsSet")
    assert (tags["removed"]["change"], tags["removed"]["new"]) == ("removed", None)
    assert [(entry["key"], entry["change"], entry["new"]) for entry in diff["params"]] == [("p", "added", "v")]
    metrics = {entry["key"]: entry for entry in diff["metrics"]}
    assert set(metrics) == {"loss", "fresh"}
    assert (metrics["loss"]["old"]["value"], metrics["loss"]["new"]["value"]) == (3.0, 1.0)
    assert (metrics["loss"]["events"], metrics["fresh"]["change"]) == (2, "added")
    assert {entry["key"]: entry["new"] for entry in diff["fields"]} == {"status": "FINISHED", "end_time": 9}

    assert ask(wire, f"runs/{run_id}/diff", **{"from": between}) == diff
    assert ask(wire, f"runs/{run_id}/diff", **{"from": then, "to": then})["tags"] == []
    whole = ask(wire, f"runs/{run_id}/diff", to=between)
    assert whole["from"] is None
    assert {entry["change"] for part in ("fields", "tags", "metrics") for entry in whole[part]} == {"added"}
    backwards = wire.request("GET", f"{OWN}/runs/{run_id}/diff", params={"from": now, "to": then})
    backwards.invalid("'to' is before 'from'; exchange them.")


def test_a_run_as_of_a_moment_in_each_of_its_forms(wire: Wire) -> None:
    run_id = wire.new_run(start_time=1)
    wire.post("runs/set-tag", run_id=run_id, key="k", value="old").ok()
    then = last_position(wire, run_id)
    time.sleep(1.1)
    at = time.gmtime()
    time.sleep(0.005)
    wire.post("runs/set-tag", run_id=run_id, key="k", value="new").ok()
    for name in ("at", "as_of"):
        for moment in (then, time.strftime("%Y-%m-%dT%H:%M:%SZ", at)):
            assert ask(wire, f"runs/{run_id}", **{name: moment})["tags"]["k"] == "old", (name, moment)
    assert ask(wire, f"runs/{run_id}")["tags"]["k"] == "new"
    wrong = wire.request("GET", f"{OWN}/runs/{run_id}", params={"as_of": "yesterday"})
    assert "a moment is" in wrong.invalid()


def log(wire: Wire, run_id: str, step: int = 0, **metrics: float) -> None:
    points = [{"key": key, "value": value, "timestamp": 1, "step": step} for key, value in metrics.items()]
    wire.post("runs/log-batch", run_id=run_id, metrics=points).ok()


def last_position(wire: Wire, run_id: str) -> int:
    return ask(wire, f"runs/{run_id}/span")["last"]["position"]
