"""The server under test, as `cargo build --workspace` makes it, on SQLite or on a PostgreSQL database."""

import os
import subprocess
from pathlib import Path

from harness.process import ServerProcess

REPOSITORY = Path(__file__).resolve().parents[2]
TARGET = REPOSITORY / os.environ.get("CARGO_TARGET_DIR", "target")
BINARY = Path(os.environ.get("RUNLEDGER_BINARY", TARGET / "debug" / "runledger"))


class Runledger(ServerProcess):
    """One `runledger server`. `projector=False` starts it without the role that keeps the read model.

    `flags` are further words of its command line.
    """

    def __init__(
        self,
        folder: Path,
        *,
        database_url: str | None = None,
        projector: bool = True,
        port: int | None = None,
        flags: tuple[str, ...] = (),
    ) -> None:
        super().__init__(folder, port)
        self.database_url = database_url
        self.projector = projector
        self.flags = flags

    def command(self) -> list[str]:
        words = [str(BINARY), "server", "--listen", f"127.0.0.1:{self.port}", "--data-dir", str(self.folder / "data")]
        if self.database_url is not None:
            words += ["--database-url", self.database_url]
        if not self.projector:
            words += ["--no-projector"]
        return words + list(self.flags)

    def start(self) -> None:
        assert BINARY.exists(), f"{BINARY} is missing; `cargo build --workspace` makes it"
        super().start()


def migrate(database_url: str) -> None:
    """Brings a PostgreSQL database to the schema of the binary."""
    command = [str(BINARY), "migrate", "--database-url", database_url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"migrate ended with {done.returncode}\n{done.stdout}{done.stderr}"
