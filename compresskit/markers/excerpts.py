"""Excerpts: the kept segments of a text with a marker in every gap."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set

from ..content import Segment
from .wording import ROWS_LEFT_OUT, Gap, Wording

_NO_WORDS: Mapping[int, Sequence[str]] = {}


def excerpt(
    text: str,
    segments: Sequence[Segment],
    kept: Set[int],
    key: str,
    wording: Wording,
    named: Mapping[int, Sequence[str]] = _NO_WORDS,
) -> str:
    """The text of an excerpt; see ``excerpt_parts``."""
    return "".join(excerpt_parts(text, segments, kept, key, wording, named=named)[0])


def excerpt_parts(
    text: str,
    segments: Sequence[Segment],
    kept: Set[int],
    key: str,
    wording: Wording,
    signatures: Mapping[int, Sequence[str]] = _NO_WORDS,
    named: Mapping[int, Sequence[str]] = _NO_WORDS,
    labels: Mapping[int, Sequence[str]] = _NO_WORDS,
) -> tuple[list[str], list[tuple[int, int]], list[str]]:
    """The parts of an excerpt in order, the kept ranges of the text as (start, end) offsets, and the markers.

    Args:
        signatures, named: words for the markers, by the number of a segment that is left out.
        labels: the labels that a marker says, by the number of the last segment of its gap.

    >>> text = "one\\ntwo\\nthree\\n"
    >>> segments = [Segment(0, 4, ""), Segment(4, 8, ""), Segment(8, 14, "")]
    >>> excerpt_parts(text, segments, {0, 2}, "bcdfghjklmnp", Wording())[0]
    ['one\\n', '[… line 2: retrieve bcdfghjklmnp]\\n', 'three\\n']
    """
    line = 1
    out: list[str] = []
    stretches: list[tuple[int, int]] = []
    markers: list[str] = []
    for first, last, keep in runs_of(segments, kept):
        start, end = segments[first].start, segments[last].end
        newlines = text.count("\n", start, end)
        if keep:
            stretches.append((start, end))
            out.append(text[start:end])
        else:
            if out and not out[-1].endswith("\n"):
                out.append("\n")
            gap = _gap(text, start, end, line, newlines)
            places = range(first, last + 1)
            hidden = [words for number in places for words in signatures.get(number, ())] if gap.unit == "lines" else []
            names = [name for number in places for name in named.get(number, ())]
            marker = wording.gap(gap, key, [*labels.get(last, ()), *hidden], names)
            key = ""  # only the first marker of a text has the key
            markers.append(marker + "\n" if end < len(text) else marker)
            out.append(markers[-1])
        line += newlines
    return out, stretches, markers


def _gap(text: str, start: int, end: int, line: int, newlines: int) -> Gap:
    """The gap between two offsets: in lines if only whole lines are missing, else in characters."""
    whole = (start == 0 or text[start - 1] == "\n") and (end == len(text) or text[end - 1] == "\n")
    if not whole:
        return Gap(start, end, "characters")
    return Gap(line, line + newlines - (text[end - 1] == "\n"))


def short_excerpt(
    text: str,
    segments: Sequence[Segment],
    kept: Set[int],
    quote: Callable[[str], str] = str,
    numbers: Sequence[int] = (),
) -> str:
    """The kept lines of a text in short form. Its gaps have no key: the marker line above it has the key for all.

    Args:
        quote: makes the text to write out of a kept part.
        numbers: The numbers that the lines have in the original, for the gaps. 0 for a line that the form added; empty
            if the lines of the form are others.
    """
    parts = []
    line = 0
    for first, last, keep in runs_of(segments, kept):
        start, end = segments[first].start, segments[last].end
        part = text[start:end]
        stop = line + part.count("\n")
        if keep:
            parts.append(quote(part))
        else:
            begun, open_end = start > 0 and text[start - 1] != "\n", part[-1] != "\n"
            known = [number for number in numbers[line + begun : stop + (open_end and end == len(text))] if number]
            whole = [Wording().gap(Gap(known[0], known[-1]), "")] if known else []
            # the part of a line has no number, and lines that are not those of the text have none
            before = [ROWS_LEFT_OUT] if begun or not whole else []
            behind = [ROWS_LEFT_OUT] if open_end and end < len(text) and whole else []
            parts.append("\n".join([*before, *whole, *behind, ""]))
        line = stop
    return "".join(part if part.endswith("\n") else part + "\n" for part in parts).rstrip("\n")


def runs_of(segments: Sequence[Segment], kept: Set[int]) -> Iterator[tuple[int, int, bool]]:
    """Runs of segments that are all kept or all left out, by the numbers of their first and last one."""
    number = 0
    while number < len(segments):
        stop = number
        while stop < len(segments) and (stop in kept) == (number in kept):
            stop += 1
        yield number, stop - 1, number in kept
        number = stop
