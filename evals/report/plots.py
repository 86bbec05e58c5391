"""Line charts as SVG, written by hand: a chart needs no package, and the same figures give the same file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

WIDTH, HEIGHT = 860, 320  # pixels of one panel with its frame
_LEFT, _RIGHT, _TOP, _BOTTOM = 80, 200, 36, 40
# Okabe and Ito's colours, which people with any colour vision can tell apart.
_COLOURS = ("#000000", "#E69F00", "#D55E00", "#56B4E9", "#009E73", "#CC79A7", "#0072B2")


class Panel(NamedTuple):
    """One chart: a line for each name, the x of a value is its place in the list, from 1."""

    title: str
    x: str
    lines: Mapping[str, Sequence[float]]


def svg(panels: Sequence[Panel]) -> str:
    """The panels one below the other."""
    drawn = [_panel(panel, place * HEIGHT) for place, panel in enumerate(panels)]
    height = HEIGHT * len(panels)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        f'font-family="sans-serif" font-size="12">\n<rect width="{WIDTH}" height="{height}" fill="white"/>\n'
    )
    return head + "".join(drawn) + "</svg>\n"


def ticks(largest: float, wanted: int = 5) -> list[float]:
    """Round numbers from 0 to at least `largest`, about as many as wanted.

    >>> ticks(23_000)
    [0.0, 5000.0, 10000.0, 15000.0, 20000.0, 25000.0]
    """
    rough = max(largest, 1e-9) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * (1 - 1e-9))
    return [step * number for number in range(math.ceil(largest / step - 1e-9) + 1)]


def _panel(panel: Panel, top: int) -> str:
    longest = max((len(line) for line in panel.lines.values()), default=1)
    marks = ticks(max((max(line, default=0.0) for line in panel.lines.values()), default=1.0))
    right, low, high = WIDTH - _RIGHT, top + HEIGHT - _BOTTOM, top + _TOP

    def across(place: float) -> float:
        return _LEFT + (right - _LEFT) * place / max(1, longest)

    def up(value: float) -> float:
        return low - (low - high) * value / (marks[-1] or 1)

    parts = [f'<text x="{_LEFT}" y="{top + 20}" font-weight="bold">{escape(panel.title)}</text>']
    for mark in marks:
        parts.append(f'<line x1="{_LEFT}" x2="{right}" y1="{up(mark):.1f}" y2="{up(mark):.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{up(mark) + 4:.1f}" text-anchor="end">{mark:,g}</text>')
    for mark in ticks(longest)[:-1]:
        parts.append(f'<text x="{across(mark):.1f}" y="{low + 16}" text-anchor="middle">{mark:,g}</text>')
    parts.append(f'<text x="{(_LEFT + right) / 2}" y="{low + 32}" text-anchor="middle">{escape(panel.x)}</text>')
    for place, (name, line) in enumerate(panel.lines.items()):
        colour = _COLOURS[place % len(_COLOURS)]
        points = " ".join(f"{across(number):.1f},{up(value):.1f}" for number, value in enumerate(line, start=1))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
        height = high + 10 + 20 * place
        parts.append(f'<line x1="{right + 12}" x2="{right + 32}" y1="{height}" y2="{height}" stroke="{colour}"/>')
        parts.append(f'<text x="{right + 38}" y="{height + 4}">{escape(name)}</text>')
    return "\n".join(parts) + "\n"
