"""Sample data: for somebody who looks at an empty server."""

import subprocess

from conftest import StartServer
from harness.browser import visiting
from harness.runledger import BINARY
from harness.waiting import wait_until
from harness.wire import Wire
from playwright.sync_api import Browser

OWN = "/api/runledger/v1"


def test_it_is_loaded_once_unless_it_is_forced(start_server: StartServer) -> None:
    server = start_server()
    wire = Wire(server.url)
    load = [str(BINARY), "sample-data", "--url", server.url]
    done = subprocess.run(load, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    listed = wire.request("GET", f"{OWN}/experiments").ok()["experiments"]
    found = {each["name"]: each for each in listed}
    assert found.keys() == {"Default", "cifar10-sweep", "llm-pretraining", "house-prices"}
    assert found["cifar10-sweep"]["runs"] == 40
    assert not any(each["running"] for each in listed), "nothing goes on for ever"
    assert all(f"{server.url}/experiments/{found[name]['experiment_id']}" in done.stdout for name in found.keys() - {"Default"})

    children = wire.post(
        "runs/search", experiment_ids=[found["house-prices"]["experiment_id"]], filter="tags.mlflow.parentRunId != ''"
    ).ok()["runs"]
    assert len(children) == 10

    def uploads() -> dict[str, int]:
        return wire.request("GET", f"{OWN}/ops/status").ok()["uploads"]

    wait_until("the artifacts are stored", lambda: uploads()["staged"] == 0)
    assert uploads()["failed"] == 0

    again = subprocess.run(load, capture_output=True, text=True, timeout=60)
    assert again.returncode == 1
    assert "There are runs on this server already" in again.stderr
    assert "--force" in again.stderr
    forced = subprocess.run([*load, "--force"], capture_output=True, text=True, timeout=60)
    assert forced.returncode == 0, forced.stderr
    names = {each["name"] for each in wire.request("GET", f"{OWN}/experiments").ok()["experiments"]}
    assert "cifar10-sweep-2" in names


def test_the_page_of_an_empty_server_offers_it(browser: Browser, start_on_sqlite: StartServer) -> None:
    server = start_on_sqlite()
    with visiting(browser, server.url, axe=True) as visit:
        page = visit.go("/")
        page.get_by_role("button", name="Load sample data").wait_for()
        visit.check_accessible()
        page.get_by_role("button", name="Load sample data").click()
        page.get_by_role("link", name="cifar10-sweep").wait_for()
        page.get_by_role("button", name="Load sample data").wait_for(state="hidden")
        visit.check()
