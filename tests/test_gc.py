"""`runledger gc` against `mlflow gc`: on equal data the same is left. It may be killed and run again at any point."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from conftest import Deploy
from harness.deployment import Deployment, Services
from harness.puts import Puts
from harness.reference import Reference
from harness.roles import words
from harness.runledger import BINARY
from harness.waiting import wait_until
from harness.wire import API, ARTIFACTS, Wire

DELETED = ("deleted", "deleted too")
EVERYTHING = {"view_type": "ALL", "max_results": 1000}


@dataclass
class Site:
    """A server with its `gc`, and the ids by name of what was made on it."""

    wire: Wire
    gc: Callable[..., "subprocess.CompletedProcess[str]"]
    experiments: dict[str, str]
    runs: dict[str, str]

    def make(self, experiments: Sequence[str] = ("kept", *DELETED)) -> None:
        """Experiments and runs, active and deleted in every combination, each run with an artifact in a folder."""
        for experiment in experiments:
            experiment_id = self.wire.new_experiment(name=experiment)
            self.experiments[experiment] = experiment_id
            for run in ("active", "deleted", "deleted later"):
                run_id = self.wire.new_run(experiment_id, run_name=run)
                self.runs[f"{experiment}/{run}"] = run_id
                self.wire.post("runs/set-tag", run_id=run_id, key="k", value="v").ok()
                self.wire.request("PUT", f"{ARTIFACTS}/{self.path(f'{experiment}/{run}')}", data=b"content").ok()
                if run == "deleted":
                    self.wire.post("runs/delete", run_id=run_id).ok()
        for experiment in DELETED:
            self.wire.post("experiments/delete", experiment_id=self.experiments[experiment]).ok()

    def path(self, run: str) -> str:
        """Of the artifact of a run."""
        return f"{self.experiments[run.split('/')[0]]}/{self.runs[run]}/artifacts/folder/file.bin"

    def left(self) -> Any:
        """What there is by name: experiments with their stage, runs with their stage and artifacts."""
        experiments = self.wire.post("experiments/search", **EVERYTHING).ok()["experiments"]
        names = {e["experiment_id"]: (e["name"], e["lifecycle_stage"]) for e in experiments if e["name"] != "Default"}
        runs = {}
        for name, run_id in self.runs.items():
            answer = self.wire.get("runs/get", run_id=run_id)
            stage = answer.body["run"]["info"]["lifecycle_stage"] if answer.status == 200 else answer.status
            runs[name] = (stage, self.artifacts(name))
        return sorted(names.values()), runs

    def artifacts(self, run: str) -> list[str]:
        """The paths below a run, whether or not the run is there."""
        answer = self.wire.request("GET", ARTIFACTS, params={"path": self.path(run).rpartition("/")[0]})
        return [file["path"] for file in answer.body.get("files", [])]


@pytest.fixture(scope="module")
def mlflow_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server of MLflow that no other test deletes from."""
    server = Reference(tmp_path_factory.mktemp("gc"))

    def gc(**options: str) -> "subprocess.CompletedProcess[str]":
        places = server.places() | {"tracking-uri": server.url}
        command = [sys.executable, "-m", "mlflow", "gc", *words(places), *words(options)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, env=server.environment())

    try:
        server.start()
        yield Site(Wire(server.url), gc, {}, {})
    finally:
        server.kill()


@pytest.fixture(scope="module")
def deployment(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with services.deployment(tmp_path_factory.mktemp("gc")) as made:
        made.start()
        yield made


@pytest.fixture(scope="module")
def our_site(deployment: Deployment) -> Site:
    return site_of(deployment)


def site_of(deployment: Deployment) -> Site:
    return Site(Wire(deployment.apis[0].url), lambda **options: deployment.run("gc", **options), {}, {})


@pytest.mark.timeout(300)
def test_the_same_is_left_as_by_mlflow(mlflow_site: Site, our_site: Site, deployment: Deployment) -> None:
    sites = [mlflow_site, our_site]
    both(sites, Site.make)

    def refused(site: Site, **options: str) -> None:
        done = site.gc(**options)
        assert done.returncode != 0, f"{options} went through\n{done.stdout}{done.stderr}"

    with_ids = [
        lambda site: refused(site, run_ids=site.runs["kept/active"]),
        lambda site: refused(site, run_ids="0" * 32),
        lambda site: refused(site, experiment_ids=site.experiments["kept"]),
        lambda site: refused(site, experiment_ids="999999"),
        lambda site: refused(site, older_than="soon"),
        lambda site: refused(site, older_than="1d", run_ids=site.runs["kept/deleted"]),
        lambda site: refused(site, older_than="1d", experiment_ids=site.experiments["deleted"]),
        lambda site: succeed(site.gc(older_than="30d")),
    ]
    before = our_site.left()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda act: both(sites, act), with_ids))
    # MLflow's own has by now removed runs of deleted experiments: it finds out what it refuses on the way.
    assert our_site.left() == before, "something was removed that nobody asked for"

    both(sites, lambda site: succeed(site.gc()))
    theirs, ours = both(sites, Site.left)
    assert ours == theirs
    assert ours[0] == [("kept", "active")]

    kept = {deployment.key(our_site.path(run)) for run in ("kept/active", "kept/deleted later")}
    wait_until("the objects are gone", lambda: deployment.bucket.keys() == kept, limit=60)

    # The names are free again.
    both(sites, lambda site: site.make(DELETED))
    theirs, ours = both(sites, Site.left)
    assert ours == theirs
    deployment.await_uploads()
    assert {deployment.key(our_site.path(f"{name}/active")) for name in DELETED} <= deployment.bucket.keys()


def test_what_is_named_takes_nothing_else_along(deploy: Deploy) -> None:
    """`mlflow gc --run-ids` removes every deleted experiment too, and `--experiment-ids` every deleted run."""
    deployment = deploy()
    deployment.start()
    site = site_of(deployment)
    site.make()
    before = site.left()
    succeed(site.gc(run_ids=site.runs["kept/deleted"]))
    before[1]["kept/deleted"] = (404, [])
    assert site.left() == before
    succeed(site.gc(experiment_ids=site.experiments["deleted"]))
    before[0].remove(("deleted", "deleted"))
    before[1].update({name: (404, []) for name in site.runs if name.startswith("deleted/")})
    assert site.left() == before


def test_logged_models_go_with_their_files(deploy: Deploy) -> None:
    """Those that were deleted, and all of an experiment that goes."""
    deployment = deploy()
    deployment.start()
    site = site_of(deployment)
    wire = site.wire
    kept, gone = (wire.new_experiment(name=name) for name in ("kept", "gone"))
    models: dict[str, str] = {}
    for name, experiment_id in (("kept", kept), ("deleted", kept), ("with its experiment", gone)):
        info = wire.post("logged-models", experiment_id=experiment_id, name=name).ok()["model"]["info"]
        models[name] = info["model_id"]
        wire.request("PUT", f"{ARTIFACTS}/{experiment_id}/models/{info['model_id']}/artifacts/MLmodel", data=b"x").ok()
    wire.request("DELETE", f"{API}/logged-models/{models['deleted']}").ok()
    wire.post("experiments/delete", experiment_id=gone).ok()
    deployment.await_uploads()

    assert site.gc(logged_model_ids=models["kept"]).returncode != 0
    assert site.gc(older_than="1d", logged_model_ids=models["deleted"]).returncode != 0
    succeed(site.gc(logged_model_ids=models["deleted"]))

    def left() -> list[str]:
        answers = {n: wire.get(f"logged-models/{i}", allow_deleted="true").status for n, i in models.items()}
        return [name for name, status in answers.items() if status == 200]

    assert left() == ["kept", "with its experiment"]
    succeed(site.gc())
    assert left() == ["kept"]
    file = deployment.key(f"{kept}/models/{models['kept']}/artifacts/MLmodel")
    wait_until("the objects are gone", lambda: deployment.bucket.keys() == {file}, limit=60)


def test_it_can_be_killed_and_run_again(deploy: Deploy) -> None:
    deployment = deploy()
    deployment.start()
    wire = Wire(deployment.apis[0].url)
    experiment_id = wire.new_experiment(name="killed")
    paths = put_into_runs(wire, experiment_id, 300)
    wire.post("experiments/delete", experiment_id=experiment_id).ok()
    deployment.await_uploads()
    kept = wire.new_run("0")
    puts = Puts(wire.url, kept)
    puts.put("kept.bin", b"kept")
    # Objects that are gone already are no failure.
    deployment.bucket.delete(deployment.key(path) for path in paths[:10])

    command = [str(BINARY), "gc", *words(deployment.options | {"data_dir": str(deployment.folder)})]
    for _ in range(8):
        with subprocess.Popen(command, env=deployment.command_environment(), stdout=subprocess.DEVNULL) as process:
            # Not waiting for a state but choosing a random instant.
            time.sleep(random.uniform(0.0, 0.25))
            process.send_signal(signal.SIGKILL)
    succeed(deployment.run("gc"))
    again = succeed(deployment.run("gc"))
    assert "permanently deleted" not in again.stdout

    purged = deployment.query("SELECT count(*), count(DISTINCT stream_id) FROM events WHERE kind = 'RunPurged'")
    assert purged == [(len(paths), len(paths))]
    kept_keys = {deployment.key(path) for path in puts.acknowledged}
    wait_until("the objects are gone", lambda: deployment.bucket.keys() == kept_keys, limit=60)
    assert wire.get("experiments/get-by-name", experiment_name="killed").status == 404
    wire.new_experiment(name="killed")
    deployment.check_objects(puts.acknowledged)
    deployment.await_empty_spool()


def put_into_runs(wire: Wire, experiment_id: str, runs: int) -> list[str]:
    paths = []
    for number in range(runs):
        path = f"{experiment_id}/{wire.new_run(experiment_id)}/artifacts/{number}.bin"
        wire.request("PUT", f"{ARTIFACTS}/{path}", data=b"content").ok()
        paths.append(path)
    return paths


def both(sites: list[Site], act: Callable[[Site], Any]) -> list[Any]:
    with ThreadPoolExecutor(len(sites)) as pool:
        return list(pool.map(act, sites))


def succeed(done: "subprocess.CompletedProcess[str]") -> "subprocess.CompletedProcess[str]":
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    return done
