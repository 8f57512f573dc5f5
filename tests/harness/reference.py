"""MLflow's own server, which says what the right answer is."""

import sys

from harness.process import ServerProcess


class Reference(ServerProcess):
    """`mlflow server` on SQLite with proxied artifacts."""

    start_limit = 90.0

    def command(self) -> list[str]:
        return [
            *(sys.executable, "-m", "mlflow", "server"),
            *("--host", "127.0.0.1", "--port", str(self.port), "--workers", "1"),
            *(f"--{option}={place}" for option, place in self.places().items()),
        ]

    def places(self) -> dict[str, str]:
        """Where it keeps everything, as its commands are told."""
        return {
            "backend-store-uri": f"sqlite:///{self.folder}/mlflow.db",
            "artifacts-destination": str(self.folder / "artifacts"),
        }

    def environment(self) -> dict[str, str]:
        # The job runner is nine processes that no test uses.
        return super().environment() | {
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "MLFLOW_DISABLE_TELEMETRY": "true",
        }
