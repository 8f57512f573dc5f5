"""Many clients write to one registered model at once: every number is given once, every name is taken once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from conftest import StartServer
from harness.wire import API, Answer, Wire

CLIENTS = 32
NUMBERS = [str(n) for n in range(1, CLIENTS + 1)]


def at_once(urls: list[str], call: Callable[[Wire, int], Any]) -> list[Any]:
    """What each client's call returns; the clients spread over the servers."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(lambda i: call(Wire(urls[i % len(urls)]), i), range(CLIENTS)))


def new_version(wire: Wire, client: int) -> str:
    answer = wire.post("model-versions/create", name="wanted", source=f"s3://bucket/{client}")
    return answer.ok()["model_version"]["version"]


def version_numbers(wire: Wire) -> list[str]:
    found = wire.get("model-versions/search", filter="name = 'wanted'", order_by="version_number ASC").ok()
    return [version["version"] for version in found["model_versions"]]


def test_versions_through_two_processes(start_on_postgres: StartServer) -> None:
    urls = [start_on_postgres().url, start_on_postgres().url]
    Wire(urls[0]).post("registered-models/create", name="wanted").ok()
    given = at_once(urls, new_version)
    assert sorted(given, key=int) == NUMBERS
    for url in urls:
        wire = Wire(url)
        assert version_numbers(wire) == NUMBERS
        sources = [
            wire.get("model-versions/get", name="wanted", version=number).ok()["model_version"]["source"]
            for number in given
        ]
        assert sources == [f"s3://bucket/{client}" for client in range(CLIENTS)]
        latest = wire.get("registered-models/get", name="wanted").ok()["registered_model"]["latest_versions"]
        assert [version["version"] for version in latest] == [str(CLIENTS)]


def test_versions_through_one_process(start_server: StartServer) -> None:
    url = start_server().url
    Wire(url).post("registered-models/create", name="wanted").ok()
    assert sorted(at_once([url], new_version), key=int) == NUMBERS
    assert version_numbers(Wire(url)) == NUMBERS


def test_the_model_is_made_once(start_on_postgres: StartServer) -> None:
    """As `mlflow.register_model` does from many processes: make the model if it is not there, then a version."""
    urls = [start_on_postgres().url, start_on_postgres().url]

    def register(wire: Wire, client: int) -> tuple[str, str]:
        made = wire.post("registered-models/create", name="wanted")
        return made.body.get("error_code", ""), new_version(wire, client)

    outcomes = at_once(urls, register)
    assert sorted(code for code, _ in outcomes) == ["", *["RESOURCE_ALREADY_EXISTS"] * (CLIENTS - 1)]
    assert sorted((number for _, number in outcomes), key=int) == NUMBERS


def test_one_version_per_stage_is_left(start_on_postgres: StartServer) -> None:
    """Each client brings a version of its own into production, and archives what is there."""
    urls = [start_on_postgres().url, start_on_postgres().url]
    wire = Wire(urls[0])
    wire.post("registered-models/create", name="wanted").ok()
    for client in range(CLIENTS):
        new_version(wire, client)

    def promote(wire: Wire, client: int) -> Answer:
        fields = {"name": "wanted", "version": NUMBERS[client], "stage": "Production"}
        return wire.post("model-versions/transition-stage", archive_existing_versions=True, **fields)

    for answer in at_once(urls, promote):
        answer.ok()
    found = wire.get("model-versions/search", filter="name = 'wanted'").ok()["model_versions"]
    stages = sorted(version["current_stage"] for version in found)
    assert stages == [*["Archived"] * (CLIENTS - 1), "Production"]


def test_an_alias_points_at_one_version(start_on_postgres: StartServer) -> None:
    urls = [start_on_postgres().url, start_on_postgres().url]
    wire = Wire(urls[0])
    wire.post("registered-models/create", name="wanted").ok()
    for client in range(CLIENTS):
        new_version(wire, client)

    def point(wire: Wire, client: int) -> Answer:
        return wire.post("registered-models/alias", name="wanted", alias="champion", version=NUMBERS[client])

    for answer in at_once(urls, point):
        answer.ok()
    holders = set()
    for url in urls:
        held = Wire(url).get("registered-models/alias", name="wanted", alias="champion").ok()["model_version"]
        aliases = Wire(url).get("registered-models/get", name="wanted").ok()["registered_model"]["aliases"]
        assert aliases == [{"alias": "champion", "version": held["version"]}]
        holders.add(held["version"])
    assert len(holders) == 1


def test_deleted_numbers_are_not_given_again(start_on_postgres: StartServer) -> None:
    """While half of the clients delete what they made, the others never get a number a second time."""
    urls = [start_on_postgres().url, start_on_postgres().url]
    Wire(urls[0]).post("registered-models/create", name="wanted").ok()

    def make(wire: Wire, client: int) -> str:
        number = new_version(wire, client)
        if client % 2:
            body = {"name": "wanted", "version": number}
            wire.request("DELETE", f"{API}/model-versions/delete", json=body).ok()
        return number

    given = at_once(urls, make)
    assert sorted(given, key=int) == NUMBERS
    kept = [number for client, number in enumerate(given) if client % 2 == 0]
    assert version_numbers(Wire(urls[1])) == sorted(kept, key=int)
