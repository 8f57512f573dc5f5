"""Searches in the registry and among logged models: the same finds in the same order, or the same refusal.

The cases are in `data/*-filters.txt`, one in a line. What the reference finds on a case is found on ours.
"""

import time
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from harness.reference import Reference
from harness.wire import Wire, fresh_name
from test_filters import cases, compare_refusals, message_start

KINDS = ["model", "version", "logged-model"]
CASES = [
    (kind, *(part.strip() for part in f"{case} |".split("|")[:2]))
    for kind in KINDS
    for case in cases(f"{kind}-filters")
]
NAMES = ["beta", "Alpha", "gamma", "alpha two", "delta"]
Answers = Callable[[str, str, str, str], Any]


def number_tags(i: int) -> list[dict[str, str]]:
    tags = {"n": str(i), "parity": "odd" if i % 2 else "even", "with blank": "yes" if i == 3 else "no"}
    if i in {1, 2}:
        tags |= {"extra": "yes", "with.dots": "yes"}
    return [{"key": key, "value": value} for key, value in tags.items()]


def seed(wire: Wire) -> dict[str, str]:
    """Something of each kind to search in; what the words in the cases stand for."""
    group, experiment_id = fresh_name("group"), wire.new_experiment()
    run_id = wire.new_run(experiment_id)
    source = wire.run(run_id)["info"]["artifact_uri"]
    for i, name in enumerate(NAMES):
        wire.new_model(name=f"{group} {name}", tags=number_tags(i))
        for j in range(i % 3):
            wire.new_version(f"{group} {name}", source=f"s3://bucket/{j}", tags=number_tags(j))
            wait_a_tick()
        if i < 2:
            wire.new_version(f"{group} {name}", source=source, run_id=run_id, tags=number_tags(2))
        seed_logged_model(wire, experiment_id, run_id, i)
        wait_a_tick()
    prompt = [{"key": "mlflow.prompt.is_prompt", "value": "true"}]
    wire.new_model(name=f"{group} prompt", tags=[*prompt, {"key": "parity", "value": "even"}])
    for text in ("Hello {{name}}", "Good day {{name}}"):
        text_tag = {"key": "mlflow.prompt.text", "value": text}
        wire.new_version(f"{group} prompt", source="dummy-source", tags=[*prompt, text_tag])
        wait_a_tick()
    return {"<group>": group, "<GROUP>": group.upper(), "<run>": run_id, "<experiment>": experiment_id}


def seed_logged_model(wire: Wire, experiment_id: str, run_id: str, i: int) -> None:
    params = {"lr": str(i / 10), "with blank": "yes" if i == 3 else "no"} | ({"few": "yes"} if i in {1, 2} else {})
    model = wire.new_logged_model(
        experiment_id,
        name=NAMES[i],
        model_type="agent" if i < 3 else "classifier",
        source_run_id=run_id if i < 2 else "",
        params=[{"key": key, "value": value} for key, value in params.items()],
        tags=number_tags(i),
    )
    metrics = {"loss": i / 10, "with blank": i} | ({"few": 5 - i} if i in {1, 2} else {})
    wire.post(
        "runs/log-batch",
        run_id=run_id,
        metrics=[
            {"key": key, "value": value, "timestamp": 1000 + i, "model_id": model["model_id"]}
            for key, value in metrics.items()
        ],
    ).ok()


def wait_a_tick() -> None:
    """Times have milliseconds, and orders are by time."""
    time.sleep(0.002)


@pytest.fixture(scope="session")
def answer() -> Answers:
    """What a search of a kind answers, by server, filter and order; each is asked once."""
    seeded = cache(lambda url: seed(Wire(url)))

    @cache
    def ask(url: str, kind: str, filter_string: str, order: str) -> Any:
        words, wire = seeded(url), Wire(url)
        for word, value in words.items():
            filter_string = filter_string.replace(word, value)
        clauses = [clause.strip() for clause in order.split(",") if clause]
        if kind == "logged-model":
            found = search_logged_models(wire, words["<experiment>"], filter_string, clauses)
        else:
            path = "registered-models/search" if kind == "model" else "model-versions/search"
            found = wire.get(path, filter=filter_string, order_by=clauses, max_results=1000)
        if found.status != 200:
            return found.status, found.body.get("error_code"), message_start(found.body.get("message", ""))
        return [name for entity in entities(found.body) for name in short(entity, words["<group>"])]

    return ask


def search_logged_models(wire: Wire, experiment_id: str, filter_string: str, clauses: list[str]) -> Any:
    order = [{"field_name": clause.lstrip("-"), "ascending": not clause.startswith("-")} for clause in clauses]
    return wire.post(
        "logged-models/search", experiment_ids=[experiment_id], filter=filter_string or None, order_by=order
    )


def entities(body: dict[str, Any]) -> list[dict[str, Any]]:
    kinds = ("registered_models", "model_versions", "models")
    return next((body[kind] for kind in kinds if kind in body), [])


def short(entity: dict[str, Any], group: str) -> list[str]:
    """A name without the group's; nothing for what other tests have left."""
    if "info" in entity:
        return [entity["info"]["name"]]
    found = f"{entity['name'].removeprefix(group).strip()} {entity.get('version', '')}".strip()
    return [found] if entity["name"].startswith(group) else []


@pytest.mark.parametrize(("kind", "filter_string", "order"), CASES)
def test_search(
    answer: Answers, any_server: str, reference: Reference, kind: str, filter_string: str, order: str
) -> None:
    expected = answer(reference.url, kind, filter_string, order)
    found = answer(any_server, kind, filter_string, order)
    if isinstance(expected, list):
        assert found == expected
    else:
        compare_refusals(found, expected)


def test_the_cases_are_what_they_say(answer: Answers, reference: Reference) -> None:
    """Most filters find some and not all: one that finds nothing anywhere would compare nothing."""
    sizes = [len(found) for case in CASES if isinstance(found := answer(reference.url, *case), list)]
    refused = len(CASES) - len(sizes)
    assert refused > 60
    assert len([size for size in sizes if size > 0]) > 110
