"""What one does to many runs and takes along from a page, in a real browser: tags, files, pictures, code, keys, settings."""

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from conftest import _starter
from harness.browser import Visit, visiting
from harness.waiting import wait_until
from harness.wire import Wire
from playwright.sync_api import Browser, Download, Locator, Page, Route, expect

RUNS = 6


@pytest.fixture(scope="module")
def wire(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    with _starter("runledger-sqlite", request, tmp_path_factory.mktemp("tools")) as start:
        yield Wire(start().url)


@pytest.fixture
def visit(browser: Browser, wire: Wire) -> Iterator[Visit]:
    with visiting(browser, wire.url, axe=True) as visit:
        yield visit
        visit.check_accessible()
        visit.check()


def sweep(wire: Wire) -> tuple[str, list[str]]:
    """Runs that took 6, 5, … seconds, with a metric that is infinite once."""
    experiment_id = wire.new_experiment()
    runs = []
    for number in range(RUNS):
        start = 1_700_000_000_000 + number * 60_000
        run_id = wire.new_run(experiment_id, run_name=f"run {number}", start_time=start)
        values = [number / 4, 1, "NaN" if number == 1 else 2, "Infinity" if number == 2 else 3]
        metrics = [{"key": "val/loss", "value": value, "timestamp": start, "step": step} for step, value in enumerate(values)]
        params = [{"key": "lr", "value": f"0.{number}"}]
        wire.post("runs/log-batch", run_id=run_id, metrics=metrics, params=params).ok()
        wire.post("runs/update", run_id=run_id, status="FINISHED", end_time=start + (RUNS - number) * 1000).ok()
        runs.append(run_id)
    return experiment_id, runs


def open_runs(visit: Visit, experiment_id: str, search: str = "") -> Page:
    page = visit.go(f"/experiments/{experiment_id}{search}")
    expect(page.get_by_role("link", name=re.compile("^run ")).first).to_be_visible()
    return page


def select(page: Page, *names: str) -> None:
    for name in names:
        page.get_by_role("checkbox", name=f"Select {name}").check()


def names(page: Page) -> list[str]:
    return page.locator("[role=row][aria-rowindex] a[href*='/runs/']").all_inner_texts()


def text_of(download: Download) -> str:
    return Path(download.path()).read_text()


def tags(wire: Wire, runs: list[str]) -> list[str | None]:
    return [wire.data(run_id)["tags"].get("verdict") for run_id in runs]


def test_selected_runs_are_tagged_and_the_tags_taken_back(visit: Visit, wire: Wire) -> None:
    experiment_id, runs = sweep(wire)
    wire.post("runs/set-tag", run_id=runs[1], key="verdict", value="old").ok()
    page = open_runs(visit, experiment_id)
    select(page, "run 1", "run 2")
    page.get_by_role("grid", name="Runs").focus()
    page.keyboard.press("t")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Key").fill("verdict")
    dialog.get_by_label("Value").fill("it's good")
    visit.check_accessible()
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Tagged 2 runs with verdict")).to_be_visible()
    assert tags(wire, runs) == [None, "it's good", "it's good", None, None, None]
    page.get_by_role("button", name="Undo").last.click()
    wait_until("the tags are what they were", lambda: tags(wire, runs) == [None, "old", None, None, None, None])


def test_selected_runs_and_whole_tables_are_files(visit: Visit, wire: Wire) -> None:
    experiment_id, runs = sweep(wire)
    page = open_runs(visit, experiment_id, "?q=metrics.%60val%2Floss%60+%3E+0+or+params.lr+%3D+%270.1%27&cols=name,params.lr")
    select(page, "run 4", "run 2")
    with page.expect_download() as download:
        page.get_by_role("toolbar", name="Selected runs").get_by_role("button", name="CSV").click()
    assert text_of(download.value).splitlines() == [
        "run_id,run,params.lr",
        f"{runs[4]},run 4,0.4",
        f"{runs[2]},run 2,0.2",
    ]
    with page.expect_download() as download:
        page.get_by_role("button", name="Export CSV").click()
    assert len(text_of(download.value).splitlines()) == RUNS + 1


def test_pinned_runs_stay_on_top(visit: Visit, wire: Wire) -> None:
    experiment_id, runs = sweep(wire)
    page = open_runs(visit, experiment_id, "?sort=name")
    select(page, "run 4", "run 2")
    page.get_by_role("toolbar", name="Selected runs").get_by_role("button", name="Pin").click()
    top = page.get_by_role("rowgroup", name="Pinned runs")
    expect(top.get_by_role("row")).to_have_count(2)
    expect(page).to_have_url(re.compile(f"top={runs[4]}%2C{runs[2]}|top={runs[2]}%2C{runs[4]}"))
    visit.check_accessible()
    # Whatever the filter, and what happens to them is seen.
    page.reload()
    line = page.get_by_role("combobox", name="Filter runs")
    line.fill("params.lr = '0.1'")
    line.press("Escape")
    line.press("Enter")
    expect(page.get_by_role("grid", name="Runs").get_by_role("row")).to_have_count(4)
    expect(page.get_by_text("1 of 6 runs")).to_be_visible()
    wire.post("runs/update", run_id=runs[2], status="FAILED").ok()
    expect(top.get_by_role("row", name=re.compile("run 2"))).to_contain_text("Failed")
    top.get_by_role("checkbox", name="Select run 2").check()
    top.get_by_role("checkbox", name="Select run 4").check()
    page.get_by_role("button", name="Unpin").click()
    expect(top).to_have_count(0)
    page.get_by_role("grid", name="Runs").focus()
    page.keyboard.press("p")
    expect(top.get_by_role("row")).to_have_count(1)
    expect(top).to_contain_text("run 1")


def test_runs_are_sorted_by_their_duration(visit: Visit, wire: Wire) -> None:
    experiment_id, _ = sweep(wire)
    page = open_runs(visit, experiment_id)
    head = page.get_by_role("columnheader", name="Duration")
    head.get_by_role("button", name="Duration", exact=True).click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    expect(page.get_by_role("grid", name="Runs")).to_have_attribute("aria-busy", "false")
    assert names(page) == [f"run {number}" for number in reversed(range(RUNS))]
    head.get_by_role("button", name="Duration", exact=True).click()
    expect(page).to_have_url(re.compile("sort=-duration"))
    expect(page.locator("[role=row][aria-rowindex='2']")).to_contain_text("run 0")


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("?q=params.lr+%3D+%270.3%27", ["run 3"]),
        ("?q=params.lr+%3D+%270.3%27+or+max(metrics.%60val%2Floss%60)+%3E+3&sort=name", ["run 2", "run 3"]),
        ("?sort=duration&cols=name,metrics.val/loss:max", [f"run {number}" for number in reversed(range(RUNS))]),
    ],
)
def test_the_code_of_a_table_gives_its_runs(visit: Visit, wire: Wire, search: str, expected: list[str]) -> None:
    """Whatever the filter says, and whether MLflow's client could say it."""
    experiment_id, _ = sweep(wire)
    page = open_runs(visit, experiment_id, search)
    page.get_by_role("button", name="Code").click()
    code = page.get_by_role("dialog", name="This table as code").locator("pre")
    expect(code).to_contain_text("runs")
    visit.check_accessible()
    column = '"name" if "name" in runs else "tags.mlflow.runName"'
    program = f"{code.inner_text()}\nprint(list(runs[{column}]))\n"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(expected), program
    page.get_by_role("button", name="API call").click()
    done = subprocess.run(["sh", "-c", code.inner_text()], capture_output=True, text=True, timeout=60)
    assert [name for name in expected if f'"{name}"' in done.stdout] == expected, done.stderr


def test_a_chart_is_a_table_a_picture_and_a_file(visit: Visit, wire: Wire) -> None:
    experiment_id, _ = sweep(wire)
    page = visit.go(f"/experiments/{experiment_id}/charts")
    expect(page.locator("canvas")).to_be_visible()

    def choose(item: str) -> None:
        page.get_by_role("button", name="val/loss: more").click()
        page.get_by_role("menuitem", name=item).click()

    with page.expect_download() as download:
        choose("Download SVG")
    svg = text_of(download.value)
    root = ElementTree.fromstring(svg)
    texts = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "val/loss" in texts
    assert "NaN @ 2" in texts
    assert [f"run {number}" for number in range(RUNS)] == sorted(text for text in texts if text and text.startswith("run "))
    with page.expect_download() as download:
        choose("Download PNG")
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")
    with page.expect_download() as download:
        choose("Download CSV")
    assert "run 2,3,Infinity" in text_of(download.value)
    choose("Show as table")
    expect(page.get_by_role("region", name="val/loss as a table").get_by_role("row")).to_have_count(RUNS * 4 + 1)


def test_a_metric_is_the_x_axis_and_the_link_keeps_it(visit: Visit, wire: Wire) -> None:
    run_id = wire.new_run(run_name="epochs")
    losses = [{"key": "loss", "value": 1 / (step + 1), "timestamp": step, "step": step} for step in range(40)]
    epochs = [{"key": "epoch", "value": 0.5 + step / 10, "timestamp": step, "step": step} for step in range(0, 40, 10)]
    wire.post("runs/log-batch", run_id=run_id, metrics=losses + epochs).ok()
    page = visit.go(f"/runs/{run_id}/metrics")
    with page.expect_request(lambda request: request.url.endswith("/series") and request.post_data_json["x"] != "step") as asked:
        page.get_by_role("combobox", name="Metric as x axis").select_option("epoch")
    assert asked.value.post_data_json["x"] == {"metric": "epoch"}
    expect(page).to_have_url(re.compile("x=metric%3Aepoch"))
    page.reload()
    expect(page.get_by_role("combobox", name="Metric as x axis")).to_have_value("epoch")
    chart = page.get_by_role("group", name="loss, 1 run")
    chart.focus()
    page.keyboard.press("End")
    expect(page.locator("[aria-live=polite]", has_text="epoch 3.5: epochs")).not_to_be_empty()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="loss: more").click()
    page.get_by_role("menuitem", name="Show as table").click()
    table = page.get_by_role("region", name="loss as a table")
    expect(table.get_by_role("columnheader", name="epoch")).to_be_visible()
    expect(table.get_by_role("row", name=re.compile("^epochs 0.5 ")).first).to_be_visible()
    page.get_by_role("button", name="Step", exact=True).click()
    expect(table.get_by_role("columnheader", name="Step")).to_be_visible()
    expect(page).not_to_have_url(re.compile("x="))


def test_charts_are_of_the_runs_that_the_table_shows(visit: Visit, wire: Wire) -> None:
    experiment_id, runs = sweep(wire)
    page = open_runs(visit, experiment_id, "?q=params.lr+in+(%270.1%27,+%270.4%27)&sort=name")
    page.get_by_role("navigation", name="Experiment").get_by_role("link", name="Charts").click()
    legend = page.get_by_role("list", name="Runs").get_by_role("link")
    expect(legend).to_have_text(["run 1", "run 4"])
    expect(page.get_by_text("params.lr in ('0.1', '0.4')")).to_be_visible()
    expect(page.get_by_role("group", name="val/loss, 2 runs")).to_be_visible()
    visit.check_accessible()
    page.get_by_role("button", name="All runs").click()
    expect(legend).to_have_count(RUNS)
    expect(legend.first).to_have_text("run 0")
    # As it was before the last run got its points.
    before = wire.request("GET", "/api/runledger/v1/ops/status").ok()["position"]
    last = wire.new_run(experiment_id, run_name="run 9")
    wire.post("runs/log-metric", run_id=last, key="val/loss", value=9, timestamp=1, step=0).ok()
    expect(legend).to_have_count(RUNS + 1)
    page = visit.go(f"/experiments/{experiment_id}/charts?at={before}")
    expect(page.get_by_text("As of event")).to_be_visible()
    expect(legend).to_have_count(RUNS)
    page = visit.go(f"/compare?runs={runs[1]},{runs[2]}&tab=lines&at={before}")
    expect(page.get_by_text("Nothing can be changed here")).to_be_visible()
    wire.post("runs/set-tag", run_id=runs[1], key="later", value="v").ok()
    page.get_by_role("link", name="Table", exact=True).click()
    expect(page.get_by_role("rowheader", name="val/loss")).to_be_visible()
    expect(page.get_by_role("rowheader", name="later")).to_have_count(0)
    page.get_by_role("button", name="Back to live").click()
    expect(page.get_by_role("rowheader", name="later")).to_be_visible()


def test_the_keys_of_a_run(visit: Visit, wire: Wire) -> None:
    _, runs = sweep(wire)
    page = visit.go(f"/runs/{runs[2]}")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("run 2")
    for key, tab in (("2", "metrics"), ("4", "artifacts"), ("5", "timeline"), ("6", "events"), ("3", "system")):
        page.keyboard.press(key)
        expect(page).to_have_url(re.compile(f"/runs/{runs[2]}/{tab}$"))
    page.keyboard.press("2")
    page.keyboard.press("]")
    expect(heading).to_have_text("run 1")
    expect(page).to_have_url(re.compile("/metrics$"))
    page.keyboard.press("[")
    expect(heading).to_have_text("run 2")
    chart = page.get_by_role("group", name="val/loss, 1 run")
    chart.focus()
    page.keyboard.press("l")
    expect(page).to_have_url(re.compile("log=val"))
    page.keyboard.press("s")
    expect(page).to_have_url(re.compile("smooth=0.6"))
    page.keyboard.press("ArrowRight")
    expect(page.locator("[aria-live=polite]", has_text="run 2")).not_to_be_empty()
    page.keyboard.press("Escape")
    heading.click()
    page.keyboard.press("1")
    page.keyboard.press("e")
    notes = page.get_by_role("textbox", name=re.compile("notes", re.IGNORECASE))
    notes.fill("seen ✓")
    page.keyboard.press("Control+Enter")
    expect(notes).to_have_count(0)
    expect(page.get_by_text("seen ✓")).to_be_visible()
    heading.click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("a")
    expect(page).to_have_url(re.compile("/activity$"))


def test_a_filter_is_coloured_by_what_the_server_reads_in_it(visit: Visit, wire: Wire) -> None:
    experiment_id, _ = sweep(wire)
    page = open_runs(visit, experiment_id, "?q=max(metrics.%60val%2Floss%60)+%3E+0")

    def coloured(kind: str) -> Locator:
        return page.locator(f"[data-kind={kind}]")

    line = page.get_by_role("combobox", name="Filter runs")
    expect(coloured("keyword")).to_have_text(["max"])
    expect(coloured("key")).to_have_text(["metrics.`val/loss`"])
    line.press("End")
    line.press_sequentially(" or params.lr in ('0.1', \"now\") and started > now-7d")
    expect(coloured("key")).to_have_text(["metrics.`val/loss`", "params.lr", "started"])
    expect(coloured("value")).to_have_text(["0", "'0.1'", '"now"', "now-7d"])
    expect(coloured("keyword")).to_have_text(["max", "or", "in", "and"])
    # Before the server has seen it, what is typed keeps its colours.
    line.press_sequentially("7")
    assert coloured("value").all_inner_texts()[:3] == ["0", "'0.1'", '"now"']
    pieces = page.locator("[aria-hidden=true] > [data-kind]").all_inner_texts()
    assert "".join(pieces) == line.input_value()


def test_times_are_in_the_zone_that_one_chose(visit: Visit, wire: Wire) -> None:
    start = 1_767_225_600_000  # the first moment of 2026 in UTC
    run_id = wire.new_run(run_name="new year", start_time=start)
    wire.post("runs/log-metric", run_id=run_id, key="loss", value=1, timestamp=start, step=0).ok()
    page = visit.go("/settings")
    zone = page.get_by_role("combobox", name="Time zone")
    expect(zone).to_have_value("local")
    for name, shown in (("UTC", "2026-01-01 00:00:00"), ("America/New_York", "2025-12-31 19:00:00")):
        visit.go("/settings")
        zone.select_option(name)
        clock = datetime.now(ZoneInfo(name)).strftime("%Y-%m-%d %H:")
        expect(page.locator("output", has_text=clock)).to_be_visible()
        visit.check_accessible()
        page = visit.go(f"/runs/{run_id}")
        expect(page.get_by_text(shown).first).to_be_visible()
        expect(page.locator(f"time[title='{shown} ({name})']").first).to_be_visible()
    visit.go("/settings")
    zone.select_option("Asia/Tokyo")
    page = visit.go(f"/runs/{run_id}/metrics?x=wall")
    page.get_by_role("button", name="loss: more").click()
    page.get_by_role("menuitem", name="Show as table").click()
    expect(page.get_by_role("region", name="loss as a table")).to_contain_text("1 Jan 2026 09:00:00")


def test_a_page_of_another_build_offers_to_load_itself_again(visit: Visit, wire: Wire) -> None:
    """The page is made to be an older one; what the server says of itself is what it says."""

    def older(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=re.sub('name="build" content="[^"]+"', 'name="build" content="0.0.1"', answer.text()))

    page = visit.go("/settings")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    button = page.get_by_role("button", name="Reload to update")
    expect(button).to_have_count(0)
    page.route("**/settings", older)
    visit.go("/settings")
    expect(button).to_be_visible()
    visit.check_accessible()
    page.get_by_role("link", name="Experiments").click()
    expect(button).to_be_visible()
    page.get_by_role("link", name="Settings").click()
    page.unroute("**/settings", older)
    button.click()
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    expect(button).to_have_count(0)


def test_operations_show_one_run_and_one_projection(visit: Visit, wire: Wire) -> None:
    run_id, other = wire.new_run(run_name="mine"), wire.new_run(run_name="not mine")
    wire.post("runs/set-tag", run_id=run_id, key="k", value="v").ok()
    page = visit.go("/ops/events")
    events = page.get_by_role("region", name="Events")
    expect(events).to_contain_text(other[:8])
    page.get_by_role("searchbox", name="Only events of the run").fill(run_id)
    expect(events.get_by_role("row", name=re.compile("TagsSet"))).to_be_visible()
    expect(events).not_to_contain_text(other[:8])
    page.get_by_role("combobox", name="Kind of event").select_option("RunCreated")
    expect(events.get_by_role("row", name=re.compile("TagsSet"))).to_have_count(0)
    expect(page).to_have_url(re.compile(f"kind=RunCreated.*run={run_id}|run={run_id}.*kind=RunCreated"))
    wire.post("runs/set-tag", run_id=run_id, key="k2", value="v").ok()
    page.get_by_role("combobox", name="Kind of event").select_option("")
    expect(events).to_contain_text("k2")
    visit.check_accessible()
    page = visit.go("/ops/projections")
    link = page.get_by_role("table").get_by_role("link").first
    name = link.inner_text()
    link.click()
    expect(page).to_have_url(re.compile("/ops/projections/"))
    expect(page.get_by_role("rowheader")).to_have_text([name])
    page = visit.go("/ops/projections/none")
    expect(page.get_by_text("There is no such projection")).to_be_visible()


def test_two_tabs_share_one_stream(browser: Browser, wire: Wire) -> None:
    run_id = wire.new_run(run_name="shared", start_time=1)
    with visiting(browser, wire.url) as visit:
        streams: dict[str, int] = {"first": 0, "second": 0}
        first, second = visit.page, visit.page.context.new_page()
        for name, page in (("first", first), ("second", second)):
            page.on("request", lambda request, name=name: "/stream" in request.url and streams.update({name: streams[name] + 1}))
            page.goto(f"{wire.url}/runs/{run_id}")
            expect(page.get_by_text("Live", exact=True)).to_be_visible()
        assert streams == {"first": 1, "second": 0}
        wire.post("runs/set-tag", run_id=run_id, key="one", value="seen by both").ok()
        for page in (first, second):
            expect(page.get_by_text("seen by both")).to_be_visible(timeout=5_000)
        # Whoever is left reads on, and has missed nothing.
        first.close()
        wire.post("runs/set-tag", run_id=run_id, key="two", value="after the first").ok()
        expect(second.get_by_text("after the first")).to_be_visible(timeout=10_000)
        assert streams["second"] == 1
        visit.check()


def test_fields_of_compared_runs_are_found_by_expression(visit: Visit, wire: Wire) -> None:
    _, runs = sweep(wire)
    page = visit.go(f"/compare?runs={','.join(runs[:3])}&diff=0")
    page.get_by_role("searchbox", name="Filter fields").fill("^(lr|val)")
    expect(page.get_by_role("rowheader", name="lr", exact=True)).to_be_visible()
    expect(page.get_by_role("rowheader", name="val/loss", exact=True)).to_be_visible()
    page.get_by_role("searchbox", name="Filter fields").fill("^loss")
    expect(page.get_by_role("rowheader", name="val/loss", exact=True)).to_have_count(0)
