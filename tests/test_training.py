"""An unmodified training script, with both clients: what is left on ours is what is left on the reference."""

from collections.abc import Callable
from functools import cache
from typing import Any

import mlflow
import pytest
from harness.clients import PYTHONS, run_script
from harness.reference import Reference
from scenarios.view import artifact_digests, comparable, history_view, run_view, unique


def trained(url: str, client: str) -> Any:
    """Runs the script, and reads back everything its experiment holds."""
    name = unique("training")
    run_script(client, "train.py", timeout=120, MLFLOW_TRACKING_URI=url, MLFLOW_EXPERIMENT_NAME=name)
    mlflow.set_tracking_uri(url)
    runs = mlflow.search_runs(experiment_names=[name], output_format="list", order_by=["run_name"])
    assert [run.info.status for run in runs] == ["FAILED", "FINISHED", "FINISHED", "FINISHED", "FINISHED"]
    return comparable(
        [
            {
                "run": run_view(run),
                "histories": {key: sorted_by_step(run.info.run_id, key) for key in sorted(run.data.metrics)},
                "artifacts": artifact_digests(run.info.run_id),
            }
            for run in runs
        ]
    )


def sorted_by_step(run_id: str, key: str) -> list[tuple[int, float]]:
    """Points logged in the background carry the clock of the moment, and their order is that of the steps."""
    return sorted((point["step"], point["value"]) for point in history_view(run_id, key))


@pytest.fixture(scope="session")
def on_reference(reference: Reference) -> Callable[[str], Any]:
    return cache(lambda client: trained(reference.url, client))


@pytest.mark.parametrize("client", PYTHONS)
def test_training(any_server: str, client: str, on_reference: Callable[[str], Any], reference: Reference) -> None:
    expected = on_reference(client)
    if any_server != reference.url:
        assert trained(any_server, client) == expected
