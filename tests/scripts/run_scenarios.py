"""Runs every scenario of MLflow 2 against a server, in the Python that starts it; prints what each read back as JSON.

Usage: run_scenarios.py TRACKING_URI
"""

import json
import sys
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scenarios import MLFLOW2_SCENARIOS, run_scenario  # noqa: E402


def main(tracking_uri: str) -> None:
    outcomes = {}
    for name in MLFLOW2_SCENARIOS:
        try:
            outcomes[name] = {"result": run_scenario(name, tracking_uri)}
        except Exception:
            outcomes[name] = {"failure": traceback.format_exc()}
    # The client prints as it goes; the outcome is the last line.
    print("\n" + json.dumps(outcomes))


if __name__ == "__main__":
    main(sys.argv[1])
