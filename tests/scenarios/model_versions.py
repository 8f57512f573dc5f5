"""Versions of registered models: their sources, stages, tags, deletion and search."""

import time
from typing import Any

import mlflow
from mlflow import MlflowClient

from scenarios.model_view import pages, refusals, registered_model_view, version_view
from scenarios.registered_models import with_versions
from scenarios.registry import scenario
from scenarios.view import artifact_digests, new_experiment, unique


def run_with_files(client: MlflowClient) -> Any:
    """A run with something like a model among its artifacts."""
    new_experiment()
    with mlflow.start_run(run_name="source") as run:
        mlflow.log_text("weights", "model/weights.txt")
    return client.get_run(run.info.run_id)


@scenario
def from_a_run(client: MlflowClient) -> Any:
    run = run_with_files(client)
    run_id, name = run.info.run_id, with_versions(client, 0)
    by_run = client.create_model_version(
        name, f"runs:/{run_id}/model", run_id, tags={"a": "1", "b": "é"}, description="first", run_link="http://x/run"
    )
    by_place = client.create_model_version(name, f"{run.info.artifact_uri}/model", run_id)
    elsewhere = client.create_model_version(name, "s3://bucket/model")
    versions = [client.get_model_version(name, v.version) for v in (by_run, by_place, elsewhere)]
    uris = [client.get_model_version_download_uri(name, v.version) for v in versions]
    other = client.create_run(run.info.experiment_id).info.run_id
    errors = refusals(
        {
            "of another run": lambda: client.create_model_version(name, f"{run.info.artifact_uri}/model", other),
            "of no run": lambda: client.create_model_version(name, f"{run.info.artifact_uri}/model"),
            "of an unknown run": lambda: client.create_model_version(name, f"{run.info.artifact_uri}/model", "f" * 32),
            "of the machine": lambda: client.create_model_version(name, "/etc", run_id),
            "of the machine, as a URL": lambda: client.create_model_version(name, "file:///etc"),
            "a way out": lambda: client.create_model_version(name, f"{run.info.artifact_uri}/../../x", run_id),
            "unknown model": lambda: client.create_model_version("nobody has this name", "s3://bucket/x"),
            "unknown version": lambda: client.get_model_version(name, "9"),
            "download of an unknown version": lambda: client.get_model_version_download_uri(name, "9"),
        }
    )
    return version_view(by_run), [version_view(v) for v in versions], uris, errors, artifact_digests(run_id)


@scenario
def copied(client: MlflowClient) -> Any:
    """A copy points at the version it was made from, and is downloaded from where that one lies."""
    run = run_with_files(client)
    name, target = with_versions(client, 0), unique("target")
    client.create_model_version(name, f"runs:/{run.info.run_id}/model", run.info.run_id, tags={"k": "v"})
    client.set_registered_model_alias(name, "champion", "1")
    first = client.copy_model_version(f"models:/{name}/1", target)
    second = client.copy_model_version(f"models:/{name}@champion", target)
    third = client.copy_model_version(f"models:/{target}/1", target)
    versions = [client.get_model_version(target, v.version) for v in (first, second, third)]
    uris = [client.get_model_version_download_uri(target, v.version) for v in versions]
    errors = refusals(
        {
            "unknown version": lambda: client.copy_model_version(f"models:/{name}/9", target),
            "unknown model": lambda: client.copy_model_version("models:/nobody/1", target),
            "no model": lambda: client.copy_model_version("runs:/x/y", target),
        }
    )
    return [version_view(v) for v in versions], uris, errors


@scenario
def described_and_tagged(client: MlflowClient) -> Any:
    name = with_versions(client, 2)
    described = client.update_model_version(name, "1", "a *note*")
    client.set_model_version_tag(name, "1", "a", "1")
    client.set_model_version_tag(name, "1", "a", "changed")
    client.set_model_version_tag(name, "1", "b", 2)
    client.delete_model_version_tag(name, "1", "b")
    client.delete_model_version_tag(name, "1", "never there")
    errors = refusals(
        {
            "description of an unknown version": lambda: client.update_model_version(name, "9", "d"),
            "tag of an unknown version": lambda: client.set_model_version_tag(name, "9", "k", "v"),
            "a long key": lambda: client.set_model_version_tag(name, "1", "k" * 251, "v"),
            "a long value": lambda: client.set_model_version_tag(name, "1", "k", "v" * 100_001),
        }
    )
    views = [version_view(client.get_model_version(name, v)) for v in "12"]
    return version_view(described), views, errors


@scenario
def stages(client: MlflowClient) -> Any:
    name = with_versions(client, 5)

    def move(version: str, stage: str, archive: bool = False) -> Any:
        return client.transition_model_version_stage(name, version, stage, archive_existing_versions=archive)

    def now() -> list[str]:
        return [client.get_model_version(name, str(v)).current_stage for v in range(1, 6)]

    seen = []
    for version, stage, archive in (
        ("1", "Production", False),
        ("2", "production", False),
        ("3", "Staging", False),
        ("4", "STAGING", True),
        ("5", "Production", True),
        ("5", "None", False),
        ("4", "Archived", False),
        ("3", "Staging", True),
    ):
        seen.append((move(version, stage, archive).current_stage, now()))

    latest = {
        wanted: sorted((v.current_stage, str(v.version)) for v in client.get_latest_versions(name, wanted.split()))
        for wanted in ("", "None", "staging Production", "Archived")
    }
    errors = refusals(
        {
            "no stage": lambda: move("1", "Live"),
            "unknown version": lambda: move("9", "Staging"),
            "unknown model": lambda: client.transition_model_version_stage("nobody has this name", "1", "Staging"),
            "latest of no stage": lambda: client.get_latest_versions(name, ["Live"]),
        }
    )
    model = registered_model_view(client.get_registered_model(name))
    known = client.get_model_version_stages(name, "1")
    return seen, latest, errors, model, known


@scenario
def deleted(client: MlflowClient) -> Any:
    """A number is given once: the next version after the last was deleted has a number of its own."""
    name = with_versions(client, 3)
    client.delete_model_version(name, "3")
    client.delete_model_version(name, "1")
    errors = refusals(
        {
            "get": lambda: client.get_model_version(name, "3"),
            "again": lambda: client.delete_model_version(name, "3"),
            "tag": lambda: client.set_model_version_tag(name, "3", "k", "v"),
            "alias": lambda: client.set_registered_model_alias(name, "a", "3"),
            "stage": lambda: client.transition_model_version_stage(name, "3", "Staging"),
        }
    )
    after = client.create_model_version(name, "s3://bucket/after")
    left = [str(v.version) for v in client.search_model_versions(f"name = '{name}'", order_by=["version_number"])]
    return errors, version_view(after), left, registered_model_view(client.get_registered_model(name))


@scenario
def searched(client: MlflowClient) -> Any:
    run = run_with_files(client)
    run_id, group = run.info.run_id, unique("group")
    for model in ("first", "second"):
        client.create_registered_model(f"{group} {model}")
        for i in range(3):
            tags = {"n": str(i), "parity": "odd" if i % 2 else "even"}
            if i:
                client.create_model_version(f"{group} {model}", f"s3://bucket/{model}/{i}", tags=tags)
            else:
                client.create_model_version(f"{group} {model}", f"runs:/{run_id}/model", run_id, tags=tags)
            time.sleep(0.002)
    client.set_registered_model_alias(f"{group} first", "champion", "1")
    ours = f"name LIKE '{group}%'"

    def short(versions: Any) -> list[str]:
        return [f"{v.name.removeprefix(f'{group} ')} {v.version}" for v in versions]

    def find(filter_string: str = "", **options: Any) -> list[str]:
        clauses = f"{ours} AND {filter_string}" if filter_string else ours
        return short(client.search_model_versions(clauses, **options))

    def page(token: str | None) -> Any:
        order = ["name DESC", "version_number ASC"]
        return client.search_model_versions(ours, max_results=4, order_by=order, page_token=token)

    return {
        "default": find(),
        "objects": [version_view(v) for v in client.search_model_versions(f"{ours} AND version_number = 1")],
        "name": find(f"name = '{group} first'"),
        "names": find(f"name IN ('{group} first', 'nobody')"),
        "run": find(f"run_id = '{run_id}'"),
        "runs": find(f"run_id IN ('{run_id}', 'x')"),
        "source": find("source_path = 's3://bucket/first/1'"),
        "source like": find("source_path LIKE 's3://%/2'"),
        "number": find("version_number > 1", order_by=["name", "version_number DESC"]),
        "tag": find("tags.parity = 'even'"),
        "two tags": find("tags.parity = 'even' AND tags.n != '0'"),
        "by time": find(order_by=["creation_timestamp ASC"]),
        "by change": find(order_by=["last_updated_timestamp DESC"]),
        "pages": [short(found) for found in pages(page)],
        "fluent": short(mlflow.search_model_versions(filter_string=ours, max_results=2)),
        "nobody": find("name = 'nobody'"),
        "refused": refusals(
            {
                "comparator": lambda: find("name > 'a'"),
                "attribute": lambda: find("colour = 'red'"),
                "list of an attribute": lambda: find("source_path IN ('a')"),
                "order": lambda: find(order_by=["colour"]),
                "no page": lambda: find(max_results=0),
                "a large page": lambda: find(max_results=200_001),
                "token": lambda: find(page_token="nonsense"),
            }
        ),
    }
