"""Experiments over raw HTTP: creation, lookup, life cycle, tags, search."""

import pytest
from harness.wire import Wire, fresh_name


def test_create_and_get(wire: Wire) -> None:
    name = fresh_name("experiment")
    experiment_id = wire.new_experiment(name=name, tags=[{"key": "a", "value": "1"}])
    experiment = wire.get("experiments/get", experiment_id=experiment_id).ok()["experiment"]
    assert experiment["name"] == name
    assert experiment["artifact_location"] == f"mlflow-artifacts:/{experiment_id}"
    assert experiment["lifecycle_stage"] == "active"
    assert experiment["creation_time"] == experiment["last_update_time"]
    assert experiment["tags"] == [{"key": "a", "value": "1"}]
    assert wire.get("experiments/get-by-name", experiment_name=name).ok()["experiment"] == experiment


def test_ids_are_decimal_and_default_is_zero(wire: Wire) -> None:
    assert wire.new_experiment().isdecimal()
    assert wire.get("experiments/get", experiment_id="0").ok()["experiment"]["name"] == "Default"


@pytest.mark.parametrize("location", ["s3://bucket/x/", "mlflow-artifacts:/elsewhere", "gs://b/p"])
def test_a_location_of_its_own(wire: Wire, location: str) -> None:
    experiment_id = wire.new_experiment(artifact_location=location)
    assert wire.get("experiments/get", experiment_id=experiment_id).ok()["experiment"]["artifact_location"] == location
    run_id = wire.new_run(experiment_id)
    assert wire.run(run_id)["info"]["artifact_uri"] == f"{location.rstrip('/')}/{run_id}/artifacts"


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("s3://b/x#y", "'artifact_location' URL can't include fragments or params."),
        ("s3://b/x?a=..", "Invalid query string"),
        ("runs:/abc", "Artifact location cannot be a runs:/ URI. Given: 'runs:/abc'"),
        ("http://example.com/x", "'artifact_location' cannot use the 'http' scheme: …"),
    ],
)
def test_a_location_that_is_refused(wire: Wire, location: str, message: str) -> None:
    wire.post("experiments/create", name=fresh_name("e"), artifact_location=location).invalid(message)


@pytest.mark.parametrize("name", ["   ", "\t"])
def test_a_blank_name(our_server: str, name: str) -> None:
    """Refused since MLflow 3.18; the pinned reference is older and takes it."""
    Wire(our_server).post("experiments/create", name=name).invalid(f"Invalid experiment name: '{name}'")


def test_a_name_of_501_characters(wire: Wire) -> None:
    wire.post("experiments/create", name="x" * 501).invalid()
    wire.post("experiments/create", name=fresh_name("ü" * 450)).ok()


@pytest.mark.parametrize("deleted", [False, True])
def test_a_name_is_taken_for_ever(wire: Wire, deleted: bool) -> None:
    name = fresh_name("experiment")
    experiment_id = wire.new_experiment(name=name)
    if deleted:
        wire.post("experiments/delete", experiment_id=experiment_id).ok()
    expected = f"Experiment(name={name}) already exists.…"
    wire.post("experiments/create", name=name).refused(400, "RESOURCE_ALREADY_EXISTS", expected)


def test_unknown_experiments(wire: Wire) -> None:
    wire.get("experiments/get", experiment_id="987654").missing("No Experiment with id=987654 exists")
    wire.get("experiments/get-by-name", experiment_name="zzz").missing("Could not find experiment with name 'zzz'")
    for action in ("delete", "restore"):
        wire.post(f"experiments/{action}", experiment_id="987654").missing("No Experiment with id=987654 exists")


def test_an_id_that_is_no_number(wire: Wire) -> None:
    message = "Invalid experiment ID 'abc'. Experiment ID must be a valid integer."
    wire.get("experiments/get", experiment_id="abc").invalid(message)


def test_rename(wire: Wire) -> None:
    experiment_id, name = wire.new_experiment(), fresh_name("renamed")
    before = wire.get("experiments/get", experiment_id=experiment_id).ok()["experiment"]
    assert wire.post("experiments/update", experiment_id=experiment_id, new_name=name).ok() == {}
    after = wire.get("experiments/get", experiment_id=experiment_id).ok()["experiment"]
    assert after["name"] == name
    assert after["last_update_time"] >= before["last_update_time"]
    assert after["creation_time"] == before["creation_time"]


def test_rename_to_a_taken_name(wire: Wire) -> None:
    name = fresh_name("taken")
    wire.new_experiment(name=name)
    answer = wire.post("experiments/update", experiment_id=wire.new_experiment(), new_name=name)
    assert answer.status == 400
    assert answer.body["error_code"] in {"BAD_REQUEST", "RESOURCE_ALREADY_EXISTS"}


def test_rename_of_a_deleted_one(wire: Wire) -> None:
    experiment_id = wire.new_experiment()
    wire.post("experiments/delete", experiment_id=experiment_id).ok()
    answer = wire.post("experiments/update", experiment_id=experiment_id, new_name=fresh_name("e"))
    answer.refused(500, "INVALID_STATE", "Cannot rename a non-active experiment.")


def test_delete_and_restore_take_the_runs_along(wire: Wire) -> None:
    experiment_id = wire.new_experiment()
    runs = [wire.new_run(experiment_id) for _ in range(2)]
    wire.post("runs/delete", run_id=runs[0]).ok()

    def stages() -> list[str]:
        return [wire.run(run_id)["info"]["lifecycle_stage"] for run_id in runs]

    wire.post("experiments/delete", experiment_id=experiment_id).ok()
    assert stages() == ["deleted", "deleted"]
    wire.post("experiments/delete", experiment_id=experiment_id).missing()
    wire.post("experiments/restore", experiment_id=experiment_id).ok()
    assert stages() == ["active", "active"]
    wire.post("experiments/restore", experiment_id=experiment_id).missing()


def test_tags(wire: Wire) -> None:
    experiment_id = wire.new_experiment()
    for value in ("1", "2"):
        wire.post("experiments/set-experiment-tag", experiment_id=experiment_id, key="k", value=value).ok()
    experiment = wire.get("experiments/get", experiment_id=experiment_id).ok()["experiment"]
    assert experiment["tags"] == [{"key": "k", "value": "2"}]
    wire.post("experiments/delete-experiment-tag", experiment_id=experiment_id, key="k").ok()
    answer = wire.post("experiments/delete-experiment-tag", experiment_id=experiment_id, key="k")
    answer.missing(f"No tag with name: k in experiment with id {experiment_id}")


def test_a_tag_that_is_too_long(wire: Wire) -> None:
    experiment_id = wire.new_experiment()
    wire.post("experiments/set-experiment-tag", experiment_id=experiment_id, key="k", value="v" * 20000).ok()
    answer = wire.post("experiments/set-experiment-tag", experiment_id=experiment_id, key="k", value="v" * 20001)
    answer.invalid("'value' exceeds the maximum length of 20000 characters")


def test_tags_of_a_deleted_experiment(wire: Wire) -> None:
    experiment_id = wire.new_experiment()
    wire.post("experiments/delete", experiment_id=experiment_id).ok()
    answer = wire.post("experiments/set-experiment-tag", experiment_id=experiment_id, key="k", value="v")
    answer.invalid(f"The experiment {experiment_id} must be in the 'active' state. Current state is deleted.")


@pytest.mark.parametrize("fields", [{}, {"max_results": 0}])
def test_search_needs_a_page_size(wire: Wire, fields: dict) -> None:
    message = "Invalid value 0 for parameter 'max_results' supplied. It must be a positive integer…"
    wire.post("experiments/search", **fields).invalid(message)


def test_search_refuses_a_page_too_large(wire: Wire) -> None:
    message = "Invalid value 50001 for parameter 'max_results' supplied. It must be at most 50000…"
    wire.post("experiments/search", max_results=50001).invalid(message)


@pytest.mark.parametrize(
    ("view", "expected"), [("ACTIVE_ONLY", ["active"]), ("DELETED_ONLY", ["deleted"]), ("ALL", ["active", "deleted"])]
)
def test_search_by_stage(wire: Wire, view: str, expected: list[str]) -> None:
    tag = fresh_name("tag")
    ids = [wire.new_experiment(tags=[{"key": "group", "value": tag}]) for _ in range(2)]
    wire.post("experiments/delete", experiment_id=ids[1]).ok()
    answer = wire.post("experiments/search", max_results=10, view_type=view, filter=f"tags.group = '{tag}'")
    assert sorted(e["lifecycle_stage"] for e in answer.ok()["experiments"]) == expected


def test_search_by_get(wire: Wire) -> None:
    name = fresh_name("experiment")
    experiment_id = wire.new_experiment(name=name)
    found = wire.get("experiments/search", max_results=5, filter=f"name = '{name}'").ok()["experiments"]
    assert [e["experiment_id"] for e in found] == [experiment_id]


def test_datasets_of_experiments(wire: Wire) -> None:
    path = "/ajax-api/2.0/mlflow/experiments/search-datasets"
    experiment_id = wire.new_experiment()
    dataset = {"name": "d", "digest": "1", "source_type": "code", "source": "s"}
    tags = [{"key": "mlflow.data.context", "value": "train"}]
    wire.post("runs/log-inputs", run_id=wire.new_run(experiment_id), datasets=[{"dataset": dataset, "tags": tags}]).ok()
    answer = wire.request("POST", path, json={"experiment_ids": [experiment_id]}).ok()
    expected = {"experiment_id": experiment_id, "name": "d", "digest": "1", "context": "train"}
    assert answer["dataset_summaries"] == [expected]
    message = "SearchDatasets request must specify at least one experiment_id."
    wire.request("POST", path, json={}).invalid(message)
    message = "SearchDatasets request cannot specify more than 20 experiment_ids. Received 21 experiment_ids."
    wire.request("POST", path, json={"experiment_ids": ["0"] * 21}).invalid(message)
