"""Artifacts: logging files, folders, text, figures, tables and images; listing and reading them back."""

import tempfile
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
from mlflow import MlflowClient

from scenarios.registry import scenario
from scenarios.view import artifact_digests, artifact_tree, attempt, new_experiment


@scenario
def files_and_folders(client: MlflowClient) -> Any:
    new_experiment()
    with tempfile.TemporaryDirectory() as folder, mlflow.start_run() as run:
        for name in ("a.txt", "sub/b.json", "sub/deep/c.bin", "with space.txt", "ünï.txt", "empty"):
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"" if name == "empty" else name.encode() * 100)
        mlflow.log_artifact(f"{folder}/a.txt")
        mlflow.log_artifact(f"{folder}/a.txt", "copies/first")
        mlflow.log_artifacts(folder, "all")
        mlflow.log_artifacts(f"{folder}/sub")
    run_id = run.info.run_id
    digests = artifact_digests(run_id)
    assert len(digests) == 10
    return artifact_tree(run_id), digests, client.list_artifacts(run_id, "nope"), client.list_artifacts(run_id, "a.txt")


@scenario
def text_and_dictionaries(client: MlflowClient) -> Any:
    new_experiment()
    with mlflow.start_run() as run:
        mlflow.log_text("first\nzweitens ü", "notes/text.txt")
        mlflow.log_dict({"k": [1, 2, {"x": None}]}, "dict.json")
        mlflow.log_dict({"k": "v"}, "dict.yaml")
    uri = run.info.artifact_uri
    return [
        mlflow.artifacts.load_text(f"{uri}/notes/text.txt"),
        mlflow.artifacts.load_dict(f"{uri}/dict.json"),
        mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/dict.yaml"),
        artifact_tree(run.info.run_id),
    ]


@scenario
def tables(client: MlflowClient) -> Any:
    new_experiment()
    with mlflow.start_run() as run:
        mlflow.log_table({"q": ["a", "b"], "n": [1, 2]}, "table.json")
        mlflow.log_table({"q": ["c"], "n": [3]}, "table.json")
        table = mlflow.load_table("table.json", run_ids=[run.info.run_id])
    return table.to_dict("list"), client.get_run(run.info.run_id).data.tags["mlflow.loggedArtifacts"]


@scenario
def figures_and_images(client: MlflowClient) -> Any:
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    new_experiment()
    figure, axes = pyplot.subplots(figsize=(2, 2))
    axes.plot([0, 1], [2, 3])
    pixels = np.zeros((8, 8, 3), dtype=np.uint8)
    pixels[2:4, 2:4] = 200
    with mlflow.start_run() as run:
        mlflow.log_figure(figure, "plots/figure.png")
        mlflow.log_image(pixels, "image.png")
        mlflow.log_image(pixels, key="sample", step=1, timestamp=5)
        mlflow.flush_artifact_async_logging()
    pyplot.close(figure)
    image = mlflow.artifacts.load_image(f"{run.info.artifact_uri}/image.png")
    paths = [entry["path"] for entry in artifact_tree(run.info.run_id)]
    return (
        image.size,
        image.getpixel((2, 2)),
        sorted(paths),
        client.get_run(run.info.run_id).data.tags.get("mlflow.loggedImages"),
    )


@scenario
def downloads(client: MlflowClient) -> Any:
    new_experiment()
    with mlflow.start_run() as run:
        mlflow.log_text("one", "dir/one.txt")
        mlflow.log_text("two", "dir/deep/two.txt")
    run_id = run.info.run_id
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for path in ("dir/one.txt", "dir", "dir/deep", ""):
            target = Path(folder, path.replace("/", "_") or "root")
            target.mkdir()
            client.download_artifacts(run_id, path, str(target))
            found[path] = sorted(str(p.relative_to(target)) for p in target.rglob("*") if p.is_file())
        by_uri = mlflow.artifacts.download_artifacts(f"runs:/{run_id}/dir/one.txt", dst_path=folder)
        found["by uri"] = Path(by_uri).read_text()
        refused = attempt(lambda: client.download_artifacts(run_id, "nope.txt", folder))
    assert refused
    return found, refused["error_code"]


@scenario
def deletion(client: MlflowClient) -> Any:
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    new_experiment()
    with mlflow.start_run() as run:
        mlflow.log_text("one", "dir/one.txt")
        mlflow.log_text("two", "two.txt")
    get_artifact_repository(run.info.artifact_uri).delete_artifacts("dir")
    return artifact_tree(run.info.run_id)


@scenario
def a_folder_like_a_saved_model(client: MlflowClient) -> Any:
    new_experiment()
    with tempfile.TemporaryDirectory() as folder, mlflow.start_run() as run:
        for name in ("MLmodel", "model.pkl", "conda.yaml", "requirements.txt", "python_env.yaml"):
            Path(folder, name).write_bytes(name.encode() * 50)
        mlflow.log_artifacts(folder, "model")
    return artifact_digests(run.info.run_id)
