"""Every scenario with the client of MLflow 3: ours reads back what the reference reads back.

On the reference itself a scenario has to pass its own assertions.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from harness.reference import Reference
from scenarios import SCENARIOS, run_scenario


@pytest.fixture(scope="session")
def expected(reference: Reference) -> Callable[[str], Any]:
    """What a scenario reads back from MLflow's own server."""
    return cache(lambda name: run_scenario(name, reference.url))


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name: str, any_server: str, expected: Callable[[str], Any], reference: Reference) -> None:
    wanted = expected(name)
    if any_server != reference.url:
        assert run_scenario(name, any_server) == wanted
