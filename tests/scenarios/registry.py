"""The list of scenarios, and running one of them in a clean client."""

from collections.abc import Callable
from typing import Any

import mlflow
from mlflow import MlflowClient

from scenarios.view import comparable

Scenario = Callable[[MlflowClient], Any]
SCENARIOS: dict[str, Scenario] = {}
# What the client of MLflow 2 has no calls for.
MLFLOW3_ONLY: set[str] = set()


def scenario(function: Scenario) -> Scenario:
    """Lists a function under its module's and its own name."""
    SCENARIOS[name_of(function)] = function
    return function


def mlflow3_scenario(function: Scenario) -> Scenario:
    """As `scenario`, for the client of MLflow 3 alone."""
    MLFLOW3_ONLY.add(name_of(function))
    return scenario(function)


def name_of(function: Scenario) -> str:
    return f"{function.__module__.removeprefix('scenarios.')}.{function.__name__}"


def run_scenario(name: str, tracking_uri: str) -> Any:
    """What the scenario read back from the server, without what differs from run to run."""
    mlflow.set_tracking_uri(tracking_uri)
    try:
        return comparable(SCENARIOS[name](MlflowClient()))
    finally:
        while mlflow.active_run():
            mlflow.end_run()
