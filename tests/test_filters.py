"""The grammar of filters and orders: ours finds the same runs in the same order, or refuses with the same error."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from harness.reference import Reference
from harness.search_data import seed
from harness.wire import Wire

FILTERS = [
    "",
    # Metrics compare by the latest value; NaN matches nothing but `!=`.
    *("metrics.m > 0", "metrics.m >= 1", "metrics.m < 0", "metrics.m <= 0", "metrics.m = 1", "metrics.m != 1"),
    *("metric.m = 1.0", "metrics.m = 1e10", "metrics.m > -2", "metrics.n = 1e-3", "metrics.m = 77"),
    *("metrics.`a.b` = 3", "metrics.a.b = 3", 'metrics."a.b" = 3', "metrics.`sp ace` > 1", "metrics.`a/b` = 4"),
    *("metrics.nope > 0", "metrics.M > 0", "metrics.m = .5", "metrics.m>0 and metrics.n<=5"),
    # Params and tags are text.
    *("params.p = '1'", 'params.p = "1"', "params.p != '1'", "param.p = '10'", "parameters.p = '2'", "parameter.p = ''"),
    *("params.model LIKE 'c%'", "params.model ILIKE 'c%'", "params.model LIKE '%n%'", "params.p LIKE 'a_b'"),
    *("params.p LIKE '%\\%'", "params.p LIKE '50%'", "params.p = '50%'", "params.p like 'A%'", "params.`a.b` = 'dotted'"),
    *("params.a.b = 'dotted'", "params.`sp ace` = 'v'", "params.nope = 'x'", "params.nope != 'x'", "params.P = '1'"),
    *("params.p IS NULL", "params.p IS NOT NULL", "params.nope is null", "params.p = \"it's\"", "params.p = 'it''s'"),
    *("tags.t = 'x'", "tag.t != 'x'", "tags.t LIKE '%y%'", "tags.t ILIKE 'X'", "tags.t IS NULL", "tags.t is not null"),
    *("tags.`sp ace` = 'v'", "tags.ü = 'é'", "tags.`ü` = 'é'", "tags.`mlflow.runName` = 'beta'", "tags.mlflow.runName = 'beta'"),
    *("tags.t = ''", "tags.t != ''", "tags.t LIKE '100%'"),
    # Attributes, with and without the word.
    *("status = 'FINISHED'", "attributes.status != 'FINISHED'", "attribute.status = 'finished'", "attr.status LIKE 'F%'"),
    *("status ILIKE 'f%'", "run.status = 'KILLED'", "run_name = 'alpha'", "run_name ILIKE 'alpha'", "run_name LIKE '%a'"),
    *("attributes.`run_name` = 'beta two'", "`Run name` = 'alpha'", "attributes.\"Run Name\" = 'alpha'", "run_name != 'alpha'"),
    *("user_id = 'user a'", "user_id LIKE 'user%'", "artifact_uri LIKE '%artifacts'", "run_name = 'ünï'"),
    *("start_time > 300", "start_time >= 300", "start_time = 300", "start_time != 300", "attributes.start_time < 200"),
    *("end_time > 700", "end_time <= 200", "end_time != 100", "created > 500", "Created <= 500"),
    *("run_id IN ('a', 'b')", "run_id NOT IN ('a')", "attributes.run_id != 'x'", "run_id = 'x'", "run_id LIKE '%'"),
    # Datasets.
    *("dataset.name = 'mnist'", "datasets.name ILIKE 'mnist'", "dataset.name != 'mnist'", "dataset.digest = 'd4'"),
    *("dataset.context = 'train'", "dataset.context LIKE 't%'", "dataset.name IN ('mnist', 'cifar')"),
    *("dataset.name NOT IN ('mnist')", "dataset.name = 'mnist' AND dataset.context = 'eval'", "dataset.digest LIKE 'd_'"),
    # Joining.
    *("metrics.m > 0 AND params.p = '1'", "metrics.m > 0 and tags.t = 'x' AnD status = 'FINISHED'"),
    *("metrics.m > 0 params.p = '1'", "metrics.m > 0 AND metrics.m < 2", "  metrics.m   >   0  ", "params.p='1'AND tags.t='x'"),
    *("metrics.m\n> 0\nAND params.p = '1'", "metrics.m > 0 AND", "AND metrics.m > 0", "params.p = ''''"),
]

REFUSED = [
    *("   ", "nonsense", "metrics.m", "metrics.m >", "> 0", "metrics.m > 'a'", "metrics.m > '1'", "metrics.m LIKE '1'"),
    *("metrics.m == 1", "metrics.m <> 1", "metrics.m IS NULL", "metrics.m IN (1, 2)", "params.p = 5", "params.p > '1'"),
    *("params.p = x", "params.p IN ('1')", "tags.t = 5", "tags.t >= 'a'", "status > 'A'", "status = FINISHED", "status = 5"),
    *("status IN ('FINISHED')", "start_time = '5'", "start_time LIKE '5'", "start_time > abc", "run_id IN ('a', 5)"),
    *("run_id IN 'a'", "run_id > 'a'", "colour = 'red'", "attributes.colour = 'red'", "lifecycle_stage = 'active'"),
    *("experiment_id = '1'", "bogus.m > 0", "dataset.colour = 'x'", "dataset.name > 'x'", "dataset.name = 5"),
    *("metrics.m > 0 OR metrics.m < 0", "NOT metrics.m > 0", "(metrics.m > 0)", "metrics.m > 0;", "1 < metrics.m"),
    *("metrics.m BETWEEN 1 AND 2", "params.p = '1", "params.p = \"1", "params.`p = '1'", "params.p = 1'", "'a' = params.p"),
    *("metrics.m > 0 -- comment", "METRICS.m = 1", "metrics.a/b = 4", "metrics.m > 1.2.3", "metrics.m > NaN", "metrics.m > -"),
    *("status IS NULL", "params.p IS", "params.p NOT NULL", "metrics.m > 0 AND OR"),
]

ORDERS: list[list[str]] = [
    *(["metrics.m"], ["metrics.m ASC"], ["metrics.m DESC"], ["metrics.n desc"], ["metric.m DESC", "metrics.n ASC"]),
    *(["params.p"], ["params.p DESC"], ["params.model ASC"], ["tags.t"], ["tag.t DESC"], ["params.`a.b`", "params.p"]),
    *(["start_time"], ["start_time DESC"], ["attributes.start_time ASC"], ["end_time"], ["end_time DESC"]),
    *(["status"], ["status DESC", "run_name"], ["run_name"], ["run_name DESC"], ["attributes.user_id", "run_name ASC"]),
    *(["created DESC"], ["Created"], ["metrics.`sp ace` DESC"], ["params.nope DESC"], ["tags.`mlflow.runName`"]),
    *(["metrics.nope"], ["params.\"model\" DESC"], ["`start_time` DESC"]),
]

REFUSED_ORDERS: list[list[str]] = [
    *(["metrics.m UP"], ["bogus"], ["bogus.m"], ["metrics.m DESC ASC"], ["metrics.m, metrics.n"], [""]),
    *(["start_time; DROP TABLE runs"], ["experiment_id"], ["metrics.m", "metrics.m DESC"], ["'metrics.m'"], ["1"]),
]


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
