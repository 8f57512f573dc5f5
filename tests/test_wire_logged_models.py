"""Logged models over raw HTTP: creation, status, tags, params, metrics, files, links to runs, and what is refused."""

from typing import Any

import pytest
from harness.wire import MISSING, Wire

UNKNOWN = "m-" + "0" * 32
NO_SUCH_MODEL = f"Logged model with ID '{UNKNOWN}' not found."
TYPE = "Invalid value {} for parameter '{}' supplied:  Hint: Value was of type '{}'.…"
AJAX = "/ajax-api/2.0/mlflow/logged-models"


def model_of(wire: Wire, model_id: str) -> Any:
    return wire.get(f"logged-models/{model_id}").ok()["model"]


def test_create_and_get(wire: Wire) -> None:
    experiment_id = wire.new_experiment()
    tags, params = [{"key": "t", "value": "é"}], [{"key": "p", "value": "x" * 7000}]
    fields = {"name": "first", "model_type": "agent", "source_run_id": "a run", "tags": tags, "params": params}
    made = wire.post("logged-models", experiment_id=experiment_id, **fields).ok()["model"]
    model_id = made["info"]["model_id"]
    assert len(model_id) == 34
    assert model_id.startswith("m-")
    times = made["info"].pop("creation_timestamp_ms"), made["info"].pop("last_updated_timestamp_ms")
    assert times[0] == times[1]
    assert made["info"].pop("status_message", "") == ""
    assert made["info"] == {
        "model_id": model_id,
        "experiment_id": experiment_id,
        "name": "first",
        "artifact_uri": f"mlflow-artifacts:/{experiment_id}/models/{model_id}/artifacts",
        "status": "LOGGED_MODEL_PENDING",
        "model_type": "agent",
        "source_run_id": "a run",
        "tags": tags,
    }
    assert made["data"] == {"params": params}
    found = model_of(wire, model_id)
    assert found["data"] == made["data"]
    assert found["info"].items() >= made["info"].items()


def test_the_least_that_is_needed(wire: Wire) -> None:
    experiment_id = wire.new_experiment()
    made = wire.post("logged-models", experiment_id=experiment_id).ok()["model"]
    assert made["data"] == {}
    assert len(made["info"]["name"].split("-")) == 3
    assert (made["info"]["source_run_id"], made["info"]["model_type"]) == ("", "")


def test_a_location_of_the_experiments_own(wire: Wire) -> None:
    model = wire.new_logged_model(wire.new_experiment(artifact_location="s3://bucket/there/"))
    assert model["artifact_uri"] == f"s3://bucket/there/models/{model['model_id']}/artifacts"


@pytest.mark.parametrize("name", ["a/b", "a:b", "a.b", "a%b", 'a"b', "a'b"])
def test_a_name_that_is_refused(wire: Wire, name: str) -> None:
    answer = wire.post("logged-models", experiment_id=wire.new_experiment(), name=name)
    message = answer.invalid("Invalid model name (…")
    assert "must be a non-empty string and cannot contain the following characters" in message


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, MISSING.format("experiment_id")),
        ({"experiment_id": ""}, MISSING.format("experiment_id")),
        ({"experiment_id": "abc"}, "Invalid experiment ID 'abc'. Experiment ID must be a valid integer."),
        ({"experiment_id": 1}, TYPE.format("1", "experiment_id", "int")),
        ({"experiment_id": "0", "name": 1}, TYPE.format("1", "name", "int")),
        ({"experiment_id": "0", "params": {"a": "b"}}, TYPE.format('{"a":"b"}', "params", "dict")),
    ],
)
def test_creation_that_is_refused(wire: Wire, fields: dict[str, Any], message: str) -> None:
    wire.post("logged-models", **fields).invalid(message)


def test_creation_in_an_experiment_that_is_gone(wire: Wire) -> None:
    wire.post("logged-models", experiment_id="987654").missing("No Experiment with id=987654 exists")
    experiment_id = wire.new_experiment()
    wire.post("experiments/delete", experiment_id=experiment_id).ok()
    message = f"The experiment {experiment_id} must be in the 'active' state. Current state is deleted."
    wire.post("logged-models", experiment_id=experiment_id).invalid(message)


@pytest.mark.parametrize(
    ("method", "path", "fields"),
    [
        ("GET", "", {}),
        ("PATCH", "", {"model_id": UNKNOWN, "status": "LOGGED_MODEL_READY"}),
        ("DELETE", "", {}),
        ("PATCH", "/tags", {"tags": [{"key": "a", "value": "1"}]}),
        ("DELETE", "/tags/a", {}),
        ("POST", "/params", {"model_id": UNKNOWN, "params": [{"key": "a", "value": "1"}]}),
        ("GET", "/artifacts/directories", {}),
    ],
)
def test_an_unknown_model(wire: Wire, method: str, path: str, fields: dict[str, Any]) -> None:
    wire.call(method, f"logged-models/{UNKNOWN}{path}", **fields).missing(NO_SUCH_MODEL)


@pytest.mark.parametrize(
    ("status", "name"),
    [
        ("LOGGED_MODEL_READY", "LOGGED_MODEL_READY"),
        ("LOGGED_MODEL_UPLOAD_FAILED", "LOGGED_MODEL_UPLOAD_FAILED"),
        (3, "LOGGED_MODEL_UPLOAD_FAILED"),
    ],
)
def test_status(wire: Wire, status: Any, name: str) -> None:
    model_id = wire.new_logged_model()["model_id"]
    answer = wire.patch(f"logged-models/{model_id}", model_id=model_id, status=status).ok()["model"]
    assert answer["info"]["status"] == name
    after = model_of(wire, model_id)["info"]
    assert after["status"] == name
    assert after["last_updated_timestamp_ms"] >= after["creation_timestamp_ms"]


def test_status_that_is_refused(wire: Wire) -> None:
    model_id = wire.new_logged_model()["model_id"]
    wire.patch(f"logged-models/{model_id}", status="LOGGED_MODEL_READY").invalid(MISSING.format("model_id"))
    wire.patch(f"logged-models/{model_id}", model_id=model_id).invalid(MISSING.format("status"))
    assert model_of(wire, model_id)["info"]["status"] == "LOGGED_MODEL_PENDING"


def test_tags(wire: Wire) -> None:
    model = wire.new_logged_model(tags=[{"key": "a", "value": "1"}])
    path = f"logged-models/{model['model_id']}"
    wire.patch(f"{path}/tags", tags=[{"key": "a", "value": "2"}, {"key": "b c", "value": ""}]).ok()
    wire.patch(f"{path}/tags").ok()
    after = model_of(wire, model["model_id"])["info"]
    assert sorted((t["key"], t["value"]) for t in after["tags"]) == [("a", "2"), ("b c", "")]
    assert after["last_updated_timestamp_ms"] == model["last_updated_timestamp_ms"]
    wire.delete(f"{path}/tags/b%20c").ok()
    wire.delete(f"{path}/tags/b%20c").missing(f"No tag with key 'b c' found for model with ID '{model['model_id']}'.")
    wire.patch(f"{path}/tags", tags={"a": "b"}).invalid(TYPE.format('{"a":"b"}', "tags", "dict"))


def test_params_are_only_added(wire: Wire) -> None:
    model_id = wire.new_logged_model(params=[{"key": "p", "value": "1"}])["model_id"]
    path = f"logged-models/{model_id}/params"
    wire.post(path, model_id=model_id, params=[{"key": "q", "value": "2"}]).ok()
    wire.post(path, model_id=model_id).ok()
    wire.post(path, params=[{"key": "r", "value": "3"}]).invalid(MISSING.format("model_id"))
    assert wire.post(path, model_id=model_id, params=[{"key": "q", "value": "3"}]).status == 400
    found = model_of(wire, model_id)["data"]["params"]
    assert sorted((p["key"], p["value"]) for p in found) == [("p", "1"), ("q", "2")]


def test_metrics_keep_their_history(wire: Wire) -> None:
    experiment_id = wire.new_experiment()
    run_id, model_id = wire.new_run(experiment_id), wire.new_logged_model(experiment_id)["model_id"]
    for step in range(3):
        fields = {"key": "m", "value": step / 2, "timestamp": 1000 + step, "step": step, "model_id": model_id}
        wire.post("runs/log-metric", run_id=run_id, **fields).ok()
        # The client repeats a request whose answer it did not get.
        wire.post("runs/log-metric", run_id=run_id, **fields).ok()
    batch = [{"key": "n", "value": 1.5, "timestamp": 7, "model_id": model_id}, {"key": "o", "value": 1, "timestamp": 7}]
    dataset = {"dataset_name": "d", "dataset_digest": "1"}
    wire.post("runs/log-batch", run_id=run_id, metrics=[batch[0] | dataset, batch[1]]).ok()
    found = sorted(model_of(wire, model_id)["data"]["metrics"], key=lambda m: (m["key"], m["step"]))
    assert found == [
        *(
            {
                "key": "m",
                "value": step / 2,
                "timestamp": 1000 + step,
                "step": step,
                "run_id": run_id,
                "model_id": model_id,
            }
            for step in range(3)
        ),
        {"key": "n", "value": 1.5, "timestamp": 7, "step": 0, "run_id": run_id, "model_id": model_id} | dataset,
    ]
    assert wire.data(run_id)["metrics"] == {"m": 1.0, "n": 1.5, "o": 1.0}


def test_a_metric_of_an_unknown_model(wire: Wire) -> None:
    """The reference lets the database complain. What counts is that the client is told."""
    answer = wire.post("runs/log-metric", run_id=wire.new_run(), key="m", value=1, timestamp=1, model_id=UNKNOWN)
    assert answer.status in {400, 404}


def test_links_to_runs(wire: Wire) -> None:
    experiment_id = wire.new_experiment()
    run_id = wire.new_run(experiment_id)
    made, used = (wire.new_logged_model(experiment_id)["model_id"] for _ in range(2))
    wire.post("runs/outputs", run_id=run_id, models=[{"model_id": made, "step": 3}]).ok()
    for _ in range(2):
        wire.post("runs/log-inputs", run_id=run_id, models=[{"model_id": used}]).ok()
    run = wire.run(run_id)
    assert run["outputs"]["model_outputs"] == [{"model_id": made, "step": 3}]
    assert run["inputs"]["model_inputs"] == [{"model_id": used}]
    found = wire.post("runs/search", experiment_ids=[experiment_id]).ok()["runs"][0]
    assert found["outputs"]["model_outputs"] == [{"model_id": made, "step": 3}]
    wire.post("runs/outputs", run_id=run_id).invalid(MISSING.format("models"))
    wire.post("runs/outputs", models=[{"model_id": made, "step": 0}]).invalid(MISSING.format("run_id"))
    answer = wire.post("runs/outputs", run_id="f" * 32, models=[{"model_id": made, "step": 0}])
    answer.missing(f"Run with id={'f' * 32} not found")


def test_files(wire: Wire) -> None:
    model = wire.new_logged_model()
    path = f"logged-models/{model['model_id']}/artifacts/directories"
    assert wire.get(path).ok() == {"root_uri": model["artifact_uri"]}
    place = model["artifact_uri"].removeprefix("mlflow-artifacts:/")
    for name in ("MLmodel", "data/weights.bin"):
        target = f"/api/2.0/mlflow-artifacts/artifacts/{place}/{name}"
        wire.request("PUT", target, data=name.encode(), headers={"Content-Type": "application/octet-stream"}).ok()
    listed = wire.get(path).ok()["files"]
    assert listed == [{"path": "MLmodel", "is_dir": False, "file_size": 7}, {"path": "data", "is_dir": True}]
    inside = wire.get(path, artifact_directory_path="data").ok()["files"]
    assert inside == [{"path": "data/weights.bin", "is_dir": False, "file_size": 16}]
    for bad in ("../x", "/etc", "data/../../x"):
        wire.get(path, artifact_directory_path=bad).invalid("Invalid path")


def test_one_file(wire: Wire) -> None:
    model = wire.new_logged_model()
    path = f"{AJAX}/{model['model_id']}/artifacts/files"
    place = model["artifact_uri"].removeprefix("mlflow-artifacts:/")
    target = f"/api/2.0/mlflow-artifacts/artifacts/{place}/MLmodel"
    wire.request("PUT", target, data=b"flavors: {}", headers={"Content-Type": "text/plain"}).ok()
    assert wire.request("GET", path, params={"artifact_file_path": "MLmodel"}).body == {"text": "flavors: {}"}
    wire.request("GET", path, params={"artifact_file_path": "../x"}).invalid("Invalid path")
    wire.request("GET", path, params={"artifact_file_path": "nope"}).missing()
    message = 'Request must include the "artifact_file_path" query parameter.'
    wire.request("GET", path).refused(400, "BAD_REQUEST", message)
    unknown = f"{AJAX}/{UNKNOWN}/artifacts/files"
    wire.request("GET", unknown, params={"artifact_file_path": "MLmodel"}).missing(NO_SUCH_MODEL)


def test_a_deleted_model(wire: Wire) -> None:
    experiment_id = wire.new_experiment()
    model_id = wire.new_logged_model(experiment_id)["model_id"]
    for _ in range(2):
        wire.delete(f"logged-models/{model_id}").ok()
    message = f"Logged model with ID '{model_id}' not found."
    wire.get(f"logged-models/{model_id}").missing(message)
    wire.get(f"logged-models/{model_id}/artifacts/directories").missing(message)
    kept = wire.get(f"logged-models/{model_id}", allow_deleted="true").ok()["model"]["info"]
    assert kept["model_id"] == model_id
    assert wire.post("logged-models/search", experiment_ids=[experiment_id]).ok() == {}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, MISSING.format("experiment_ids")),
        ({"experiment_ids": "0"}, TYPE.format('"0"', "experiment_ids", "str")),
        ({"experiment_ids": ["0"], "max_results": "x"}, TYPE.format('"x"', "max_results", "str")),
        ({"experiment_ids": ["0"], "filter": 1}, TYPE.format("1", "filter", "int")),
        ({"experiment_ids": ["0"], "order_by": [{}]}, "Invalid order by field name: "),
        ({"experiment_ids": ["0"], "order_by": [{"field_name": "bogus"}]}, "Invalid order by field name: bogus"),
        (
            {"experiment_ids": ["0"], "order_by": [{"field_name": "params.x"}]},
            "Invalid order by field name: params.x. Only metrics are supported.",
        ),
        ({"experiment_ids": ["0"], "datasets": [{}]}, "`dataset_name` in the `datasets` clause must be specified."),
    ],
)
def test_a_search_that_is_refused(wire: Wire, fields: dict[str, Any], message: str) -> None:
    wire.post("logged-models/search", **fields).invalid(message)


def test_a_page_token_that_is_nonsense(wire: Wire) -> None:
    """The reference breaks at it."""
    answer = wire.post("logged-models/search", experiment_ids=["0"], page_token="nonsense")
    assert answer.status in {400, 500}


def test_a_page_token_of_another_search(wire: Wire) -> None:
    experiment_id = wire.new_experiment()
    for _ in range(2):
        wire.new_logged_model(experiment_id)
    token = wire.post("logged-models/search", experiment_ids=[experiment_id], max_results=1).ok()["next_page_token"]
    fields = {"experiment_ids": [experiment_id], "page_token": token}
    wire.post("logged-models/search", filter="name = 'x'", **fields).invalid()
    assert len(wire.post("logged-models/search", **fields).ok()["models"]) == 1


def test_search_without_experiments(wire: Wire) -> None:
    assert wire.post("logged-models/search", experiment_ids=[]).ok() == {}
    assert wire.post("logged-models/search", experiment_ids=["987654"]).ok() == {}


@pytest.mark.parametrize(
    ("filter_string", "expected"),
    [("status = 'READY'", ["ready"]), ("status != 'READY'", ["pending"]), ("status IN ('PENDING')", ["pending"])],
)
def test_search_by_status(our_server: str, filter_string: str, expected: list[str]) -> None:
    """By its name since MLflow 3.18; the pinned reference is older and knows its number only."""
    wire = Wire(our_server)
    experiment_id = wire.new_experiment()
    wire.new_logged_model(experiment_id, name="pending")
    model_id = wire.new_logged_model(experiment_id, name="ready")["model_id"]
    wire.patch(f"logged-models/{model_id}", model_id=model_id, status="LOGGED_MODEL_READY").ok()
    found = wire.post("logged-models/search", experiment_ids=[experiment_id], filter=filter_string).ok()["models"]
    assert [model["info"]["name"] for model in found] == expected


def test_search_by_a_status_that_is_none(our_server: str) -> None:
    answer = Wire(our_server).post("logged-models/search", experiment_ids=["0"], filter="status = 'LOGGED_MODEL_READY'")
    answer.invalid("Unknown model status in filter: …")
