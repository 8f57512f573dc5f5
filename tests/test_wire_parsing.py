"""How requests are read and errors are written: contract of the wire, below any one resource."""

import pytest
from harness.wire import API, MISSING, Wire, fresh_name

WRONG_TYPE = "Invalid value {} for parameter '{}' supplied:  Hint: Value was of type '{}'. See the API docs…"


def test_health(wire: Wire) -> None:
    answer = wire.request("GET", "/health")
    assert (answer.status, answer.body) == (200, {"text": "OK"})


def test_version(wire: Wire) -> None:
    """Clients parse it, and switch features on from 3.4."""
    answer = wire.request("GET", "/version")
    assert answer.status == 200
    assert answer.body["text"].strip().startswith("3.")


def test_ajax_prefix_serves_the_same(wire: Wire) -> None:
    answer = wire.request("GET", "/ajax-api/2.0/mlflow/experiments/get", params={"experiment_id": "0"})
    assert answer.ok() == wire.get("experiments/get", experiment_id="0").ok()


@pytest.mark.parametrize("field", ["experiment_id", "experimentId"])
def test_snake_and_camel_case(wire: Wire, field: str) -> None:
    experiment_id = wire.new_experiment()
    assert wire.post("runs/create", **{field: experiment_id}).ok()["run"]["info"]["experiment_id"] == experiment_id


@pytest.mark.parametrize("start_time", [12, 12.0, "12"])
def test_integers_come_in_three_forms(wire: Wire, start_time: object) -> None:
    run = wire.post("runs/create", experiment_id=wire.new_experiment(), start_time=start_time).ok()["run"]
    assert run["info"]["start_time"] == 12


@pytest.mark.parametrize(
    ("sent", "kept"), [(1, 1.0), (0.25, 0.25), ("0.5", 0.5), ("NaN", "NaN"), (-0.0, 0.0), (5e-324, 5e-324)]
)
def test_doubles_come_in_several_forms(wire: Wire, sent: object, kept: object) -> None:
    run_id = wire.new_run()
    wire.post("runs/log-metric", run_id=run_id, key="m", value=sent, timestamp=1).ok()
    assert wire.data(run_id)["metrics"] == {"m": kept}


@pytest.mark.parametrize(("sent", "kept"), [("FINISHED", "FINISHED"), (4, "FAILED"), ("KILLED", "KILLED")])
def test_enumerations_come_by_name_or_number(wire: Wire, sent: object, kept: str) -> None:
    run_id = wire.new_run()
    wire.post("runs/update", run_id=run_id, status=sent).ok()
    assert wire.run(run_id)["info"]["status"] == kept


def test_null_is_absent(wire: Wire) -> None:
    wire.post("runs/set-tag", run_id=None, key="k", value="v").invalid(MISSING.format("run_id"))


def test_unknown_fields_are_ignored(wire: Wire) -> None:
    wire.post("experiments/create", name=fresh_name("e"), colour="red", nested={"a": [1]}).ok()


@pytest.mark.parametrize("body", ["", "{", "not json", '{"name": '])
def test_an_unreadable_body_is_an_empty_one(wire: Wire, body: str) -> None:
    wire.post_text("experiments/create", body).refused(400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8"])
def test_content_type_of_json(wire: Wire, content_type: str) -> None:
    wire.post_text("runs/search", '{"experiment_ids": []}', content_type).ok()


@pytest.mark.parametrize(
    ("content_type", "message"),
    [
        ("text/plain", "Bad Request. Content-Type must be one of ['application/json']."),
        (None, "Bad Request. Content-Type header is missing."),
    ],
)
def test_content_type_of_something_else(wire: Wire, content_type: str | None, message: str) -> None:
    """The code was INVALID_PARAMETER_VALUE up to MLflow 3.17 and is BAD_REQUEST since."""
    answer = wire.post_text("runs/search", b"{}", content_type)
    assert (answer.status, answer.body["message"]) == (400, message)
    assert answer.body["error_code"] in {"INVALID_PARAMETER_VALUE", "BAD_REQUEST"}


def test_get_reads_a_json_body_without_a_query(wire: Wire) -> None:
    answer = wire.request("GET", f"{API}/experiments/get", json={"experiment_id": "0"})
    assert answer.ok()["experiment"]["experiment_id"] == "0"


def test_get_reads_only_the_query_when_there_is_one(wire: Wire) -> None:
    answer = wire.request("GET", f"{API}/experiments/get?other=1", json={"experiment_id": "0"})
    answer.invalid(MISSING.format("experiment_id"))


def test_the_first_of_a_repeated_scalar_wins(wire: Wire) -> None:
    answer = wire.request("GET", f"{API}/experiments/get?experiment_id=0&experiment_id=99")
    assert answer.ok()["experiment"]["experiment_id"] == "0"


@pytest.mark.parametrize(
    ("path", "fields", "parameter"),
    [
        ("experiments/create", {}, "name"),
        ("experiments/create", {"name": ""}, "name"),
        ("experiments/update", {"experiment_id": "0"}, "new_name"),
        ("experiments/delete", {}, "experiment_id"),
        ("experiments/restore", {}, "experiment_id"),
        ("experiments/set-experiment-tag", {"experiment_id": "0"}, "key"),
        ("experiments/set-experiment-tag", {"key": "k"}, "experiment_id"),
        ("experiments/delete-experiment-tag", {"experiment_id": "0"}, "key"),
        ("runs/update", {}, "run_id"),
        ("runs/delete", {}, "run_id"),
        ("runs/restore", {}, "run_id"),
        ("runs/log-metric", {"key": "m", "value": 1, "timestamp": 1}, "run_id"),
        ("runs/log-metric", {"run_id": "r", "value": 1, "timestamp": 1}, "key"),
        ("runs/log-metric", {"run_id": "r", "key": "m", "timestamp": 1}, "value"),
        ("runs/log-metric", {"run_id": "r", "key": "m", "value": 1}, "timestamp"),
        ("runs/log-parameter", {"run_id": "r", "value": "v"}, "key"),
        ("runs/set-tag", {"run_id": "r", "value": "v"}, "key"),
        ("runs/delete-tag", {"run_id": "r"}, "key"),
        ("runs/log-batch", {}, "run_id"),
        ("runs/log-inputs", {}, "run_id"),
    ],
)
def test_a_missing_parameter_is_named(wire: Wire, path: str, fields: dict, parameter: str) -> None:
    wire.post(path, **fields).invalid(MISSING.format(parameter))


@pytest.mark.parametrize("path", ["runs/get", "artifacts/list", "metrics/get-history"])
def test_a_missing_run_in_a_query_is_named(wire: Wire, path: str) -> None:
    wire.get(path, colour="red").invalid(MISSING.format("run_id"))


@pytest.mark.parametrize(
    ("path", "fields", "message"),
    [
        ("experiments/create", {"name": 5}, WRONG_TYPE.format("5", "name", "int")),
        ("experiments/create", {"name": ["a"]}, WRONG_TYPE.format('["a"]', "name", "list")),
        ("runs/set-tag", {"run_id": "r", "key": True}, WRONG_TYPE.format("true", "key", "bool")),
        ("runs/log-parameter", {"run_id": "r", "key": 1.5}, WRONG_TYPE.format("1.5", "key", "float")),
        ("runs/search", {"experiment_ids": "0"}, WRONG_TYPE.format('"0"', "experiment_ids", "str")),
        ("runs/search", {"filter": {}}, WRONG_TYPE.format("{}", "filter", "dict")),
    ],
)
def test_a_wrong_type_is_named(wire: Wire, path: str, fields: dict, message: str) -> None:
    wire.post(path, **fields).invalid(message)


def test_run_uuid_stands_in_for_run_id(wire: Wire) -> None:
    run_id = wire.new_run()
    wire.post("runs/set-tag", run_uuid=run_id, key="k", value="v").ok()
    assert wire.get("runs/get", run_uuid=run_id).ok()["run"]["info"]["run_uuid"] == run_id


def test_run_uuid_is_not_enough_for_a_batch(wire: Wire) -> None:
    wire.post("runs/log-batch", run_uuid=wire.new_run()).invalid()


def test_an_unknown_route_is_not_found(wire: Wire) -> None:
    for path in ("runs/nonsense", "experiments/get/"):
        assert wire.get(path, experiment_id="0").status == 404


def test_a_wrong_method_is_not_allowed(wire: Wire) -> None:
    assert wire.request("DELETE", f"{API}/runs/create").status == 405


def test_nothing_set_is_nothing_sent(wire: Wire) -> None:
    """Unset fields and empty lists are left out, empty sub-messages stay, and integers are numbers."""
    run_id = wire.new_run(start_time=3)
    run = wire.run(run_id)
    assert "end_time" not in run["info"]
    assert run["info"]["start_time"] == 3
    assert run["info"]["run_id"] == run["info"]["run_uuid"] == run_id
    assert set(run["data"]) == {"tags"}
    assert run["inputs"] == {}


def test_text_beyond_ascii_survives(wire: Wire) -> None:
    run_id = wire.new_run()
    value = 'ünï \U0001f680 "quoted" \\ \n line'
    wire.post("runs/set-tag", run_id=run_id, key="k", value=value).ok()
    assert wire.data(run_id)["tags"]["k"] == value
