"""Charts as SVG, written by hand: lines and points with intervals, rows with intervals, and heat maps. All that the
evals draw is drawn here: the report, the pictures of the documentation, the plot of a bill, charts in notebooks.

A chart is as wide as its place in the page. It has a title and a description for those who do not see it, and every
point has its values as a tooltip. It has no script. Text is escaped here and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import NamedTuple

from .axes import Axis
from .looks import Shown, css, marker

_WIDTH, _HEIGHT = 420, 290  # units of the drawing; about a phone's width, so that its text is readable there
_LONGEST = 56  # characters of a name in a row of its own
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 20, 26, 44
_CAPTION, _LEGEND = 22, 26  # units of the drawing: a caption above a chart of a file, and a row of the legend
_SCALE = 1.5  # pixels for a unit of the drawing in a file
_CHART = re.compile(rf'<svg [^>]*viewBox="0 0 {_WIDTH} (\d+)">(.*)</svg>', re.DOTALL)


class Point(NamedTuple):
    """A value with its interval; ``note`` is what its tooltip says."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None
    note: str = ""
    hollow: bool = False


class Series(NamedTuple):
    """Points of one name; ``slot`` is how they look."""

    name: str
    slot: int
    points: Sequence[Point]


class Bar(NamedTuple):
    """A row of `rows`: a value with its interval."""

    name: str
    slot: int
    value: float
    low: float
    high: float
    shown: str
    hollow: bool = False


def lines(
    title: str, series: Sequence[Series], x: Axis, y: Axis, dots: bool = True, joined: bool = True, says: str = ""
) -> Shown:
    """Points over two axes, joined in their order; a whisker where a point has an interval."""
    parts = [_frame(x, y)]
    for one in series:
        spots = [(_across(x, point.x), _up(y, point.y), point) for point in one.points]
        for left, _, point in spots:
            if point.low is not None and point.high is not None and point.low != point.high:
                parts.append(_whisker(one.slot, left, _up(y, point.low), _up(y, point.high)))
        if joined and len(spots) > 1:
            path = "L".join(f"{left:.1f} {top:.1f}" for left, top, _ in spots)
            parts.append(f'<path class="line s{one.slot}" d="M{path}"><title>{escape(one.name)}</title></path>')
        if dots:
            parts += [marker(one.slot, left, top, point.hollow, point.note) for left, top, point in spots]
    told = "; ".join(f"{one.name}: {_told(one.points, x, y)}" for one in series)
    return _svg(title, f"{says} {y.title} over {x.title}. {told}.".strip(), parts, _HEIGHT)


def rows(title: str, bars: Sequence[Bar], x: Axis, reference: float | None = None) -> Shown:
    """A row for every name: its value with the interval, and the number beside it."""
    step, left, right = 36, 14, _WIDTH - 116
    low = _TOP - 10 + step * len(bars)
    height = low + _BOTTOM

    def across(value: float) -> float:
        return left + (right - left) * x.place(value)

    parts = []
    for mark in x.marks:
        parts.append(f'<path class="grid" d="M{across(mark):.1f} {_TOP - 16}V{low}"/>')
        parts.append(_text(across(mark), low + 16, x.write(mark), "middle"))
    parts.append(_text((left + right) / 2, low + 34, x.title, "middle", "axis"))
    if reference is not None:
        parts.append(f'<path class="reference" d="M{across(reference):.1f} {_TOP - 16}V{low}"/>')
    for place, bar in enumerate(bars):
        top = _TOP - 10 + step * place + 24
        parts.append(_text(left, top - 10, _shortened(bar.name), "start", "name ours" if bar.slot == 0 else "name"))
        if bar.low != bar.high:
            ends = f"M{across(bar.low):.1f} {top}H{across(bar.high):.1f}"
            parts.append(f'<path class="whisker thick s{bar.slot}" d="{ends}"/>')
        parts.append(marker(bar.slot, across(bar.value), top, bar.hollow, f"{bar.name}: {bar.shown}"))
        parts.append(_text(right + 10, top + 4, bar.shown, "start", "value"))
    told = "; ".join(f"{bar.name}: {bar.shown}" for bar in bars)
    return _svg(title, f"{x.title}. {told}.", parts, height)


def heat(
    title: str,
    cells: Mapping[tuple[float, float], tuple[float, int]],
    x: tuple[str, Callable[[float], str]],
    y: tuple[str, Callable[[float], str]],
) -> Shown:
    """Values of 0 to 1 and how many cases they are of, by (x, y); each cell says its value in digits too. An axis is
    its title and how its values are written."""
    across, down = (sorted({place[axis] for place in cells}) for axis in (0, 1))
    wide, high = (_WIDTH - _LEFT - _RIGHT) / len(across), min(34.0, 220 / len(down))
    low = _TOP + high * len(down)
    (title_x, write_x), (title_y, write_y) = x, y
    parts = [_text(4, 14, title_y, "start", "axis")]
    for (right, depth), (value, cases) in sorted(cells.items()):
        left, top = _LEFT + wide * across.index(right), _TOP + high * down.index(depth)
        note = f"{title_x} {write_x(right)}, {title_y} {write_y(depth)}: {value:.2f} of {cases}"
        box = f'x="{left + 1:.1f}" y="{top + 1:.1f}" width="{wide - 2:.1f}" height="{high - 2:.1f}"'
        parts.append(f'<rect class="cell" {box} rx="3" fill-opacity="{0.05 + 0.57 * value:.2f}">')
        parts.append(f"<title>{escape(note)}</title></rect>")
        parts.append(_text(left + wide / 2, top + high / 2 + 4, f"{value:.2f}", "middle", "inside"))
    for place, value in enumerate(across):
        parts.append(_text(_LEFT + wide * (place + 0.5), low + 16, write_x(value), "middle"))
    for place, value in enumerate(down):
        parts.append(_text(_LEFT - 6, _TOP + high * (place + 0.5) + 4, write_y(value), "end"))
    parts.append(_text(_LEFT + wide * len(across) / 2, low + 34, title_x, "middle", "axis"))
    values = [value for value, _ in cells.values()]
    said = f"{len(cells)} cells of {title_x} and {title_y}; from {min(values):.2f} to {max(values):.2f}, "
    return _svg(title, f"{said}{sum(values) / len(values):.2f} on average.", parts, low + _BOTTOM)


def as_file(panels: Sequence[tuple[str, str]], names: Mapping[str, int]) -> str:
    """Charts one below the other as one SVG file that loads nothing: a caption above each, if it has one, a style sheet
    for light and dark, and a legend of the names with their slots."""
    height, parts = 0, []
    for caption, chart in panels:
        found = _CHART.fullmatch(chart)
        if found is None:
            raise AssertionError("a chart of this module is one svg element with a viewBox from 0 0")
        if caption:
            height += _CAPTION
            parts.append(_text(4, height - 6, _shortened(caption), "start", "name ours"))
        parts.append(f'<g transform="translate(0 {height})">{found[2]}</g>' if height else found[2])
        height += int(found[1])
    legend, height = _legend(names, height)
    # An attribute for the size: a style sheet's width of 100 % would make the picture as wide as the page.
    style = css("charts").replace("width: 100%; height: auto; ", "")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" viewBox="0 0 {_WIDTH} {height}" '
        f'width="{_WIDTH * _SCALE:.0f}" height="{height * _SCALE:.0f}">\n<style>\n{style}</style>\n'
        f'<rect width="{_WIDTH}" height="{height}" style="fill: var(--paper)"/>\n{"".join(parts)}{legend}\n</svg>\n'
    )


def _legend(names: Mapping[str, int], top: int) -> tuple[str, int]:
    """The names with their looks from `top` on, in as many rows as they need, and where the last row ends."""
    start, parts = 8, []
    left, bottom = start, top + _LEGEND
    for name, slot in names.items():
        wide = 42 + 7 * len(name)
        if left > start and left + wide > _WIDTH:
            left, bottom = start, bottom + _LEGEND
        line = bottom - _LEGEND / 2
        parts.append(f'<path class="line s{slot}" d="M{left:.1f} {line:.1f}h28"/>{marker(slot, left + 14, line)}')
        parts.append(f'<text class="name" x="{left + 34:.1f}" y="{line + 4:.1f}">{escape(name)}</text>')
        left += wide
    return "".join(parts), bottom


def _svg(title: str, description: str, parts: Iterable[str], height: float) -> Shown:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" viewBox="0 0 {_WIDTH} {height:.0f}">'
    return Shown(f"{head}<title>{escape(title)}</title><desc>{escape(description)}</desc>{''.join(parts)}</svg>")


def _frame(x: Axis, y: Axis) -> str:
    right, low = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    parts = [_text(4, 14, y.title, "start", "axis")]
    for mark in y.marks:
        parts.append(f'<path class="grid" d="M{_LEFT} {_up(y, mark):.1f}H{right}"/>')
        parts.append(_text(_LEFT - 6, _up(y, mark) + 4, y.write(mark), "end"))
    for mark in x.marks:
        parts.append(f'<path class="tick" d="M{_across(x, mark):.1f} {low}v4"/>')
        parts.append(_text(_across(x, mark), low + 17, x.write(mark), "middle"))
    parts.append(_text((_LEFT + right) / 2, _HEIGHT - 8, x.title, "middle", "axis"))
    return "".join(parts)


def _across(x: Axis, value: float) -> float:
    return _LEFT + (_WIDTH - _RIGHT - _LEFT) * x.place(value)


def _up(y: Axis, value: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * y.place(value)


def _whisker(slot: int, left: float, low: float, high: float) -> str:
    ends = f"M{left - 3:.1f} {low:.1f}h6M{left - 3:.1f} {high:.1f}h6M{left:.1f} {low:.1f}V{high:.1f}"
    return f'<path class="whisker s{slot}" d="{ends}"/>'


def _text(x: float, y: float, text: object, anchor: str, kind: str = "mark") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(str(text))}</text>'


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def _told(points: Sequence[Point], x: Axis, y: Axis) -> str:
    """The values in words; of a long line its ends."""
    shown = points if len(points) <= 8 else [points[0], points[-1]]
    return ", ".join(point.note or f"{y.write(point.y)} at {x.write(point.x)}" for point in shown)
