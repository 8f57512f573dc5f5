"""Charts under the pointer, in a real browser."""

import re
from collections.abc import Iterator

import pytest
from conftest import _starter
from harness.browser import Visit, visiting
from harness.wire import Wire
from playwright.sync_api import Browser, Page, expect


@pytest.fixture(scope="module")
def wire(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    with _starter("runledger-sqlite", request, tmp_path_factory.mktemp("charts")) as start:
        yield Wire(start().url)


@pytest.fixture
def visit(browser: Browser, wire: Wire) -> Iterator[Visit]:
    with visiting(browser, wire.url, axe=True) as visit:
        yield visit
        visit.check_accessible()
        visit.check()


def cursor(page: Page, chart: str) -> float | None:
    """Where the cursor of the chart is, from the left of its plot; None where there is none."""
    return page.get_by_role("group", name=re.compile(f"^{chart},")).evaluate(
        """(chart) => {
            const line = chart.querySelector(".u-cursor-x").getBoundingClientRect();
            const left = line.left - chart.querySelector(".u-over").getBoundingClientRect().left;
            return left < 0 ? null : left;
        }"""
    )


def test_cursors_move_together_where_it_is_wanted(visit: Visit, wire: Wire) -> None:
    run_id = wire.new_run()
    points = [{"key": key, "value": step, "timestamp": step, "step": step} for step in range(50) for key in ("accuracy", "loss")]
    wire.post("runs/log-batch", run_id=run_id, metrics=points).ok()
    page = visit.go(f"/runs/{run_id}/metrics")
    expect(page.locator("canvas")).to_have_count(2)
    first = page.get_by_role("group", name=re.compile("^accuracy,"))
    sync = page.get_by_role("button", name="Sync")
    expect(sync).to_have_attribute("aria-pressed", "true")

    def point() -> tuple[float | None, float | None]:
        """Moves the pointer away and over the first chart."""
        page.mouse.move(0, 0)
        first.hover(position={"x": 150, "y": 60})
        page.wait_for_function("document.querySelector('[aria-hidden=true] > div') !== null")
        return cursor(page, "accuracy"), cursor(page, "loss")

    own, other = point()
    assert own is not None
    assert other is not None
    assert abs(own - other) < 3
    sync.click()
    expect(page).to_have_url(re.compile("sync=0"))
    page.reload()
    expect(sync).to_have_attribute("aria-pressed", "false")
    expect(page.locator("canvas")).to_have_count(2)
    own, other = point()
    assert own is not None
    assert other is None
    sync.click()
    expect(page).not_to_have_url(re.compile("sync="))
    assert None not in point()
