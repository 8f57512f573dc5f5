"""Plain data from logged models, registered models, their versions and prompts, for scenarios to compare."""

from typing import Any

from mlflow.entities.model_registry import ModelVersion, RegisteredModel

from scenarios.view import attempt


def registered_model_view(model: RegisteredModel) -> dict[str, Any]:
    """Everything of a registered model that the client shows."""
    return {
        "name": model.name,
        "description": model.description,
        "tags": dict(sorted(model.tags.items())),
        "aliases": dict(sorted(model.aliases.items())),
        "latest_versions": sorted((v.current_stage, str(v.version)) for v in model.latest_versions),
        "has_times": bool(model.creation_timestamp and model.last_updated_timestamp),
    }


def version_view(version: ModelVersion) -> dict[str, Any]:
    """Everything of a version that the client shows."""
    return {
        "name": version.name,
        "version": str(version.version),
        "stage": version.current_stage,
        "description": version.description,
        "source": version.source,
        "run_id": version.run_id,
        "run_link": version.run_link,
        "status": version.status,
        "status_message": version.status_message,
        "tags": dict(sorted(version.tags.items())),
        "aliases": sorted(version.aliases),
        "has_times": bool(version.creation_timestamp and version.last_updated_timestamp),
    }


def logged_model_view(model: Any) -> dict[str, Any]:
    """Everything of a logged model that the client shows. The client of MLflow 2 has no such thing."""
    return {
        "name": model.name,
        "status": str(model.status),
        "status_message": model.status_message,
        "model_type": model.model_type,
        "source_run_id": model.source_run_id,
        "artifact_location": model.artifact_location,
        "params": dict(sorted(model.params.items())),
        "tags": dict(sorted(model.tags.items())),
        "metrics": sorted(
            (m.key, m.step, m.value, m.dataset_name or "", m.dataset_digest or "", bool(m.run_id))
            for m in model.metrics or []
        ),
        "has_times": bool(model.creation_timestamp and model.last_updated_timestamp),
    }


def prompt_view(prompt: Any) -> dict[str, Any]:
    """Everything of a version of a prompt that the client shows."""
    return {
        "name": prompt.name,
        "version": int(prompt.version),
        "template": prompt.template,
        "message": prompt.commit_message,
        "variables": sorted(prompt.variables),
        "tags": dict(sorted(prompt.tags.items())),
        "aliases": sorted(prompt.aliases),
        "uri": prompt.uri,
        "has_times": bool(prompt.creation_timestamp),
    }


def refusals(calls: dict[str, Any]) -> dict[str, Any]:
    """The error of each call; none of them may succeed."""
    errors = {name: attempt(call) for name, call in calls.items()}
    accepted = [name for name, error in errors.items() if error is None]
    assert not accepted, f"accepted: {accepted}"
    return errors


def pages(search: Any) -> list[list[Any]]:
    """What a search finds, page by page; `search` takes the token of a page."""
    found, token = [], None
    while True:
        page = search(token)
        found.append(list(page))
        token = page.token
        if not token:
            return found
