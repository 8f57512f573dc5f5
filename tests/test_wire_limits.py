"""Names, lengths and immutability over raw HTTP."""

import pytest
from harness.wire import Wire

BAD_CHARACTERS = (
    "Invalid value \"{}\" for parameter '{}' supplied: Names may only contain alphanumerics, underscores (_), "
    "dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).…"
)
BAD_PATH = (
    "Invalid value \"{}\" for parameter '{}' supplied: Names may be treated as files in certain cases, and must not "
    "resolve to other names when treated as such. This name would resolve to '{}'…"
)


def log_metric(wire: Wire, run_id: str, key: str, **fields: object) -> object:
    return wire.post("runs/log-metric", **({"run_id": run_id, "key": key, "value": 1.0, "timestamp": 1} | fields))


@pytest.mark.parametrize("key", ["a", "A/b", "a b", "a.b-c_d", "a:b", "ünï", "x" * 250, "ü" * 250, ".a", "1"])
def test_keys_that_are_accepted(wire: Wire, key: str) -> None:
    run_id = wire.new_run()
    log_metric(wire, run_id, key).ok()
    wire.post("runs/log-parameter", run_id=run_id, key=key, value="v").ok()
    wire.post("runs/set-tag", run_id=run_id, key=key, value="v").ok()
    data = wire.data(run_id)
    assert (data["metrics"][key], data["params"][key], data["tags"][key]) == (1.0, "v", "v")


@pytest.mark.parametrize("key", ["a@b", "a#b", "a\\b", "a'b", 'a"b', "a%b", "a\tb+"])
def test_keys_with_other_characters(wire: Wire, key: str) -> None:
    run_id = wire.new_run()
    expected = BAD_CHARACTERS.split("{}")[2]
    for answer in (
        log_metric(wire, run_id, key),
        wire.post("runs/log-parameter", run_id=run_id, key=key, value="v"),
        wire.post("runs/set-tag", run_id=run_id, key=key, value="v"),
        wire.post("runs/log-batch", run_id=run_id, tags=[{"key": key, "value": "v"}]),
    ):
        assert expected.rstrip("…") in answer.invalid()


def test_the_refused_key_is_quoted(wire: Wire) -> None:
    run_id = wire.new_run()
    log_metric(wire, run_id, "a@b").invalid(BAD_CHARACTERS.format("a@b", "name"))
    answer = wire.post("runs/log-batch", run_id=run_id, params=[{"key": "a@b", "value": "v"}])
    answer.invalid(BAD_CHARACTERS.format("a@b", "params[0].key"))


@pytest.mark.parametrize(
    ("key", "resolved"), [("a//b", "a/b"), ("a/./b", "a/b"), ("a/../b", "b"), ("a/", "a"), ("..", ".."), (".", ".")]
)
def test_keys_that_are_other_paths(wire: Wire, key: str, resolved: str) -> None:
    run_id = wire.new_run()
    answer = wire.post("runs/log-batch", run_id=run_id, params=[{"key": key, "value": "v"}])
    answer.invalid(BAD_PATH.format(key, "params[0].key", resolved))


@pytest.mark.parametrize("key", ["/a", "/", "../a", "..."])
def test_keys_that_leave_their_root(wire: Wire, key: str) -> None:
    run_id = wire.new_run()
    wire.post("runs/set-tag", run_id=run_id, key=key, value="v").invalid()
    log_metric(wire, run_id, key).invalid()


def test_keys_of_251_characters(wire: Wire) -> None:
    run_id, key = wire.new_run(), "k" * 251
    too_long = "'{}' exceeds the maximum length of 250 characters"
    log_metric(wire, run_id, key).invalid(too_long.format("Metric name"))
    wire.post("runs/log-parameter", run_id=run_id, key=key, value="v").invalid(too_long.format("Param key"))
    wire.post("runs/set-tag", run_id=run_id, key=key, value="v").invalid(too_long.format("key"))
    for kind, element in (("metrics", {"value": 1.0, "timestamp": 1}), ("params", {}), ("tags", {})):
        message = wire.post("runs/log-batch", run_id=run_id, **{kind: [{"key": key} | element]}).invalid()
        assert message.endswith("exceeds the maximum length of 250 characters")


@pytest.mark.parametrize("unit", ["v", "ü"])
def test_long_values_are_cut(wire: Wire, unit: str) -> None:
    """At 6000 and 8000 characters, not bytes, and without a word."""
    run_id = wire.new_run()
    wire.post("runs/log-parameter", run_id=run_id, key="p", value=unit * 6001).ok()
    wire.post("runs/set-tag", run_id=run_id, key="t", value=unit * 8001).ok()
    batch = {"params": [{"key": "q", "value": unit * 7000}], "tags": [{"key": "u", "value": unit * 9000}]}
    wire.post("runs/log-batch", run_id=run_id, **batch).ok()
    data = wire.data(run_id)
    assert {data["params"]["p"], data["params"]["q"]} == {unit * 6000}
    assert {data["tags"]["t"], data["tags"]["u"]} == {unit * 8000}


def test_a_param_keeps_its_value(wire: Wire) -> None:
    run_id = wire.new_run()
    for _ in range(2):
        wire.post("runs/log-parameter", run_id=run_id, key="p", value="1").ok()
    wire.post("runs/log-parameter", run_id=run_id, key="p", value="2").invalid(
        "Changing param values is not allowed. Param with key='p' was already logged with value='1' "
        f"for run ID='{run_id}'. Attempted logging new value '2'."
    )
    assert wire.data(run_id)["params"] == {"p": "1"}


def test_params_are_compared_after_the_cut(wire: Wire) -> None:
    run_id = wire.new_run()
    for tail in ("a", "b"):
        wire.post("runs/log-parameter", run_id=run_id, key="p", value="v" * 6000 + tail).ok()


def test_a_batch_may_not_change_a_param(wire: Wire) -> None:
    run_id = wire.new_run()
    wire.post("runs/log-batch", run_id=run_id, params=[{"key": "p", "value": "1"}]).ok()
    params = [{"key": "new", "value": "x"}, {"key": "p", "value": "2"}]
    wire.post("runs/log-batch", run_id=run_id, params=params).invalid(
        "Changing param values is not allowed. Params were already logged="
        f"'[{{'key': 'p', 'old_value': '1', 'new_value': '2'}}]' for run ID='{run_id}'."
    )
    assert wire.data(run_id)["params"] == {"p": "1"}


def test_a_batch_may_not_name_a_param_twice(wire: Wire) -> None:
    params = [{"key": "dup", "value": "1"}, {"key": "dup", "value": "2"}]
    wire.post("runs/log-batch", run_id=wire.new_run(), params=params).invalid(
        "Duplicate parameter keys have been submitted: ['dup']. "
        "Please ensure the request contains only one param value per param key."
    )


def test_param_keys_are_case_sensitive(wire: Wire) -> None:
    run_id = wire.new_run()
    wire.post("runs/log-batch", run_id=run_id, params=[{"key": "p", "value": "1"}, {"key": "P", "value": "2"}]).ok()
    assert wire.data(run_id)["params"] == {"p": "1", "P": "2"}


def test_a_negative_timestamp(wire: Wire) -> None:
    answer = log_metric(wire, wire.new_run(), "m", timestamp=-1)
    answer.invalid("Invalid value -1 for parameter 'timestamp' supplied: metric 'm' (value=1.0). Timestamp must be a…")


@pytest.mark.parametrize("step", [-1, -(2**63), 2**63 - 1])
def test_any_step(wire: Wire, step: int) -> None:
    run_id = wire.new_run()
    log_metric(wire, run_id, "m", step=step).ok()
    assert wire.history(run_id, "m") == [(step, 1, 1.0)]
