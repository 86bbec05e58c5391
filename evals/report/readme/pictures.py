"""Which pictures the README and the documentation have, each a curve from a record. Reads and writes no files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from evals.report import axes, charts, drawings
from evals.report.looks import slots
from evals.report.numbers import percent
from evals.report.reading import Record, RecordError

_DRAWN = ("compresskit", "litellm", "head+tail", "random")


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
    chart = charts.lines(curve.title, series, across, axes.shares(f"{curve.title}, {curve.measure}"))
    return charts.as_file([("", chart)], names)
