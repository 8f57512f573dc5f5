"""What users do with the mlflow client, written once and run against MLflow's own server and ours.

A scenario uses nothing but the client, and returns what the client read back. The modules import under the client
of MLflow 2 as well as under that of MLflow 3.
"""

from scenarios import (
    artifacts,
    datasets,
    experiments,
    lifecycle,
    logged_models,
    logging,
    metrics,
    model_versions,
    prompts,
    registered_models,
    saved_models,
    searching,
)
from scenarios.registry import MLFLOW3_ONLY, SCENARIOS, run_scenario

MLFLOW2_SCENARIOS = [name for name in SCENARIOS if name not in MLFLOW3_ONLY]

__all__ = [
    "MLFLOW2_SCENARIOS",
    "SCENARIOS",
    "artifacts",
    "datasets",
    "experiments",
    "lifecycle",
    "logged_models",
    "logging",
    "metrics",
    "model_versions",
    "prompts",
    "registered_models",
    "run_scenario",
    "saved_models",
    "searching",
]
