"""MLflow's Java client: what it reads back from ours is what it reads back from the reference.

Maven builds the program in `java/`. It needs the network only once, for what it keeps in its repository afterwards.
"""

import json
import subprocess
import uuid
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from harness.reference import Reference
from harness.runledger import REPOSITORY
from scenarios.view import comparable

PROJECT = REPOSITORY / "tests" / "java"
BUILT = REPOSITORY / ".cache" / "java-client"


@pytest.fixture(scope="session")
def tour() -> Callable[[str], dict[str, Any]]:
    """Everything the program reads back from a server, by its URL."""
    command("mvn", "--quiet", "--batch-mode", "--file", str(PROJECT), "compile")
    classpath = f"{BUILT}/classes:{BUILT}/libraries/*"

    @cache
    def read_back(url: str) -> dict[str, Any]:
        printed = command("java", "-cp", classpath, "runledger.Tour", url, uuid.uuid4().hex)
        lines = (line.split("\t", 1) for line in printed.splitlines())
        return {name: comparable(in_order(json.loads(text))) for name, text in lines}

    return read_back


def command(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, timeout=140)
    assert done.returncode == 0, f"{words} ended with {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def in_order(value: Any) -> Any:
    """The same value, with lists sorted whose order the protocol leaves open, and without the ids of experiments.

    An error is its code and its message.
    """
    if isinstance(value, list):
        values = [in_order(v) for v in value]
        for key in ("key", "version"):
            if values and isinstance(values[0], dict) and key in values[0]:
                return sorted(values, key=lambda v: v[key])
        return values
    if not isinstance(value, dict):
        return value
    if "error_code" in value:
        return value["error_code"], value["message"]
    found = {key: in_order(v) for key, v in value.items()}
    return found | {key: "<experiment>" for key in found if key == "experimentId"}


def test_the_tour(any_server: str, tour: Callable[[str], dict[str, Any]], reference: Reference) -> None:
    expected = tour(reference.url)
    assert len(expected) == 26
    assert "accepted" not in expected.values()
    if any_server != reference.url:
        assert tour(any_server) == expected
