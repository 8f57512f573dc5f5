"""Prompts, which ride on the registry of models: versions, aliases, tags, search, and being hidden among models."""

import threading
from typing import Any

import mlflow
from mlflow import MlflowClient

from scenarios.model_view import prompt_view, refusals
from scenarios.registry import mlflow3_scenario, scenario
from scenarios.view import attempt, new_experiment, unique

def new_name(word: str) -> str:
    """Prompts have names without blanks."""
    return unique(word).replace(" ", "-")


def await_links() -> None:
    """The client notes in the background which experiments a prompt was used in."""
    for thread in threading.enumerate():
        if thread.name.startswith("link_prompt"):
            thread.join()


@scenario
def hidden_among_models(client: MlflowClient) -> Any:
    """A prompt is a registered model that searches do not find, unless they ask for prompts."""
    group = new_name("group")
    client.create_registered_model(f"{group}-model", tags={"k": "v"})
    client.create_registered_model(f"{group}-bare")
    client.create_model_version(f"{group}-model", "s3://bucket/x")
    prompt = mlflow.register_prompt(f"{group}-prompt", "Hello {{name}}")
    mlflow.register_prompt(f"{group}-prompt", "Hello again, {{name}}")
    mlflow.set_prompt_alias(f"{group}-prompt", "first", 1)
    loaded = mlflow.load_prompt(f"prompts:/{group}-prompt@first")
    await_links()

    def models(clause: str) -> list[str]:
        found = client.search_registered_models(f"name LIKE '{group}%'{clause}")
        return [model.name.removeprefix(f"{group}-") for model in found]

    def versions(clause: str) -> list[str]:
        found = client.search_model_versions(f"name LIKE '{group}%'{clause}", order_by=["name", "version_number"])
        return [f"{version.name.removeprefix(f'{group}-')} {version.version}" for version in found]

    tag = "tag.`mlflow.prompt.is_prompt`"
    clauses = ["", " AND tags.k = 'v'", *(f" AND {tag} {end}" for end in ("= 'true'", "!= 'true'", "= 'false'"))]
    return {
        "models": {clause: models(clause) for clause in clauses},
        "versions": {clause: versions(clause) for clause in clauses},
        "prompt": (prompt.name, int(prompt.version), prompt.template, loaded.template, loaded.format(name="Ann")),
        "refused": refusals(
            {
                "a prompt with the name of a model": lambda: mlflow.register_prompt(f"{group}-model", "text"),
                "a model with the name of a prompt": lambda: client.create_registered_model(f"{group}-prompt"),
                "unknown version": lambda: mlflow.load_prompt(f"prompts:/{group}-prompt/9"),
            }
        ),
    }


@mlflow3_scenario
def registered_and_loaded(client: MlflowClient) -> Any:
    new_experiment()
    name = new_name("greeting")
    first = mlflow.genai.register_prompt(name, "Hello {{name}}, é", commit_message="first", tags={"author": "Ann"})
    mlflow.genai.register_prompt(name, "Good day, {{title}} {{name}}")
    chat = mlflow.genai.register_prompt(
        new_name("chat"),
        [{"role": "system", "content": "Be {{style}}."}, {"role": "user", "content": "{{question}}"}],
        response_format={"type": "object", "properties": {"answer": {"type": "string"}}},
        model_config={"model_name": "some-model", "temperature": 0.5},
    )
    mlflow.genai.set_prompt_alias(name, "production", 1)
    loaded = [
        mlflow.genai.load_prompt(name, version=2),
        mlflow.genai.load_prompt(f"prompts:/{name}/1"),
        mlflow.genai.load_prompt(f"prompts:/{name}@production"),
        mlflow.genai.load_prompt(f"prompts:/{name}@latest"),
        mlflow.genai.load_prompt(chat.name, version=1),
    ]
    mlflow.genai.set_prompt_alias(name, "production", 2)
    moved = mlflow.genai.load_prompt(f"prompts:/{name}@production", cache_ttl_seconds=0).version
    mlflow.genai.delete_prompt_alias(name, "production")
    missing = [
        mlflow.genai.load_prompt(f"prompts:/{name}@production", allow_missing=True, cache_ttl_seconds=0),
        mlflow.genai.load_prompt("nobody-has-this-name", version=1, allow_missing=True),
    ]
    await_links()
    errors = refusals(
        {
            "unknown version": lambda: mlflow.genai.load_prompt(name, version=9),
            "unknown alias": lambda: mlflow.genai.load_prompt(f"prompts:/{name}@nobody"),
            "unknown prompt": lambda: mlflow.genai.load_prompt("nobody-has-this-name", version=1),
            "a name that cannot be": lambda: mlflow.genai.register_prompt("a b", "text"),
            "a reserved alias": lambda: mlflow.genai.set_prompt_alias(name, "latest", 1),
        }
    )
    formatted = [first.format(name="Ann"), loaded[-1].format(style="kind", question="why?")]
    extra = (loaded[-1].response_format, loaded[-1].model_config)
    views = [prompt_view(p) for p in (first, chat, *loaded)]
    return views, int(moved), missing, errors, formatted, extra


@mlflow3_scenario
def tagged_searched_and_deleted(client: MlflowClient) -> Any:
    experiment_id = new_experiment()
    group = new_name("group")
    for word in ("beta", "alpha", "gamma"):
        mlflow.genai.register_prompt(f"{group}-{word}", f"{word} {{{{x}}}}", commit_message=word)
        mlflow.genai.set_prompt_tag(f"{group}-{word}", "word", word)
    mlflow.genai.register_prompt(f"{group}-alpha", "again {{x}}")
    mlflow.genai.set_prompt_version_tag(f"{group}-alpha", 1, "reviewed", "yes")
    mlflow.genai.set_prompt_version_tag(f"{group}-alpha", 1, "gone", "soon")
    mlflow.genai.delete_prompt_version_tag(f"{group}-alpha", 1, "gone")
    mlflow.genai.delete_prompt_tag(f"{group}-gamma", "word")
    await_links()

    def find(filter_string: str) -> list[str]:
        return sorted(p.name.removeprefix(f"{group}-") for p in mlflow.genai.search_prompts(filter_string))

    found = {
        "all": find(f"name LIKE '{group}%'"),
        "tag": find(f"name LIKE '{group}%' AND tags.word = 'alpha'"),
        "experiment": find(f'experiment_id = "{experiment_id}"'),
        "nowhere": find('experiment_id = "987654321"'),
    }
    prompt = client.get_prompt(f"{group}-alpha")
    versions = client.search_prompt_versions(f"{group}-alpha")
    numbers = sorted(int(v.version) for v in getattr(versions, "prompt_versions", versions))
    first = prompt_view(client.get_prompt_version(f"{group}-alpha", 1))
    client.delete_prompt_version(f"{group}-alpha", "1")
    client.delete_prompt(f"{group}-beta")
    gone = attempt(lambda: client.get_prompt_version(f"{group}-alpha", 1)), client.get_prompt(f"{group}-beta")
    left = find(f"name LIKE '{group}%'")
    return found, (prompt.name, prompt.description, dict(sorted(prompt.tags.items()))), numbers, first, gone, left
