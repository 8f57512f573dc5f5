"""Plain data from what the client returns, with ids, times and random names masked."""

import hashlib
import math
import re
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
from mlflow.entities import Experiment, Run
from mlflow.exceptions import MlflowException

MASKS = [
    (re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])"), "<id>"),
    # The client gives images a uuid whose first digit it may change to a letter.
    (re.compile(r"[0-9a-z][0-9a-f]{7}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<uuid>"),
    # The commit of this checkout, which the client takes as the script's.
    (re.compile(r"(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])"), "<commit>"),
    (re.compile(r"(http://127\.0\.0\.1:|port=)\d+"), r"\1<port>"),
    (re.compile(r"mlflow-artifacts:/\d+"), "mlflow-artifacts:/<experiment>"),
    (re.compile(r"\b[a-z]+-[a-z]+-\d{1,3}\b"), "<random name>"),
    (re.compile(r"\b1[789]\d{11}\b"), "<time>"),
    # What a prompt says of the experiments it was used in.
    (re.compile(r"^(,\d+)+,$"), "<experiments>"),
    (re.compile(r"experiment (with id )?\d+|Experiment with id=\d+|The experiment \d+"), "experiment <id>"),
    # Sets are printed in any order, and the reference ends some messages with its SQL where ours say what to do.
    (re.compile(r"[\[{(]'.*"), "<list>"),
    (re.compile(r"(?<= already exists\.) .*", re.DOTALL), ""),
    (re.compile(r" Error: .*", re.DOTALL), ""),
    # The reference quotes the clauses in some of its messages only.
    (re.compile(r"(?<=clause\(s\) in filter string: ).*", re.DOTALL), "<clauses>"),
]


def comparable(value: Any) -> Any:
    """The same value for the same behaviour, whichever server, run and second it came from; fit for JSON."""
    if isinstance(value, dict):
        return {comparable_text(str(k)): comparable(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set):
        return [comparable(v) for v in (sorted(value) if isinstance(value, set) else value)]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and value > 1_600_000_000_000:
        return "<time>"
    return comparable_text(value) if isinstance(value, str) else value


def comparable_text(text: str) -> str:
    for pattern, replacement in MASKS:
        text = pattern.sub(replacement, text)
    return text


def unique(word: str) -> str:
    """A name that no other scenario uses, and that is masked in what is compared."""
    return f"{word} {uuid.uuid4().hex}"


def new_experiment(word: str = "experiment") -> str:
    """Makes a fresh experiment the active one and returns its id."""
    return mlflow.set_experiment(unique(word)).experiment_id


def attempt(call: Callable[[], Any]) -> Any:
    """The error of a call that should fail; `None` when it does not."""
    try:
        call()
    except MlflowException as error:
        return {"error_code": error.error_code, "message": str(error.message).split("\n")[0]}
    return None


def run_view(run: Run) -> dict[str, Any]:
    """Everything of a run that the client shows."""
    info = run.info
    return {
        "info": {
            "status": info.status,
            "lifecycle_stage": info.lifecycle_stage,
            "run_name": info.run_name,
            "user_id": info.user_id,
            "artifact_uri": info.artifact_uri,
            "start_time": info.start_time,
            "end_time": info.end_time,
        },
        "params": dict(sorted(run.data.params.items())),
        "metrics": dict(sorted(run.data.metrics.items())),
        "tags": dict(sorted(run.data.tags.items())),
        "inputs": sorted(
            (
                {"dataset": dict(i.dataset), "tags": {t.key: t.value for t in i.tags}}
                for i in (run.inputs.dataset_inputs if run.inputs else [])
            ),
            key=lambda i: (i["dataset"]["name"], i["dataset"]["digest"]),
        ),
    }


def experiment_view(experiment: Experiment) -> dict[str, Any]:
    return {
        "name": experiment.name,
        "artifact_location": experiment.artifact_location,
        "lifecycle_stage": experiment.lifecycle_stage,
        "tags": dict(sorted(experiment.tags.items())),
        "has_times": bool(experiment.creation_time and experiment.last_update_time),
    }


def history_view(run_id: str, key: str) -> list[dict[str, Any]]:
    points = mlflow.MlflowClient().get_metric_history(run_id, key)
    return [{"step": p.step, "timestamp": p.timestamp, "value": p.value} for p in points]


def artifact_tree(run_id: str, path: str | None = None) -> list[dict[str, Any]]:
    """Every file and folder below `path`, as the listing shows them."""
    found = []
    for entry in mlflow.MlflowClient().list_artifacts(run_id, path):
        found.append({"path": entry.path, "is_dir": entry.is_dir, "size": entry.file_size})
        if entry.is_dir:
            found += artifact_tree(run_id, entry.path)
    return found


def artifact_digests(run_id: str) -> dict[str, str]:
    """Every artifact of a run, downloaded: path and SHA-256."""
    with tempfile.TemporaryDirectory() as folder:
        mlflow.artifacts.download_artifacts(run_id=run_id, dst_path=folder)
        files = sorted(p for p in Path(folder).rglob("*") if p.is_file())
        return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
