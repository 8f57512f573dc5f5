"""Page tokens: walking gives every row once, and a token that is none is refused."""

import base64
import json

import pytest
from harness.wire import Wire, fresh_name


@pytest.mark.parametrize("order", [[], ["attributes.run_name ASC"], ["metrics.m DESC"], ["params.p"], ["tags.t DESC"]])
@pytest.mark.parametrize("size", [1, 4, 10])
def test_pages_of_runs_join_to_the_whole(wire: Wire, order: list[str], size: int) -> None:
    experiment_id = wire.new_experiment()
    for i in range(10):
        run_id = wire.new_run(experiment_id, start_time=i // 3, run_name=f"r{i % 4}")
        metrics = [{"key": "m", "value": float(i % 3), "timestamp": 1}] if i % 2 else []
        params = [{"key": "p", "value": str(i % 5)}] if i % 3 else []
        wire.post("runs/log-batch", run_id=run_id, metrics=metrics, params=params).ok()
    search = {"experiment_ids": [experiment_id], "order_by": order}
    whole = [r["info"]["run_id"] for r in wire.post("runs/search", **search).ok()["runs"]]
    assert len(whole) == 10
    joined, token = [], None
    while True:
        fields = search | ({"page_token": token} if token else {})
        page = wire.post("runs/search", max_results=size, **fields).ok()
        joined += [r["info"]["run_id"] for r in page["runs"]]
        token = page.get("next_page_token")
        if token is None:
            break
        assert len(page["runs"]) == size
    assert joined == whole


def test_pages_of_experiments_join_to_the_whole(wire: Wire) -> None:
    group = fresh_name("group")
    ids = [wire.new_experiment(tags=[{"key": "group", "value": group}]) for _ in range(5)]
    joined, token = [], None
    while True:
        fields = {"page_token": token} if token else {}
        page = wire.post("experiments/search", max_results=2, filter=f"tags.group = '{group}'", **fields).ok()
        joined += [e["experiment_id"] for e in page["experiments"]]
        token = page.get("next_page_token")
        if token is None:
            break
    assert sorted(joined, key=int) == ids


BAD_TOKENS = [
    "not base64!",
    base64.b64encode(b"no json").decode(),
    base64.b64encode(json.dumps({"offset": 0}).encode()).decode(),
    base64.b64encode(json.dumps({"offset": "x"}).encode()).decode(),
]


@pytest.mark.parametrize("token", BAD_TOKENS)
def test_a_token_that_is_none(wire: Wire, token: str) -> None:
    for answer in (
        wire.post("runs/search", experiment_ids=["0"], page_token=token),
        wire.post("experiments/search", max_results=5, page_token=token),
        wire.get("metrics/get-history", run_id=wire.new_run(), metric_key="m", max_results=5, page_token=token),
    ):
        answer.invalid("Invalid page token, …")
