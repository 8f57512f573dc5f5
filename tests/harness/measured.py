"""What a page costs: its requests and their bytes, its elements, its first paint, its heap, and rows without content."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import CDPSession, Page

from harness.waiting import wait_until

OWN = "/api/runledger/v1/"

# Looks at the grid in every frame, while `step(frame)` moves it: rows without content, and how long frames take.
SCROLL = """
([pixels, frames]) => new Promise((resolve) => {
    const grid = document.querySelector("[role=grid][aria-label=Runs]");
    const seen = { blank: 0, frames: 0, took: [], nodes: 0 };
    let last = performance.now();
    const step = (now) => {
        seen.took.push(now - last);
        last = now;
        const box = grid.getBoundingClientRect();
        const rows = [...grid.querySelectorAll("[role=row][aria-rowindex]")].slice(1).filter((row) => {
            const own = row.getBoundingClientRect();
            return own.bottom > box.top + 30 && own.top < box.bottom;
        });
        const height = rows[0]?.getBoundingClientRect().height ?? 1;
        const missing = Math.floor((box.height - 48) / height) - rows.length;
        if (missing > 0 || rows.some((row) => !row.querySelector("a[href]"))) seen.blank += 1;
        seen.nodes = Math.max(seen.nodes, document.querySelectorAll("*").length);
        seen.frames += 1;
        if (seen.frames >= frames) resolve(seen);
        else {
            grid.scrollTop += pixels;
            requestAnimationFrame(step);
        }
    };
    requestAnimationFrame(step);
})
"""


@dataclass
class Traffic:
    """Requests of a page and the bytes that came over the wire for each, by the path of its URL."""

    asked: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    _paths: dict[str, str] = field(default_factory=dict)
    _bytes: dict[str, int] = field(default_factory=dict)

    def of(self, path: str) -> list[Any]:
        """The bodies of the requests for a path of our own API."""
        return [body for (_, asked), body in zip(self.asked, self.bodies, strict=True) if asked == OWN + path]

    def calls(self) -> list[str]:
        """Requests to the API."""
        return [path for _, path in self.asked if path.startswith("/api/")]

    def bytes(self, ending: str) -> int:
        return sum(size for key, size in self._bytes.items() if self._paths.get(key, "").endswith(ending))

    def largest(self, path: str) -> int:
        return max(size for key, size in self._bytes.items() if self._paths.get(key) == path)


@contextmanager
def counted(page: Page) -> Iterator[Traffic]:
    """Counts what the page asks for within the block."""
    traffic = Traffic()
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")

    def on_request(event: Any) -> None:
        request = event["request"]
        path = "/" + request["url"].split("/", 3)[-1].split("?")[0]
        body = request.get("postData", "")
        traffic.asked.append((request["method"], path))
        traffic.bodies.append(json.loads(body) if body.startswith("{") else body or request["url"])
        traffic._paths[event["requestId"]] = path

    def on_finished(event: Any) -> None:
        traffic._bytes[event["requestId"]] = int(event["encodedDataLength"])

    session.on("Network.requestWillBeSent", on_request)
    session.on("Network.loadingFinished", on_finished)
    try:
        yield traffic
    finally:
        session.detach()


def throttle(page: Page, *, latency_ms: int, bytes_per_second: int) -> CDPSession:
    """Makes the network of the page slow."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    limits = {"offline": False, "latency": latency_ms, "uploadThroughput": -1}
    session.send("Network.emulateNetworkConditions", limits | {"downloadThroughput": bytes_per_second})
    return session


def first_paint(page: Page) -> float:
    """Seconds from the navigation to the first content that was drawn."""
    entries = "performance.getEntriesByName('first-contentful-paint')"
    wait_until("something is drawn", lambda: page.evaluate(f"{entries}.length > 0"))
    return page.evaluate(f"{entries}[0].startTime") / 1000


def count_nodes(page: Page) -> int:
    return page.evaluate("document.querySelectorAll('*').length")


def heap(page: Page) -> int:
    """Bytes that scripts hold after the garbage was collected."""
    session = page.context.new_cdp_session(page)
    try:
        session.send("HeapProfiler.collectGarbage")
        return int(session.send("Runtime.getHeapUsage")["usedSize"])
    finally:
        session.detach()


@dataclass(frozen=True)
class Held:
    """What a page holds after the garbage was collected, seen or not."""

    # Bytes.
    heap: int
    nodes: int
    listeners: int


def held(page: Page) -> Held:
    session = page.context.new_cdp_session(page)
    try:
        session.send("Performance.enable")
        # The browser itself notes up to 250 requests.
        page.evaluate("performance.clearResourceTimings()")
        session.send("HeapProfiler.collectGarbage")
        found = {each["name"]: int(each["value"]) for each in session.send("Performance.getMetrics")["metrics"]}
        usage = session.send("Runtime.getHeapUsage")
        # Typed arrays keep their numbers outside of the heap.
        return Held(int(usage["usedSize"] + usage["backingStorageSize"]), found["Nodes"], found["JSEventListeners"])
    finally:
        session.detach()


def scroll(page: Page, *, pixels: int, frames: int) -> Any:
    """Scrolls the runs by so many pixels a frame. `blank`: frames in which a row had no content."""
    return page.evaluate(SCROLL, [pixels, frames])


def visible_rows(page: Page) -> list[tuple[int, str]]:
    """Index and name of each run that is in the view of the grid; the name is empty where the row has no content yet."""
    return page.evaluate(
        """() => {
            const grid = document.querySelector("[role=grid][aria-label=Runs]");
            const box = grid.getBoundingClientRect();
            return [...grid.querySelectorAll("[role=row][aria-rowindex]")].slice(1)
                .filter((row) => {
                    const own = row.getBoundingClientRect();
                    return own.top < box.bottom && own.bottom > box.top + 30;
                })
                .map((row) => [Number(row.getAttribute("aria-rowindex")), row.querySelector("a[href]")?.textContent ?? ""])
                .sort((a, b) => a[0] - b[0]);
        }"""
    )
