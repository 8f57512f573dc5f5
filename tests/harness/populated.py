"""An MLflow server full of everything that can be moved."""

import math
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

from harness.wire import ARTIFACTS, Wire

STATUSES = ["FINISHED", "FAILED", "KILLED", "RUNNING"]
# MLflow's server refuses one of two runs that bring the same data set at once.
ONE_AT_A_TIME = Lock()
PROMPT = {"key": "mlflow.prompt.is_prompt", "value": "true"}


def populate(wire: Wire, runs: int) -> list[str]:
    """Fills the server; returns the ids of its runs."""
    team = [{"key": "team", "value": "ä"}]
    experiments = [
        "0",
        wire.post("experiments/create", name="main", tags=team).ok()["experiment_id"],
        wire.post("experiments/create", name="deleted").ok()["experiment_id"],
        wire.post("experiments/create", name="elsewhere", artifact_location="s3://bucket/there").ok()["experiment_id"],
    ]
    wire.post("experiments/update", experiment_id=experiments[1], new_name="renamed").ok()

    def one(number: int) -> str:
        # Connections are not shared between threads.
        return make_run(Wire(wire.url), experiments[number % len(experiments)], number)

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(one, range(runs)))
    model_id = make_logged_model(wire, experiments[1], made[1])
    make_registered_models(wire, made[1], model_id)
    wire.post("experiments/delete", experiment_id=experiments[2]).ok()
    return made


def make_run(wire: Wire, experiment_id: str, number: int) -> str:
    start = 1_700_000_000_000 + number * 1_000
    tags = [{"key": "mlflow.user", "value": f"user{number % 3}"}, {"key": "number", "value": str(number)}]
    run_id = wire.new_run(experiment_id, run_name=f"run {number}", start_time=start, tags=tags, user_id=f"user{number % 3}")
    values = [1.0 / (step + 1) for step in range(5)]
    metrics = [{"key": "loss", "value": v, "timestamp": start + s, "step": s} for s, v in enumerate(values)]
    metrics.append({"key": "slash/metric", "value": number * math.pi, "timestamp": start, "step": 0})
    if number % 7 == 0:
        metrics.append({"key": "odd", "value": "NaN", "timestamp": start, "step": 0})
    params = [{"key": "lr", "value": repr(0.1 / (number + 1))}, {"key": "depth", "value": str(number % 5)}]
    wire.post("runs/log-batch", run_id=run_id, metrics=metrics, params=params).ok()
    if number % 5 == 0:
        dataset = {"name": f"data{number % 2}", "digest": "d1", "source_type": "code", "source": "{}", "schema": "{}"}
        used = [{"key": "mlflow.data.context", "value": "training"}]
        with ONE_AT_A_TIME:
            wire.post("runs/log-inputs", run_id=run_id, datasets=[{"dataset": dataset, "tags": used}]).ok()
    status = STATUSES[number % len(STATUSES)]
    if status != "RUNNING":
        wire.post("runs/update", run_id=run_id, status=status, end_time=start + 500).ok()
    if number % 20 == 1:
        for name in ("model.bin", "plots/a b.txt", "plots/deep/ü.txt"):
            path = f"{ARTIFACTS}/{experiment_id}/{run_id}/artifacts/{name}"
            assert wire.request("PUT", path, data=f"{number} {name}".encode()).status == 200
    if number % 11 == 3:
        wire.post("runs/delete", run_id=run_id).ok()
    return run_id


def make_logged_model(wire: Wire, experiment_id: str, run_id: str) -> str:
    fields = {"name": "net", "source_run_id": run_id, "params": [{"key": "p", "value": "1"}]}
    model_id = wire.new_logged_model(experiment_id, tags=[{"key": "t", "value": "v"}], **fields)["model_id"]
    wire.patch(f"logged-models/{model_id}", model_id=model_id, status="LOGGED_MODEL_READY").ok()
    wire.post("runs/outputs", run_id=run_id, models=[{"model_id": model_id, "step": 3}]).ok()
    metric = {"key": "acc", "value": 0.75, "timestamp": 1_700_000_000_000, "step": 3, "model_id": model_id}
    wire.post("runs/log-batch", run_id=run_id, metrics=[metric]).ok()
    path = f"{ARTIFACTS}/{experiment_id}/models/{model_id}/artifacts/MLmodel"
    assert wire.request("PUT", path, data=b"flavors: {}").status == 200
    return model_id


def make_registered_models(wire: Wire, run_id: str, model_id: str) -> None:
    name = wire.new_model(name="it's a model", description="text", tags=[{"key": "k", "value": "v"}])
    for source in ("s3://bucket/1", "s3://bucket/2", f"models:/{model_id}"):
        of_model = {"model_id": model_id} if model_id in source else {}
        wire.new_version(name, source=source, run_id=run_id, tags=[{"key": "k", "value": source}], **of_model)
    wire.delete("model-versions/delete", name=name, version="2").ok()
    wire.post("model-versions/transition-stage", name=name, version="1", stage="Production").ok()
    wire.patch("model-versions/update", name=name, version="3", description="third").ok()
    wire.post("registered-models/alias", name=name, alias="champion", version="3").ok()
    wire.new_model(name="empty")
    prompt = wire.new_model(name="prompt", tags=[PROMPT])
    text: list[dict[str, Any]] = [PROMPT, {"key": "mlflow.prompt.text", "value": "Say {{ word }}"}]
    wire.new_version(prompt, source="prompt-template", tags=text)
