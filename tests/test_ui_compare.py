"""The files of compared runs beside one another, in a real browser."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from conftest import _starter
from harness.browser import Visit, visiting
from harness.pictures import png
from harness.wire import ARTIFACTS, Wire
from playwright.sync_api import Browser, Page, expect

MANY = 120
LINES = [f"line {number}" for number in range(40)]


@dataclass
class Site:
    """A server with three runs; the third has no files but one."""

    url: str
    runs: list[str]

    def path(self, search: str = "") -> str:
        return f"/compare?runs={','.join(self.runs)}&tab=artifacts{search}"


@pytest.fixture(scope="module")
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with _starter("runledger-sqlite", request, tmp_path_factory.mktemp("compare")) as start:
        wire = Wire(start().url)
        experiment_id = wire.new_experiment()
        runs = [wire.new_run(experiment_id, run_name=f"run {number}") for number in range(3)]

        def put(number: int, path: str, content: bytes) -> None:
            wire.request("PUT", f"{ARTIFACTS}/{experiment_id}/{runs[number]}/artifacts/{path}", data=content).ok()

        for number in range(2):
            put(number, "same.txt", b"the same\n")
            put(number, "config/model.yaml", "\n".join([*LINES[:20], f"lr: 0.{number}", *LINES[20:]]).encode())
            put(number, "config/settings.json", b'{"b": 1, "a": [1, 2]}' if number else b'{"b": 1,\n"a": [1, 3]}')
            put(number, "plots/roc.png", png(2 + number))
            put(number, "table.csv", f"step,loss\n1,0.{number}\n".encode())
            put(number, "weights.txt", b"\x00\x01" + bytes([number]))
        put(0, "only.txt", b"of the first\n")
        put(2, "config/model.yaml", b"lr: 0.2\n")
        yield Site(wire.url, runs)


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Visit]:
    with visiting(browser, site.url, axe=True) as visit:
        yield visit
        visit.check_accessible()
        visit.check()


def test_more_runs_than_fit_into_an_address(visit: Visit, site: Site) -> None:
    wire = Wire(site.url)
    experiment_id = wire.new_experiment()
    for number in range(MANY):
        run_id = wire.new_run(experiment_id, run_name=f"many {number:03}", start_time=1000 + number)
        wire.post("runs/log-batch", run_id=run_id, params=[{"key": "lr", "value": f"0.{number}"}]).ok()
    page = visit.go(f"/experiments/{experiment_id}")
    page.get_by_role("checkbox", name="Select many 119").check()
    page.get_by_role("button", name=f"Select all {MANY}").click()
    page.get_by_role("toolbar", name="Selected runs").get_by_role("button", name="Compare").click()
    heading = page.get_by_role("heading", name=f"Compare {MANY} runs", exact=True)
    expect(heading).to_be_visible()
    expect(page).to_have_url(re.compile(rf"/compare\?set={experiment_id}-[0-9a-f]{{16}}$"))
    names = page.get_by_role("columnheader", name=re.compile("^many "))
    expect(names).to_have_count(MANY)
    row = page.get_by_role("row", name=re.compile("^lr "))
    expect(row.get_by_role("cell")).to_have_count(MANY)
    address = page.url
    # The link is the same for everybody, and other runs are another selection.
    page.reload()
    expect(heading).to_be_visible()
    page.get_by_role("button", name="Remove many 119").click()
    expect(page.get_by_role("heading", name=f"Compare {MANY - 1} runs")).to_be_visible()
    expect(page).not_to_have_url(address)
    expect(page).to_have_url(re.compile("set="))
    page.go_back()
    expect(heading).to_be_visible()
    visit.go(f"/compare?set={experiment_id}-0000000000000000")
    expect(page.get_by_text("an experiment keeps its latest 100")).to_be_visible()
    visit.complaints = [each for each in visit.complaints if "404" not in each]


def choose(page: Page, *path: str) -> None:
    tree = page.get_by_role("navigation", name="Artifacts of all runs")
    *folders, file = path
    for folder in folders:
        tree.get_by_role("button", name=re.compile(f"^{folder}")).click()
    tree.get_by_role("link", name=re.compile(f"^{re.escape(file)}")).click()
    expect(page.get_by_role("article")).to_be_visible()


def test_paths_of_all_runs_are_one_tree(visit: Visit, site: Site) -> None:
    page = visit.go(f"/compare?runs={','.join(site.runs)}")
    page.get_by_role("link", name="Artifacts").or_(page.get_by_role("tab", name="Artifacts")).first.click()
    tree = page.get_by_role("navigation", name="Artifacts of all runs")
    expect(tree.get_by_role("link", name=re.compile("^only.txt"))).to_contain_text("1 of 3 runs: run 0")
    expect(tree.get_by_role("button", name=re.compile("^config"))).to_contain_text("3 of 3")
    expect(tree.get_by_role("button", name=re.compile("^plots"))).to_contain_text("2 of 3 runs: run 0, run 1")
    choose(page, "only.txt")
    expect(page.get_by_text("Not in run 1, run 2.")).to_be_visible()
    expect(page.get_by_role("region", name="only.txt of run 0")).to_contain_text("of the first")
    expect(page).to_have_url(re.compile("file=only.txt"))
    # Of two runs that have all but one file in common.
    page = visit.go(f"/compare?runs={','.join(site.runs[:2])}&tab=artifacts")
    same = tree.get_by_role("link", name=re.compile("^same.txt"))
    expect(same).to_contain_text("same")
    page.get_by_role("button", name="Differences only").click()
    expect(same).to_have_count(0)
    expect(tree.get_by_role("link", name=re.compile("^only.txt"))).to_be_visible()
    page = visit.go(site.path("&file=no/such.txt"))
    expect(page.get_by_text("None of the runs has “no/such.txt”.")).to_be_visible()


def test_pictures_and_tables_stand_beside_one_another(visit: Visit, site: Site) -> None:
    page = visit.go(site.path())
    choose(page, "plots", "roc.png")
    for number in range(2):
        picture = page.get_by_role("region", name=f"plots/roc.png of run {number}")
        expect(picture.get_by_role("img")).to_be_visible()
        expect(picture).to_contain_text(f"{2 + number} × 1")
    left, right = (page.get_by_role("region", name=f"plots/roc.png of run {number}").bounding_box() for number in range(2))
    assert left and right
    assert (left["y"], left["x"] < right["x"]) == (right["y"], True)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download plots/roc.png of run 1").click()
    assert download.value.suggested_filename == "roc.png"
    choose(page, "table.csv")
    for number in range(2):
        expect(page.get_by_role("region", name=f"table.csv of run {number}").get_by_role("cell", name=f"0.{number}")).to_be_visible()


def test_texts_show_what_differs(visit: Visit, site: Site) -> None:
    page = visit.go(site.path())
    choose(page, "config", "model.yaml")
    diff = page.get_by_role("region", name="Differences between run 0 and run 1")
    expect(diff.get_by_role("row", name=re.compile("removed: lr: 0.0.*added: lr: 0.1"))).to_be_visible()
    expect(page.get_by_text("1 line only in run 0, 1 only in run 1.")).to_be_visible()
    expect(diff.get_by_text("line 3", exact=True)).to_have_count(0)
    diff.get_by_role("button", name="Show 17 equal lines").first.click()
    expect(diff.get_by_text("line 3", exact=True)).to_have_count(2)
    visit.check_accessible()
    page.get_by_role("combobox", name="To").select_option("run 2")
    other = page.get_by_role("region", name="Differences between run 0 and run 2")
    expect(other.get_by_role("row", name=re.compile("added: lr: 0.2"))).to_be_visible()
    expect(page).to_have_url(re.compile(f"with={site.runs[2]}"))
    page.reload()
    expect(other).to_be_visible()
    page.get_by_role("button", name="Side by side").click()
    expect(page.get_by_role("region", name="config/model.yaml of run 2")).to_contain_text("lr: 0.2")
    # JSON is compared by what it says, not by how it is written.
    page = visit.go(site.path("&file=config/settings.json"))
    expect(page.get_by_text("1 line only in run 0, 1 only in run 1.")).to_be_visible()
    # Equal files have no differences to show, and bytes have no lines.
    page = visit.go(site.path("&file=same.txt"))
    expect(page.get_by_text("The same bytes in all 2 runs that have it. Not in run 2.")).to_be_visible()
    expect(page.get_by_role("region", name="same.txt of run 1")).to_contain_text("the same")
    page = visit.go(site.path("&file=weights.txt"))
    expect(page.get_by_text("The file is not text.")).to_be_visible()


def test_files_are_compared_on_a_phone_and_in_the_dark(browser: Browser, site: Site) -> None:
    for width, theme, file in ((390, "light", "plots/roc.png"), (390, "dark", "config/model.yaml"), (1280, "dark", "config/model.yaml")):
        with visiting(browser, site.url, axe=True, width=width, theme=theme) as visit:
            page = visit.go(site.path(f"&file={file}"))
            expect(page.get_by_role("article").get_by_role("img").or_(page.locator("table")).first).to_be_visible()
            visit.check_accessible()
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            visit.check()
