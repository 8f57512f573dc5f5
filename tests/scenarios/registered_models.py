"""Registered models: creation, renaming, deletion, tags, aliases, search."""

import time
from typing import Any

import mlflow
from mlflow import MlflowClient

from scenarios.model_view import pages, refusals, registered_model_view, version_view
from scenarios.registry import scenario
from scenarios.view import attempt, new_experiment, unique


def with_versions(client: MlflowClient, count: int, **fields: Any) -> str:
    """A registered model with versions whose files nobody reads."""
    name = unique("model")
    client.create_registered_model(name, **fields)
    for i in range(count):
        client.create_model_version(name, f"s3://bucket/{i}")
    return name


@scenario
def created(client: MlflowClient) -> Any:
    name = unique("created")
    made = client.create_registered_model(name, tags={"team": "vision", "note": "é"}, description="a *note*")
    bare = client.create_registered_model(unique("bare"))
    seen = [registered_model_view(model) for model in (made, client.get_registered_model(name), bare)]
    return seen, refusals(
        {
            "again": lambda: client.create_registered_model(name),
            "no name": lambda: client.create_registered_model(""),
            "blank": lambda: client.create_registered_model("  "),
            "slash": lambda: client.create_registered_model("a/b"),
            "colon": lambda: client.create_registered_model("a:b"),
            "unknown": lambda: client.get_registered_model("nobody has this name"),
        }
    )


@scenario
def described_and_renamed(client: MlflowClient) -> Any:
    name = with_versions(client, 2, tags={"k": "v"})
    client.set_registered_model_alias(name, "champion", "1")
    client.update_registered_model(name, "described")
    taken, after = with_versions(client, 0), unique("after")
    client.rename_registered_model(name, after)
    moved = [version_view(client.get_model_version(after, v)) for v in "12"]
    by_alias = client.get_model_version_by_alias(after, "champion").version
    errors = refusals(
        {
            "the old name": lambda: client.get_registered_model(name),
            "a version by the old name": lambda: client.get_model_version(name, "1"),
            "a name that is taken": lambda: client.rename_registered_model(after, taken),
            "an unknown model": lambda: client.rename_registered_model("nobody has this name", unique("x")),
            "description of an unknown model": lambda: client.update_registered_model("nobody has this name", "d"),
        }
    )
    renamed = registered_model_view(client.get_registered_model(after))
    # The old name is free again, and starts anew.
    client.create_registered_model(name)
    anew = client.create_model_version(name, "s3://bucket/anew").version
    return renamed, moved, str(by_alias), errors, str(anew)


@scenario
def deleted(client: MlflowClient) -> Any:
    name = with_versions(client, 2)
    client.set_registered_model_alias(name, "champion", "2")
    client.delete_registered_model(name)
    errors = refusals(
        {
            "get": lambda: client.get_registered_model(name),
            "version": lambda: client.get_model_version(name, "1"),
            "alias": lambda: client.get_model_version_by_alias(name, "champion"),
            "again": lambda: client.delete_registered_model(name),
            "a new version": lambda: client.create_model_version(name, "s3://bucket/x"),
            "a tag": lambda: client.set_registered_model_tag(name, "k", "v"),
            "latest": lambda: client.get_latest_versions(name),
        }
    )
    left = list(client.search_model_versions(f"name = '{name}'"))
    client.create_registered_model(name)
    first = client.create_model_version(name, "s3://bucket/anew")
    return errors, left, version_view(first), registered_model_view(client.get_registered_model(name))


@scenario
def tagged(client: MlflowClient) -> Any:
    name = with_versions(client, 0, tags={"a": "1", "b": "2"})
    client.set_registered_model_tag(name, "a", "changed")
    client.set_registered_model_tag(name, "n", 5)
    client.delete_registered_model_tag(name, "b")
    client.delete_registered_model_tag(name, "never there")
    errors = refusals(
        {
            "a long key": lambda: client.set_registered_model_tag(name, "k" * 251, "v"),
            "a long value": lambda: client.set_registered_model_tag(name, "k", "v" * 100_001),
            "no key": lambda: client.set_registered_model_tag(name, "", "v"),
            "delete of an unknown model": lambda: client.delete_registered_model_tag("nobody has this name", "k"),
        }
    )
    return registered_model_view(client.get_registered_model(name)), errors


@scenario
def aliases(client: MlflowClient) -> Any:
    name = with_versions(client, 3)
    client.set_registered_model_alias(name, "champion", "1")
    client.set_registered_model_alias(name, "second", "1")
    both = version_view(client.get_model_version(name, "1"))
    client.set_registered_model_alias(name, "champion", "3")
    client.delete_registered_model_alias(name, "second")
    client.delete_registered_model_alias(name, "never-there")
    errors = refusals(
        {
            "an unknown alias": lambda: client.get_model_version_by_alias(name, "second"),
            "an unknown model": lambda: client.get_model_version_by_alias("nobody has this name", "a"),
            "an unknown version": lambda: client.set_registered_model_alias(name, "a", "9"),
            "a blank": lambda: client.set_registered_model_alias(name, "a b", "1"),
            "reserved": lambda: client.set_registered_model_alias(name, "Latest", "1"),
            "like a version": lambda: client.set_registered_model_alias(name, "v1", "1"),
            "long": lambda: client.set_registered_model_alias(name, "a" * 256, "1"),
        }
    )
    held = version_view(client.get_model_version_by_alias(name, "champion"))
    client.delete_model_version(name, "3")
    gone = attempt(lambda: client.get_model_version_by_alias(name, "champion"))
    return both, held, errors, gone, registered_model_view(client.get_registered_model(name))


@scenario
def searched(client: MlflowClient) -> Any:
    group = unique("group")
    names = ["beta", "Alpha", "gamma", "alpha two"]
    for i, name in enumerate(names):
        client.create_registered_model(f"{group} {name}", tags={"n": str(i)} | ({"extra": "yes"} if i == 2 else {}))
        time.sleep(0.002)
    client.create_model_version(f"{group} gamma", "s3://bucket/x")
    ours = f"name LIKE '{group}%'"

    def find(filter_string: str = "", **options: Any) -> list[str]:
        clauses = f"{ours} AND {filter_string}" if filter_string else ours
        return [m.name.removeprefix(f"{group} ") for m in client.search_registered_models(clauses, **options)]

    def page(token: str | None) -> Any:
        return client.search_registered_models(ours, max_results=3, order_by=["name DESC"], page_token=token)

    everything = client.search_registered_models(ours)
    return {
        "default": find(),
        "objects": [registered_model_view(model) for model in everything],
        "by name down": find(order_by=["name DESC"]),
        "by time": find(order_by=["last_updated_timestamp ASC"]),
        "by time, short": find(order_by=["timestamp DESC", "name ASC"]),
        "name": find(f"name = '{group} beta'"),
        "not the name": find(f"name != '{group} beta'"),
        "ilike": find(f"name ILIKE '{group} ALPHA%'"),
        "in": find(f"name IN ('{group} beta', '{group} gamma')"),
        "tag": find("tags.n = '1'"),
        "not the tag": find("tags.n != '1'"),
        "tag like": find("tag.`extra` ILIKE 'Y%'"),
        "missing tag": find("tags.extra != 'no'"),
        "pages": [[m.name.removeprefix(f"{group} ") for m in found] for found in pages(page)],
        "fluent": sorted(m.name for m in mlflow.search_registered_models(filter_string=ours)),
        "refused": refusals(
            {
                "comparator": lambda: find("name > 'a'"),
                "attribute": lambda: find("colour = 'red'"),
                "or": lambda: find("name = 'a' OR name = 'b'"),
                "order": lambda: find(order_by=["colour"]),
                "a large page": lambda: find(max_results=1001),
                "token": lambda: find(page_token="nonsense"),
            }
        ),
    }


@scenario
def registered_with_a_run(client: MlflowClient) -> Any:
    """`mlflow.register_model` makes the model when it is not there, and a version each time."""
    new_experiment()
    with mlflow.start_run() as run:
        mlflow.log_text("x", "model/MLmodel")
    name = unique("registered")
    source = f"runs:/{run.info.run_id}/model"
    first = mlflow.register_model(source, name, tags={"k": "v"})
    second = mlflow.register_model(source, name)
    seen = [version_view(client.get_model_version(name, v.version)) for v in (first, second)]
    return seen, registered_model_view(client.get_registered_model(name))
