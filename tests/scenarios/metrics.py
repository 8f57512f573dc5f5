"""Metric values and histories: special numbers, duplicates, late points, many points."""

import math
from typing import Any

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric

from scenarios.registry import scenario
from scenarios.view import history_view, new_experiment


@scenario
def special_numbers(client: MlflowClient) -> Any:
    """Infinity is left out: the reference turns it into the largest finite number, ours keeps it."""
    run_id = client.create_run(new_experiment()).info.run_id
    values = [math.nan, 0.0, -0.0, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, 1e16, -1e-7, 3]
    for step, value in enumerate(values):
        client.log_metric(run_id, "m", value, timestamp=step, step=step)
    client.log_metric(run_id, "nan", math.nan, timestamp=1)
    client.log_batch(run_id, [Metric("batch", v, 5, i) for i, v in enumerate(values)])
    latest = client.get_run(run_id).data.metrics
    return history_view(run_id, "m"), history_view(run_id, "batch"), dict(sorted(latest.items()))


@scenario
def repeated_and_late_points(client: MlflowClient) -> Any:
    run_id = client.create_run(new_experiment()).info.run_id
    points = [(1, 10, 1.0), (3, 30, 3.0), (2, 99, 2.0), (3, 30, 3.0), (3, 30, 2.5), (3, 29, 9.0), (1, 10, 1.0)]
    for step, timestamp, value in points:
        client.log_metric(run_id, "m", value, timestamp, step)
    client.log_batch(run_id, [Metric("m", value, timestamp, step) for step, timestamp, value in points])
    return history_view(run_id, "m"), client.get_run(run_id).data.metrics


@scenario
def a_long_history(client: MlflowClient) -> Any:
    """More points than the client asks for in one page, in order and once each."""
    run_id = client.create_run(new_experiment()).info.run_id
    for start in range(0, 27_000, 1000):
        client.log_batch(run_id, [Metric("m", i / 8, i, i) for i in range(start, start + 1000)])
    history = client.get_metric_history(run_id, "m")
    assert [p.step for p in history] == list(range(27_000))
    return len(history), sum(p.value for p in history), client.get_run(run_id).data.metrics


@scenario
def many_keys(client: MlflowClient) -> Any:
    run_id = client.create_run(new_experiment()).info.run_id
    for start in range(0, 2000, 500):
        client.log_batch(run_id, [Metric(f"layer {i}/grad.norm", i * 0.5, 1, i) for i in range(start, start + 500)])
    return dict(sorted(client.get_run(run_id).data.metrics.items()))


@scenario
def histories_of_nothing(client: MlflowClient) -> Any:
    run_id = client.create_run(new_experiment()).info.run_id
    return client.get_metric_history(run_id, "nope"), client.get_metric_history("0" * 32, "m")


@scenario
def system_time_by_default(client: MlflowClient) -> Any:
    new_experiment()
    with mlflow.start_run() as run:
        mlflow.log_metric("m", 1)
    return history_view(run.info.run_id, "m")
