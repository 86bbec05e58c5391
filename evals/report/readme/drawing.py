"""Draws the pictures of the README and the documentation from records. Reads and writes no files.

A picture is one SVG file that loads nothing: it has its own style sheet, for light and dark, and its own legend.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import NamedTuple

from evals.report import axes, charts, drawings
from evals.report.looks import css, marker, slots
from evals.report.numbers import percent
from evals.report.reading import Record, RecordError

_DRAWN = ("compresskit", "litellm", "head+tail", "random")
_CHART = re.compile(r'<svg [^>]*viewBox="0 0 (\d+) (\d+)">(.*)</svg>', re.DOTALL)
_LEGEND = 26  # units of the drawing, below the chart
_SCALE = 1.5  # pixels for a unit of the drawing


class Curve(NamedTuple):
    """What one picture shows: a measure of one group, over the share of the tokens that is left."""

    record: str
    group: str
    heading: str
    title: str
    measure: str


PICTURES = {
    "kept-swe-bench": Curve(
        "swe-bench-curve", "SWE-bench Lite", "lines", "SWE-bench Lite: lines that the fix needs", "share still readable"
    ),
    "kept-coding-runs": Curve(
        "agent-points-curve",
        "coding runs",
        "support",
        "Coding agents: what the next action uses",
        "share still readable",
    ),
    "kept-musique": Curve(
        "multihop-qa-curve",
        "MuSiQue, a message each",
        "support",
        "MuSiQue: paragraphs that answer the question",
        "share still readable",
    ),
}


def picture(curve: Curve, records: Mapping[str, Record]) -> str:
    """The curve as an SVG file.

    Raises:
        RecordError: the record is missing, or it has no such group or figure.
    """
    if curve.record not in records:
        raise RecordError(f"no record {curve.record!r} (there are {', '.join(sorted(records))}); add it with --run.")
    measured = drawings.targets(records[curve.record]).get(curve.group, [])
    names = slots(_DRAWN)
    series = []
    for name, slot in names.items():
        points = []
        for target, line in sorted(measured, key=lambda one: one[0]):
            left, kept = drawings.left(line), line.figures.get(curve.heading)
            if line.compressor == name and left and kept:
                note = f"{name}, target {target:g}: {kept.mean:.2f} at {percent(left.mean)} of the tokens"
                points.append(charts.Point(left.mean, kept.mean, kept.low, kept.high, note))
        if not points:
            raise RecordError(f"{curve.record}.json has no {curve.heading!r} of {name!r} in {curve.group!r}.")
        series.append(charts.Series(name, slot, points))
    widest = max(point.x for one in series for point in one.points)
    across = axes.linear("tokens that are left", [min(1.0, widest)], write=percent)
    return _file(charts.lines(curve.title, series, across, axes.shares(f"{curve.title}, {curve.measure}")), names)


def _file(chart: str, names: Mapping[str, int]) -> str:
    """A chart with its style sheet and a legend below it."""
    found = _CHART.fullmatch(chart)
    if found is None:
        raise AssertionError("charts.lines() gives one svg element with a viewBox from 0 0")
    width, height = int(found[1]), int(found[2]) + _LEGEND
    legend = []
    left, line = 8, height - _LEGEND / 2
    for name, slot in names.items():
        legend.append(f'<path class="line s{slot}" d="M{left:.1f} {line:.1f}h28"/>{marker(slot, left + 14, line)}')
        legend.append(f'<text class="name" x="{left + 34:.1f}" y="{line + 4:.1f}">{escape(name)}</text>')
        left += 42 + 7 * len(name)
    # An attribute for the size: a style sheet's width of 100 % would make the picture as wide as the page.
    style = css("charts").replace("width: 100%; height: auto; ", "")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" viewBox="0 0 {width} {height}" '
        f'width="{width * _SCALE:.0f}" height="{height * _SCALE:.0f}">\n<style>\n{style}</style>\n'
        f'<rect width="{width}" height="{height}" style="fill: var(--paper)"/>\n{found[3]}{"".join(legend)}\n</svg>\n'
    )
