"""Unmodified scripts that make models and use them: what is left on ours is what is left on the reference.

Two at a time: most of their time they import libraries.
"""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import pytest
from harness.clients import run_script
from harness.reference import Reference
from mlflow import MlflowClient
from mlflow.entities import LoggedModel, Run
from scenarios.model_view import logged_model_view, registered_model_view, version_view
from scenarios.view import comparable, run_view, unique

SCRIPTS = ["autolog.py", "model_lifecycle.py"]
IS_PROMPT = "tags.`mlflow.prompt.is_prompt` = 'true'"
Outcome = Callable[[str, str], Any]


@pytest.fixture(scope="session")
def outcome() -> Iterator[Outcome]:
    """What a script printed and left on a server, by the server's URL and the script's name; each is run once."""
    with ThreadPoolExecutor(len(SCRIPTS)) as pool:
        started = cache(lambda url: {script: pool.submit(run, script, url) for script in SCRIPTS})
        yield cache(lambda url, script: left_behind(url, *started(url)[script].result()))


def run(script: str, url: str) -> tuple[str, str]:
    """Runs a script in an experiment of its own; the name of the experiment, and what was printed."""
    name = unique("script")
    environment = {
        "MLFLOW_TRACKING_URI": url,
        "MLFLOW_EXPERIMENT_NAME": name,
        # The client loads each model in a process of its own to see what it imports; after this time it guesses.
        "MLFLOW_REQUIREMENTS_INFERENCE_TIMEOUT": "1",
    }
    return name, run_script("mlflow3", script, timeout=140, **environment)


def left_behind(url: str, name: str, printed: str) -> Any:
    """What the script printed, and everything its experiment and the registry hold of it."""
    client = MlflowClient(tracking_uri=url, registry_uri=url)
    experiment_id = client.get_experiment_by_name(name).experiment_id
    runs = client.search_runs([experiment_id])
    models = client.search_logged_models([experiment_id])
    names = {run.info.run_id: run.info.run_name for run in runs} | {model.model_id: model.name for model in models}
    registered = f"name LIKE '{name.replace(' ', '-')}%'"
    return comparable(
        {
            "printed": [line for line in printed.splitlines() if not line.startswith(("🏃", "🧪"))],
            "runs": in_order(whole_run(client, run, names) for run in runs),
            "models": in_order(whole_model(client, model) for model in models),
            "registered": [
                registered_model_view(model)
                for clause in (registered, f"{registered} AND {IS_PROMPT}")
                for model in client.search_registered_models(clause)
            ],
            "versions": [
                version_view(version)
                for clause in (registered, f"{registered} AND {IS_PROMPT}")
                for version in client.search_model_versions(clause, order_by=["name", "version_number"])
            ],
        }
    )


def whole_run(client: MlflowClient, run: Run, names: dict[str, str]) -> dict[str, Any]:
    """Everything of a run, with names where others have ids, and without what a clock measured."""
    run_id = run.info.run_id
    view = run_view(client.get_run(run_id))
    view["metrics"] = {key: value for key, value in view["metrics"].items() if "_time" not in key}
    outputs = run.outputs.model_outputs if run.outputs else []
    return view | {
        "parent": names.get(view["tags"].get("mlflow.parentRunId", "")),
        "artifacts": tree(lambda path: client.list_artifacts(run_id, path)),
        "outputs": sorted((names[output.model_id], output.step) for output in outputs),
    }


def whole_model(client: MlflowClient, model: LoggedModel) -> dict[str, Any]:
    """Everything of a logged model, without what a clock measured."""
    view = logged_model_view(model)
    view["metrics"] = [metric for metric in view["metrics"] if "_time" not in metric[0]]
    return view | {"files": tree(lambda path: client.list_logged_model_artifacts(model.model_id, path))}


def tree(list_below: Callable[[str | None], Any], path: str | None = None) -> list[str]:
    """The path of every file."""
    found = []
    for entry in list_below(path):
        found += tree(list_below, entry.path) if entry.is_dir else [entry.path]
    return sorted(found)


def in_order(values: Iterator[Any]) -> list[Any]:
    """Of things that have nothing but random names and times."""
    return sorted(map(comparable, values), key=lambda value: json.dumps(value, sort_keys=True))


@pytest.mark.parametrize("script", SCRIPTS)
def test_script(any_server: str, script: str, outcome: Outcome, reference: Reference) -> None:
    expected = outcome(reference.url, script)
    assert expected["runs"]
    assert expected["models"]
    if any_server != reference.url:
        assert outcome(any_server, script) == expected
