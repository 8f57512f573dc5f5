"""Every scenario with the client of MLflow 2, in a Python of its own."""

import json
import os
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from harness.runledger import REPOSITORY
from scenarios import SCENARIOS

PYTHON = REPOSITORY / ".venv" / "mlflow2" / "bin" / "python"
SCRIPT = Path(__file__).parent / "scripts" / "run_scenarios.py"


@pytest.fixture(scope="session")
def outcomes(shared_server: Callable[[str], str]) -> Callable[[str], dict[str, Any]]:
    """What every scenario read back from a server, by the server's name."""

    @cache
    def run_all(server: str) -> dict[str, Any]:
        command = [PYTHON, SCRIPT, shared_server(server)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=140, env=os.environ)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return run_all


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize(
    "server", [pytest.param("mlflow", marks=pytest.mark.reference), "runledger-sqlite", "runledger-postgres"]
)
def test_scenario(name: str, server: str, outcomes: Callable[[str], dict[str, Any]]) -> None:
    outcome, expected = outcomes(server)[name], outcomes("mlflow")[name]
    assert "failure" not in outcome, outcome["failure"]
    assert "failure" not in expected, expected["failure"]
    assert outcome["result"] == expected["result"]
