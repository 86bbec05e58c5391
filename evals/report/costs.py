"""The charts of what is paid: bills and prompt sizes over the turns of a run, and time over size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

from evals.harness.cases import Row
from evals.harness.stats import Estimate

from . import axes, charts
from .drawings import Drawn
from .looks import Shown, slots
from .numbers import figure, interval, number
from .reading import Line, Record

_BILLS = ("bill, mean of runs", "bill, in sum")
_FAMILIES = {"files": "files_", "tiny messages": "tiny_"}


def whole_bill(record: Record) -> list[Drawn]:
    """What each contender's runs cost, of what sending everything costs."""
    places = slots(line.compressor for line in record.lines)
    panels = []
    for group in dict.fromkeys(line.group for line in record.lines):
        members = [line for line in record.lines if line.group == group]
        for heading in _BILLS:
            bills = [(line, found) for line in members if (found := line.figures.get(heading))]
            if bars := [_bill(line, found, heading, places) for line, found in bills]:
                title = f"{group}: {heading}"
                across = axes.linear("bill, sending everything is 1", [bar.high for bar in bars])
                panels.append((f"{title}, {members[0].cases} runs", charts.rows(title, bars, across, reference=1.0)))
    note = (
        "Left of the line is cheaper than sending everything. Bars: 95 % bootstrap intervals over runs. Hollow: turns "
        "that crashed, or that lost text for good, which costs nothing here; those bills are too low."
    )
    return [Drawn("The whole bill", note, {}, panels)] if panels else []


def turns(record: Record) -> list[Drawn]:
    """Prompt size and bill over the turns of the longest run that the record has turns of."""
    longest = max((row for row in record.rows if row.get("turns")), key=lambda row: len(row["turns"]), default=None)
    if longest is None:
        return []
    same = (longest["group"], longest["case"])
    return [one_run([row for row in record.rows if (row["group"], row["case"]) == same and row.get("turns")])]


def one_run(rows: Sequence[Row]) -> Drawn:
    """Prompt size and bill over the turns of one run; a row for each contender, with its turns."""
    places = slots(row["compressor"] for row in rows)
    prompts = [_over_turns(row, places, [turn["prompt"] for turn in row["turns"]]) for row in rows]
    paid = [_over_turns(row, places, [so_far / row["everything"] for so_far in _sums(row)]) for row in rows]
    across = axes.linear("turn", [len(rows[0]["turns"])])
    panels = [
        _line_panel("Tokens of the request", prompts, across, "tokens"),
        _line_panel("Bill so far", paid, across, "of the whole bill of sending everything"),
    ]
    note = f"One run: {rows[0]['case']} ({rows[0]['group']}, {len(rows[0]['turns'])} requests)."
    return Drawn("Turn by turn", note, places, panels)


def times(record: Record) -> list[Drawn]:
    """Seconds over tokens, and every case as a ratio to one pass of tiktoken."""
    if record.eval != "bench":
        return []
    places = slots(["compresskit", "litellm", "tiktoken"])
    panels = []
    for family, start in _FAMILIES.items():
        lines = sorted(
            (line for line in record.lines if line.group.startswith(start)), key=lambda line: _mean(line, "tokens")
        )
        series = [one for name, slot in places.items() if len((one := _timed(lines, name, slot)).points) > 1]
        if points := [point for one in series for point in one.points]:
            seconds = [value or point.y for point in points for value in (point.low, point.high)]
            title = f"Time over size: {family}"
            x, y = axes.powers("tokens", [point.x for point in points]), axes.powers("seconds", seconds)
            panels.append((title, charts.lines(title, series, x, y)))
    note = (
        "Means over processes; bars: 95 % intervals. Both axes are logarithmic. tiktoken: one plain count of the text."
    )
    drawn = [Drawn("Time over size", note, places, panels)] if panels else []
    if bars := [bar for line in record.lines if (bar := _ratio(line))]:
        across = axes.linear("compress(), in passes of tiktoken over the same text", [bar.high for bar in bars])
        title = "Every case, one pass of tiktoken is 1"
        told = "A ratio can be compared between machines. Bars: 95 % intervals over processes. Hollow: target missed."
        drawn.append(Drawn("Time as a ratio", told, {}, [(title, charts.rows(title, bars, across, reference=1.0))]))
    return drawn


def _bill(line: Line, found: Estimate, heading: str, places: dict[str, int]) -> charts.Bar:
    told = []
    for key, word in (("failed", "crash"), ("losing", "lose text")):
        share = line.figures.get(key)
        if share and share.mean:
            told.append(f"{figure(key, share)} of turns {word}")
    name = line.compressor + (f" ({', '.join(told)})" if told else "")
    around = interval(heading, found)
    shown = f"{figure(heading, found)} [{around}]" if around else figure(heading, found)
    return charts.Bar(name, places[line.compressor], found.mean, found.low, found.high, shown, bool(told))


def _sums(row: dict[str, Any]) -> Iterator[float]:
    """What was paid up to each turn, retrievals included."""
    return accumulate(float(turn["bill"] + turn["bounce"]) for turn in row["turns"])


def _ratio(line: Line) -> charts.Bar | None:
    ratio = line.figures.get("x tiktoken")
    if line.compressor != "compresskit" or ratio is None:
        return None
    name = f"{line.group} ({number(_mean(line, 'tokens'))} tokens)"
    return charts.Bar(name, 0, *ratio[:3], f"{ratio.mean:.1f} x", _mean(line, "met") < 1)


def _over_turns(row: dict[str, Any], places: dict[str, int], values: Sequence[float]) -> charts.Series:
    points = [charts.Point(float(turn), float(value)) for turn, value in enumerate(values, start=1)]
    return charts.Series(row["compressor"], places[row["compressor"]], points)


def _line_panel(title: str, series: Sequence[charts.Series], x: axes.Axis, unit: str) -> tuple[str, Shown]:
    y = axes.linear(unit, [point.y for one in series for point in one.points])
    return title, charts.lines(title, series, x, y, dots=False)


def _timed(lines: Sequence[Line], name: str, slot: int) -> charts.Series:
    """One name's seconds; tiktoken's are what compresskit's are so many times of."""
    of = "compresskit" if name == "tiktoken" else name
    points = []
    for line in (line for line in lines if line.compressor == of):
        seconds, tokens, ratio = line.figures.get("seconds"), _mean(line, "tokens"), _mean(line, "x tiktoken")
        if seconds and tokens and ratio:
            found = Estimate(seconds.mean / ratio, 0.0, 0.0, 0) if name == "tiktoken" else seconds
            ends = (None, None) if name == "tiktoken" else (found.low, found.high)
            note = f"{name}: {number(found.mean)} s for {number(tokens)} tokens"
            points.append(charts.Point(tokens, found.mean, *ends, note))
    return charts.Series(name, slot, points)


def _mean(line: Line, heading: str) -> float:
    found = line.figures.get(heading)
    return found.mean if found else 0.0
