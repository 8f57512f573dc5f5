"""Datasets as inputs of runs, and searching by them."""

from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow import MlflowClient

from scenarios.registry import scenario
from scenarios.view import new_experiment, run_view


@scenario
def inputs(client: MlflowClient) -> Any:
    new_experiment()
    array = mlflow.data.from_numpy(np.arange(12.0).reshape(4, 3), targets=np.arange(4), name="array")
    frame = mlflow.data.from_pandas(pd.DataFrame({"x": [1, 2], "y": ["a", "b"]}), source="data.csv", name="frame")
    with mlflow.start_run() as run:
        mlflow.log_input(array, context="training")
        mlflow.log_input(array, context="again")
        mlflow.log_input(frame, context="eval", tags={"split": "1"})
        mlflow.log_input(frame)
    view = run_view(client.get_run(run.info.run_id))
    assert len(view["inputs"]) == 2
    # The source names the machine's user and git commit only through tags, which are the same on both sides.
    return view["inputs"]


@scenario
def searched(client: MlflowClient) -> Any:
    experiment_id = new_experiment()
    for name, context in (("first", "train"), ("second", "train"), ("Second", "eval")):
        with mlflow.start_run(run_name=f"on {name}"):
            mlflow.log_input(mlflow.data.from_numpy(np.arange(3), name=name), context=context)

    def find(filter_string: str) -> list[str]:
        return sorted(run.info.run_name for run in client.search_runs([experiment_id], filter_string))

    filters = [
        "dataset.name = 'first'",
        "dataset.name LIKE 'sec%'",
        "dataset.name ILIKE 'sec%'",
        "dataset.name != 'first'",
        "datasets.context = 'train'",
        "dataset.context = 'train' AND dataset.name = 'second'",
        "dataset.name IN ('first', 'Second')",
    ]
    return {filter_string: find(filter_string) for filter_string in filters}
