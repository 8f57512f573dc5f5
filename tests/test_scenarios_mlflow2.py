"""Every scenario that the client of MLflow 2 has the calls for, with that client, in a Python of its own."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from harness.clients import run_script
from scenarios import MLFLOW2_SCENARIOS


@pytest.fixture(scope="session")
def outcomes(shared_server: Callable[[str], str]) -> Callable[[str], dict[str, Any]]:
    """What every scenario read back from a server, by the server's name."""

    @cache
    def run_all(server: str) -> dict[str, Any]:
        output = run_script("mlflow2", "run_scenarios.py", shared_server(server), timeout=140)
        return json.loads(output.splitlines()[-1])

    return run_all


@pytest.mark.parametrize("name", MLFLOW2_SCENARIOS)
@pytest.mark.parametrize(
    "server", [pytest.param("mlflow", marks=pytest.mark.reference), "runledger-sqlite", "runledger-postgres"]
)
def test_scenario(name: str, server: str, outcomes: Callable[[str], dict[str, Any]]) -> None:
    outcome, expected = outcomes(server)[name], outcomes("mlflow")[name]
    assert "failure" not in outcome, outcome["failure"]
    assert "failure" not in expected, expected["failure"]
    assert outcome["result"] == expected["result"]
