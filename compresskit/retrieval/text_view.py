"""Parts of one text within a bound of tokens: lines, characters, ends, passages that match a query.

No argument of a model raises an error: what is not understood gets an answer that says what was expected.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any, NamedTuple

from ..content import split
from ..errors import described
from ..relevance import Document, score
from ..relevance.query import derive
from ..tokens.measure import Measure

_HINT_TOKENS = 40  # tokens that are reserved for the hint
_HINT_CHARACTERS = 30  # characters of the ranges that a hint repeats, maximum
_JOINT = "\n…\n"  # the line between ranges that do not follow each other
_JOINT_TOKENS = 3  # tokens of _JOINT, maximum
_HEADER_TOKENS = 12  # tokens of the line above a passage, maximum
_MAX_CHARACTERS_PER_TOKEN = 32  # only runs of white space have more; a longer text is not even counted
_QUOTED_CHARACTERS = 60  # characters of an argument that an answer quotes, maximum
_STEPS = 4_000  # places of a text at which it may be cut
_QUERY_CHARACTERS = 4_000  # characters of a query that are read
_DIGITS = 12  # digits of a line or character number, maximum; no text is long enough for more
_WORD = re.compile(r"\w+")
# "13-57", "13", "13-" and "c500-900", also as in a marker: "lines 13-57", "characters 500-900".
_SPAN = re.compile(
    r"(?:(c(?:har(?:acter)?s?)?)|l(?:ines?)?)? ?(\d+) ?(?:(?:[-\u2010-\u2015:]|\.\.+|to) ?[cl]?(\d*))?", re.I
)


class _Range(NamedTuple):
    """A range of a text in character offsets: ``start`` to ``end`` (exclusive)."""

    start: int
    end: int


def _worded(value: Any, separator: str) -> str | None:
    """An argument as text, because models also send numbers and lists instead of a string. None for other values."""
    if isinstance(value, list | tuple) and value:
        words = [_worded(item, "") if not isinstance(item, list | tuple) else None for item in value]
        return None if None in words else separator.join(word for word in words if word is not None)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return value if isinstance(value, str) else f"{max(-(10**_DIGITS), min(10**_DIGITS, value))}"


class TextView:
    """Parts of one text within a budget of tokens."""

    def __init__(self, text: str, measure: Measure, max_tokens: int) -> None:
        self.text = text
        self.measure = measure
        self.max_tokens = max_tokens
        self.starts = [0, *(match.end() for match in re.finditer("\n", text) if match.end() < len(text))]

    def whole(self) -> str:
        return self._parts([_Range(0, len(self.text))])

    def lines(self, wanted: Any) -> str:
        """The text of a range of lines or characters, or of several ranges."""
        pair = isinstance(wanted, list | tuple) and len(wanted) == 2 and all(isinstance(item, int) for item in wanted)
        text = _worded(wanted, "-" if pair else ",")
        spans = [_SPAN.fullmatch(" ".join(span.split())) for span in text.split(",")] if text else [None]
        matches = [span for span in spans if span]
        if len(matches) < len(spans):
            expected = "'13-57', '13', '13-' or 'c500-900' was expected."
            wordings = (f"lines is {quoted(text) if text else described(wanted)}; {expected}", f"lines: {expected}")
            return fitting(wordings, self.measure, self.max_tokens)
        ranges = [self._range(match) for match in matches]
        return self._parts(ranges) or self._nothing(ranges)

    def ends(self, head: int, tail: int) -> str:
        """The first and the last lines."""
        if head + tail >= len(self.starts):
            return self.whole()
        ranges = [self._lines(1, head)] if head else []
        return self._parts([*ranges, self._lines(len(self.starts) - tail + 1, len(self.starts))] if tail else ranges)

    def passages(self, query: Any) -> str:
        """The passages that match best, in their order, each under its line numbers."""
        words = _worded(query, " ")
        if words is None:
            return f"query is {described(query)}; words to look for were expected, as one string."
        found = split(self.text).segments
        words = words[:_QUERY_CHARACTERS]
        values = score([Document(self.text, found, "", 0.0)], derive([], words))[0]
        if not any(value > 0 for value in values):  # words that most passages have are worth nothing to a score
            wanted = set(_WORD.findall(words.casefold()))
            texts = [self.text[start:end].casefold() for start, end, _ in found]
            values = [float(sum(word in text for word in wanted)) for text in texts]
        marks = self.measure.tally(self.text).at([segment.start for segment in found] + [len(self.text)])
        best = [number for number in sorted(range(len(values)), key=lambda i: (-values[i], i)) if values[number] > 0]
        room, chosen = self.max_tokens, []
        for number in best:
            cost = marks[number + 1] - marks[number] + _HEADER_TOKENS
            if cost <= room:
                chosen.append(number)
                room -= cost
        while chosen:
            text = "\n".join(self._passage(found[number]) for number in sorted(chosen))
            if self.measure.count(text) <= self.max_tokens:
                return text
            chosen.pop()  # the worst match: the estimate was too low, because texts were joined
        if best:
            first = found[best[0]]
            return self._parts([_Range(first.start, self._end(first))], self._header(first))
        if len(self.starts) == 1:
            return f"Nothing matches. The text has {len(self.text)} characters; ask for lines='c0-4000', for example."
        return f"Nothing matches. The text has {len(self.starts)} lines; ask for lines='1-50', for example."

    def _passage(self, segment: Any) -> str:
        return self._header(segment) + self.text[segment.start : self._end(segment)]

    def _header(self, segment: Any) -> str:
        return f"(lines {self._line(segment.start)}-{self._line(max(segment.start, self._end(segment) - 1))})\n"

    def _end(self, segment: Any) -> int:
        """The end of a segment without the line ends at its end."""
        return int(segment.start) + len(self.text[segment.start : segment.end].rstrip("\n"))

    def _range(self, match: re.Match[str]) -> _Range:
        first, last = _number(match[2]), _number(match[3]) if match[3] else None
        if last is not None and last < first:
            first, last = last, first  # a reversed range has only one possible meaning
        if match[1]:
            size = len(self.text)
            return _Range(min(first, size), size if last is None else min(last, size))
        if last is None:
            last = first if match[3] is None else len(self.starts)
        return self._lines(first, last)

    def _lines(self, first: int, last: int) -> _Range:
        """The range of lines ``first`` to ``last`` (from 1, inclusive), without the line end of a last inner line."""
        first = max(first, 1)
        if first > len(self.starts):
            return _Range(len(self.text), len(self.text))
        stop = max(min(last, len(self.starts)), first)
        end = self.starts[stop] - 1 if stop < len(self.starts) else len(self.text)
        return _Range(self.starts[first - 1], end)

    def _line(self, offset: int) -> int:
        """The number of the line at an offset, from 1."""
        return bisect_right(self.starts, offset)

    def _parts(self, ranges: list[_Range], header: str = "") -> str:
        """The texts of ranges under a header, as far as they fit, and a hint how to go on if they do not."""
        ranges = [one for one in ranges if one.start < one.end]
        size = sum(end - start for start, end in ranges)
        if size <= _MAX_CHARACTERS_PER_TOKEN * self.max_tokens:
            text = header + _JOINT.join(self.text[start:end] for start, end in ranges)
            if self.measure.count(text) <= self.max_tokens:
                return text
        room = self.max_tokens - _HINT_TOKENS - (_HEADER_TOKENS if header else 0)
        while True:
            text = header + self._beginning(ranges, room)
            over = self.measure.count(text) - self.max_tokens
            if over <= 0 or room < 0:
                return text
            room -= over

    def _beginning(self, ranges: list[_Range], room: int) -> str:
        """The beginning of ranges that fits into ``room`` tokens, at least one character, and the hint."""
        parts: list[str] = []
        for number, (start, end) in enumerate(ranges):
            text = self.text[start : min(end, start + _MAX_CHARACTERS_PER_TOKEN * max(1, room))]
            cost = self.measure.count(text) + _JOINT_TOKENS
            if len(text) < end - start or cost > room:
                size = self._within(text, room) or (0 if parts else 1)
                parts += [text[:size]] if size else []
                return _JOINT.join(parts) + self._hint(parts[-1], [_Range(start + size, end), *ranges[number + 1 :]])
            parts.append(text)
            room -= cost
        return _JOINT.join(parts)

    def _within(self, text: str, tokens: int) -> int:
        """The number of characters from the beginning that fit ``tokens``, cut at a line end if one is near."""
        offsets = list(range(0, len(text), 1 + len(text) // _STEPS))
        size = offsets[max(0, bisect_right(self.measure.tally(text).at(offsets), tokens) - 1)]
        line_end = text.rfind("\n", 0, size) + 1
        return line_end if line_end > size // 2 else size

    def _hint(self, before: str, rest: list[_Range]) -> str:
        """The hint how to get ``rest``: by lines if it begins with a whole line, else by characters."""
        wanted = ",".join(self._named(one) for one in rest[: _HINT_CHARACTERS // 4])
        more = len(wanted) > _HINT_CHARACTERS or len(rest) > _HINT_CHARACTERS // 4
        after = " and then the ranges after it" if more else ""
        wanted = self._named(rest[0]) if more else wanted
        line_end = "" if before.endswith("\n") and not wanted.startswith("c") else "\n"
        return f"{line_end}(not all of it: go on with lines='{wanted}'{after}, or give a query)"

    def _named(self, wanted: _Range) -> str:
        """A range as ``lines`` takes it."""
        first, last = self._line(wanted.start), self._line(max(wanted.start, wanted.end - 1))
        for stop in (last, last + 1):
            if self._lines(first, stop) == wanted:
                return f"{first}-{stop}"
        return f"c{wanted.start}-{wanted.end}"

    def _nothing(self, ranges: list[_Range]) -> str:
        if any(one.start < len(self.text) for one in ranges):
            return ""  # blank lines
        size = len(self.text)
        return f"There is nothing there: the text has {len(self.starts)} lines and {size} characters (c0-{size})."


def quoted(text: str) -> str:
    """A quotation of a model's argument for an answer: on one line, and shortened if it is long."""
    quoted = repr(text[:_QUOTED_CHARACTERS])
    return quoted if len(text) <= _QUOTED_CHARACTERS else f"{quoted[:-1]}…"


def fitting(wordings: Sequence[str], measure: Measure, max_tokens: int) -> str:
    """The first wording that fits, else the last one."""
    return next((text for text in wordings if measure.count(text) <= max_tokens), wordings[-1])


def _number(digits: str) -> int:
    return int(digits) if len(digits) <= _DIGITS else 10**_DIGITS
