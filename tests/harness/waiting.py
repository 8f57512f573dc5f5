"""Waiting on a condition with a time limit, instead of sleeping and hoping."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(what: str, condition: Callable[[], T], limit: float = 10.0, interval: float = 0.02) -> T:
    """The first truthy value of `condition`; fails with `what` when `limit` seconds pass without one."""
    deadline = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not so within {limit} s (last seen: {value!r})")
        time.sleep(interval)
