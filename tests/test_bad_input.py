"""Bad input on ours: the right error, nothing half written, and a server that goes on.

Where the reference shows an HTML page or stores a part, ours answers 400 with MLflow's error body.
"""

from collections.abc import Iterator

import pytest
from harness.wire import Wire


@pytest.fixture
def wire(our_server: str) -> Iterator[Wire]:
    wire = Wire(our_server)
    yield wire
    assert wire.request("GET", "/health").body == {"text": "OK"}


@pytest.fixture
def run_id(wire: Wire) -> Iterator[str]:
    """A run with a little of everything, which has to look the same at the end of the test."""
    run_id = wire.new_run(run_name="untouched")
    metrics = [{"key": "m", "value": 1.0, "timestamp": 1, "step": 1}]
    pairs = [{"key": "k", "value": "v"}]
    wire.post("runs/log-batch", run_id=run_id, metrics=metrics, params=pairs, tags=pairs).ok()
    before = wire.run(run_id), wire.history(run_id, "m")
    yield run_id
    assert (wire.run(run_id), wire.history(run_id, "m")) == before


@pytest.mark.parametrize(
    "path", ["runs/log-batch", "runs/log-metric", "runs/create", "runs/search", "experiments/search"]
)
@pytest.mark.parametrize(
    "body",
    ["[]", "5", "[1, 2", "{", "\x00", "true", '"text"', "[" * 100_000, '{"a":' * 50_000, "\ufeff{}", b"\xff\xfe{}"],
)
def test_a_body_that_is_no_object(wire: Wire, path: str, body: str | bytes) -> None:
    """Searching runs needs no field, so nothing may be a search for nothing; all else lacks something."""
    answer = wire.post_text(path, body)
    if answer.status != 200 or path != "runs/search":
        assert answer.status == 400
        assert answer.body["error_code"] in {"INVALID_PARAMETER_VALUE", "BAD_REQUEST"}
        assert answer.body["message"]


METRIC = {"key": "m", "value": 2.0, "timestamp": 2, "step": 2}


@pytest.mark.parametrize(
    "bad",
    [
        *({"value": "x"}, {"value": {}}, {"value": [1]}, {"value": ""}, {"value": "1e999x"}, {"value": None}),
        *({"timestamp": 1.5}, {"timestamp": "x"}, {"timestamp": 2**63}, {"timestamp": -1}, {"timestamp": []}),
        *({"step": 0.5}, {"step": "x"}, {"step": 2**64}, {"step": {}}),
        *({"key": 5}, {"key": None}, {"key": ""}, {"key": ["m"]}, {"key": "k" * 251}, {"key": "a@b"}),
    ],
    ids=str,
)
def test_one_bad_metric_among_good_ones(wire: Wire, run_id: str, bad: dict) -> None:
    metrics = [METRIC, METRIC | {"key": "n"}, METRIC | bad, METRIC | {"key": "o"}]
    params = [{"key": "new", "value": "v"}]
    message = wire.post("runs/log-batch", run_id=run_id, metrics=metrics, params=params).invalid()
    field = next(iter(bad))
    assert field in message or (field == "key" and "name" in message.lower()), message
    wire.post("runs/log-metric", run_id=run_id, **(METRIC | bad)).invalid()


@pytest.mark.parametrize("kind", ["metrics", "params", "tags"])
@pytest.mark.parametrize("bad", [5, "text", {"a": 1}, [5], ["text"], [None], [[]], True], ids=str)
def test_a_list_that_is_none(wire: Wire, run_id: str, kind: str, bad: object) -> None:
    wire.post("runs/log-batch", run_id=run_id, **({"tags": [{"key": "new", "value": "v"}]} | {kind: bad})).invalid()


def test_a_number_token_that_json_does_not_have(wire: Wire, run_id: str) -> None:
    metric = '{"key": "m", "value": NaN, "timestamp": 5}'
    answer = wire.post_text("runs/log-batch", f'{{"run_id": "{run_id}", "metrics": [{metric}]}}')
    assert answer.status == 400


def test_status_that_does_not_exist(wire: Wire, run_id: str) -> None:
    wire.post("runs/update", run_id=run_id, status="BOGUS").invalid()
    wire.post("runs/update", run_id=run_id, status=77).invalid()
    wire.post("runs/update", run_id=run_id, start_time=[], end_time="later").invalid()


def test_1001_metrics(wire: Wire, run_id: str) -> None:
    wire.post("runs/log-batch", run_id=run_id, metrics=[METRIC | {"step": i} for i in range(1001)]).invalid()


def test_a_changed_param_among_new_ones(wire: Wire, run_id: str) -> None:
    params = [{"key": "new", "value": "v"}, {"key": "k", "value": "changed"}]
    message = wire.post("runs/log-batch", run_id=run_id, metrics=[METRIC], params=params).invalid()
    assert message.startswith("Changing param values is not allowed.")


def test_a_run_that_is_not_there(wire: Wire) -> None:
    for run_id in ("0" * 32, "nope"):
        wire.post("runs/log-batch", run_id=run_id, metrics=[METRIC]).missing(f"Run with id={run_id} not found")
        wire.get("runs/get", run_id=run_id).missing(f"Run with id={run_id} not found")


def test_a_deleted_run(wire: Wire) -> None:
    run_id = wire.new_run()
    wire.post("runs/delete", run_id=run_id).ok()
    message = f"The run {run_id} must be in the 'active' state. Current state is deleted."
    wire.post("runs/log-batch", run_id=run_id, metrics=[METRIC]).invalid(message)
    assert wire.history(run_id, "m") == []


@pytest.mark.parametrize("filter_string", ["params.p = 'x", 'tags."a = 1', "metrics.`m > 1", "'", "((((", "=" * 5000])
def test_unbalanced_filters(wire: Wire, filter_string: str) -> None:
    wire.post("runs/search", experiment_ids=["0"], filter=filter_string).invalid()
    wire.post("experiments/search", max_results=5, filter=filter_string).invalid()


def test_text_with_a_nul(wire: Wire, run_id: str) -> None:
    """PostgreSQL cannot store it: either refused, or kept as it is, but never an internal error."""
    new = wire.new_run()
    answer = wire.post("runs/set-tag", run_id=new, key="nul", value="a\x00b")
    if answer.status == 200:
        assert wire.data(new)["tags"]["nul"] == "a\x00b"
    else:
        answer.invalid()
    wire.post("runs/set-tag", run_id=run_id, key="a\x00b", value="v").invalid()
    assert wire.post("runs/search", experiment_ids=["0"], filter="params.p = 'a\x00b'").status in {200, 400}
    assert wire.get("runs/get", run_id="a\x00b").status in {400, 404}
    assert wire.post("experiments/create", name="a\x00b").status in {200, 400}


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb"])
def test_half_a_surrogate_pair(wire: Wire, run_id: str, text: str) -> None:
    """JSON can write what is no text."""
    body = f'{{"run_id": "{run_id}", "key": "k", "value": "{text.encode("unicode_escape").decode()}"}}'
    assert wire.post_text("runs/set-tag", body).status == 400


def test_query_arguments_that_are_no_text(wire: Wire) -> None:
    for query in ("run_id=%ff%fe", "run_id=%", "run_id=%zz", "&&&===", "run_id=" + "x" * 10_000):
        answer = wire.request("GET", f"/api/2.0/mlflow/runs/get?{query}")
        assert answer.status in {400, 404}, answer
        assert answer.body.get("error_code"), answer


def test_bad_page_sizes(wire: Wire) -> None:
    for size in (-1, 0, 2**31, 2**63, 1.5, "many", [], True):
        wire.post("runs/search", experiment_ids=["0"], max_results=size).invalid()
        wire.post("experiments/search", max_results=size).invalid()
