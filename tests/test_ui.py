"""The web UI in a real browser, on the real binary, with what the real client logged."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import mlflow
import pytest
from conftest import StartServer, _starter
from harness.browser import Visit, visiting
from harness.wire import Wire
from mlflow import MlflowClient
from mlflow.entities import Metric, Param
from playwright.sync_api import Browser, Page, expect

RUNS = 30
NOTES = "# About\n\nA **sweep**. <script>document.title = 'stolen'</script>"
FILES = {
    "readme.md": "# Hello\n\n<img src=x onerror=\"document.title = 'stolen'\">",
    "settings.json": '{"depth": [1, 2]}',
    "table.csv": "a,b\n1,2\n",
    "page.html": "<h1>Report</h1><script>parent.document.title = 'stolen'</script>",
    "image.svg": '<svg xmlns="http://www.w3.org/2000/svg"><script>document.title = "stolen"</script></svg>',
}


@dataclass
class Site:
    """A server with two experiments, one of them empty."""

    url: str
    experiment_id: str
    empty_id: str
    run_ids: list[str]

    @property
    def client(self) -> MlflowClient:
        return MlflowClient(self.url, registry_uri=self.url)

    def pages(self) -> list[str]:
        first, second = self.run_ids[:2]
        return [
            "/experiments",
            f"/experiments/{self.experiment_id}",
            f"/experiments/{self.experiment_id}/charts",
            f"/experiments/{self.experiment_id}/notes",
            f"/experiments/{self.empty_id}",
            f"/runs/{first}",
            f"/runs/{first}/metrics",
            f"/runs/{first}/artifacts/files/table.csv",
            f"/runs/{first}/timeline",
            f"/runs/{first}/events",
            f"/compare?runs={first},{second}",
            f"/compare?tab=lines&runs={first},{second}",
            "/activity",
            "/ops",
            "/ops/uploads",
            "/ops/events",
            "/settings",
            "/runs/no-such-run",
            "/experiments/999999",
            "/no-such-page",
        ]


@pytest.fixture(scope="module", params=["runledger-sqlite", "runledger-postgres"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("ui")
    with _starter(request.param, request, folder) as start:
        url = start().url
        mlflow.set_tracking_uri(url)
        experiment_id = mlflow.create_experiment("sweep")
        client = MlflowClient(url, registry_uri=url)
        run_ids = [make_run(client, experiment_id, number) for number in range(RUNS)]
        for name, content in FILES.items():
            (folder / name).write_text(content)
            client.log_artifact(run_ids[0], str(folder / name), "files")
        client.set_tag(run_ids[0], "mlflow.note.content", NOTES)
        yield Site(url, experiment_id, mlflow.create_experiment("empty"), run_ids)


def make_run(client: MlflowClient, experiment_id: str, number: int) -> str:
    run_id = client.create_run(experiment_id, run_name=f"run {number:02}").info.run_id
    values = [1 / (step + 1 + number) for step in range(50)]
    if number == 0:
        values[20], values[30] = math.nan, math.inf
    metrics = [Metric("val/loss", value, 1000 + step, step) for step, value in enumerate(values)]
    params = [Param("lr", f"0.{number}"), Param("optimizer", "adam" if number % 2 else "sgd")]
    client.log_batch(run_id, metrics=metrics, params=params)
    client.set_terminated(run_id)
    return run_id


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Visit]:
    with visiting(browser, site.url) as visit:
        yield visit
        visit.check()


def settled(page: Page) -> None:
    """A page has its heading and nothing that is still loading."""
    expect(page.get_by_role("main").get_by_role("heading").first).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


def rows(page: Page) -> list[str]:
    """The names of the runs on the screen, from the top."""
    return page.locator("[role=row][aria-rowindex] a[href*='/runs/']").all_inner_texts()


def filter_runs(page: Page, text: str) -> None:
    line = page.get_by_role("combobox", name="Filter runs")
    line.fill(text)
    line.press("Escape")
    line.press("Enter")


def test_every_page_is_whole_and_keeps_to_itself(browser: Browser, site: Site) -> None:
    for path in site.pages():
        with visiting(browser, site.url) as visit:
            page = visit.go(path)
            settled(page)
            missing = any(each in path for each in ("no-such-run", "999999", "no-such-page"))
            # The browser itself complains about the 404 that the page asked for.
            visit.complaints = [each for each in visit.complaints if not (missing and "404" in each)]
            visit.check()
            assert page.title() != "stolen"


def test_from_the_experiments_to_a_run(visit: Visit, site: Site) -> None:
    page = visit.go("/")
    page.get_by_role("link", name="sweep", exact=True).click()
    settled(page)
    page.get_by_role("link", name="run 29").first.click()
    expect(page).to_have_url(re.compile(f"/runs/{site.run_ids[29]}"))
    settled(page)
    expect(page.get_by_text("optimizer").first).to_be_visible()
    page.go_back()
    expect(page).to_have_url(re.compile(f"/experiments/{site.experiment_id}"))
    expect(page.get_by_role("link", name="run 29").first).to_be_visible()


def test_runs_are_filtered_and_sorted(visit: Visit, site: Site) -> None:
    page = visit.go(f"/experiments/{site.experiment_id}")
    settled(page)
    filter_runs(page, "params.optimizer = 'sgd' and metrics.`val/loss` < 0.02")
    expect(page.get_by_text(re.compile(r"\d+ of 30"))).to_be_visible()
    page.get_by_role("columnheader", name="val/loss").get_by_role("button").first.click()
    expect(page).to_have_url(re.compile("sort="))
    seen = rows(page)
    assert seen, "no run is shown"
    assert all(int(name.split()[1]) % 2 == 0 for name in seen), seen
    # The address holds all of it.
    page.reload()
    settled(page)
    expect(page.get_by_role("combobox", name="Filter runs")).to_have_value(re.compile("optimizer"))
    assert rows(page) == seen


def test_a_filter_that_is_wrong_says_so(visit: Visit, site: Site) -> None:
    page = visit.go(f"/experiments/{site.experiment_id}")
    settled(page)
    filter_runs(page, "params.optimizer = 'sgd' and metrics.loss >")
    expect(page.get_by_role("combobox", name="Filter runs")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("[id$=-problem]")).not_to_be_empty()
    # One that comes with a link is marked where it is wrong as well.
    page = visit.go(f"/experiments/{site.experiment_id}?q=params.optimizer+%3D+%27sgd%27+and+metrics.loss+%3E")
    expect(page.get_by_role("combobox", name="Filter runs")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("[class*=bad]", has_text="metrics.loss")).to_be_visible()
    visit.complaints = [each for each in visit.complaints if "400" not in each]


def test_a_run_appears_while_one_looks_on(visit: Visit, site: Site) -> None:
    page = visit.go(f"/experiments/{site.experiment_id}")
    settled(page)
    before = rows(page)
    run_id = site.client.create_run(site.experiment_id, run_name="fresh").info.run_id
    show = page.get_by_role("button", name=re.compile("new run"))
    expect(show).to_be_visible(timeout=5_000)
    assert rows(page)[: len(before)] == before, "rows must not shift under the pointer"
    show.click()
    expect(page.get_by_role("link", name="fresh")).to_be_visible()
    site.client.set_terminated(run_id, "FAILED")
    expect(page.locator("[role=row]", has_text="fresh")).to_contain_text("Failed", timeout=5_000)
    site.client.delete_run(run_id)


def test_runs_are_deleted_and_brought_back(visit: Visit, site: Site) -> None:
    page = visit.go(f"/experiments/{site.experiment_id}")
    settled(page)
    for name in ("run 05", "run 06"):
        page.get_by_role("checkbox", name=f"Select {name}").check()
    page.get_by_role("toolbar", name="Selected runs").get_by_role("button", name="Delete").click()
    undo = page.get_by_role("button", name="Undo").first
    expect(undo).to_be_visible()
    assert site.client.get_run(site.run_ids[5]).info.lifecycle_stage == "deleted"
    undo.click()
    expect(page.get_by_role("link", name="run 05")).to_be_visible()
    for number in (5, 6):
        assert site.client.get_run(site.run_ids[number]).info.lifecycle_stage == "active"


def test_runs_are_compared(visit: Visit, site: Site) -> None:
    page = visit.go(f"/experiments/{site.experiment_id}")
    settled(page)
    for name in ("run 07", "run 08"):
        page.get_by_role("checkbox", name=f"Select {name}").check()
    toolbar = page.get_by_role("toolbar", name="Selected runs")
    toolbar.get_by_role("button", name="Compare").or_(toolbar.get_by_role("link", name="Compare")).click()
    settled(page)
    expect(page.get_by_text("optimizer").first).to_be_visible()
    page.get_by_role("tab", name="Lines").or_(page.get_by_role("link", name="Lines")).first.click()
    expect(page.locator("canvas").first).to_be_visible()


def test_artifacts_are_shown_and_run_nothing(visit: Visit, site: Site) -> None:
    for name in FILES:
        page = visit.go(f"/runs/{site.run_ids[0]}/artifacts/files/{name}")
        settled(page)
        expect(page.get_by_text(name).first).to_be_visible()
        expect(page.get_by_role("link", name="Download").first).to_be_visible()
        page.wait_for_timeout(300)
        assert page.title() != "stolen", name
        with page.expect_download() as download:
            page.get_by_role("link", name="Download").first.click()
        assert Path(download.value.path()).read_text() == FILES[name]
    # What a page holds back is told by the browser, and only of the files that try.
    held_back = re.compile("Content Security Policy|frame is sandboxed")
    visit.complaints = [each for each in visit.complaints if not held_back.search(each)]


def test_links_that_the_client_prints_open_the_page(visit: Visit, site: Site) -> None:
    run_id = site.run_ids[3]
    page = visit.go(f"/#/experiments/{site.experiment_id}/runs/{run_id}")
    expect(page).to_have_url(re.compile(f"/runs/{run_id}"))
    settled(page)
    page = visit.go(f"/#/experiments/{site.experiment_id}")
    expect(page).to_have_url(re.compile(f"/experiments/{site.experiment_id}"))
    settled(page)


def test_experiments_are_made_renamed_and_deleted(visit: Visit, site: Site) -> None:
    page = visit.go("/experiments")
    page.get_by_role("button", name="New experiment").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("made here")
    dialog.get_by_role("button", name=re.compile("Create")).click()
    expect(page.get_by_text("made here").first).to_be_visible()
    experiment = site.client.get_experiment_by_name("made here")
    assert experiment is not None
    page.goto(f"{site.url}/experiments")
    row = page.get_by_role("row", name=re.compile("made here"))
    row.get_by_role("button", name=re.compile("Delete")).click()
    expect(page.get_by_role("link", name="made here")).to_have_count(0)
    page.get_by_role("button", name="Undo").first.click()
    expect(page.get_by_role("link", name="made here")).to_be_visible()
    assert site.client.get_experiment(experiment.experiment_id).lifecycle_stage == "active"


def test_the_keyboard_reaches_everything(visit: Visit, site: Site) -> None:
    page = visit.go(f"/experiments/{site.experiment_id}")
    settled(page)
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Filter runs")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.keyboard.type("operations")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/ops"))


def test_a_server_that_is_away_leaves_what_was_there(browser: Browser, start_on_sqlite: StartServer) -> None:
    server = start_on_sqlite()
    Wire(server.url).new_experiment(name="still here")
    with visiting(browser, server.url) as visit:
        page = visit.go("/experiments")
        expect(page.get_by_role("link", name="still here")).to_be_visible()
        server.kill()
        expect(page.get_by_text(re.compile("Reconnecting"))).to_be_visible(timeout=20_000)
        expect(page.get_by_role("link", name="still here")).to_be_visible()
        server.start()
        expect(page.get_by_text(re.compile("Reconnecting"))).to_have_count(0, timeout=30_000)


def test_views_that_are_behind_say_so(browser: Browser, start_on_sqlite: StartServer) -> None:
    server = start_on_sqlite(projector=False)
    wire = Wire(server.url)
    run_id = wire.new_run("0")
    with visiting(browser, server.url, axe=True) as visit:
        page = visit.go("/settings")
        expect(page.get_by_text(re.compile(r"^\d+\.\d s behind$"))).to_be_visible(timeout=15_000)
        banner = page.get_by_text(re.compile("may be behind by"))
        expect(banner).to_have_count(0)
        for number in range(1000):
            wire.post("runs/set-tag", run_id=run_id, key=f"k{number}", value="v").ok()
        expect(banner).to_contain_text(re.compile(r"by 1,00\d events"), timeout=15_000)
        visit.check_accessible()


def test_an_empty_server_shows_how_to_begin(browser: Browser, start_on_sqlite: StartServer) -> None:
    server = start_on_sqlite()
    with visiting(browser, server.url) as visit:
        page = visit.go("/")
        expect(page.get_by_text("set_tracking_uri").first).to_contain_text(server.url)
        visit.check()
