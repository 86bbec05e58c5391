"""Who is drawn how: a colour, a shape and a dash for every compressor, the same all over a page.

Colour is never alone: a slot has its own marker and dash too. The colours are in charts.css, for light and dark.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from importlib.resources import files

_SLOTS = 10
_KNOWN = {
    "compresskit": 0, "litellm": 1, "head+tail": 2, "random": 3, "oracle": 4, "everything": 5, "window": 6,
    "tiktoken": 3, "excerpts": 0, "nothing": 3,
}  # fmt: skip
_SHAPES = (
    "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0Z",  # circle
    "M-4-4H4V4H-4Z",  # square
    "M0-5L5 4H-5Z",  # triangle
    "M-4.5-1.5H-1.5V-4.5H1.5V-1.5H4.5V1.5H1.5V4.5H-1.5V1.5H-4.5Z",  # plus
    "M0-5.5L5.5 0L0 5.5L-5.5 0Z",  # diamond
    "M-5-2.5H5V2.5H-5Z",  # bar
    "M0 5L5-4H-5Z",  # triangle down
    "M0-5.5L5 -1L3 4.5H-3L-5-1Z",  # pentagon
    "M-5 0L-2.5-4.5H2.5L5 0L2.5 4.5H-2.5Z",  # hexagon
    "M-2.5-5H2.5V5H-2.5Z",  # upright bar
)


class Shown(str):
    """HTML that a notebook shows, in the report's looks."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return f'<style>{css("charts")}</style><div class="drawn">{self}</div>'


def css(name: str) -> str:
    """One of the style sheets beside this file."""
    return files(__package__).joinpath(f"{name}.css").read_text(encoding="utf-8")


def slots(names: Iterable[str]) -> dict[str, int]:
    """A slot for every name: its own where it is known, else one that no known name has, else one that is free.

    >>> slots(["litellm", "mine", "compresskit"])
    {'litellm': 1, 'mine': 7, 'compresskit': 0}
    """
    wanted = list(dict.fromkeys(names))
    found = {name: _KNOWN[name] for name in wanted if name in _KNOWN}
    order = sorted(range(_SLOTS), key=lambda slot: (slot in _KNOWN.values(), slot))
    free = iter([slot for slot in order if slot not in found.values()])
    return {name: found[name] if name in found else next(free, index % _SLOTS) for index, name in enumerate(wanted)}


def marker(slot: int, x: float, y: float, hollow: bool = False, note: str = "") -> str:
    """A point; a hollow one is one to be careful with."""
    kind = "dot hollow" if hollow else "dot"
    title = f"<title>{escape(note)}</title>" if note else ""
    return f'<path class="{kind} s{slot}" transform="translate({x:.1f} {y:.1f})" d="{_SHAPES[slot]}">{title}</path>'


def legend(places: dict[str, int], joined: bool = True) -> Shown:
    """The names with their looks, in HTML."""
    items = []
    for name, slot in places.items():
        line = f'<path class="line s{slot}" d="M1 8H35"/>' if joined else ""
        key = f'<svg class="chart key" viewBox="0 0 36 16" aria-hidden="true">{line}{marker(slot, 18, 8)}</svg>'
        items.append(f"<li>{key}{escape(name)}</li>")
    return Shown(f'<ul class="legend">{"".join(items)}</ul>')
