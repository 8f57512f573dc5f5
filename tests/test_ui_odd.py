"""What nobody should log and somebody does, in a real browser: thousands of metrics and columns, huge tags, every script."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from conftest import _starter
from harness.browser import Visit, visiting
from harness.measured import count_nodes, counted
from harness.wire import ARTIFACTS, Wire
from playwright.sync_api import Browser, Page, expect

METRICS = 5_000
COLUMNS = 12_000
# Elements of a page that shows as much of it as anybody reads. MLflow's page of runs has 7 000 with nothing odd about it.
MOST_NODES = 6_000
NAMES = [
    "Ωμέγα с кириллицей",
    "训练运行 学習 훈련",
    "تجربة تدريب",
    "ניסוי אימון",
    "ประสบการณ์ प्रयोग",
    "🚀👩🏽‍🔬🏳️‍🌈 e\u0301e\u0301",
    "\u202eright to left override",
    "<b>bold</b> & \"quoted\" 'name' `tick`",
    "x" * 200,
    "many words " * 15,
    "%2F ?q=1#hash",
]


@dataclass
class Odd:
    """A server with an experiment for each oddity, and the runs in them."""

    wire: Wire
    wide_id: str
    deep_run_id: str
    names_id: str
    named: list[str]


@pytest.fixture(scope="module")
def odd(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Odd]:
    with _starter("runledger-sqlite", request, tmp_path_factory.mktemp("odd")) as start:
        wire = Wire(start().url)
        names_id = wire.new_experiment(name=NAMES[1])
        named = [named_run(wire, names_id, name) for name in NAMES]
        yield Odd(wire, wide_experiment(wire), deep_run(wire), names_id, named)


def batch(wire: Wire, run_id: str, keys: list[str]) -> None:
    metrics = [{"key": key, "value": number, "timestamp": 1, "step": 0} for number, key in enumerate(keys)]
    wire.post("runs/log-batch", run_id=run_id, metrics=metrics).ok()


def deep_run(wire: Wire) -> str:
    """One run with thousands of metrics, and with as many params as a few batches hold."""
    run_id = wire.new_run(run_name="deep")
    for first in range(0, METRICS, 1000):
        batch(wire, run_id, [f"layer {number:04}/norm" for number in range(first, first + 1000)])
    for first in range(0, 1000, 100):
        params = [{"key": f"param {number:04}", "value": "x" * 500} for number in range(first, first + 100)]
        wire.post("runs/log-batch", run_id=run_id, params=params).ok()
    return run_id


def wide_experiment(wire: Wire) -> str:
    """Twelve runs that have no metric in common."""
    experiment_id = wire.new_experiment(name="wide")
    for run in range(COLUMNS // 1000):
        run_id = wire.new_run(experiment_id, run_name=f"wide {run:02}")
        batch(wire, run_id, [f"metric {run * 1000 + number:05}" for number in range(1000)])
    return experiment_id


def named_run(wire: Wire, experiment_id: str, name: str) -> str:
    run_id = wire.new_run(experiment_id, run_name=name, user_id=name)
    # Keys are letters, digits and some signs, as MLflow wants them.
    metrics = [{"key": "loss", "value": 1, "timestamp": 1, "step": step} for step in range(3)]
    pair = [{"key": "what", "value": name}]
    wire.post("runs/log-batch", run_id=run_id, metrics=metrics, params=pair, tags=pair).ok()
    path = f"{ARTIFACTS}/{experiment_id}/{run_id}/artifacts/{quote(name, safe='')}.txt"
    wire.request("PUT", path, data=name.encode())
    return run_id


@pytest.fixture
def visit(browser: Browser, odd: Odd) -> Iterator[Visit]:
    with visiting(browser, odd.wire.url, axe=True) as visit:
        yield visit
        visit.check()


def settled(page: Page) -> None:
    expect(page.get_by_role("main").get_by_role("heading").first).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


def fits(page: Page) -> None:
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, f"{page.url} is {overflow} pixels too wide"


def small(page: Page) -> None:
    settled(page)
    count = count_nodes(page)
    assert count <= MOST_NODES, f"{page.url} has {count} elements"


def test_a_run_with_thousands_of_metrics(visit: Visit, odd: Odd) -> None:
    page = visit.go(f"/runs/{odd.deep_run_id}")
    small(page)
    values = page.get_by_role("region", name="Values of metrics")
    expect(values.get_by_role("row")).to_have_count(201)
    values.get_by_role("button", name="Show 200 more of 4,800").click()
    expect(values.get_by_role("row")).to_have_count(401)
    page.get_by_role("searchbox", name="Search metrics").fill("4321")
    expect(values.get_by_role("row")).to_have_count(2)
    page.get_by_role("searchbox", name="Search parameters").fill("param 0999")
    expect(page.get_by_role("region", name="Values of parameters").get_by_role("row")).to_have_count(1)
    visit.check_accessible()
    with counted(page) as traffic:
        values.get_by_role("link", name="layer 4321/norm").click()
        expect(page.locator("canvas")).to_have_count(1)
        page.get_by_role("searchbox", name="Filter metrics").fill("")
        expect(page.locator("canvas").nth(5)).to_be_visible()
        page.wait_for_timeout(1000)
        assert len({metric for body in traffic.of("series") for metric in body["metrics"]}) < 50
    small(page)
    for tab in ("timeline", "events"):
        small(visit.go(f"/runs/{odd.deep_run_id}/{tab}"))


def test_an_experiment_with_thousands_of_columns(visit: Visit, odd: Odd) -> None:
    page = visit.go(f"/experiments/{odd.wide_id}")
    small(page)
    page.get_by_role("button", name=re.compile("^Columns")).click()
    chooser = page.get_by_role("dialog", name="Columns")
    chooser.get_by_role("searchbox").fill("metric 11999")
    chooser.get_by_role("checkbox").first.check()
    small(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("columnheader", name="metric 11999")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("wide 11"))).to_contain_text("999")
    page.get_by_role("combobox", name="Filter runs").fill("metrics.`metric 07")
    expect(page.get_by_role("option").first).to_contain_text("metric 07")
    small(visit.go(f"/experiments/{odd.wide_id}/charts"))
    page.get_by_role("button", name=re.compile("^Metrics")).click()
    page.get_by_role("searchbox", name="Search metrics").fill("11998")
    page.get_by_role("dialog").get_by_role("checkbox").check()
    small(page)


def test_runs_with_thousands_of_fields_are_compared(visit: Visit, odd: Odd) -> None:
    found = odd.wire.post("runs/search", experiment_ids=[odd.wide_id]).ok()["runs"]
    runs = ",".join(run["info"]["run_id"] for run in found)
    for tab in ("table", "lines", "scatter", "parallel", "box", "contour"):
        page = visit.go(f"/compare?runs={runs}&tab={tab}")
        small(page)
    page = visit.go(f"/compare?runs={runs}&tab=scatter")
    page.get_by_role("searchbox", name="Search fields for Y").fill("metric 04567")
    page.get_by_role("combobox", name="Y").select_option("metrics.metric 04567")
    expect(page.get_by_role("img", name=re.compile("metric 04567"))).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_names_in_every_script(browser: Browser, odd: Odd, width: int) -> None:
    with visiting(browser, odd.wire.url, width=width, axe=True) as visit:
        page = visit.go(f"/experiments/{odd.names_id}?cols=name,user,params.what,tags.what")
        settled(page)
        fits(page)
        for name in NAMES:
            expect(page.get_by_role("link", name=name, exact=True).first).to_be_attached()
        visit.check_accessible()
        for name, run_id in zip(NAMES, odd.named, strict=True):
            page = visit.go(f"/runs/{run_id}")
            settled(page)
            fits(page)
            expect(page.get_by_role("heading", level=1)).to_have_text(name.strip())
            assert page.evaluate("document.querySelector('main b, main i[onclick]')") is None, "a name is no markup"
        page = visit.go(f"/compare?runs={','.join(odd.named)}")
        settled(page)
        fits(page)
        visit.check_accessible()
        page = visit.go(f"/runs/{odd.named[5]}/artifacts")
        settled(page)
        fits(page)
        expect(page.get_by_text("🚀").first).to_be_visible()
        for path in ("/experiments", "/activity", f"/experiments/{odd.names_id}/charts", f"/runs/{odd.named[2]}/timeline"):
            page = visit.go(path)
            settled(page)
            fits(page)
        visit.check()


def test_a_tag_of_ten_megabytes(visit: Visit, odd: Odd) -> None:
    """It is cut or refused, as the server says, and whatever is stored does not hurt a page."""
    run_id = odd.wire.new_run(run_name="tagged")
    experiment_id = odd.wire.run(run_id)["info"]["experiment_id"]
    huge = "wide " * (2 << 20)
    odd.wire.post("runs/set-tag", run_id=run_id, key="huge", value=huge).ok()
    page = visit.go(f"/runs/{run_id}")
    settled(page)
    fits(page)
    expect(page.get_by_text("wide wide").first).to_be_visible()
    visit.check_accessible()
    page.get_by_role("button", name="Add a tag").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Key").fill("pasted")
    # What is pasted into the dialog is less, for the sake of the machine that pastes it.
    dialog.get_by_label("Value").fill(huge[: 1 << 20])
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0, timeout=30_000)
    expect(page.get_by_text("pasted")).to_be_visible()
    assert len(odd.wire.data(run_id)["tags"]["pasted"]) <= 8000
    page = visit.go(f"/experiments/{experiment_id}?cols=name,tags.huge,tags.pasted")
    settled(page)
    fits(page)
    expect(page.get_by_role("link", name="tagged")).to_be_visible()
    small(visit.go(f"/runs/{run_id}/timeline"))
    fits(page)


@pytest.mark.parametrize(
    ("path", "title", "back"),
    [
        ("/experiments/999999", "There is no such experiment", "All experiments"),
        ("/runs/no-such-run", "There is no such run", "All experiments"),
        ("/runs/no-such-run/metrics", "There is no such run", "All experiments"),
        ("/models/no-such-model", "There is no such model", "All models"),
        ("/models/no-such-model/versions/1", "There is no such version", "All versions"),
        ("/experiments/0/models/m-0", "There is no such model", "Models of the experiment"),
        ("/ops/webhooks?id=none", "There is no such webhook", "All webhooks"),
        ("/nowhere", "There is no such page", "All experiments"),
    ],
)
def test_what_is_missing_says_so_and_shows_the_way_back(visit: Visit, path: str, title: str, back: str) -> None:
    page = visit.go(path)
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    visit.check_accessible()
    page.get_by_role("link", name=back).click()
    expect(page.get_by_role("heading", name=title)).to_have_count(0)
    # The browser itself complains about the 404 that the page asked for.
    visit.complaints = [each for each in visit.complaints if "404" not in each]
