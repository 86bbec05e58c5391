"""What stands again further down: the same output twice, or the parts of a file that a later read shows too.

The last copy keeps its worth; earlier ones are worth little while it is there.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..content import Segment

_LEAST_LINE = 12  # characters, without indentation: shorter lines (brackets, "else:") stand everywhere
_LEAST_LINES = 2  # of such length, for a segment to be the same
_LEAST_PART = 0.25  # of a text: less is what many files have in common, and belongs to each of them
_NUMBER = " \t0123456789"
_SHARE = 0.95  # of the lines


def again(texts: Sequence[tuple[str, Sequence[Segment]]]) -> list[list[bool]]:
    """For every segment whether (nearly) all of its lines stand in a later text.

    Args:
        texts: oldest first, each with its segments; texts without segments only count as later ones.

    >>> old = "def first():\\n    return compute(1)\\n"
    >>> again([(old, [Segment(0, len(old), "")]), ("   7→def first():\\n   8→    return compute(1)\\n", [])])
    [[True], []]
    """
    seen: set[str] = set()  # lines
    whole: set[str] = set()
    found: list[list[bool]] = []
    for text, segments in reversed(texts):
        known = text in whole
        stands = [known or _stands(text[start:end], seen) for start, end, _ in segments]
        part = sum(end - start for (start, end, _), again in zip(segments, stands, strict=True) if again)
        found.append(stands if part >= _LEAST_PART * len(text) else [False] * len(segments))
        seen.update(_lines(text))
        whole.add(text)
    return found[::-1]


def _stands(text: str, seen: set[str]) -> bool:
    lines = _lines(text)
    return len(lines) >= _LEAST_LINES and sum(map(seen.__contains__, lines)) >= _SHARE * len(lines)


def _lines(text: str) -> list[str]:
    """The lines that tell texts apart, without indentation and the numbers of a file view."""
    lines = text.split("\n")
    if "→" in text[:200]:
        lines = [line.lstrip(_NUMBER).removeprefix("→") for line in lines]
    stripped = (line.strip() for line in lines)
    return [line for line in stripped if len(line) >= _LEAST_LINE]
