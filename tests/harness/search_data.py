"""The runs that the filter tests search: few, but with every oddity that a filter can meet."""

from dataclasses import dataclass
from typing import Any

from harness.wire import Wire

MNIST = [("mnist", "d1", "train"), ("mnist", "d2", "eval"), ("MNIST", "d3", "train")]
CIFAR = [("cifar", "d4", ""), ("cifar", "d5", "eval")]
IMAGENET = ("imagenet", "d6", "train")

Texts = dict[str, str]


@dataclass(frozen=True)
class SeedRun:
    """A run: name, status, times, latest metrics, params, tags, and a dataset as (name, digest, context)."""

    name: str
    status: str
    start: int
    end: int
    metrics: dict[str, Any]
    params: Texts
    tags: Texts
    dataset: tuple[str, str, str] | None = None


RUNS = [
    SeedRun("alpha", "FINISHED", 100, 900, {"m": 1.0, "n": 5}, {"p": "1", "model": "cnn"}, {"t": "x"}, MNIST[0]),
    SeedRun("Alpha", "FINISHED", 100, 800, {"m": 2.0, "n": 5}, {"p": "10", "model": "CNN"}, {"t": "X"}, MNIST[1]),
    SeedRun("beta", "FAILED", 200, 700, {"m": -1.5}, {"p": "2", "model": "rnn"}, {"t": "y"}, MNIST[2]),
    SeedRun("beta two", "FAILED", 200, 700, {"m": "NaN", "n": 1}, {"p": "02"}, {"t": "y z"}),
    SeedRun("gamma", "RUNNING", 300, 0, {"m": 0.0, "a.b": 3}, {"a.b": "dotted"}, {"a.b": "dotted"}, CIFAR[0]),
    SeedRun("100%", "RUNNING", 300, 0, {"m": 1e10, "a/b": 4}, {"p": "50%"}, {"t": "100%"}),
    SeedRun("under_score", "KILLED", 400, 500, {"n": -2}, {"p": "a_b"}, {"t": "a_b"}),
    SeedRun("underXscore", "KILLED", 400, 400, {"n": 1e-3}, {"p": "aXb"}, {"t": "aXb"}, CIFAR[1]),
    SeedRun("quote's", "SCHEDULED", 500, 300, {"m": 1.0}, {"p": "it's"}, {"t": "it's"}),
    SeedRun("empty", "FINISHED", 600, 200, {}, {"p": ""}, {"t": ""}),
    SeedRun("ünï", "FINISHED", 700, 100, {"m": 3, "sp ace": 7}, {"sp ace": "v"}, {"sp ace": "v", "ü": "é"}),
    SeedRun("Zeta", "FINISHED", 700, 100, {"m": 1.0, "n": "NaN"}, {"model": "Zz"}, {"t": "Z"}, IMAGENET),
]


def seed(wire: Wire) -> str:
    """Creates the runs in an experiment of their own and returns its id."""
    experiment_id = wire.new_experiment()
    for run in RUNS:
        run_id = wire.new_run(experiment_id, run_name=run.name, start_time=run.start, user_id=f"user {run.name[0]}")
        # The older point is one that no filter may see: filters compare the latest value.
        points = [
            {"key": key, "value": each, "timestamp": step, "step": step}
            for key, value in run.metrics.items()
            for step, each in ((1, value), (0, 77.0))
        ]
        wire.post("runs/log-batch", run_id=run_id, metrics=points, params=pairs(run.params), tags=pairs(run.tags)).ok()
        if run.dataset is not None:
            log_dataset(wire, run_id, *run.dataset)
        ended = {"end_time": run.end} if run.end else {}
        wire.post("runs/update", run_id=run_id, status=run.status, **ended).ok()
    return experiment_id


def pairs(texts: Texts) -> list[Texts]:
    return [{"key": key, "value": value} for key, value in texts.items()]


def log_dataset(wire: Wire, run_id: str, name: str, digest: str, context: str) -> None:
    dataset = {"name": name, "digest": digest, "source_type": "code", "source": "s"}
    tags = [{"key": "mlflow.data.context", "value": context}] if context else []
    wire.post("runs/log-inputs", run_id=run_id, datasets=[{"dataset": dataset, "tags": tags}]).ok()
