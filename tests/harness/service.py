"""Private services: one of `scripts/*.sh` in a folder of its own, to be started, killed and started again."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.runledger import REPOSITORY


class Service:
    """A PostgreSQL, a RabbitMQ or an S3 server. Its data and its ports stay over `kill` and `halt`."""

    def __init__(self, script: str, *arguments: str, folder: Path) -> None:
        self._command = [str(REPOSITORY / "scripts" / script), *arguments]
        self._folder = folder

    def start(self) -> str:
        """Starts it, or leaves it running; its URL."""
        return self.ask("start")

    def kill(self) -> None:
        """No chance to tidy up."""
        self.ask("kill")

    def halt(self) -> None:
        """In good order."""
        self.ask("halt")

    def ask(self, verb: str) -> str:
        """What the script prints."""
        done = subprocess.run([*self._command, verb, str(self._folder)], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{self._command} {verb} ended with {done.returncode}\n{done.stderr}"
        return done.stdout.strip()


@contextmanager
def private_service(script: str, *arguments: str) -> Iterator[Service]:
    """A running service that lives as long as the block."""
    # Short and open to the user that the service runs as.
    folder = Path(tempfile.mkdtemp(prefix="runledger-service-"))
    service = Service(script, *arguments, folder=folder)
    try:
        service.start()
        yield service
    finally:
        service.ask("stop")
        shutil.rmtree(folder, ignore_errors=True)
