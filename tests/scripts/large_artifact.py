"""Logs a large artifact with the stock client, brings it back, and prints run id and SHA-256 of both.

Usage: large_artifact.py TRACKING_URI BYTES
"""

import hashlib
import os
import sys
import tempfile
from pathlib import Path

import mlflow


def main(tracking_uri: str, size: int) -> None:
    mlflow.set_tracking_uri(tracking_uri)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "large.bin")
        file.write_bytes(os.urandom(size))
        with mlflow.start_run() as run:
            mlflow.log_artifact(str(file), "models")
        run_id = run.info.run_id
        uri = f"runs:/{run_id}/models/large.bin"
        back = mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=f"{folder}/back")
        # The client prints as it goes; the outcome is the last line.
        print("\n" + " ".join([run_id, digest(file), digest(Path(back))]))


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
