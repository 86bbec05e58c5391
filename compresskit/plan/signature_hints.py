"""What the gaps in code hide: signatures of definitions with the lines where they stand.

Worth less than code, so a small share of the room goes to them: those of the best segments that were left out.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence, Set

from ..content import Segment
from ..content.guard import guarded
from ..tokens.measure import Measure
from .candidates import Entry

_CODE = frozenset({"python", "code"})
_LONGEST = 72  # characters of a signature in a marker
_PYTHON = ("def ", "class ", "async def ")
_NO_CODE = ("#", "//", "/*", "*", "--", "@", '"', "'", "import ", "from ", "use ", "return ")
_NUMBER = " \t0123456789"
_NUMBERED = ("→", "\t", ":", "|")
_SLACK = 1  # tokens by which a signature may cost more where it stands than by itself
_MISFITS = 8  # signatures in a row that no longer fit, after which none is tried


def can_have(entry: Entry) -> bool:
    """Whether signatures can stand in the gaps of an entry: of code that may be left out in part."""
    if entry.piece is None or entry.within or entry.short:
        return False
    return entry.split.kind in _CODE and len(entry.split.segments) > 1


def tell(entries: Sequence[Entry], budget: int, measure: Measure) -> int:
    """Chooses the signatures that stand in the gaps of all excerpts of code, and gives their tokens.

    They are of at most ``budget`` tokens together.
    """
    hidden: list[tuple[float, int, int]] = []  # best first, then as they stand
    for number, entry in enumerate(entries):
        piece = entry.piece
        if budget > 0 and piece is not None and can_have(entry) and piece.kept and not piece.whole:
            for place, (value, segment) in enumerate(zip(entry.values, entry.split.segments, strict=True)):
                if segment.name and place not in piece.kept:
                    hidden.append((-value, number, place))
    heapq.heapify(hidden)
    left, misfits = budget, 0
    while hidden and misfits <= _MISFITS:
        _, number, place = heapq.heappop(hidden)
        entry = entries[number]
        kept = entry.piece.kept if entry.piece is not None else frozenset()
        fitting = []
        for words in _signatures(entry, kept, place):
            cost = measure.count(f", {words}") + _SLACK
            if cost <= left:
                fitting.append(words)
                left -= cost
            else:
                misfits += 1
        if fitting:
            entry.told[place] = fitting
    return budget - left


def _signatures(entry: Entry, kept: Set[int], number: int) -> list[str]:
    """As ``signatures``; none where they fail."""
    none: list[str] = []
    text, split = entry.block.text, entry.split
    return guarded(lambda: list(signatures(text, split.segments, kept, number, split.kind)), none)


def signatures(text: str, segments: Sequence[Segment], kept: Set[int], number: int, kind: str) -> Iterator[str]:
    r"""The definitions that begin in a segment that was left out, each as it is told in the marker.

    >>> text = "def f(x):\n    return x\n\n\ndef g():\n    pass\n"
    >>> list(signatures(text, [Segment(0, 25, "f"), Segment(25, 43, "g")], {1}, 0, "python"))
    ['def f(x) L1-2']
    """
    begun = list(_definitions(text, segments[number], kind))
    for at, (place, full, words) in enumerate(begun):
        inside = full + "."
        stop = next((other for other, title, _ in begun[at + 1 :] if not title.startswith(inside)), 0)
        stop = stop or _stretch(text, segments, kept, number, full, kind)
        while stop > place and not _bare(text[(start := max(place, text.rfind("\n", place, stop - 1) + 1)) : stop]):
            stop = start  # a blank line, perhaps with a number
        first = 1 + text.count("\n", 0, place)
        last = first + text.count("\n", place, stop - 1)
        yield f"{words} L{first}" + (f"-{last}" if last > first else "")


def _stretch(text: str, segments: Sequence[Segment], kept: Set[int], number: int, full: str, kind: str) -> int:
    """Where what begins in a segment ends: with it, or with the last one left out behind it that goes on with it."""
    end = segments[number].end
    for other in range(number + 1, len(segments)):
        name = segments[other].name
        if other in kept or not (name == full or name.startswith((full + ".", full + ", " + full))):
            break
        if not name.startswith(full + ".") and full in (
            title for _, title, _ in _definitions(text, segments[other], kind)
        ):
            break  # another of the same name: what a type implements
        end = segments[other].end
    return end


def _definitions(text: str, segment: Segment, kind: str) -> Iterator[tuple[int, str, str]]:
    """Where the definitions of a segment begin, with their full names and signatures."""
    start, end, name = segment
    place = start
    for full in name.split(", "):
        last = full[full.rfind(".") + 1 :]
        at = text.find(last, place, end) if last else -1
        while at >= 0:
            behind = text[at + len(last) : at + len(last) + 1]
            if not (text[at - 1 : at].isidentifier() or behind.isidentifier() or behind.isdigit()):
                begin = text.rfind("\n", 0, at) + 1
                stop = text.find("\n", at, end)
                line = _bare(text[begin : stop if stop >= 0 else end])
                if begin >= start and (line.startswith(_PYTHON) if kind == "python" else not line.startswith(_NO_CODE)):
                    yield begin, full, _signature(line)
                    place = at + len(last)
                    break
            at = text.find(last, at + len(last), end)


def _bare(line: str) -> str:
    """A line without its indentation, and without its number in a file view."""
    line = line.strip()
    rest = line.lstrip(_NUMBER)
    return rest[1:].lstrip() if rest is not line and rest.startswith(_NUMBERED) else line


def _signature(line: str) -> str:
    """A definition's first line as it stands in a marker: what would not fit, or goes on below, is left out."""
    if not line.isprintable():
        line = "".join(each if each.isprintable() else " " for each in line)
    line = " ".join(line.rstrip(" :;{").split())
    if len(line) > _LONGEST or line.count("(") != line.count(")"):
        head, bracket, _ = line.partition("(")
        line = f"{head}(…)" if bracket and len(head) < _LONGEST else line[: _LONGEST - 1] + "…"
    return line
