"""The roles of a deployment as processes of their own, and what they tell at their operators' port."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

from harness.process import ServerProcess, free_port
from harness.runledger import BINARY

SAMPLE = re.compile(r"^(?P<name>\w+)(?:\{(?P<labels>.*)\})? (?P<value>\S+)$", re.MULTILINE)


class Role(ServerProcess):
    """One `runledger api`, `ingest-worker`, `projector` or `server` with its operators' port."""

    def __init__(
        self,
        folder: Path,
        role: str,
        options: Mapping[str, str],
        environment: Mapping[str, str],
        port: int | None = None,
    ) -> None:
        super().__init__(folder, port)
        self.role = role
        self.serves = role in ("api", "server")
        admin_port = free_port() if self.serves else self.port
        self.admin_url = f"http://127.0.0.1:{admin_port}"
        self._options = {"admin_listen": f"127.0.0.1:{admin_port}", "data_dir": str(folder / "data"), **options}
        if self.serves:
            self._options["listen"] = f"127.0.0.1:{self.port}"
        self._environment = dict(environment)

    def command(self) -> list[str]:
        return [str(BINARY), self.role, *words(self._options)]

    def environment(self) -> dict[str, str]:
        inherited = {k: v for k, v in super().environment().items() if not k.startswith("AWS_")}
        return inherited | self._environment

    @property
    def pid(self) -> int:
        assert self._process is not None, "the process is not running"
        return self._process.pid

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def readiness(self) -> tuple[int, Any]:
        """The status of `/ready`, and the report."""
        answer = requests.get(f"{self.admin_url}/ready", timeout=10)
        return answer.status_code, answer.json()

    def check(self, name: str) -> Any:
        """One of the checks in `/ready`."""
        _, report = self.readiness()
        found = [check for check in report["checks"] if check["name"] == name]
        assert found, f"no check {name!r} in {report}"
        return found[0]

    def metrics_text(self) -> str:
        return requests.get(f"{self.admin_url}/metrics", timeout=10).text

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric over the labels that are not given."""
        total = 0.0
        for sample in SAMPLE.finditer(self.metrics_text()):
            seen = dict(re.findall(r'(\w+)="([^"]*)"', sample["labels"] or ""))
            if sample["name"] == name and labels.items() <= seen.items():
                total += float(sample["value"])
        return total


def words(options: Mapping[str, str]) -> list[str]:
    """Options as on a command line. Their names may be written with underscores."""
    return [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]


def run_command(
    *command: str, options: Mapping[str, str], environment: Mapping[str, str], timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    """One of the operators' commands, to its end."""
    arguments = [str(BINARY), *command, *words(options)]
    return subprocess.run(arguments, capture_output=True, text=True, timeout=timeout, env=dict(environment))
