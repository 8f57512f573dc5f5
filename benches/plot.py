"""Draws the results of `benches/scale.sh`: one small plot for each question, with both axes logarithmic.

A straight line that rises as the dotted one does is linear; a level one does not depend on the size.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402

Result = dict[str, Any]

# What is asked, what is counted, and the curves: a work, its name in the plot, its figure.
PLOTS: list[tuple[str, str, str, list[tuple[str, str, Callable[[Result], float]]]]] = [
    (
        "Appending to a log that grows",
        "points in the log",
        "ms, median",
        [("burst", "1 000 points", lambda one: one["p50_ms"]), ("log-metric", "one point", lambda one: one["p50_ms"])],
    ),
    (
        "Searching more and more runs",
        "runs in the experiment",
        "ms, median",
        [("search", "filter and sort", lambda one: one["p50_ms"]), ("listing", "the newest 100", lambda one: one["p50_ms"])],
    ),
    (
        "Reading a longer and longer metric",
        "points of the metric",
        "ms, median",
        [("history", "every point", lambda one: one["p50_ms"]), ("chart", "at 1 000 pixels", lambda one: one["p50_ms"])],
    ),
    (
        "Rebuilding the views",
        "events in the log",
        "seconds",
        [("replay", "runledger replay", lambda one: one["seconds"])],
    ),
    (
        "API processes on one database",
        "processes",
        "million points a second",
        [("processes", "16 clients together", lambda one: one["points_per_s"] / 1e6)],
    ),
]


def draw(results: list[Result], target: Path) -> None:
    plots = [plot for plot in PLOTS if any(one["work"] == work for one in results for work, _, _ in plot[3])]
    pyplot.rcParams.update({"font.size": 8, "svg.hashsalt": "runledger", "svg.fonttype": "none"})
    figure, axes = pyplot.subplots(1, len(plots), figsize=(3.1 * len(plots), 2.7), squeeze=False)
    for axis, (title, size, unit, curves) in zip(axes[0], plots, strict=True):
        for work, name, value in curves:
            points = sorted((one["size"], value(one)) for one in results if one["work"] == work and "size" in one)
            if points:
                axis.plot(*zip(*points, strict=True), marker="o", markersize=3, label=name)
        if size != "processes":
            axis.set_xscale("log")
            axis.set_yscale("log")
            reference(axis)
        else:
            axis.set_ylim(bottom=0)
            axis.xaxis.get_major_locator().set_params(integer=True)
        axis.set(title=title, xlabel=size, ylabel=unit)
        axis.grid(alpha=0.3)
        axis.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(target, metadata={"Date": None})


def reference(axis: Any) -> None:
    """What is linear, for the eye: a line through the middle of the plot."""
    (left, right), (low, high) = axis.get_xlim(), axis.get_ylim()
    middle_x, middle_y = (left * right) ** 0.5, (low * high) ** 0.5
    ends = [middle_x / 1e6, middle_x * 1e6]
    axis.plot(ends, [middle_y * end / middle_x for end in ends], ":", color="gray", linewidth=0.8)
    axis.set_xlim(left, right)
    axis.set_ylim(low, high)


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    draw([json.loads(line) for line in source.read_text().splitlines()], target)
