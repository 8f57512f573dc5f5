"""What one sees of many runs and experiments at once, in a real browser: folders, groups, saved views, the past."""

import re
import time
from collections.abc import Iterator

import pytest
from conftest import _starter
from harness.browser import Visit, visiting
from harness.wire import Wire, fresh_name
from playwright.sync_api import Browser, Page, expect


@pytest.fixture(scope="module", params=["runledger-sqlite", "runledger-postgres"])
def wire(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    with _starter(request.param, request, tmp_path_factory.mktemp("views")) as start:
        yield Wire(start().url)


@pytest.fixture
def visit(browser: Browser, wire: Wire) -> Iterator[Visit]:
    with visiting(browser, wire.url, axe=True) as visit:
        yield visit
        visit.check_accessible()
        visit.check()


def settled(page: Page) -> None:
    expect(page.get_by_role("main").get_by_role("heading").first).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


def test_experiments_are_in_folders(visit: Visit, wire: Wire) -> None:
    for name, runs in (("speech/asr/ctc", 2), ("speech/asr/rnnt", 1), ("speech/tts", 0), ("alone/here", 1)):
        experiment_id = wire.new_experiment(name=name)
        for _ in range(runs):
            wire.new_run(experiment_id, user_id="ann", start_time=now())
    page = visit.go("/experiments?sort=name")
    settled(page)
    expect(page.get_by_role("link", name="alone/here")).to_be_visible()
    expect(page.get_by_role("link", name="ctc")).to_have_count(0)
    folder = page.get_by_role("row").filter(has=page.get_by_role("button", name="speech/", exact=True))
    expect(folder.get_by_role("cell").nth(2)).to_have_text("3")
    expect(folder.get_by_role("img", name=re.compile("3 runs begun in 14 days, 3 today"))).to_be_visible()
    expect(folder).to_contain_text("ann")
    page.get_by_role("button", name="speech/", exact=True).press("Enter")
    page.get_by_role("button", name="asr/", exact=True).click()
    expect(page.get_by_role("link", name="ctc")).to_be_visible()
    visit.check_accessible()
    page.reload()
    settled(page)
    expect(page.get_by_role("link", name="ctc")).to_be_visible()
    page.get_by_role("searchbox", name="Search experiments").fill("rnnt")
    expect(page.get_by_role("link", name="speech/asr/rnnt")).to_be_visible()


def test_what_is_deleted_is_purged_when_its_name_is_typed(visit: Visit, wire: Wire) -> None:
    name = fresh_name("doomed")
    experiment_id = wire.new_experiment(name=name)
    run_id = wire.new_run(experiment_id, run_name="first")
    wire.new_run(experiment_id)
    wire.post("runs/delete", run_id=run_id).ok()
    page = visit.go(f"/runs/{run_id}")
    page.get_by_role("button", name="Purge…").click()
    purge(page, "first")
    expect(page).to_have_url(re.compile("view=deleted"))
    wire.get("runs/get", run_id=run_id).missing()

    wire.post("experiments/delete", experiment_id=experiment_id).ok()
    page = visit.go("/experiments?view=deleted")
    page.get_by_role("button", name=f"Purge {name}…").click()
    visit.check_accessible()
    purge(page, name)
    expect(page.get_by_text(f"Purged “{name}” with 1 run")).to_be_visible()
    expect(page.get_by_role("link", name=name)).to_have_count(0)
    wire.get("experiments/get", experiment_id=experiment_id).missing()


def now() -> int:
    return int(time.time() * 1000)


def purge(page: Page, name: str) -> None:
    dialog = page.get_by_role("dialog")
    button = dialog.get_by_role("button", name="Purge", exact=True)
    expect(button).to_be_disabled()
    dialog.get_by_role("textbox").fill(name[:-1])
    expect(button).to_be_disabled()
    dialog.get_by_role("textbox").fill(name)
    button.click()
    expect(dialog).to_have_count(0)


def test_runs_are_grouped_and_groups_open(visit: Visit, wire: Wire) -> None:
    experiment_id = sweep(wire)
    page = visit.go(f"/experiments/{experiment_id}")
    settled(page)
    page.get_by_role("button", name="Group by ▾").click()
    page.get_by_role("dialog", name="Group by").get_by_role("checkbox", name=re.compile("^optimizer")).check()
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile("group=params.optimizer"))
    expect(page.get_by_text("6 runs in 3 groups")).to_be_visible()
    group = page.get_by_role("row", name=re.compile("optimizer: adam"))
    expect(group).to_contain_text("0.25")
    expect(group).to_contain_text("0 … 0.5")
    visit.check_accessible()
    # The keyboard: to the group, open it, and down to its first run.
    grid = page.get_by_role("treegrid", name="Runs")
    grid.focus()
    page.keyboard.press("Control+Home")
    for _ in range(3):
        if "adam" in active(page):
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(group).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("link", name=re.compile("^run [024]$"))).to_have_count(2)
    page.keyboard.press("ArrowDown")
    assert "run " in active(page)
    # Of the group without a value.
    page.get_by_role("row", name=re.compile("optimizer: none")).click()
    expect(page.get_by_role("link", name="run 5")).to_be_visible()
    group.click()
    expect(group).to_have_attribute("aria-expanded", "false")
    expect(page.get_by_role("link", name="run 0")).to_have_count(0)


def test_a_run_is_pinned_to_the_table_from_its_own_page(visit: Visit, wire: Wire) -> None:
    experiment_id = sweep(wire)
    page = visit.go(f"/experiments/{experiment_id}?q=params.optimizer+%3D+%27sgd%27")
    page.get_by_role("link", name="run 3").click()
    pin = page.get_by_role("button", name="Pin", exact=True)
    expect(pin).to_have_attribute("aria-pressed", "false")
    pin.click()
    expect(pin).to_have_attribute("aria-pressed", "true")
    # The table has it on top, and in its address, by whatever way one comes to it.
    page.go_back()
    top = page.get_by_role("rowgroup", name="Pinned runs")
    expect(top.get_by_role("link", name="run 3")).to_be_visible()
    expect(page).to_have_url(re.compile("top="))
    expect(page).to_have_url(re.compile("q=params.optimizer"))
    page.get_by_role("link", name="run 1").click()
    expect(pin).to_have_attribute("aria-pressed", "false")
    page.get_by_role("heading", name="run 1").click()
    page.keyboard.press("p")
    expect(pin).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Show the table").last.click()
    expect(top.get_by_role("row")).to_have_count(1)
    expect(top.get_by_role("link", name="run 1")).to_be_visible()
    # What the table unpins is unpinned there as well.
    top.get_by_role("link", name="run 1").click()
    expect(pin).to_have_attribute("aria-pressed", "true")
    visit.check_accessible()
    pin.click()
    page.go_back()
    expect(page.get_by_text("6 runs")).to_be_visible()
    expect(top).to_have_count(0)
    expect(page).not_to_have_url(re.compile("top="))


def active(page: Page) -> str:
    """The text of the row that the keyboard is on."""
    return page.evaluate(
        """() => {
            const id = document.activeElement.getAttribute("aria-activedescendant");
            return document.getElementById(id).closest("[role=row]").textContent;
        }"""
    )


def sweep(wire: Wire) -> str:
    """An experiment with two runs of each of two optimizers, and two without one."""
    experiment_id = wire.new_experiment()
    for number, optimizer in enumerate(("adam", "sgd", "adam", "sgd", None, None)):
        run_id = wire.new_run(experiment_id, run_name=f"run {number}", start_time=now() - number * 1000)
        params = [{"key": "lr", "value": f"0.{number}"}]
        if optimizer is not None:
            params.append({"key": "optimizer", "value": optimizer})
        metrics = [{"key": "loss", "value": number / 4, "timestamp": 1, "step": 0}]
        wire.post("runs/log-batch", run_id=run_id, params=params, metrics=metrics).ok()
    return experiment_id


def test_a_view_is_saved_shared_changed_and_deleted(visit: Visit, wire: Wire, browser: Browser) -> None:
    experiment_id = sweep(wire)
    page = visit.go(f"/experiments/{experiment_id}?q=params.optimizer+%3D+%27sgd%27&cols=name,metrics.loss")
    settled(page)
    choose(page, "Views", "Save as a new view…")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Only sgd")
    dialog.get_by_role("button", name="Save").click()
    expect(page).to_have_url(re.compile(r"\?view_id=[0-9a-f]{16}$"))
    link = page.url
    expect(page.get_by_text("2 of 6 runs")).to_be_visible()
    tags = wire.get("experiments/get", experiment_id=experiment_id).ok()["experiment"]["tags"]
    assert [tag["key"] for tag in tags] == [f"runledger.view.{link[-16:]}"]
    expect(page.get_by_text("runledger.view")).to_have_count(0)

    # Somebody else opens the link, in a browser that knows nothing.
    with visiting(browser, wire.url) as other:
        other.page.goto(link)
        expect(other.page.get_by_text("2 of 6 runs")).to_be_visible()
        expect(other.page.get_by_role("button", name="View: Only sgd")).to_be_visible()
        other.check()

    # A change is told, kept in the address, and saved on demand.
    page.get_by_role("columnheader", name="loss").get_by_role("button").first.click()
    expect(page).to_have_url(re.compile("sort=-metrics.loss"))
    expect(page.get_by_role("button", name="View: Only sgd changed")).to_be_visible()
    visit.check_accessible()
    choose(page, "View: Only sgd", "Update “Only sgd”")
    expect(page.get_by_role("button", name="changed")).to_have_count(0)
    page.goto(link)
    expect(page.get_by_role("columnheader", name="loss")).to_have_attribute("aria-sort", "descending")

    choose(page, "View: Only sgd", "Rename…")
    dialog.get_by_label("Name").fill("SGD")
    dialog.get_by_role("button", name="Rename").click()
    choose(page, "View: SGD", "All runs, default columns")
    expect(page.get_by_text(re.compile(r"^6 runs"))).to_be_visible()
    choose(page, "Views", "SGD")
    expect(page.get_by_text("2 of 6 runs")).to_be_visible()
    choose(page, "View: SGD", "Delete")
    expect(page.get_by_text("Deleted the view “SGD”")).to_be_visible()
    expect(page.get_by_text("2 of 6 runs")).to_be_visible()
    page.get_by_role("button", name="Undo").first.click()
    choose(page, "Views", "SGD")
    expect(page).to_have_url(link)


def choose(page: Page, menu: str, item: str) -> None:
    page.get_by_role("button", name=menu).click()
    page.get_by_role("menuitem", name=item, exact=True).click()


def test_a_run_is_looked_at_as_it_was(visit: Visit, wire: Wire) -> None:
    run_id = wire.new_run(run_name="young", start_time=now())
    wire.post("runs/log-batch", run_id=run_id, metrics=[{"key": "loss", "value": 4, "timestamp": 1, "step": 0}]).ok()
    events = f"/api/runledger/v1/runs/{run_id}/events"
    position = wire.request("GET", events).ok()["events"][0]["position"]
    # The slider goes by time, so there has to be some between the first event and the last.
    time.sleep(1)
    points = [{"key": "loss", "value": value, "timestamp": 2 + value, "step": value} for value in (3, 2)]
    wire.post("runs/log-batch", run_id=run_id, metrics=points, params=[{"key": "lr", "value": "0.1"}]).ok()
    wire.post("runs/update", run_id=run_id, run_name="old", status="FINISHED", end_time=now()).ok()

    page = visit.go(f"/runs/{run_id}/timeline")
    expect(page.get_by_role("heading", name="old")).to_be_visible()
    page.get_by_role("button", name=f"Show the run as of event {position}").click()
    banner = page.get_by_role("status").filter(has_text="As of")
    expect(banner).to_contain_text(f"event {position:,}")
    expect(page.get_by_role("heading", name="young")).to_be_visible()
    visit.check_accessible()
    page.get_by_role("link", name="Overview").click()
    expect(page).to_have_url(re.compile(f"at={position}"))
    values = page.get_by_role("region", name="Values of metrics")
    expect(values.get_by_role("row", name=re.compile("loss"))).to_contain_text("4")
    expect(page.get_by_text("lr", exact=True)).to_have_count(0)
    expect(page.get_by_role("button", name="Add a tag")).to_have_count(0)
    expect(page.get_by_role("button", name="More actions")).to_have_count(0)
    page.get_by_role("link", name=re.compile("Metrics")).first.click()
    expect(page.locator("canvas").first).to_be_visible()

    banner.get_by_role("button", name="Back to live").click()
    expect(page.get_by_role("heading", name="old")).to_be_visible()
    page.get_by_role("link", name="Timeline").click()
    slider = page.get_by_role("slider", name="Show the run as of")
    expect(slider).to_have_attribute("aria-valuetext", "now")
    slider.focus()
    for _ in range(3):
        page.keyboard.press("PageDown")
    expect(page).to_have_url(re.compile(r"at=\d{13}"))
    expect(page.get_by_role("heading", name="young")).to_be_visible()
    page.keyboard.press("End")
    expect(page.get_by_role("heading", name="old")).to_be_visible()
    expect(banner).to_have_count(0)


def test_runs_are_compared_with_a_baseline(visit: Visit, wire: Wire) -> None:
    experiment_id = sweep(wire)
    page = visit.go(f"/experiments/{experiment_id}?cols=name,metrics.loss,params.optimizer")
    settled(page)
    page.get_by_role("checkbox", name="Select run 2").check()
    page.get_by_role("toolbar", name="Selected runs").get_by_role("button", name="Baseline").click()
    expect(page.get_by_text("Baseline: run 2")).to_be_visible()
    better, worse = (page.get_by_role("row", name=re.compile(name)) for name in ("run 1", "run 3"))
    expect(better).to_contain_text("−0.25 ▽")
    expect(worse).to_contain_text("+0.25 △")
    expect(better).not_to_contain_text("better")
    page.get_by_role("button", name="Column Metric loss").click()
    expect(page.get_by_role("menuitemradio", name="Best value")).to_be_disabled()
    page.get_by_role("menuitemradio", name="Lower is better").click()
    expect(page).to_have_url(re.compile("low=loss"))
    expect(better).to_contain_text("better")
    expect(worse).to_contain_text("worse")
    visit.check_accessible()
    # The address holds it, and the best of a metric is what its direction says.
    page.reload()
    expect(better).to_contain_text("better")
    page.get_by_role("button", name="Column Metric loss").click()
    with page.expect_request(lambda request: "metrics.loss:min" in (request.post_data or "")):
        page.get_by_role("menuitemradio", name="Best value").click()
    expect(page).to_have_url(re.compile("cols=name%2Cmetrics.loss%3Abest%2Cparams.optimizer"))
    page.get_by_role("button", name="No baseline").click()
    expect(worse).not_to_contain_text("△")
