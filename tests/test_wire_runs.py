"""Runs over raw HTTP: creation, life cycle, writes, and what a deleted run refuses."""

import re

import pytest
from harness.wire import MISSING, Wire, fresh_name

DATASET = {"name": "d", "digest": "1", "source_type": "code", "source": "s"}


def test_create(wire: Wire) -> None:
    experiment_id = wire.new_experiment()
    run = wire.post("runs/create", experiment_id=experiment_id, user_id="u", run_name="n", start_time=5).ok()["run"]
    info = run["info"]
    assert re.fullmatch("[0-9a-f]{32}", info["run_id"])
    assert info["artifact_uri"] == f"mlflow-artifacts:/{experiment_id}/{info['run_id']}/artifacts"
    assert (info["status"], info["lifecycle_stage"], info["start_time"]) == ("RUNNING", "active", 5)
    assert (info["user_id"], info["run_name"]) == ("u", "n")
    assert run["data"] == {"tags": [{"key": "mlflow.runName", "value": "n"}]}


def test_create_with_nothing_but_an_experiment(wire: Wire) -> None:
    run = wire.post("runs/create", experiment_id=wire.new_experiment()).ok()["run"]
    assert (run["info"]["start_time"], run["info"]["user_id"]) == (0, "")
    assert re.fullmatch(r"[a-z]+-[a-z]+-\d+", run["info"]["run_name"])
    assert run["data"]["tags"] == [{"key": "mlflow.runName", "value": run["info"]["run_name"]}]


def test_the_name_may_come_as_a_tag(wire: Wire) -> None:
    run_id = wire.new_run(tags=[{"key": "mlflow.runName", "value": "by tag"}])
    assert wire.run(run_id)["info"]["run_name"] == "by tag"


def test_two_names_that_differ(wire: Wire) -> None:
    tags = [{"key": "mlflow.runName", "value": "b"}]
    answer = wire.post("runs/create", experiment_id=wire.new_experiment(), run_name="a", tags=tags)
    answer.invalid(
        "Both 'run_name' argument and 'mlflow.runName' tag are specified, "
        "but with different values (run_name='a', mlflow.runName='b')."
    )


def test_create_in_no_experiment(wire: Wire) -> None:
    wire.post("runs/create", experiment_id="987654").missing("No Experiment with id=987654 exists")
    experiment_id = wire.new_experiment()
    wire.post("experiments/delete", experiment_id=experiment_id).ok()
    message = f"The experiment {experiment_id} must be in the 'active' state. Current state is deleted."
    wire.post("runs/create", experiment_id=experiment_id).invalid(message)


def test_update(wire: Wire) -> None:
    run_id = wire.new_run(run_name="before")
    info = wire.post("runs/update", run_id=run_id, status="FINISHED", end_time=9, run_name="after").ok()["run_info"]
    assert (info["status"], info["end_time"], info["run_name"]) == ("FINISHED", 9, "after")
    assert wire.data(run_id)["tags"]["mlflow.runName"] == "after"
    info = wire.post("runs/update", run_id=run_id, status="RUNNING").ok()["run_info"]
    assert (info["status"], info["end_time"], info["run_name"]) == ("RUNNING", 9, "after")
    info = wire.post("runs/update", run_id=run_id, run_name="").ok()["run_info"]
    assert info["run_name"] == "after"


def test_the_name_tag_renames(wire: Wire) -> None:
    run_id = wire.new_run(run_name="before")
    wire.post("runs/set-tag", run_id=run_id, key="mlflow.runName", value="after").ok()
    assert wire.run(run_id)["info"]["run_name"] == "after"
    wire.post("runs/delete-tag", run_id=run_id, key="mlflow.runName").ok()
    assert wire.run(run_id)["info"]["run_name"] == "after"


def test_unknown_runs(wire: Wire) -> None:
    wire.get("runs/get", run_id="nope").missing("Run with id=nope not found")
    for path in ("runs/delete", "runs/restore", "runs/update"):
        wire.post(path, run_id="nope").missing("Run with id=nope not found")
    wire.post("runs/log-batch", run_id="nope", tags=[{"key": "k", "value": "v"}]).missing("Run with id=nope not found")


def test_delete_and_restore(wire: Wire) -> None:
    run_id = wire.new_run()
    for action, stage in [("delete", "deleted"), ("delete", "deleted"), ("restore", "active"), ("restore", "active")]:
        wire.post(f"runs/{action}", run_id=run_id).ok()
        assert wire.run(run_id)["info"]["lifecycle_stage"] == stage


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("runs/update", {"status": "FINISHED"}),
        ("runs/log-metric", {"key": "m", "value": 1.0, "timestamp": 1}),
        ("runs/log-parameter", {"key": "p", "value": "v"}),
        ("runs/set-tag", {"key": "t", "value": "v"}),
        ("runs/delete-tag", {"key": "t"}),
        ("runs/log-batch", {"tags": [{"key": "t", "value": "v"}]}),
        ("runs/log-batch", {}),
        ("runs/log-inputs", {"datasets": [{"dataset": DATASET}]}),
    ],
)
def test_a_deleted_run_takes_nothing(wire: Wire, path: str, fields: dict) -> None:
    run_id = wire.new_run(tags=[{"key": "t", "value": "before"}])
    wire.post("runs/delete", run_id=run_id).ok()
    before = wire.run(run_id)
    message = f"The run {run_id} must be in the 'active' state. Current state is deleted."
    wire.post(path, run_id=run_id, **fields).invalid(message)
    assert wire.run(run_id) == before


def test_a_tag_is_overwritten_and_deleted(wire: Wire) -> None:
    run_id = wire.new_run()
    for value in ("1", "2"):
        wire.post("runs/set-tag", run_id=run_id, key="k", value=value).ok()
    assert wire.data(run_id)["tags"]["k"] == "2"
    wire.post("runs/delete-tag", run_id=run_id, key="k").ok()
    assert "k" not in wire.data(run_id)["tags"]
    message = f"No tag with name: k in run with id {run_id}"
    wire.post("runs/delete-tag", run_id=run_id, key="k").missing(message)


def test_a_value_may_be_left_out(wire: Wire) -> None:
    run_id = wire.new_run()
    wire.post("runs/set-tag", run_id=run_id, key="k").ok()
    wire.post("runs/log-parameter", run_id=run_id, key="p").ok()
    data = wire.data(run_id)
    assert (data["tags"]["k"], data["params"]["p"]) == ("", "")


def test_a_batch(wire: Wire) -> None:
    run_id = wire.new_run()
    metrics = [{"key": "m", "value": i / 2, "timestamp": i, "step": i} for i in range(3)]
    params = [{"key": "p", "value": "1"}]
    tags = [{"key": "t", "value": "first"}, {"key": "t", "value": "last"}]
    assert wire.post("runs/log-batch", run_id=run_id, metrics=metrics, params=params, tags=tags).ok() == {}
    data = wire.data(run_id)
    assert (data["metrics"], data["params"], data["tags"]["t"]) == ({"m": 1.0}, {"p": "1"}, "last")
    assert wire.history(run_id, "m") == [(0, 0, 0.0), (1, 1, 0.5), (2, 2, 1.0)]


def test_a_batch_with_one_bad_element_stores_nothing(wire: Wire) -> None:
    run_id = wire.new_run()
    metrics = [{"key": "m", "value": 1.0, "timestamp": 1}, {"key": "m", "timestamp": 1}]
    answer = wire.post("runs/log-batch", run_id=run_id, metrics=metrics, params=[{"key": "p", "value": "v"}])
    answer.invalid(MISSING.format("metrics[1].value"))
    data = wire.data(run_id)
    assert (data["metrics"], data["params"]) == ({}, {})


@pytest.mark.parametrize(
    ("kind", "count", "words"), [("metrics", 1001, "metrics"), ("params", 101, "params"), ("tags", 101, "tags")]
)
def test_a_batch_that_is_too_large(wire: Wire, kind: str, count: int, words: str) -> None:
    limit = count - 1
    element = {"value": 1.0, "timestamp": 1} if kind == "metrics" else {"value": "v"}
    elements = [{"key": f"k{i}"} | element for i in range(count)]
    wire.post("runs/log-batch", run_id=wire.new_run(), **{kind: elements}).invalid(
        f"A batch logging request can contain at most {limit} {words}. Got {count} {words}. "
        f"Please split up {words} across multiple requests and try again."
    )


def test_a_batch_that_is_too_large_in_total(wire: Wire) -> None:
    metrics = [{"key": f"k{i}", "value": 1.0, "timestamp": 1} for i in range(1000)]
    answer = wire.post("runs/log-batch", run_id=wire.new_run(), metrics=metrics, tags=[{"key": "t", "value": "v"}])
    answer.invalid(
        "A batch logging request can contain at most 1000 metrics, params, and tags. Got 1001 metrics, params, and "
        "tags. Please split up metrics, params, and tags across multiple requests and try again."
    )


def test_a_batch_for_a_run_id_that_cannot_be(wire: Wire) -> None:
    answer = wire.post("runs/log-batch", run_id="bad/id", tags=[{"key": "t", "value": "v"}])
    answer.invalid("Invalid value \"bad/id\" for parameter 'run_id' supplied.…")


def test_inputs_are_linked_once(wire: Wire) -> None:
    run_id = wire.new_run()
    for context in ("train", "eval"):
        tags = [{"key": "mlflow.data.context", "value": context}]
        wire.post("runs/log-inputs", run_id=run_id, datasets=[{"dataset": DATASET, "tags": tags}]).ok()
    linked = wire.run(run_id)["inputs"]["dataset_inputs"]
    assert linked == [{"dataset": DATASET, "tags": [{"key": "mlflow.data.context", "value": "train"}]}]


@pytest.mark.parametrize(("field", "limit"), [("name", 500), ("digest", 36)])
def test_inputs_that_are_too_long(wire: Wire, field: str, limit: int) -> None:
    dataset = DATASET | {field: "x" * (limit + 1)}
    wire.post("runs/log-inputs", run_id=wire.new_run(), datasets=[{"dataset": dataset}]).invalid()


def test_search_needs_experiments(wire: Wire) -> None:
    assert wire.post("runs/search").ok() == {}
    assert wire.post("runs/search", experiment_ids=["987654"]).ok() == {}


@pytest.mark.parametrize(
    ("size", "message"),
    [
        (0, "Invalid value 0 for parameter 'max_results' supplied. It must be a positive integer…"),
        (50001, "Invalid value 50001 for parameter 'max_results' supplied:  Hint: Value was of type 'int'.…"),
    ],
)
def test_search_with_a_bad_page_size(wire: Wire, size: int, message: str) -> None:
    wire.post("runs/search", experiment_ids=["0"], max_results=size).invalid(message)


@pytest.mark.parametrize(("view", "count"), [("ACTIVE_ONLY", 2), ("DELETED_ONLY", 1), ("ALL", 3)])
def test_search_by_stage(wire: Wire, view: str, count: int) -> None:
    experiment_id = wire.new_experiment()
    runs = [wire.new_run(experiment_id, run_name=fresh_name("r")) for _ in range(3)]
    wire.post("runs/delete", run_id=runs[0]).ok()
    found = wire.post("runs/search", experiment_ids=[experiment_id], run_view_type=view).ok()["runs"]
    assert len(found) == count
