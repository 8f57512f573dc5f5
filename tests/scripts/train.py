"""A training script as users write them: nothing in it knows which server it talks to.

Everything comes from the environment: MLFLOW_TRACKING_URI and MLFLOW_EXPERIMENT_NAME.
"""

import math
import tempfile
from pathlib import Path

import matplotlib
import mlflow
import numpy as np
import pandas as pd

matplotlib.use("agg")
from matplotlib import pyplot  # noqa: E402


def train(learning_rate: float, data: pd.DataFrame) -> float:
    weights, loss = np.zeros(2), math.inf
    for epoch in range(20):
        error = data[["x", "y"]].to_numpy() @ weights - data["z"].to_numpy()
        weights -= learning_rate * data[["x", "y"]].to_numpy().T @ error / len(data)
        loss = float((error**2).mean())
        mlflow.log_metric("loss", round(loss, 6), step=epoch)
        mlflow.log_metrics({"w0": round(weights[0], 6), "w1": round(weights[1], 6)}, step=epoch, synchronous=False)
    return loss


def report(loss: float) -> None:
    figure, axes = pyplot.subplots()
    axes.plot([1, 2, 3])
    mlflow.log_figure(figure, "plots/curve.png")
    pyplot.close(figure)
    mlflow.log_text(f"loss {loss:.6f}", "report.txt")
    mlflow.log_dict({"loss": round(loss, 6)}, "report.json")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("weights.bin", "MLmodel"):
            Path(folder, name).write_bytes(name.encode() * 1000)
        mlflow.log_artifacts(folder, "model")


def main() -> None:
    data = pd.DataFrame({"x": [1.0, 2.0, 3.0], "y": [0.5, 0.1, 0.9], "z": [2.0, 4.1, 6.3]})
    with mlflow.start_run(run_name="sweep", tags={"kind": "sweep"}) as sweep:
        for learning_rate in (0.01, 0.05):
            with mlflow.start_run(run_name=f"lr {learning_rate}", nested=True):
                mlflow.log_params({"learning_rate": learning_rate, "epochs": 20})
                mlflow.log_input(mlflow.data.from_pandas(data, name="points"), context="training")
                report(train(learning_rate, data))
        mlflow.set_tag("children", 2)
    with mlflow.start_run(run_id=sweep.info.run_id):
        mlflow.log_metric("best", 1.0)
    try:
        with mlflow.start_run(run_name="broken"):
            mlflow.log_param("learning_rate", 1e9)
            raise RuntimeError("diverged")
    except RuntimeError:
        pass
    mlflow.flush_async_logging()
    # Left open on purpose: the client ends it when the script ends.
    mlflow.start_run(run_name="left open")


if __name__ == "__main__":
    main()
