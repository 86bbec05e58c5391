"""What the marker of a gap says of its structure: the signatures in a gap of code, with the lines where they are, and
the headings above a text that is kept without them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence, Set
from operator import itemgetter
from typing import NamedTuple

from ..content import Segment, Split, headings
from ..content.guard import guarded

_LONGEST = 72  # characters of a signature in a marker
_PYTHON = ("def ", "class ", "async def ")
_NO_CODE = ("#", "//", "/*", "*", "--", "@", '"', "'", "import ", "from ", "use ", "return ")
_NUMBER = " \t0123456789"
_NUMBERED = ("→", "\t", ":", "|")
_TARGET = re.compile(r"\]\([^()\s]*\)|[ \t]*\{#[^{}]*\}")  # of a link, and the anchor of a heading
NO_SEGMENTS: frozenset[int] = frozenset()
HEADED = frozenset({"markdown", "documents", "prose", "manual", "lines"})  # kinds with headings
_NAMED = frozenset({"markdown", "documents"})  # kinds whose segments are named by their headings
_MAX_CHARACTERS = 300_000  # of a text of another kind that is searched for headings, which bounds the time


def signatures_in(text: str, split: Split, kept: Set[int], number: int) -> list[str]:
    """The result of ``signatures``; none if it fails."""
    none: list[str] = []
    return guarded(lambda: list(signatures(text, split.segments, kept, number, split.kind)), none)


def signatures(text: str, segments: Sequence[Segment], kept: Set[int], number: int, kind: str) -> Iterator[str]:
    r"""The signatures, for a marker, of the definitions that begin in a left-out segment.

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


class Title(NamedTuple):
    """A heading at an offset, its words for a marker, and the number of the heading above it."""

    start: int
    words: str
    above: int  # -1: none


def titles(text: str, split: Split) -> list[Title]:
    r"""The headings of a text for markers, with their lines.

    They are looked for only in segments that have another name than the one before, which saves most of the time.

    >>> text = "# A\n\nOne.\n\n## [B](b.md)\n\nTwo.\n"
    >>> titles(text, Split("markdown", [Segment(0, 11, "A"), Segment(11, 30, "[B](b.md)")]))
    [Title(start=0, words='A L1', above=-1), Title(start=11, words='[B] L5', above=0)]
    """
    found: list[Title] = []
    open_: list[tuple[int, int]] = []  # the level of each heading above, and its number
    line, at, before = 1, 0, ""
    whole = [Segment(0, min(len(text), _MAX_CHARACTERS), "*")]
    for begin, end, name in split.segments if split.kind in _NAMED else whole:
        for start, _, _, level, title in (
            headings(text[begin:end], split.kind, split.kind not in _NAMED) if name != before else ()
        ):
            line, at = line + text.count("\n", at, begin + start), begin + start
            while open_ and open_[-1][0] >= level:
                open_.pop()
            words = f"{_signature(_TARGET.sub(lambda match: ']' * (match[0][0] == ']'), title))} L{line}"
            found.append(Title(at, words, open_[-1][1] if open_ else -1))
            open_.append((level, len(found) - 1))
        before = name
    return found


def titles_behind(
    found: Sequence[Title], segments: Sequence[Segment], kept: Set[int], number: int
) -> Iterator[tuple[int, str]]:
    r"""The left-out headings, with their offsets, of the sections in which a kept text begins; inner ones first.

    Args:
        found: The headings of the text.
        segments: Its segments.
        kept: The numbers of those that are kept.
        number: The last left-out segment before the kept text.

    >>> parts = [Segment(0, 11, "A"), Segment(11, 23, "B"), Segment(23, 30, "B")]
    >>> found = titles("# A\n\nOne.\n\n## B\n\nTwo.\n\nThree.\n", Split("markdown", parts))
    >>> list(titles_behind(found, parts, {2}, 1))
    [(11, 'B L5'), (0, 'A L1')]
    """
    begins = segments[number + 1].start
    at = bisect_right(found, begins, key=itemgetter(0)) - 1
    while at >= 0:
        start, words, above = found[at]
        if bisect_right(segments, start, key=itemgetter(0)) - 1 not in kept:
            yield start, words
        at = above


def _stretch(text: str, segments: Sequence[Segment], kept: Set[int], number: int, full: str, kind: str) -> int:
    """The end of a definition that begins in a segment, which is the end of the last left-out segment of it."""
    end = segments[number].end
    for other in range(number + 1, len(segments)):
        name = segments[other].name
        if other in kept or not (name == full or name.startswith((full + ".", full + ", " + full))):
            break
        if not name.startswith(full + ".") and full in (
            title for _, title, _ in _definitions(text, segments[other], kind)
        ):
            break  # another definition of the same name: a type may implement it again
        end = segments[other].end
    return end


def _definitions(text: str, segment: Segment, kind: str) -> Iterator[tuple[int, str, str]]:
    """The offsets of the definitions of a segment, with their full names and signatures."""
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
    """A definition's first line for a marker, without parameters if it is too long or continues on the next line."""
    if not line.isprintable():
        line = "".join(each if each.isprintable() else " " for each in line)
    line = " ".join(line.rstrip(" :;{").split())
    if len(line) > _LONGEST or line.count("(") != line.count(")"):
        head, bracket, _ = line.partition("(")
        line = f"{head}(…)" if bracket and len(head) < _LONGEST else line[: _LONGEST - 1] + "…"
    return line
