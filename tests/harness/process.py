"""A server process: free port, log file, waiting for its first answer, memory, and two ways to end it."""

import contextlib
import os
import random
import signal
import socket
import subprocess
from pathlib import Path

import psutil
import requests

from harness.waiting import wait_until


def free_port() -> int:
    """A TCP port that nobody listens on at this moment.

    Not one of those that the kernel gives to outgoing connections: a client that keeps trying such a port, while its
    server is down, may end up connected to itself.
    """
    while True:
        port = random.randrange(15_000, 32_000)
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


class ServerProcess:
    """An HTTP server in a process group of its own. Subclasses say which command starts it."""

    start_limit = 20.0

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / f"server-{self.port}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        """The caller's environment without anything that configures an MLflow client or a Runledger server."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_", "RUNLEDGER_"))}
        return inherited | {"PYTHONUNBUFFERED": "1"}

    def start(self) -> None:
        """Starts the process and returns when it answers."""
        self.launch()
        try:
            wait_until(f"an answer on {self.url}", self._first_answer, limit=self.start_limit)
        except BaseException:
            self.kill()
            raise

    def launch(self) -> None:
        """Starts the process and returns at once."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment(),
                cwd=self.folder,
                start_new_session=True,
            )

    def kill(self) -> None:
        """SIGKILL to the process and its children: no chance to tidy up."""
        if self._process is not None:
            self._signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def stop(self, limit: float = 15.0) -> int:
        """SIGTERM; returns the exit code, and fails when the process is still there after `limit` seconds."""
        assert self._process is not None, "the server is not running"
        self._process.terminate()
        try:
            return self._process.wait(timeout=limit)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running {limit} s after SIGTERM\n{self.log_tail()}") from None
        finally:
            self.kill()

    def rss(self) -> int:
        """Resident memory in bytes, of the process and its children."""
        assert self._process is not None, "the server is not running"
        process = psutil.Process(self._process.pid)
        return sum(p.memory_info().rss for p in [process, *process.children(recursive=True)])

    def log_tail(self, lines: int = 25) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _first_answer(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"{self.command()[0]} ended with {self._process.returncode}\n{self.log_tail()}")
        try:
            return requests.get(f"{self.url}/health", timeout=1).text == "OK"
        except requests.RequestException:
            return False

    def _signal(self, number: int) -> None:
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
