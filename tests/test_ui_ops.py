"""The pages for those who look after the server, in a real browser: how writing goes, what was refused, what arrives and waits."""

import re
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import quote

import pytest
from conftest import _starter
from harness.browser import Visit, visiting
from harness.own import ask
from harness.raw import connect, head, read_answer
from harness.runledger import Runledger
from harness.waiting import wait_until
from harness.wire import ARTIFACTS, Wire
from playwright.sync_api import Browser, expect

SIZE = 1_000_000


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runledger]:
    with _starter("runledger-sqlite", request, tmp_path_factory.mktemp("ops")) as start:
        yield start()


@pytest.fixture
def wire(server: Runledger) -> Wire:
    return Wire(server.url)


@pytest.fixture
def visit(browser: Browser, server: Runledger) -> Iterator[Visit]:
    with visiting(browser, server.url, axe=True) as visit:
        yield visit
        visit.check_accessible()
        visit.page.emulate_media(color_scheme="dark")
        visit.check_accessible("color-contrast")
        visit.check()


def test_the_overview_says_how_long_writes_take(visit: Visit, wire: Wire) -> None:
    run_id = wire.new_run()
    for step in range(20):
        wire.post("runs/log-metric", run_id=run_id, key="loss", value=1, timestamp=step, step=step).ok()
    writes = ask(wire, "ops/status")["writes"]
    assert writes["count"] >= 22
    assert 0 < writes["p99_ms"] < 10_000
    card = visit.go("/ops").get_by_role("region", name="Write latency p99")
    expect(card).to_contain_text(re.compile(r"\d+(\.\d)? (ms|s)"))
    expect(card).to_contain_text(re.compile(r"of the last \d+ writes"))


def test_the_longest_waiting_upload_is_named(visit: Visit, wire: Wire, server: Runledger) -> None:
    experiment_id = wire.new_experiment()
    run_id = wire.new_run(experiment_id)
    # A file stands where the store needs a folder.
    (server.folder / "data" / "artifacts" / experiment_id).write_text("in the way")
    path = f"{experiment_id}/{run_id}/artifacts/model.bin"
    wire.request("PUT", f"{ARTIFACTS}/{path}", data=b"weights").ok()
    wait_until("the upload waits", lambda: ask(wire, "ops/status")["uploads"]["staged"] == 1)
    oldest = ask(wire, "ops/status")["uploads"]["oldest_staged_at"]
    assert oldest == ask(wire, "ops/uploads", state="staged")["uploads"][0]["staged_at"]
    card = visit.go("/ops").get_by_role("region", name="Uploads waiting")
    expect(card).to_contain_text(re.compile(r"^Uploads waiting1.*the oldest came (now|\d+ s ago)"))


def test_the_command_for_a_rebuild_is_there_to_be_copied(visit: Visit) -> None:
    visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visit.go("/ops/projections")
    rebuild = page.get_by_role("region", name="Rebuild")
    rebuild.get_by_role("button", name="Copy").first.click()
    expect(rebuild.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "runledger replay"


def test_refused_writes_are_listed_without_what_they_sent(visit: Visit, wire: Wire) -> None:
    run_id = wire.new_run()
    secret = "a value that nobody else should see"  # noqa: S105
    headers = {"X-Request-Id": "of-this-test", "User-Agent": "trainer/7"}
    body = {"run_id": run_id, "key": "x" * 300, "value": secret}
    wire.request("POST", "/api/2.0/mlflow/runs/set-tag", json=body, headers=headers, auth=("ann", "pw")).invalid()
    wire.request("POST", "/api/3.0/no-such/endpoint", json={}).refused(404, "ENDPOINT_NOT_FOUND")
    assert wire.request("POST", "/api/2.0/mlflow/runs/create", json={}, headers={"Origin": "http://foreign.example"}).status == 403
    # Reads are none, whatever their method.
    wire.post("runs/search", experiment_ids=["0"], filter="nonsense").invalid()
    refused = ask(wire, "ops/refused")["refused"]
    assert [(each["status"], each["error_code"]) for each in refused[:3]] == [
        (403, None),
        (404, "ENDPOINT_NOT_FOUND"),
        (400, "INVALID_PARAMETER_VALUE"),
    ]
    assert (refused[2]["client"], refused[2]["agent"], refused[2]["request_id"]) == ("ann", "trainer/7", "of-this-test")
    assert secret not in str(refused)
    assert "pw" not in {word for each in refused for word in str(each).split()}
    page = visit.go("/ops/refused")
    row = page.get_by_role("row", name=re.compile("set-tag"))
    for text in ("400", "INVALID_PARAMETER_VALUE", "POST", "ann", "trainer/7", "of-this-"):
        expect(row).to_contain_text(text)
    expect(page.get_by_role("row", name=re.compile("unknown"))).to_contain_text("There is no endpoint POST /api/3.0/no-such/endpoint.")
    expect(page.get_by_role("row", name=re.compile("403"))).to_contain_text("Cross-origin request blocked")
    # What comes later is on top.
    wire.post("runs/update", run_id="no-such-run", status="FINISHED").missing()
    expect(page.get_by_role("row").nth(1)).to_contain_text("RESOURCE_DOES_NOT_EXIST")


def test_an_upload_is_seen_while_it_arrives(visit: Visit, wire: Wire) -> None:
    experiment_id = wire.new_experiment()
    run_id = wire.new_run(experiment_id)
    name = "weights ä.bin"
    target = f"{ARTIFACTS}/{experiment_id}/{run_id}/artifacts/models/{quote(name)}"
    page = visit.go(f"/runs/{run_id}/artifacts")
    expect(page.get_by_role("heading", name="No artifacts")).to_be_visible()
    with closing(connect(wire.url)) as connection:
        connection.sendall(head("PUT", target, {"Content-Length": str(SIZE)}) + bytes(SIZE * 38 // 100))
        arriving = page.get_by_role("region", name="Arriving")
        expect(arriving).to_contain_text(f"models/{name}")
        expect(arriving).to_contain_text("38 % of 1.0 MB")
        expect(arriving.get_by_role("progressbar")).to_have_js_property("value", 0.38)
        connection.sendall(bytes(SIZE * 12 // 100))
        expect(arriving).to_contain_text("50 % of 1.0 MB")
        visit.check_accessible()
        visit.go("/ops/uploads")
        expect(arriving.get_by_role("row", name=re.compile(re.escape(name)))).to_contain_text("50 % of 1.0 MB")
        visit.check_accessible()
        visit.go(f"/runs/{run_id}/artifacts")
        expect(arriving).to_contain_text("50 %")
        connection.sendall(bytes(SIZE // 2))
        assert read_answer(connection).status == 200
    expect(arriving).to_have_count(0)
    expect(page.get_by_role("button", name=re.compile("^models"))).to_contain_text("1.0 MB")
    assert ask(wire, f"artifacts/{run_id}")["incoming"] == []


def test_an_upload_that_breaks_off_is_gone(wire: Wire) -> None:
    experiment_id = wire.new_experiment()
    run_id = wire.new_run(experiment_id)
    target = f"{ARTIFACTS}/{experiment_id}/{run_id}/artifacts/a.bin"

    def arriving() -> list[tuple[str, int]]:
        return [(each["path"], each["received"]) for each in ask(wire, f"artifacts/{run_id}")["incoming"]]

    with closing(connect(wire.url)) as connection:
        connection.sendall(head("PUT", target, {"Content-Length": "100"}) + b"x" * 40)
        wait_until("it arrives", lambda: arriving() == [("a.bin", 40)])
    wait_until("it is gone", lambda: arriving() == [])
