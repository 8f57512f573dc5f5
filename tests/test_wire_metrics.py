"""Metric history over raw HTTP: duplicates, the latest value, pages, and the sampled reads of the charts."""

from typing import Any

import pytest
from harness.wire import MISSING, Wire

BULK = "/ajax-api/2.0/mlflow/metrics/get-history-bulk"


def point(step: int, timestamp: int, value: Any, key: str = "m") -> dict[str, Any]:
    return {"key": key, "step": step, "timestamp": timestamp, "value": value}


def run_with(wire: Wire, points: list[dict[str, Any]]) -> str:
    run_id = wire.new_run()
    wire.post("runs/log-batch", run_id=run_id, metrics=points).ok()
    return run_id


def test_history_is_sorted(wire: Wire) -> None:
    """By timestamp, then step, then value."""
    run_id = run_with(wire, [point(2, 5, 1.0), point(1, 5, 2.0), point(1, 5, 1.0), point(9, 1, 0.0)])
    assert wire.history(run_id, "m") == [(9, 1, 0.0), (1, 5, 1.0), (1, 5, 2.0), (2, 5, 1.0)]


def test_an_exact_repeat_is_stored_once(wire: Wire) -> None:
    points = [point(1, 1, 0.5), point(1, 1, "NaN"), point(2, 2, 1.0)]
    run_id = run_with(wire, points + points)
    wire.post("runs/log-batch", run_id=run_id, metrics=points).ok()
    wire.post("runs/log-metric", run_id=run_id, **points[0]).ok()
    assert len(wire.history(run_id, "m")) == 3


def test_points_that_differ_only_in_value_are_both_kept(wire: Wire) -> None:
    run_id = run_with(wire, [point(1, 1, 1.0), point(1, 1, 2.0)])
    assert wire.history(run_id, "m") == [(1, 1, 1.0), (1, 1, 2.0)]


@pytest.mark.parametrize(
    ("points", "latest"),
    [
        ([point(1, 1, 1.0), point(2, 0, 5.0)], 5.0),
        ([point(2, 0, 5.0), point(1, 9, 1.0)], 5.0),
        ([point(1, 2, 3.0), point(1, 1, 7.0)], 3.0),
        ([point(1, 1, 3.0), point(1, 1, 7.0)], 7.0),
        ([point(1, 1, 7.0), point(1, 1, 3.0)], 7.0),
        ([point(1, 1, 3.0), point(1, 1, "NaN")], 3.0),
        ([point(1, 1, "NaN"), point(1, 1, -3.0)], "NaN"),
        ([point(-1, 1, 1.0), point(-2, 9, 2.0)], 1.0),
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_the_latest_value(wire: Wire, points: list[dict], latest: object, together: bool) -> None:
    """Greatest step, then timestamp, then value; NaN competes as zero. Never the one that came last."""
    run_id = run_with(wire, points if together else [])
    if not together:
        for each in points:
            wire.post("runs/log-metric", run_id=run_id, **each).ok()
    assert wire.data(run_id)["metrics"] == {"m": latest}


def test_history_of_nothing(wire: Wire) -> None:
    assert wire.get("metrics/get-history", run_id="nope", metric_key="m").ok() == {}
    assert wire.get("metrics/get-history", run_id=wire.new_run(), metric_key="m").ok() == {}
    wire.get("metrics/get-history", run_id=wire.new_run()).invalid(MISSING.format("metric_key"))


def test_history_by_pages(wire: Wire) -> None:
    run_id = run_with(wire, [point(i, i, i / 4) for i in range(7)])
    seen, token = [], None
    while True:
        arguments = {"page_token": token} if token else {}
        page = wire.get("metrics/get-history", run_id=run_id, metric_key="m", max_results=3, **arguments).ok()
        seen += [m["step"] for m in page["metrics"]]
        token = page.get("next_page_token")
        if token is None:
            break
    assert seen == list(range(7))


def test_history_with_a_bad_page_size(wire: Wire) -> None:
    answer = wire.get("metrics/get-history", run_id=wire.new_run(), metric_key="m", max_results=0)
    answer.invalid("Invalid value 0 for parameter 'max_results' supplied. It must be a positive integer…")


def test_bulk(wire: Wire) -> None:
    runs = sorted(run_with(wire, [point(1, 2, 0.5), point(0, 1, 0.25)]) for _ in range(2))
    found = wire.request("GET", BULK, params={"run_id": runs, "metric_key": "m"}).ok()["metrics"]
    assert [(m["run_id"], m["step"], m["value"]) for m in found] == [
        (r, s, v) for r in runs for s, v in ((0, 0.25), (1, 0.5))
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"metric_key": "m"}, "GetMetricHistoryBulk request must specify at least one run_id."),
        (
            {"metric_key": "m", "run_id": ["r"] * 101},
            "GetMetricHistoryBulk request cannot specify more than 100 run_ids. Received 101 run_ids.",
        ),
        ({"run_id": "r"}, "GetMetricHistoryBulk request must specify a metric_key."),
    ],
)
def test_bulk_that_is_refused(wire: Wire, arguments: dict, message: str) -> None:
    wire.request("GET", BULK, params=arguments).invalid(message)


@pytest.mark.parametrize(
    ("size", "steps"),
    [(1, [9]), (2, [0, 9]), (3, [0, 4, 9]), (4, [0, 3, 6, 9]), (7, [0, 2, 4, 6, 7, 8, 9]), (10, [*range(10)])],
)
def test_interval_samples_by_rank(wire: Wire, size: int, steps: list[int]) -> None:
    run_id = run_with(wire, [point(i, i, i / 2) for i in range(10)])
    arguments = {"run_ids": run_id, "metric_key": "m", "max_results": size}
    found = wire.get("metrics/get-history-bulk-interval", **arguments).ok()["metrics"]
    assert [m["step"] for m in found] == steps
    assert {m["run_id"] for m in found} == {run_id}


def test_interval_of_steps_and_several_runs(wire: Wire) -> None:
    runs = [run_with(wire, [point(i, i, float(i)) for i in range(20)]) for _ in range(2)]
    arguments = {"run_ids": runs, "metric_key": "m", "start_step": 5, "end_step": 9, "max_results": 3}
    found = wire.get("metrics/get-history-bulk-interval", **arguments).ok()["metrics"]
    assert [(m["run_id"], m["step"]) for m in found] == [(r, s) for r in runs for s in (5, 7, 9)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"start_step": 6, "end_step": 2},
            "end_step must be greater than start_step. Found start_step=6 and end_step=2.…",
        ),
        ({"start_step": 6}, "If either start step or end step are specified, both must be specified.…"),
        ({"max_results": 0}, "max_results must be between 1 and 2500.…"),
        ({"max_results": 2501}, "max_results must be between 1 and 2500.…"),
        (
            {"run_ids": ["r"] * 101},
            "GetMetricHistoryBulkInterval request must specify at most 100 run_ids. Received 101 run_ids.…",
        ),
    ],
)
def test_interval_that_is_refused(wire: Wire, arguments: dict, message: str) -> None:
    arguments = {"run_ids": "r", "metric_key": "m"} | arguments
    wire.get("metrics/get-history-bulk-interval", **arguments).invalid(message)
