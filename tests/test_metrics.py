"""The metrics: `docs/metrics.md` is what the processes show, and what users name makes no new series.

To write the page anew, run this with `RUNLEDGER_WRITE_DOCS=1`.
"""

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from harness.deployment import Deployment, Services
from harness.prometheus import metrics_of
from harness.roles import SAMPLE, Role
from harness.runledger import REPOSITORY
from harness.waiting import wait_until
from harness.wire import API, ARTIFACTS, Wire

PAGE = REPOSITORY / "docs" / "metrics.md"
NAMES = 1_000
# Of these labels the values are few, and told.
TOLD = {"operation", "outcome", "queue", "what"}
WORDS = ("seconds", "bytes", "requests", "connections", "panics", "events", "points", "shards", "messages", "uploads")
UNITS = {"timestamp_seconds": "seconds since 1970", **{word: word for word in WORDS}}
HEAD = """# Metrics

What `/metrics` shows, at `--listen` and at `--admin-listen`, in Prometheus' text format. `runledger server` has all of them, and those of
the queue with a RabbitMQ. A test reads this page from running processes. No label has values that users make
up. What each is good for, the dashboard and the alerts in `compose/` show; [operating.md](operating.md#alerts) says what to do.

| metric | type | labels | unit | meaning | where |
|---|---|---|---|---|---|
"""


@dataclass
class Metric:
    """What processes tell of a metric."""

    kind: str = ""
    meaning: str = ""
    labels: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    roles: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def deployment(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with services.deployment(tmp_path_factory.mktemp("metrics")) as made:
        made.start()
        yield made


def test_the_page_is_what_the_processes_show(deployment: Deployment) -> None:
    wire = Wire(deployment.apis[0].url)
    use(wire, wire.new_run("0"), "some", 1)
    deployment.await_uploads()
    metrics: dict[str, Metric] = defaultdict(Metric)

    def depths() -> bool:
        return "runledger_queue_messages{" in deployment.apis[0].metrics_text()

    wait_until("the queues were looked at", depths)
    for role in (deployment.apis[0], deployment.workers[0], deployment.projectors[0]):
        read(role, metrics)
    page = HEAD + "".join(row(name, metrics[name]) for name in sorted(metrics))
    if "RUNLEDGER_WRITE_DOCS" in os.environ:
        PAGE.write_text(page)
    assert PAGE.read_text() == page, "docs/metrics.md is out of date; run this test with RUNLEDGER_WRITE_DOCS=1"

    assert metrics.keys() == in_the_code(), "a metric of the code that no process shows, or the reverse"
    for name, metric in metrics.items():
        assert (metric.kind == "counter") == name.endswith("_total"), name
        assert metric.meaning.endswith("."), name


def test_names_that_users_make_up_are_no_series(deployment: Deployment) -> None:
    api = deployment.apis[0]
    wire = Wire(api.url)
    use(wire, wire.new_run("0"), "before", 2)
    deployment.await_uploads()
    before = series(deployment)
    use(wire, wire.new_run("0"), "after", NAMES)
    deployment.await_uploads()
    assert series(deployment) - before == set()


def use(wire: Wire, run_id: str, word: str, number: int) -> None:
    """Logs under so many names, and asks for as many paths that nobody knows."""
    names = [f"{word} {each}" for each in range(number)]
    for some in (names[start : start + 100] for start in range(0, number, 100)):
        points = [{"key": name, "value": 1.0, "timestamp": 1, "step": 0} for name in some]
        pairs = [{"key": name, "value": name} for name in some]
        wire.post("runs/log-batch", run_id=run_id, metrics=points, params=pairs, tags=pairs).ok()
    for name in names[:100]:
        wire.request("PUT", f"{ARTIFACTS}/0/{run_id}/artifacts/{name}.bin", data=b"content").ok()
        wire.new_experiment(name=f"{run_id} {name}")
    for name in names[:250]:
        assert wire.request("GET", f"/{name}/{name}").status in (200, 404)
        assert wire.request("GET", f"{API}/{name}").status == 404
        assert wire.request(f"M{names.index(name)}", f"{API}/runs/get").status in (404, 405)
        assert wire.get("runs/get", run_id=name).status == 404


def series(deployment: Deployment) -> set[str]:
    """Each series of each process, by name and labels."""
    return {
        f"{role.role} {sample['name']}{{{sample['labels'] or ''}}}"
        for role in deployment.roles
        for sample in SAMPLE.finditer(role.metrics_text())
    }


def read(role: Role, metrics: dict[str, Metric]) -> None:
    text = role.metrics_text()
    for name, meaning in re.findall(r"^# HELP (\w+) (.*)$", text, re.MULTILINE):
        metrics[name].meaning = meaning
        metrics[name].roles.append(role.role)
    for name, kind in re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE):
        metrics[name].kind = kind
    for sample in SAMPLE.finditer(text):
        [name] = metrics_of(sample["name"]) if sample["name"] not in metrics else [sample["name"]]
        for label, value in re.findall(r'(\w+)="([^"]*)"', sample["labels"] or ""):
            if label != "le":
                metrics[name].labels[label].add(value)


def row(name: str, metric: Metric) -> str:
    unit = next((unit for suffix, unit in UNITS.items() if name.removesuffix("_total").endswith(f"_{suffix}")), "")
    labels = [
        f"`{label}`: {', '.join(sorted(values))}" if label in TOLD else f"`{label}`"
        for label, values in sorted(metric.labels.items())
    ]
    cells = [f"`{name}`", metric.kind, "; ".join(labels), unit, metric.meaning, ", ".join(metric.roles)]
    return f"| {' | '.join(cells)} |\n"


def in_the_code() -> set[str]:
    """The names of metrics in the sources of our crates, each of which a help follows."""
    found: set[str] = set()
    for folder in ("api", "crates", "ingest-worker", "projector", "server"):
        for path in (REPOSITORY / folder).rglob("*.rs"):
            found |= set(re.findall(r'"(runledger_[a-z_]+)",', Path(path).read_text()))
    return found
