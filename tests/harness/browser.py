"""A real browser, and what a page must never do: ask another server, break its own policy, or complain."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, expect, sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update"]
PATIENCE = 15_000  # milliseconds; tests run beside each other
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


expect.set_options(timeout=PATIENCE)


@dataclass
class Visit:
    """A page with everything about it that is wrong."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        self.page.goto(self.url + path, wait_until="domcontentloaded")
        return self.page

    def check(self) -> None:
        assert not self.complaints, "\n".join(self.complaints)

    def check_accessible(self, only: str | None = None) -> None:
        """By all rules, or by one."""
        options = RULES if only is None else {"runOnly": [only]}
        found = Axe().run(self.page, options=options).response["violations"]
        told = [f"{each['id']}: {each['help']}\n  {each['nodes'][0]['html'][:300]}" for each in found]
        assert not told, "\n".join(told)


def told(message: ConsoleMessage) -> str:
    return f"complained: {message.text} {message.location.get('url', '')}"


class Browsers:
    """A browser, and another one once that has died."""

    def __init__(self, playwright: Playwright) -> None:
        found = shutil.which("chromium")
        assert found, "there is no chromium on this machine: scripts/setup-test.sh installs it"
        self._chromium = found
        self._playwright = playwright
        self._browser: Browser | None = None

    def get(self) -> Browser:
        if self._browser is None or not self._browser.is_connected():
            self._browser = self._playwright.chromium.launch(executable_path=self._chromium, args=FLAGS)
        return self._browser

    def close(self) -> None:
        if self._browser is not None:
            self._browser.close()


@contextmanager
def running_browsers() -> Iterator[Browsers]:
    with sync_playwright() as playwright:
        browsers = Browsers(playwright)
        try:
            yield browsers
        finally:
            browsers.close()


@contextmanager
def visiting(browser: Browser, url: str, *, theme: str = "light", width: int = 1280, axe: bool = False) -> Iterator[Visit]:
    """A visitor to the server at the URL. With `axe`, its script may be put into pages, which their policy forbids."""
    context: BrowserContext = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
        bypass_csp=axe,
        accept_downloads=True,
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    visit = Visit(page, url)

    def on_request(asked: str) -> None:
        # The browser's own parts, such as its viewer of PDF, are no servers.
        if not asked.startswith((f"{url}/", "blob:", "data:", "about:", "chrome:", "chrome-extension:")):
            visit.complaints.append(f"asked another server: {asked}")

    page.on("request", lambda request: on_request(request.url))
    page.on("pageerror", lambda error: visit.complaints.append(f"threw: {error}"))
    page.on("console", lambda message: message.type == "error" and visit.complaints.append(told(message)))
    try:
        yield visit
    finally:
        context.close()
