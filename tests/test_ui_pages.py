"""Every page in both themes, on a desk and on a phone: accessible, whole, and a picture of it on demand.

The pages show the sample data, which is the same each time. With RUNLEDGER_SCREENSHOTS a picture of each page is written to the
folder of that name, for people to look at.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import _starter
from harness.browser import visiting
from harness.layout import layout_faults
from harness.runledger import BINARY
from harness.waiting import wait_until
from harness.wire import ARTIFACTS, Wire
from playwright.sync_api import Browser, Page, expect

HEIGHTS = {1440: 900, 390: 844}


@dataclass
class Site:
    """A server with the sample data and a model. `pages`: the path of each page by the name of its picture."""

    url: str
    pages: dict[str, str]


# The pages are the same on both databases.
@pytest.fixture(scope="module")
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with _starter("runledger-sqlite", request, tmp_path_factory.mktemp("pages")) as start:
        url = start(flags=("--private-webhooks",)).url
        wire = Wire(url)
        subprocess.run([str(BINARY), "sample-data", "--url", url], check=True, capture_output=True, timeout=60)
        yield Site(url, pages_of(wire))


def pages_of(wire: Wire) -> dict[str, str]:
    sweep, pretraining = (
        wire.get("experiments/get-by-name", experiment_name=name).ok()["experiment"]["experiment_id"]
        for name in ("cifar10-sweep", "llm-pretraining")
    )
    empty = wire.new_experiment(name="empty")
    found = wire.post("runs/search", experiment_ids=[sweep], max_results=4).ok()["runs"]
    runs = [run["info"]["run_id"] for run in found]
    first = runs[0]
    long = wire.post("runs/search", experiment_ids=[pretraining], max_results=1).ok()["runs"][0]["info"]["run_id"]
    wire.new_model(name="classifier", description="Of **pictures**", tags=[{"key": "team", "value": "vision"}])
    for run_id in runs[:2]:
        wire.new_version("classifier", run_id=run_id, description="as trained")
    wire.post("registered-models/alias", name="classifier", alias="champion", version="2").ok()
    logged = wire.new_logged_model(sweep, name="resnet", source_run_id=first)["model_id"]
    files = f"{ARTIFACTS}/{sweep}/{first}/artifacts"
    wire.request("PUT", f"{files}/readme.md", data=b"# Read me\n\nA **table**:\n\n| a | b |\n|---|---|\n| 1 | 2 |\n").ok()
    wire.post("runs/set-tag", run_id=first, key="mlflow.note.content", value="## Notes\n\nThe *best* so far.").ok()
    events = [{"entity": "RUN", "action": "FINISHED"}]
    wire.post("webhooks", name="ci", url="http://127.0.0.1:9/hook", events=events).ok()
    wire.post("runs/log-parameter", run_id=first, key="optimizer", value="another").invalid()
    staged = "/api/runledger/v1/ops/status"
    wait_until("the files are stored", lambda: wire.request("GET", staged).ok()["uploads"]["staged"] == 0)
    listed = ",".join(runs)
    compare = {f"compare-{tab}": f"/compare?runs={listed}&tab={tab}" for tab in ("lines", "parallel", "scatter", "box", "contour")}
    return {
        "experiments": "/experiments",
        "runs": f"/experiments/{sweep}",
        "runs-grouped": f"/experiments/{sweep}?group=params.optimizer",
        "runs-baseline": f"/experiments/{sweep}?base={first}&cols=name,status,metrics.val/acc,spark.val/acc&low=val/loss",
        "runs-empty": f"/experiments/{empty}",
        "runs-no-match": f"/experiments/{sweep}?q=params.optimizer+%3D+%27none%27",
        "charts": f"/experiments/{sweep}/charts",
        "logged-models": f"/experiments/{sweep}/models",
        "logged-model": f"/experiments/{sweep}/models/{logged}",
        "notes": f"/experiments/{sweep}/notes",
        "experiment-activity": f"/experiments/{sweep}/activity",
        "run": f"/runs/{first}",
        "run-metrics": f"/runs/{long}/metrics",
        "run-system": f"/runs/{long}/system",
        "run-artifact": f"/runs/{first}/artifacts/readme.md",
        "run-timeline": f"/runs/{first}/timeline",
        "run-events": f"/runs/{first}/events",
        "compare": f"/compare?runs={listed}",
        **compare,
        "models": "/models",
        "prompts": "/models?kind=prompts",
        "model": "/models/classifier",
        "version": "/models/classifier/versions/2",
        "activity": "/activity",
        "ops": "/ops",
        "ops-uploads": "/ops/uploads",
        "ops-refused": "/ops/refused",
        "ops-events": "/ops/events",
        "ops-projections": "/ops/projections",
        "ops-webhooks": "/ops/webhooks",
        "settings": "/settings",
        "missing-run": "/runs/no-such-run",
        "missing-page": "/no-such-page",
    }


def settled(page: Page) -> None:
    """A page has its heading and nothing that is still loading."""
    expect(page.get_by_role("main").get_by_role("heading").first).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


def picture(page: Page, name: str) -> None:
    folder = os.environ.get("RUNLEDGER_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.wait_for_timeout(700)
        page.screenshot(path=f"{folder}/{name}.png")


@pytest.mark.timeout(400)
@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_is_accessible(browser: Browser, site: Site, width: int) -> None:
    wrong = []
    with visiting(browser, site.url, width=width, axe=True) as visit:
        page = visit.page
        page.set_viewport_size({"width": width, "height": HEIGHTS[width]})

        def check(name: str, only: str | None = None) -> None:
            picture(page, f"{name}-{width}")
            try:
                visit.check_accessible(only)
            except AssertionError as error:
                wrong.append(f"{name}: {error}")

        for name, path in site.pages.items():
            page.emulate_media(color_scheme="light")
            visit.go(path)
            settled(page)
            check(f"{name}-light")
            # The page follows the theme of the system, and nothing but its colours changes.
            page.emulate_media(color_scheme="dark")
            check(f"{name}-dark", "color-contrast")
        # The browser itself complains about the 404 of what is missing.
        assert not [each for each in visit.complaints if "404" not in each]
    assert not wrong, "\n".join(wrong)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_cut_off_or_covered(browser: Browser, site: Site, width: int) -> None:
    wrong = []
    with visiting(browser, site.url, width=width) as visit:
        for name, path in site.pages.items():
            page = visit.go(path)
            settled(page)
            wrong += [f"{name}: {fault}" for fault in layout_faults(page)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("style", "fault"),
    [
        ("main h1 { margin-left: -60px }", 'h1 "Operations" lies from'),
        ("main h1 { width: 40px; overflow: hidden; white-space: nowrap }", 'h1 "Operations" is cut off at 40'),
        ("main section p { height: 4px; overflow: hidden }", "in height"),
        ("main nav { pointer-events: none }", 'a "Uploads'),
        ("main nav::after { content: ''; position: absolute; inset: 0; z-index: 9 }", "is covered by"),
        ("main { margin-left: -80px }", "and the main part overlap"),
        ("main nav { width: 130vw }", 'nav "Operations" lies from'),
        ("main h1 { display: none }", "the main part has 0 titles"),
    ],
)
def test_faults_of_the_layout_are_found(browser: Browser, site: Site, style: str, fault: str) -> None:
    with visiting(browser, site.url, axe=True) as visit:
        page = visit.go("/ops")
        settled(page)
        expect(page.get_by_role("heading", name="Checks")).to_be_visible()
        assert layout_faults(page) == []
        page.add_style_tag(content=style)
        found = layout_faults(page)
        assert any(fault in each for each in found), found


def test_the_sample_data_says_something_on_every_page(browser: Browser, site: Site) -> None:
    """A page that lost its content would still be accessible."""
    words = {
        "runs": "sweep-39",
        "runs-grouped": "optimizer: ",
        "runs-no-match": "0 of 40",
        "run": "The best so far.",
        "run-artifact": "Read me",
        "compare": "Parameters",
        "compare-box": "Median",
        "model": "champion",
        "ops-projections": "views/0",
        "ops-refused": "INVALID_PARAMETER_VALUE",
    }
    with visiting(browser, site.url) as visit:
        for name, text in words.items():
            page = visit.go(site.pages[name])
            expect(page.get_by_text(re.compile(text, re.IGNORECASE)).first).to_be_visible()
        visit.check()
