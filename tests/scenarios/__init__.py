"""What users do with the mlflow client, written once and run against MLflow's own server and ours.

A scenario uses nothing but the client, and returns what the client read back. The modules import under the client
of MLflow 2 as well as under that of MLflow 3.
"""

from scenarios import artifacts, datasets, experiments, lifecycle, logging, metrics, searching
from scenarios.registry import SCENARIOS, run_scenario

__all__ = [
    "SCENARIOS",
    "artifacts",
    "datasets",
    "experiments",
    "lifecycle",
    "logging",
    "metrics",
    "run_scenario",
    "searching",
]
