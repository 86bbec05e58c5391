"""Divides a text of a human into units: paragraphs, and regions of JSON, or between fences or tags.

It does not say which unit is an instruction and which is data.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from ..types import Span
from . import weights as tuning

_MAX_NESTING = 4  # tags around a whole text that are looked through
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")
_OPENING = re.compile(r"[ \t]*<([A-Za-z][\w.:-]*)(?:\s[^<>\n]*)?>")
_LIKELY = re.compile(r"\n(?=[ \t]*+(?:<[A-Za-z]|`{3}|~{3}))")  # before a line that may open or close a region
_BLANK = re.compile(r"(?:[ \t\r]*+\n)*+")
_BRACKET = re.compile(r"^[ \t]*+(?=[\[{])", re.MULTILINE)
_DECODER = json.JSONDecoder()
_MAX_VAIN = 500_000  # characters that are read as JSON and are none, which bounds the time
_MAX_OTHERS = 200  # lines that begin like JSON and are none, or a short one, which bounds the time
_CLOSING = re.compile(r"</([A-Za-z][\w.:-]*)\s*>")
# The last word of tags around what is asked for, among those below.
_REQUEST_WORDS = frozenset({"task", "question", "query", "prompt", "request", "feedback"})
# The last word of tags around a request of a person or a client, such as <user_query> and <outputFormat>.
_ASKING_WORDS = frozenset(
    {
        *_REQUEST_WORDS,
        *("keep", "instruction", "instructions", "goal", "objective", "rules", "requirements", "guidelines", "format"),
        *("reminder", "persona"),
    }
)
# What Codex says of its own program, and what the user of Cline writes to it.
_MESSAGE_TAG = "user_message"
_ASKING_TAGS = frozenset({"environment_context", _MESSAGE_TAG})
_LAST_WORD = re.compile(r"[A-Z]?[a-z]+\Z|[A-Z]+\Z")
_TAG = re.compile(r"<([A-Za-z][\w.:-]*)")
# A blank line, or the place before a line such as "-----" or "###" that divides texts without blank lines.
# A repeated group would need memory for each of a million line ends. The first sign rules out most lines.
_BREAK = re.compile(r"\n(?=[ \t\r]*+[\n\-=*_#~])(?:[ \t\r\n]*\n|(?=[ \t]*+([-=*_#~])\1{2,}+[ \t]*+\r?\n[ \t]*+[^\s]))")


class Unit(NamedTuple):
    """A paragraph, or a fenced or tagged part, or one of JSON (``region``); ``order``: it gives instructions."""

    start: int
    end: int
    region: bool = False
    order: bool = False


def units_of(text: str) -> Iterator[Unit]:
    """The paragraphs and regions of a text, in order and without gaps."""
    start, end = _inside(text)
    if start:
        yield Unit(0, start, order=True)
    position = start
    for first, stop, order in _regions(text, start, end):
        yield from _paragraphs(text, position, first)
        blank = _BLANK.match(text, stop, end)
        stop = blank.end() if blank else stop
        yield Unit(first, stop, region=True, order=order)
        position = stop
    yield from _paragraphs(text, position, end)
    if end < len(text):
        yield Unit(end, len(text), order=True)


def tag_of(text: str, unit: Unit) -> str:
    """The name of the tags around a region; "" for a fence and for a paragraph."""
    opening = _OPENING.match(text, unit.start, unit.end) if unit.region else None
    return opening[1] if opening else ""


def requests_in(text: str) -> str:
    """The elements of a text whose tags say that they hold the request, and not rules beside it; "" if there are none.

    >>> requests_in("<reminderInstructions>\\nBe brief.\\n</reminderInstructions>\\n<userRequest>Fix it.</userRequest>")
    '<userRequest>Fix it.</userRequest>'
    """
    if "</" not in text:
        return ""
    parts = [text[unit.start : unit.end] for unit in units_of(text) if unit.order and _requests(tag_of(text, unit))]
    return "\n".join(part.strip() for part in parts)


def _requests(name: str) -> bool:
    return name == _MESSAGE_TAG or _last_word(name) in _REQUEST_WORDS


def _asks(name: str) -> bool:
    """Whether tags of this name stand around a request."""
    return name in _ASKING_TAGS or _last_word(name) in _ASKING_WORDS


def _last_word(name: str) -> str:
    word = _LAST_WORD.search(name)
    return word[0].lower() if word else ""


def _inside(text: str) -> Span:
    """The inside of tags that wrap a whole text, if there are tags of a request inside; else the whole text."""
    start, end = 0, len(text)
    for _ in range(_MAX_NESTING):
        opening = _OPENING.match(text, start + len(text[start:end]) - len(text[start:end].lstrip()))
        if not opening:
            break
        closing = f"</{opening[1]}>"
        tail = text[start:end].rstrip()
        if not tail.endswith(closing):
            break
        stop = start + len(tail) - len(closing)
        inner = text[opening.end() : stop]
        if not any(_asks(match[1]) for match in _TAG.finditer(inner)):
            break
        start, end = opening.end(), stop
    return start, end


def _regions(text: str, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    """Long parts that are JSON, fenced or tagged, and tags around instructions: (start, end, gives instructions)."""
    closings: dict[str, list[int]] = {}
    for match in _CLOSING.finditer(text, start, end):
        closings.setdefault(match[1], []).append(match.end())
    closed_at = {**_records(text, start, end), **_fences(text, start, end)}
    starts = sorted(closed_at)
    least = tuning.WEIGHTS.min_region_characters
    position = start if closings or starts else end
    likely = position
    while position < end:
        stop = text.find("\n", position, end)
        stop = end if stop < 0 else stop + 1
        closed = closed_at.get(position)
        opening = _OPENING.match(text, position, stop) if closed is None else None
        order = False
        if opening:
            ends = closings.get(opening[1], [])
            at = bisect_left(ends, opening.end())
            if at < len(ends):
                closed = ends[at]
                line_end = text.find("\n", closed, end)
                if line_end >= 0 and not text[closed:line_end].strip():
                    closed = line_end + 1
                order = _asks(opening[1]) and len(ends) <= tuning.WEIGHTS.max_middle_instructions
        if closed is not None and (order or closed - position >= least):
            yield position, closed, order
            position = closed
        else:
            at = bisect_right(starts, position)
            likely = likely if likely > position else _next_likely(text, position, end)
            position = min([likely, *starts[at : at + 1]])


def _records(text: str, start: int, end: int) -> dict[int, int]:
    r"""The offsets of lines on which long JSON begins, with the offsets behind the lines on which it ends.

    >>> records = "[1,\n" + "2, " * 150 + "3]\n"
    >>> [_records(text, 0, len(text)) for text in (f"All:\n{records}Why?", "[1] Smith\n", "{x\n")]
    [{5: 462}, {}, {}]
    """
    found: dict[int, int] = {}
    position, others, left = start, 0, _MAX_VAIN
    while others < _MAX_OTHERS and left > 0 and (line := _BRACKET.search(text, position, end)):
        stop = line.end()
        try:
            _, stop = _DECODER.raw_decode(text, stop)
        except json.JSONDecodeError as error:
            left -= error.pos - stop
        except (ValueError, RecursionError):
            left = 0
        position = text.find("\n", stop, end) + 1 or end
        long = position - line.start() >= tuning.WEIGHTS.min_region_characters
        if stop > line.end() and long and not text[stop:position].strip():
            found[line.start()] = position
        else:
            others += 1
    return found


def _next_likely(text: str, position: int, end: int) -> int:
    """Where the next line that may open or close a region begins; ``end`` if there is none."""
    following = _LIKELY.search(text, position, end)
    return following.end() if following else end


def _fences(text: str, start: int, end: int) -> dict[int, int]:
    """The offsets of lines that open a fence, with the offsets behind their closing lines."""
    found: dict[int, int] = {}
    opened: tuple[int, str] | None = None
    position = start if "```" in text or "~~~" in text else end
    while position < end:
        stop = text.find("\n", position, end)
        stop = end if stop < 0 else stop + 1
        match = _FENCE.match(text, position, stop)
        if match:
            if opened is None:
                opened = position, match[1]
            elif match[1].startswith(opened[1]) and not text[match.end() : stop].strip():
                found[opened[0]] = stop
                opened = None
        position = _next_likely(text, position, end)
    return found


def _paragraphs(text: str, start: int, end: int) -> Iterator[Unit]:
    r"""Paragraphs between blank lines or lines that divide, with the white space behind each.

    >>> text = "Context:\n-----\nOne.\n\nTwo.\n-----\nWho?"
    >>> [text[unit.start : unit.end] for unit in _paragraphs(text, 0, len(text))]
    ['Context:\n', '-----\nOne.\n\n', 'Two.\n', '-----\nWho?']
    """
    position = start
    for match in _BREAK.finditer(text, start, end):
        if match.end() > position and text[position : match.start()].strip():
            yield Unit(position, match.end())
            position = match.end()
    if position < end:
        yield Unit(position, end)
