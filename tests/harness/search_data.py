"""The runs that the filter tests search: few, but with every oddity that a filter can meet."""

from typing import Any

from harness.wire import Wire

# name, status, start, end, metrics, params, tags, dataset
RUNS: list[tuple[str, str, int, int, dict[str, Any], dict[str, str], dict[str, str], tuple[str, str, str] | None]] = [
    ("alpha", "FINISHED", 100, 900, {"m": 1.0, "n": 5}, {"p": "1", "model": "cnn"}, {"t": "x"}, ("mnist", "d1", "train")),
    ("Alpha", "FINISHED", 100, 800, {"m": 2.0, "n": 5}, {"p": "10", "model": "CNN"}, {"t": "X"}, ("mnist", "d2", "eval")),
    ("beta", "FAILED", 200, 700, {"m": -1.5}, {"p": "2", "model": "rnn"}, {"t": "y"}, ("MNIST", "d3", "train")),
    ("beta two", "FAILED", 200, 700, {"m": "NaN", "n": 1}, {"p": "02"}, {"t": "y z"}, None),
    ("gamma", "RUNNING", 300, 0, {"m": 0.0, "a.b": 3}, {"a.b": "dotted"}, {"a.b": "dotted"}, ("cifar", "d4", "")),
    ("100%", "RUNNING", 300, 0, {"m": 1e10, "a/b": 4}, {"p": "50%"}, {"t": "100%"}, None),
    ("under_score", "KILLED", 400, 500, {"n": -2}, {"p": "a_b"}, {"t": "a_b"}, None),
    ("underXscore", "KILLED", 400, 400, {"n": 1e-3}, {"p": "aXb"}, {"t": "aXb"}, ("cifar", "d5", "eval")),
    ("quote's", "SCHEDULED", 500, 300, {"m": 1.0}, {"p": "it's"}, {"t": "it's"}, None),
    ("empty", "FINISHED", 600, 200, {}, {"p": ""}, {"t": ""}, None),
    ("ünï", "FINISHED", 700, 100, {"m": 3, "sp ace": 7}, {"sp ace": "v"}, {"sp ace": "v", "ü": "é"}, None),
    ("Zeta", "FINISHED", 700, 100, {"m": 1.0, "n": "NaN"}, {"model": "Zz"}, {"t": "Z"}, ("imagenet", "d6", "train")),
]


def seed(wire: Wire) -> str:
    """Creates the runs in an experiment of their own and returns its id."""
    experiment_id = wire.new_experiment()
    for name, status, start, end, metrics, params, tags, dataset in RUNS:
        run_id = wire.new_run(experiment_id, run_name=name, start_time=start, user_id=f"user {name[0]}")
        points = [{"key": k, "value": v, "timestamp": 1, "step": 1} for k, v in metrics.items()]
        # An older point that no filter may see: filters compare the latest value.
        points += [{"key": k, "value": 77.0, "timestamp": 0, "step": 0} for k in metrics]
        pairs = {
            "params": [{"key": k, "value": v} for k, v in params.items()],
            "tags": [{"key": k, "value": v} for k, v in tags.items()],
        }
        wire.post("runs/log-batch", run_id=run_id, metrics=points, **pairs).ok()
        if dataset is not None:
            log_dataset(wire, run_id, *dataset)
        ended = {"end_time": end} if end else {}
        wire.post("runs/update", run_id=run_id, status=status, **ended).ok()
    return experiment_id


def log_dataset(wire: Wire, run_id: str, name: str, digest: str, context: str) -> None:
    dataset = {"name": name, "digest": digest, "source_type": "code", "source": "s"}
    tags = [{"key": "mlflow.data.context", "value": context}] if context else []
    wire.post("runs/log-inputs", run_id=run_id, datasets=[{"dataset": dataset, "tags": tags}]).ok()
