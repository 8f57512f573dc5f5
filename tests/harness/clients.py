"""The Pythons that hold the two mlflow clients, and the environment to run them in."""

import os
import subprocess
import sys
from pathlib import Path

from harness.runledger import REPOSITORY

SCRIPTS = REPOSITORY / "tests" / "scripts"
PYTHONS = {"mlflow3": sys.executable, "mlflow2": str(REPOSITORY / ".venv" / "mlflow2" / "bin" / "python")}

# The client in this process passes its active experiment and run on to its children.
PASSED_ON = {"MLFLOW_EXPERIMENT_ID", "MLFLOW_RUN_ID", "MLFLOW_TRACKING_URI"}


def run_script(client: str, script: str, *arguments: str, timeout: float, **environment: str) -> str:
    """Runs one of `tests/scripts` with a client; its output. Fails when it fails."""
    inherited = {k: v for k, v in os.environ.items() if k not in PASSED_ON}
    command = [PYTHONS[client], str(Path(SCRIPTS, script)), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, env=inherited | environment)
    assert done.returncode == 0, f"{script} ended with {done.returncode}\n{done.stderr}"
    return done.stdout
