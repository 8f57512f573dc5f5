"""Fixtures: the servers under test and the reference. A skipped test is a failed one."""

import itertools
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from harness.broker import running_broker
from harness.browser import Browsers, running_browsers
from harness.deployment import Deployment, Services
from harness.objects import running_stores
from harness.postgres import Postgres, running_postgres
from harness.reference import Reference
from harness.runledger import Runledger
from harness.wire import Wire
from playwright.sync_api import Browser

# Set before any test module imports the client. A failure shows at once instead of after minutes of retries.
os.environ |= {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "GIT_PYTHON_REFRESH": "quiet",
    "MPLBACKEND": "agg",
    "NO_PROXY": "127.0.0.1",
    "no_proxy": "127.0.0.1",
}

REFERENCE = "mlflow"
OURS = ["runledger-sqlite", "runledger-postgres"]

StartServer = Callable[..., Runledger]
Deploy = Callable[..., Deployment]


@pytest.fixture(scope="module")
def browsers() -> Iterator[Browsers]:
    with running_browsers() as browsers:
        yield browsers


@pytest.fixture
def browser(browsers: Browsers) -> Browser:
    return browsers.get()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL on which databases can be created."""
    with running_postgres() as instance:
        yield instance


@pytest.fixture(scope="session")
def services(postgres: Postgres) -> Iterator[Services]:
    """What distributed deployments stand on."""
    with running_broker() as broker, running_stores() as stores:
        yield Services(postgres, broker, stores)


@pytest.fixture
def deploy(services: Services, tmp_path: Path) -> Iterator[Deploy]:
    """Makes distributed deployments that live as long as the test; the test starts their roles."""
    with ExitStack() as stack:
        numbers = itertools.count(1)

        def make(**options: Any) -> Deployment:
            return stack.enter_context(services.deployment(tmp_path / f"deployment{next(numbers)}", **options))

        yield make


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reference]:
    """MLflow's own server, one for the whole run."""
    server = Reference(tmp_path_factory.mktemp("reference"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def shared_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], str]]:
    """The URL of the server with a given name; each is started once and shared by the tests that do not disturb it."""
    urls: dict[str, str] = {}
    with ExitStack() as stack:

        def url(name: str) -> str:
            if name not in urls:
                if name == REFERENCE:
                    urls[name] = request.getfixturevalue("reference").url
                else:
                    database_url = _database_url(name, request, stack)
                    server = Runledger(tmp_path_factory.mktemp(name), database_url=database_url)
                    stack.callback(server.kill)
                    server.start()
                    urls[name] = server.url
            return urls[name]

        yield url


@pytest.fixture(params=[pytest.param(REFERENCE, marks=pytest.mark.reference), *OURS])
def any_server(request: pytest.FixtureRequest, shared_server: Callable[[str], str]) -> str:
    """The URL of the reference and of ours: what holds on the one has to hold on the others."""
    return shared_server(request.param)


@pytest.fixture
def wire(any_server: str) -> Wire:
    """Raw HTTP to the reference and to ours."""
    return Wire(any_server)


@pytest.fixture(params=OURS)
def our_server(request: pytest.FixtureRequest, shared_server: Callable[[str], str]) -> str:
    """The URL of a shared server of ours, on each database."""
    return shared_server(request.param)


@pytest.fixture(params=OURS)
def start_server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StartServer]:
    """Starts servers of the test's own, on a database of its own; each call on PostgreSQL adds a process to it."""
    with _starter(request.param, request, tmp_path) as start:
        yield start


@pytest.fixture
def start_on_sqlite(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StartServer]:
    """As `start_server`, for what no database has a part in."""
    with _starter("runledger-sqlite", request, tmp_path) as start:
        yield start


@pytest.fixture
def start_on_postgres(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StartServer]:
    """As `start_server`, for what needs several processes on one database."""
    with _starter("runledger-postgres", request, tmp_path) as start:
        yield start


@contextmanager
def _starter(name: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[StartServer]:
    with ExitStack() as stack:
        database_url = _database_url(name, request, stack)
        numbers = itertools.count(1)

        def start(**options: Any) -> Runledger:
            server = Runledger(folder / f"server{next(numbers)}", database_url=database_url, **options)
            stack.callback(server.kill)
            server.start()
            return server

        yield start


def _database_url(name: str, request: pytest.FixtureRequest, stack: ExitStack) -> str | None:
    if name != "runledger-postgres":
        return None
    instance: Postgres = request.getfixturevalue("postgres")
    return stack.enter_context(instance.database())


def pytest_configure() -> None:
    """A run that is told to stop takes its servers along."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped; what a test needs has to be there"
    return report
