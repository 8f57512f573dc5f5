"""MLflow's own page in a browser: where it is installed, and what it may complain about."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from playwright.sync_api import Browser, Page, Response

from harness.browser import Visit, visiting

# What MLflow's server answers with a failure as well: there is no login.
WITHOUT_LOGIN = re.compile(r"/ajax-api/2\.0/mlflow/users/current$")
# The browser repeats each failed answer without saying whose it is; those are checked by their address.
REPEATED = re.compile(r"Failed to load resource: the server responded with a status of \d+")
# The page wants a video from its makers' site, and stays without.
ELSEWHERE = re.compile(r"https://mlflow\.org/\S+ violates the following Content Security Policy")
# Thrown by the page's own comparison of runs on MLflow's server too, and caught by it.
OF_THE_PAGE = re.compile(r"Cannot read properties of undefined \(reading 'includes'\)")


@dataclass
class Failures:
    """The answers a page got that are failures, without those that are as they should be."""

    expected: re.Pattern[str]
    seen: list[str] = field(default_factory=list)

    def note(self, response: Response) -> None:
        if response.status >= 400 and not self.expected.search(response.url.split("?")[0]):
            self.seen.append(f"{response.status} {response.request.method} {response.url}")


def page_folder() -> Path:
    """The built page of the installed package."""
    spec = find_spec("mlflow")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "server" / "js" / "build"


@contextmanager
def visiting_mlflow(browser: Browser, url: str) -> Iterator[Visit]:
    """A visitor to the page at the URL; when they leave, nothing may have failed."""
    failures = Failures(WITHOUT_LOGIN)
    with visiting(browser, url) as visit:
        page: Page = visit.page
        page.set_viewport_size({"width": 1400, "height": 1000})
        page.on("response", failures.note)
        yield visit
        tolerated = [REPEATED, ELSEWHERE, OF_THE_PAGE]
        visit.complaints = [each for each in visit.complaints if not any(known.search(each) for known in tolerated)]
        visit.complaints += failures.seen
        visit.check()
