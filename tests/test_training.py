"""An unmodified training script, with both clients: what is left on ours is what is left on the reference."""

import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import mlflow
import pytest
from harness.reference import Reference
from harness.runledger import REPOSITORY
from scenarios.view import artifact_digests, comparable, history_view, run_view, unique

SCRIPT = Path(__file__).parent / "scripts" / "train.py"
PYTHONS = {"mlflow3": sys.executable, "mlflow2": str(REPOSITORY / ".venv" / "mlflow2" / "bin" / "python")}


def trained(url: str, client: str) -> Any:
    """Runs the script, and reads back everything its experiment holds."""
    name = unique("training")
    environment = os.environ | {"MLFLOW_TRACKING_URI": url, "MLFLOW_EXPERIMENT_NAME": name}
    done = subprocess.run([PYTHONS[client], SCRIPT], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
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
