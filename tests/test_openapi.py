"""Our own API does what its description says, whatever it is asked."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from harness.runledger import REPOSITORY, Runledger
from harness.waiting import wait_until
from harness.wire import Wire
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS
from schemathesis.schemas import APIOperation

SCHEMA = schemathesis.openapi.from_path(str(REPOSITORY / "docs" / "openapi.json"))
OPERATIONS: dict[str, APIOperation] = {
    found.ok().definition.raw["operationId"]: found.ok() for found in SCHEMA.get_all_operations()
}
# One never ends, the other takes its time; both have tests of their own.
GENERATED = sorted(OPERATIONS.keys() - {"follow_stream", "load_sample_data"})
# A text in a path is never wrong by its form.
WRONG = [name for name in GENERATED if OPERATIONS[name].query or OPERATIONS[name].body]
# A filter, an order and a column are texts in the description, but not every text is one of them.
NOT_CHECKED = [CHECKS.get_one("positive_data_acceptance")]
EXAMPLES = 20


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    started = Runledger(tmp_path_factory.mktemp("openapi"), flags=("--private-webhooks",))
    started.start()
    yield started.url
    started.kill()


@pytest.fixture(scope="module")
def known(server: str) -> dict[str, str]:
    """Something to find: what the names in paths stand for."""
    wire = Wire(server)
    experiment_id = wire.new_experiment(tags=[{"key": "team", "value": "ä"}])
    run_id = wire.new_run(experiment_id, run_name="r")
    metrics = [
        {"key": key, "value": value, "timestamp": step, "step": step}
        for key, values in {"loss": [1, "NaN", "Infinity", 0.5], "none": ["NaN"]}.items()
        for step, value in enumerate(values)
    ]
    wire.post("runs/log-batch", run_id=run_id, metrics=metrics, params=[{"key": "lr", "value": "NaN"}]).ok()
    dataset = {"name": "d", "digest": "1", "source_type": "code", "source": "s"}
    wire.post("runs/log-inputs", run_id=run_id, datasets=[{"dataset": dataset}]).ok()
    wire.request("PUT", f"/api/2.0/mlflow-artifacts/artifacts/{experiment_id}/{run_id}/artifacts/a/b.txt", data=b"x").ok()
    kept = wire.request("POST", "/api/runledger/v1/selections", json={"run_ids": [run_id]}).ok()
    # Nothing listens there, so what it is owed stays to be looked at.
    wanted = [{"entity": "REGISTERED_MODEL", "action": "CREATED"}]
    webhook = wire.post("webhooks", name="w", url="http://127.0.0.1:9/", events=wanted).ok()["webhook"]["webhook_id"]
    wire.post("registered-models/create", name="m").ok()
    return {
        "id": experiment_id,
        "run_id": run_id,
        "upload_id": "none",
        "view_id": "v",
        "selection_id": kept["selection_id"],
        "webhook_id": webhook,
        "delivery_id": wait_until("a delivery is owed", lambda: deliveries(server, webhook))[0]["delivery_id"],
    }


def deliveries(server: str, webhook: str) -> list[dict[str, Any]]:
    answer = Wire(server).request("GET", f"/api/runledger/v1/webhooks/{webhook}/deliveries").ok()
    found: list[dict[str, Any]] = answer["deliveries"]
    return found


@pytest.mark.parametrize("name", GENERATED)
def test_a_request_of_the_right_form_is_answered_as_described(name: str, server: str, known: dict[str, str]) -> None:
    operation = OPERATIONS[name]
    names = {parameter.name: known[parameter.name] for parameter in operation.path_parameters}
    cases = operation.as_strategy(GenerationMode.POSITIVE)
    call(st.one_of(cases, operation.as_strategy(path_parameters=names)) if names else cases, server)


@pytest.mark.parametrize("name", WRONG)
def test_a_request_of_a_wrong_form_is_refused_as_described(name: str, server: str) -> None:
    call(OPERATIONS[name].as_strategy(GenerationMode.NEGATIVE), server)


def call(cases: st.SearchStrategy[schemathesis.Case], server: str) -> None:
    """Sends some of the cases, the same ones each time, and checks the answers."""

    @settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=cases)
    def check(case: schemathesis.Case) -> None:
        case.call_and_validate(base_url=server, excluded_checks=NOT_CHECKED)

    check()


VIEW = {"name": "v", "search": "q=1"}
BODIES: dict[str, dict[str, Any]] = {
    "query_runs": {"experiment_ids": ["{id}"], "columns": ["params.lr", "metrics.loss", "tags.none"]},
    "group_runs": {"experiment_ids": ["{id}"], "group": ["params.lr", "status"], "metrics": ["loss", "none"]},
    "check_filter": {"filter": "metrics.loss > 1 and params.none = '1'", "experiment_ids": ["{id}"], "cursor": 12},
    "save_view": VIEW,
    "purge_experiment": {"name": "any"},
    "purge_run": {"name": "r"},
    "get_series": {"runs": ["{run_id}"], "metrics": ["loss", "none"], "x": "time"},
    "change_runs": {"run_ids": ["{run_id}"], "action": "restore"},
    "keep_selection": {"run_ids": ["{run_id}"]},
    "load_sample_data": {"force": False},
}


# There are runs, they are not deleted, and nothing waits to be uploaded.
REFUSED = {
    "load_sample_data": 409,
    "purge_experiment": 409,
    "purge_run": 409,
    "retry_upload": 404,
    "discard_upload": 404,
}


@pytest.mark.parametrize("name", sorted(OPERATIONS.keys() - {"follow_stream"}))
def test_what_is_there_is_answered_as_described(name: str, server: str, known: dict[str, str]) -> None:
    operation = OPERATIONS[name]
    fields: dict[str, Any] = {"path_parameters": {p.name: known[p.name] for p in operation.path_parameters}}
    if name in BODIES:
        fields |= {"body": filled(BODIES[name], known), "media_type": "application/json"}
    if name == "delete_view":
        Wire(server).request("PUT", f"/api/runledger/v1/experiments/{known['id']}/views/v", json=VIEW).ok()
    response = operation.Case(**fields).call_and_validate(base_url=server, excluded_checks=NOT_CHECKED)
    assert response.status_code == REFUSED.get(name, 200), response.text


def filled(value: Any, known: dict[str, str]) -> Any:
    """The value with the names in its texts replaced."""
    if isinstance(value, dict):
        return {key: filled(each, known) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, known) for each in value]
    return value.format_map(known) if isinstance(value, str) and value.startswith("{") else value
