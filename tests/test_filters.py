"""The grammar of filters and orders: ours finds the same runs in the same order, or refuses with the same error.

The cases are in `data/*.txt`, one in a line; `#` starts a comment.
"""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from harness.reference import Reference
from harness.search_data import seed
from harness.wire import Wire


def cases(name: str) -> list[str]:
    lines = (Path(__file__).parent / "data" / f"{name}.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


# Blank lines and line ends cannot stand in a file of lines.
FILTERS = ["", "  metrics.m   >   0  ", "metrics.m\n> 0\nAND params.p = '1'", *cases("filters")]
REFUSED = ["   ", *cases("filters-refused")]
ORDERS = [line.split(", ") for line in cases("orders")]
REFUSED_ORDERS = [[""], ["metrics.m, metrics.n"], *(line.split(", ") for line in cases("orders-refused"))]


@pytest.fixture(scope="session")
def answer() -> Callable[..., Any]:
    """What a search of the seeded runs answers, by server, filter and order; each is asked once."""
    seeded = cache(lambda url: seed(Wire(url)))

    @cache
    def ask(url: str, filter_string: str, order_by: tuple[str, ...]) -> Any:
        fields = {"experiment_ids": [seeded(url)], "filter": filter_string, "order_by": list(order_by)}
        found = Wire(url).post("runs/search", **fields)
        if found.status == 200:
            return [run["info"]["run_name"] for run in found.body.get("runs", [])]
        return found.status, found.body.get("error_code"), message_start(found.body.get("message", ""))

    return ask


def message_start(message: str) -> str:
    """Up to the first quotation: after it the reference shows its parser's tokens, or a set in random order."""
    return re.split(r"['\"`{\[(]", message)[0]


@pytest.mark.parametrize("filter_string", FILTERS)
def test_filter(answer: Callable[..., Any], any_server: str, reference: Reference, filter_string: str) -> None:
    order = ("attributes.run_name",)
    expected = answer(reference.url, filter_string, order)
    assert isinstance(expected, list), expected
    assert answer(any_server, filter_string, order) == expected


@pytest.mark.parametrize("filter_string", REFUSED)
def test_filter_that_is_refused(
    answer: Callable[..., Any], any_server: str, reference: Reference, filter_string: str
) -> None:
    compare_refusals(answer(any_server, filter_string, ()), answer(reference.url, filter_string, ()))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("filter_string", ["", "metrics.m > -5"])
def test_order(
    answer: Callable[..., Any], any_server: str, reference: Reference, order: list[str], filter_string: str
) -> None:
    # Runs that tie are sorted by start time and then by their random id: the name settles it.
    order = [*order, *(["attributes.run_name"] if not any("run_name" in clause for clause in order) else [])]
    expected = answer(reference.url, filter_string, tuple(order))
    assert isinstance(expected, list), expected
    assert answer(any_server, filter_string, tuple(order)) == expected


@pytest.mark.parametrize("order", REFUSED_ORDERS)
def test_order_that_is_refused(
    answer: Callable[..., Any], any_server: str, reference: Reference, order: list[str]
) -> None:
    compare_refusals(answer(any_server, "", tuple(order)), answer(reference.url, "", tuple(order)))


def compare_refusals(ours: Any, theirs: Any) -> None:
    """The same answer; where the reference breaks (5xx), a plain 400 will do."""
    if isinstance(theirs, tuple) and theirs[0] >= 500:
        assert ours == theirs or ours[:2] == (400, "INVALID_PARAMETER_VALUE"), (ours, theirs)
    else:
        assert ours == theirs
