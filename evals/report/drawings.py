"""Which charts a record gives, by what is in it: curves over several targets, rows of one target, accuracy against
prompt tokens, heat maps. The bill's and the benchmark's own are in `costs.py`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from evals.harness.stats import Estimate

from . import axes, charts
from .looks import Shown, slots
from .numbers import figure, interval, percent, short
from .reading import Line, Record

# What an eval is about, the first of these that it has; "lines, hunks, files" are three sides of one.
_KEPT = (("lines", "hunks", "files"), ("support", "words"), ("found",), ("kept code",), ("needed",))
ANSWERED = ("answered", "correct", "pass@1", "accuracy", "resolved", "exact match")
_SEVERAL = re.compile(r"^(.*), target ([0-9.e+]+)$|^(.*), (\d+) ?%$", re.DOTALL)


class Drawn(NamedTuple):
    """Charts that belong together: a heading, what to know, who is who, and the charts with their titles."""

    heading: str
    note: str
    names: dict[str, int]
    charts: Sequence[tuple[str, Shown]]
    joined: bool = True  # by lines: the legend shows them


def measures(record: Record) -> list[str]:
    """The headings that say how good a compressor is, for this eval."""
    there = {heading for line in record.lines for heading, found in line.figures.items() if found}
    answered = [heading for heading in ANSWERED if heading in there][:1]
    kept = next(([one for one in group if one in there] for group in _KEPT if group[0] in there), [])
    return answered or kept


def targets(record: Record) -> dict[str, list[tuple[float, Line]]]:
    """The lines of every group that was measured with several targets, by the group's name without its target."""
    found: dict[str, list[tuple[float, Line]]] = defaultdict(list)
    for line in record.lines:
        if match := _SEVERAL.match(line.group):
            name, value = (match[1], float(match[2])) if match[2] else (match[3], float(match[4]) / 100)
            found[name].append((value, line))
    return {name: lines for name, lines in found.items() if len({target for target, _ in lines}) > 1}


def left(line: Line) -> Estimate | None:
    """The share of the tokens that is left, where the line tells."""
    if kept := line.figures.get("kept"):
        return kept
    after, before = line.figures.get("tokens after"), line.figures.get("tokens before")
    if after is None or before is None or not before.mean:
        return None
    return Estimate(*(value / before.mean for value in after[:3]), after.cases)


def curves(record: Record) -> list[Drawn]:
    """What is kept over what is left, a panel for each group and measure."""
    found = targets(record)
    places = slots(line.compressor for line in record.lines if line.compressor != "everything")
    panels = []
    for group, lines in found.items():
        widest = max((share.mean for _, line in lines if (share := _drawn(line))), default=1.0)
        across = axes.linear("tokens left, of all", [min(1.0, widest)], write=percent)
        for measure in measures(record):
            series = [
                charts.Series(name, slot, points)
                for name, slot in places.items()
                if (points := _curve(measure, [line for _, line in sorted(lines, key=_target)], name))
            ]
            if series:
                title = f"{group}: {measure}"
                panels.append((title, charts.lines(title, series, across, axes.shares(f"{measure}, share kept"))))
    note = (
        "Every point is one target, drawn at what was really left. Bars: 95 % intervals. Hollow: some targets missed. "
        "Not drawn: everything, which keeps all by sending all."
    )
    return [Drawn("Retention over budget", note, places, panels)] if panels else []


def rows(record: Record) -> list[Drawn]:
    """The measures at one target, a row for each compressor."""
    several = {line.group for lines in targets(record).values() for _, line in lines}
    panels = []
    places = slots(line.compressor for line in record.lines)
    for group in dict.fromkeys(line.group for line in record.lines if line.group not in several):
        members = [line for line in record.lines if line.group == group]
        for measure in measures(record):
            if bars := [bar for line in members if (bar := _bar(line, measure, places[line.compressor]))]:
                title = f"{group}: {measure}"
                chart = charts.rows(title, bars, _across(measure, bars))
                panels.append((f"{title}, {members[0].cases} cases", chart))
    note = "Means with 95 % bootstrap intervals. Hollow: some targets missed, or cases failed and are not in the mean."
    return [Drawn("Side by side", note, {}, panels)] if panels else []


def against_tokens(record: Record) -> list[Drawn]:
    """How many answers are right, against the prompt tokens that they took."""
    heading = next(iter(measures(record)), "")
    if heading not in ANSWERED:
        return []
    places = slots(line.compressor for line in record.lines)
    panels = []
    for group in dict.fromkeys(line.group for line in record.lines):
        members = [line for line in record.lines if line.group == group]
        points = [(line.compressor, point) for line in members if (point := _answered(line, heading))]
        if len(points) > 1:
            series = [charts.Series(name, places[name], [point]) for name, point in points]
            across = axes.linear("prompt tokens a question", [point.x for _, point in points])
            title = f"{group}: {heading} against prompt tokens"
            chart = charts.lines(title, series, across, axes.shares(heading), joined=False)
            panels.append((f"{title}, {members[0].cases} questions", chart))
    note = (
        "Up and to the left is better: more answers from fewer tokens. Bars: 95 % intervals; where they overlap, the "
        "figures do not tell who is better."
    )
    return [Drawn("Accuracy against prompt tokens", note, places, panels, joined=False)] if panels else []


def heat_maps(record: Record) -> list[Drawn]:
    """What was found, by depth and length, a map for each group and compressor."""
    cells: dict[tuple[str, str], dict[tuple[float, float], list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in record.rows:
        if not row.get("error") and all(isinstance(row.get(key), int | float) for key in ("depth", "length", "found")):
            place = (float(row["length"]), float(row["depth"]))
            cells[row["group"], row["compressor"]][place].append(float(row["found"]))
    groups = {group for group, _ in cells}
    panels = []
    for (group, compressor), found in cells.items():
        title = compressor if len(groups) == 1 else f"{group}: {compressor}"
        means = {place: (sum(values) / len(values), len(values)) for place, values in found.items()}
        panels.append((title, charts.heat(f"{title}: needles found", means, ("tokens", short), ("depth", percent))))
    note = (
        "The share of the needles found, by length of the conversation and how deep they stand in it. Cases that "
        "failed are left out; the table counts them."
    )
    return [Drawn("Needles found", note, {}, panels)] if panels else []


def _target(pair: tuple[float, Line]) -> float:
    return pair[0]


def _drawn(line: Line) -> Estimate | None:
    return None if line.compressor == "everything" else left(line)


def _curve(measure: str, lines: Iterable[Line], name: str) -> list[charts.Point]:
    found = []
    for line in (line for line in lines if line.compressor == name):
        share, value = left(line), line.figures.get(measure)
        if share and value:
            note = f"{name}: {_said(measure, value)} at {percent(share.mean)} of the tokens{_careful(line)}"
            found.append(charts.Point(share.mean, value.mean, value.low, value.high, note, bool(_careful(line))))
    return found


def _bar(line: Line, measure: str, slot: int) -> charts.Bar | None:
    value = line.figures.get(measure)
    if value is None:
        return None
    careful = _careful(line)
    name = f"{line.compressor}{careful}"
    return charts.Bar(name, slot, value.mean, value.low, value.high, _said(measure, value), bool(careful))


def _answered(line: Line, heading: str) -> charts.Point | None:
    value, tokens = line.figures.get(heading), line.figures.get("prompt tokens") or line.figures.get("tokens after")
    if value is None or tokens is None:
        return None
    note = f"{line.compressor}: {_said(heading, value)} with {tokens.mean:,.0f} prompt tokens{_careful(line)}"
    return charts.Point(tokens.mean, value.mean, value.low, value.high, note, bool(_careful(line)))


def _across(measure: str, bars: Sequence[charts.Bar]) -> axes.Axis:
    """0 to 1, as shares need, or further where a measure is no share."""
    highest = max(bar.high for bar in bars)
    return axes.shares(measure) if highest <= 1 else axes.linear(measure, [highest])


def _said(heading: str, found: Estimate) -> str:
    around = interval(heading, found)
    return f"{figure(heading, found)} [{around}]" if around else figure(heading, found)


def _careful(line: Line) -> str:
    """What to know before believing a figure: failures and missed targets, in words."""
    missed = line.figures.get("missed")
    told = []
    if line.errors:
        told.append(f"{percent(line.errors / line.cases)} failed")
    if missed and missed.mean and line.compressor != "everything":
        told.append(f"{percent(missed.mean)} over target")
    return f" ({', '.join(told)})" if told else ""
