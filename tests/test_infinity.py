"""The accepted difference: ours keeps infinity, the reference turns it into the largest finite number."""

import math
from collections.abc import Callable

import mlflow
import pytest
from scenarios.view import new_experiment

LARGEST = 1.7976931348623157e308


@pytest.mark.parametrize(
    ("server", "kept"),
    [
        pytest.param("mlflow", LARGEST, marks=pytest.mark.reference),
        ("runledger-sqlite", math.inf),
        ("runledger-postgres", math.inf),
    ],
)
def test_infinity(server: str, kept: float, shared_server: Callable[[str], str]) -> None:
    mlflow.set_tracking_uri(shared_server(server))
    client = mlflow.MlflowClient()
    run_id = client.create_run(new_experiment()).info.run_id
    for step, value in enumerate([math.inf, -math.inf, 1.0]):
        client.log_metric(run_id, "m", value, timestamp=step, step=step)
    client.log_metric(run_id, "last", -math.inf)
    assert [point.value for point in client.get_metric_history(run_id, "m")] == [kept, -kept, 1.0]
    assert client.get_run(run_id).data.metrics == {"m": 1.0, "last": -kept}
