"""A Prometheus that scrapes a deployment as the one in `compose/` does, every second."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import yaml

from harness.deployment import Deployment
from harness.process import ServerProcess
from harness.runledger import REPOSITORY

COMPOSE = REPOSITORY / "compose" / "prometheus"
# Grafana's variable, for scrapes of a second.
WINDOWS = {"$__rate_interval": "10s", "$__interval": "1s"}


class Prometheus(ServerProcess):
    """Runs on the rules and jobs of `compose/`, with other addresses."""

    def __init__(self, folder: Path, targets: dict[str, list[str]]) -> None:
        super().__init__(folder)
        self._targets = targets

    def command(self) -> list[str]:
        storage = f"--storage.tsdb.path={self.folder / 'data'}"
        return ["prometheus", f"--config.file={self._config()}", storage, f"--web.listen-address=127.0.0.1:{self.port}"]

    def _first_answer(self) -> bool:
        try:
            return requests.get(f"{self.url}/-/ready", timeout=1).ok
        except requests.RequestException:
            return False

    def query(self, expression: str) -> list[Any]:
        """The series of an instant query; fails when Prometheus cannot evaluate it."""
        for variable, window in WINDOWS.items():
            expression = expression.replace(variable, window)
        answer = requests.get(f"{self.url}/api/v1/query", params={"query": expression}, timeout=10).json()
        assert answer["status"] == "success", f"{expression}: {answer}"
        return answer["data"]["result"]

    def rules(self) -> list[Any]:
        groups = requests.get(f"{self.url}/api/v1/rules", timeout=10).json()["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]

    def _config(self) -> Path:
        config = yaml.safe_load((COMPOSE / "prometheus.yml").read_text())
        config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        config["rule_files"] = [str(COMPOSE / "alerts.yml")]
        jobs = {job["job_name"]: job for job in config["scrape_configs"]}
        config["scrape_configs"] = [
            {k: v for k, v in jobs[name].items() if not k.endswith("_configs")}
            | {"static_configs": [{"targets": addresses}]}
            for name, addresses in self._targets.items()
        ]
        path = self.folder / "prometheus.yml"
        path.write_text(yaml.safe_dump(config))
        return path


@contextmanager
def scraping(deployment: Deployment, rabbitmq: str, folder: Path) -> Iterator[Prometheus]:
    """Scrapes the roles, the broker and the store of the deployment."""
    folder.mkdir(parents=True, exist_ok=True)
    targets = {
        f"runledger-{role}": [urlsplit(process.admin_url).netloc for process in deployment.of(role)]
        for role in ("api", "ingest-worker", "projector")
    }
    store = urlsplit(deployment.bucket.store.endpoint).netloc
    targets |= {"rabbitmq": [rabbitmq], "rabbitmq-queues": [rabbitmq], "minio": [store]}
    prometheus = Prometheus(folder, targets)
    prometheus.start()
    try:
        yield prometheus
    finally:
        prometheus.kill()


def promtool(*arguments: str) -> str:
    """What it says; it has to be content."""
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def metrics_of(expression: str) -> set[str]:
    """The names of our metrics in an expression, without the suffixes of histograms."""
    return {re.sub("_(bucket|count|sum)$", "", name) for name in re.findall(r"\brunledger_\w+", expression)}
