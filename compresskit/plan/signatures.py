"""The signatures that the marker of a gap of code says, with the lines where the definitions are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from ..content import Segment, Split
from ..content.guard import guarded

_LONGEST = 72  # characters of a signature in a marker
_PYTHON = ("def ", "class ", "async def ")
_NO_CODE = ("#", "//", "/*", "*", "--", "@", '"', "'", "import ", "from ", "use ", "return ")
_NUMBER = " \t0123456789"
_NUMBERED = ("→", "\t", ":", "|")
NO_SEGMENTS: frozenset[int] = frozenset()


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
                    yield begin, full, short_line(line)
                    place = at + len(last)
                    break
            at = text.find(last, at + len(last), end)


def _bare(line: str) -> str:
    """A line without its indentation, and without its number in a file view."""
    line = line.strip()
    rest = line.lstrip(_NUMBER)
    return rest[1:].lstrip() if rest is not line and rest.startswith(_NUMBERED) else line


def short_line(line: str) -> str:
    """A line for a marker: without the parameters of a definition if it is too long or goes on in the next line."""
    if not line.isprintable():
        line = "".join(each if each.isprintable() else " " for each in line)
    line = " ".join(line.rstrip(" :;{").split())
    if len(line) > _LONGEST or line.count("(") != line.count(")"):
        head, bracket, _ = line.partition("(")
        line = f"{head}(…)" if bracket and len(head) < _LONGEST else line[: _LONGEST - 1] + "…"
    return line
