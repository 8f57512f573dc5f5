"""Experiments: creation, tags, renaming, deletion with all runs, search."""

from typing import Any

import mlflow
from mlflow import MlflowClient

from scenarios.registry import scenario
from scenarios.view import attempt, experiment_view, new_experiment, unique


@scenario
def created(client: MlflowClient) -> Any:
    name = unique("created")
    experiment_id = client.create_experiment(name, tags={"team": "vision", "note": "é"})
    by_id, by_name = client.get_experiment(experiment_id), client.get_experiment_by_name(name)
    assert dict(by_id) == dict(by_name)
    refused = [
        attempt(lambda: client.create_experiment(name)),
        attempt(lambda: client.create_experiment("")),
        attempt(lambda: client.get_experiment("987654321")),
    ]
    return experiment_view(by_id), refused, client.get_experiment_by_name(unique("nobody"))


@scenario
def set_twice(client: MlflowClient) -> Any:
    """`set_experiment` makes it once and finds it afterwards."""
    name = unique("set")
    first, second = mlflow.set_experiment(name), mlflow.set_experiment(name)
    assert first.experiment_id == second.experiment_id
    by_id = mlflow.set_experiment(experiment_id=first.experiment_id)
    return experiment_view(by_id)


@scenario
def with_a_location(client: MlflowClient) -> Any:
    experiment_id = client.create_experiment(unique("located"), artifact_location="s3://bucket/there/")
    run = client.create_run(experiment_id)
    return experiment_view(client.get_experiment(experiment_id)), run.info.artifact_uri


@scenario
def tagged(client: MlflowClient) -> Any:
    experiment_id = new_experiment()
    mlflow.set_experiment_tag("a", 1)
    mlflow.set_experiment_tags({"b": "2", "c": "3"})
    client.set_experiment_tag(experiment_id, "a", "changed")
    refused = attempt(lambda: client.set_experiment_tag(experiment_id, "long", "v" * 20_001))
    return experiment_view(client.get_experiment(experiment_id)), refused


@scenario
def renamed(client: MlflowClient) -> Any:
    experiment_id = new_experiment()
    client.rename_experiment(experiment_id, unique("after"))
    return experiment_view(client.get_experiment(experiment_id))


@scenario
def deleted_and_restored(client: MlflowClient) -> Any:
    name = unique("deleted")
    experiment_id = client.create_experiment(name)
    runs = [client.create_run(experiment_id).info.run_id for _ in range(3)]
    client.delete_run(runs[0])

    def stages() -> list[str]:
        return [client.get_run(run_id).info.lifecycle_stage for run_id in runs]

    client.delete_experiment(experiment_id)
    seen = [experiment_view(client.get_experiment(experiment_id)), stages()]
    refused = [
        attempt(lambda: mlflow.set_experiment(name)),
        attempt(lambda: client.create_experiment(name)),
        attempt(lambda: client.create_run(experiment_id)),
        attempt(lambda: client.delete_experiment(experiment_id)),
        attempt(lambda: client.set_experiment_tag(experiment_id, "k", "v")),
        attempt(lambda: client.rename_experiment(experiment_id, unique("x"))),
        attempt(lambda: client.log_metric(runs[1], "m", 1)),
    ]
    assert all(refused)
    client.restore_experiment(experiment_id)
    return seen, refused, experiment_view(client.get_experiment(experiment_id)), stages()


@scenario
def searched(client: MlflowClient) -> Any:
    group = unique("group")
    names = ["beta", "Alpha", "gamma", "alpha two"]
    ids = [client.create_experiment(f"{n} {group}", tags={"group": group, "n": str(i)}) for i, n in enumerate(names)]
    client.set_experiment_tag(ids[2], "extra", "yes")
    client.delete_experiment(ids[3])
    ours = f"tags.group = '{group}'"

    def find(filter_string: str = "", **options: Any) -> list[str]:
        clauses = f"{ours} AND {filter_string}" if filter_string else ours
        found = client.search_experiments(filter_string=clauses, **options)
        return [experiment.name.split(" ")[0] for experiment in found]

    assert len(find(view_type=3)) == 4
    return {
        "default": find(),
        "deleted": find(view_type=2),
        "by name": find(order_by=["name"], view_type=3),
        "by name down": find(order_by=["name DESC"], view_type=3),
        "by id": find(order_by=["experiment_id ASC"]),
        "like": find("name LIKE 'alpha%'", view_type=3),
        "ilike": find("name ILIKE 'alpha%'", view_type=3, order_by=["name"]),
        "tag": find("tags.n != '0'", order_by=["name"]),
        "missing tag": find("tags.extra != 'no'"),
        "time": find("creation_time > 1000", order_by=["name"]),
        "id": find(f"experiment_id IN ('{ids[0]}', '{ids[1]}')", order_by=["name"]),
        "pages": find(max_results=1, order_by=["name"]),
        "refused": [
            attempt(lambda: find("name > 'a'")),
            attempt(lambda: find("colour = 'red'")),
            attempt(lambda: find("name = 'a' OR name = 'b'")),
            attempt(lambda: find(order_by=["colour"])),
        ],
    }
