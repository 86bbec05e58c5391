"""Retrieval: originals given back to the model, bounded, and the answers to its tool calls.

Nothing here raises because of what a model wrote: a wrong key or a malformed argument is answered with a
text that the model can act on.
"""

from __future__ import annotations

import contextlib
import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from .adapters import calls_of, message_of, results
from .content import split
from .errors import InvalidArgument, check_cache, shown
from .jsonlike import dumps
from .markers import Gap, key_of
from .query import derive
from .relevance import Document, score
from .relevance.rows import WORTH, cut, picked
from .restoring import is_run
from .shapes.parts import slots
from .tokens import Measure, measure_for
from .tool import TOOL_NAME
from .types import Cache, Message

MAX_TOKENS = 4_000
_SPAN = re.compile(r"\s*(c?)\s*(\d{1,12})\s*(?:(-|\.\.)\s*(\d{0,12}))?\s*")
_NEAR = 3
_HINT_TOKENS = 40  # kept free for the line that says how to get the rest
_MOST_CHARACTERS_PER_TOKEN = 32  # only runs of white space have more; beyond it a text is not even counted
_STEPS = 4_000  # how finely a text is measured to be cut


def retrieve(
    cache: Cache,
    key: str,
    lines: str | None = None,
    query: str | None = None,
    head: int | None = None,
    tail: int | None = None,
    max_tokens: int = MAX_TOKENS,
) -> str:
    """An original text, or part of it, within ``max_tokens`` (o200k_base), with a hint how to get the rest.

    Args:
        cache: a result's cache.
        key: as the marker names it. An unknown one gets an answer that says so.
        lines: "13-57", "13", "13-" (from 1, inclusive), several separated by commas; "c500-900" for
            characters (from 0, the last one not included).
        query: the passages that match these words best, in order.
        head, tail: that many lines of the beginning or the end.
        max_tokens: of the answer, hint included.

    Of ``lines``, ``query`` and ``head`` with ``tail`` the first that is given counts.

    Raises:
        InvalidArgument: ``cache`` is no mapping; or ``max_tokens``, ``head`` or ``tail`` is not a whole number of 1
            or more. Never for what a model writes: a key, lines, a query.

    >>> retrieve({"bcdfghjklmnp": "one\\ntwo\\nthree"}, "bcdfghjklmnp", lines="2-3")
    'two\\nthree'
    """
    check_cache(cache)
    for name, value in (("max_tokens", max_tokens), ("head", head), ("tail", tail)):
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
            raise InvalidArgument(f"{name} is {shown(value)}; a whole number, 1 or more, was expected.")
    if not isinstance(key, str) or key not in cache:
        return _unknown(cache, key)
    lines, query = _worded(lines), _worded(query)
    text = _readable(cache[key])
    view = _View(text, measure_for("", None), max_tokens)
    if lines:
        return view.spans(lines)
    if query:
        return view.passages(query)
    if head is not None or tail is not None:
        return view.ends(head or 0, tail or 0)
    return view.part(0, len(text))


def answer(response: Any, cache: Cache, max_tokens: int = MAX_TOKENS) -> list[Message]:
    """The messages that answer every retrieval call in a response, ready to be appended.

    Args:
        response: of OpenAI chat, LiteLLM or Anthropic Messages, as an object or a dict; or its message alone.
        cache: a result's cache.
        max_tokens: of each answer.

    Returns:
        For OpenAI one ``tool`` message a call, for Anthropic one ``user`` message with all results; empty
        where our tool was not called. Calls of other tools are the caller's to answer, in the same turn.
    """
    calls = [call for call in calls_of(message_of(response)) if call.ours]
    return results(calls, [answer_to(call.arguments, cache, max_tokens) for call in calls])


class Originals(Mapping[str, str]):
    """What the model may retrieve: what was left out of its conversation, and by its key any other text of it.

    A key that it saw earlier may name a text that now stands in another form, or within a fold.
    """

    def __init__(self, cache: Cache, messages: list[Message]) -> None:
        self._cache = cache
        self._messages = messages

    def __getitem__(self, key: str) -> str:
        return self._cache[key] if key in self._cache else self._others[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._cache)

    def __len__(self) -> int:
        return len(self._cache)

    @cached_property
    def _others(self) -> dict[str, str]:
        return {key_of(slot.text): slot.text for message in self._messages for slot in slots(message)}


def answer_to(arguments: Any, cache: Cache, max_tokens: int) -> str:
    """The answer to one call, whatever the model put into its arguments."""
    if isinstance(arguments, str):
        with contextlib.suppress(ValueError, RecursionError):
            arguments = json.loads(arguments)
    if not isinstance(arguments, dict) or not isinstance(arguments.get("key"), str):
        return f'The arguments are not understood. Call {TOOL_NAME} with {{"key": "KEY"}}, KEY as the marker names it.'
    lines, query = arguments.get("lines"), arguments.get("query")
    return retrieve(cache, arguments["key"].strip(), lines, query, max_tokens=max_tokens)


def _worded(value: Any) -> str | None:
    """An optional argument as text: models send numbers and lists where a string was asked for."""
    if isinstance(value, list):
        separator = "-" if len(value) == 2 and all(isinstance(item, int) for item in value) else ","
        return separator.join(map(str, value))
    return None if value is None or value == "" else str(value)


def _unknown(cache: Cache, key: Any) -> str:
    import difflib

    near = difflib.get_close_matches(str(key), list(cache), n=_NEAR, cutoff=0.6)
    hint = f"Did you mean {' or '.join(near)}?" if near else "Copy the key from the marker line."
    gone = (
        ""
        if near
        else (
            " If that is what you did, the text is gone: get it from where it came from (read the file or run the "
            "tool again), or say that you do not have it."
        )
    )
    return f"Nothing is kept under the key {shown(key)}. {hint}{gone}"


def _readable(text: str) -> str:
    """A folded run of messages as a transcript; any other text as it is."""
    messages = json.loads(text) if is_run(text) else []
    if not messages or not all("role" in message for message in messages):
        return text
    return "\n".join(f"--- {message['role']} ---\n{_said(message)}" for message in messages)


def _said(message: Message) -> str:
    content = message.get("content")
    shown_parts = [content] if isinstance(content, str) else []
    for part in content if isinstance(content, list) else ():
        text = part.get("text", part.get("content")) if isinstance(part, dict) else None
        shown_parts.append(text if isinstance(text, str) else dumps(part))
    rest = {key: value for key, value in message.items() if key not in ("role", "content") and value}
    return "\n".join(shown_parts + ([dumps(rest)] if rest else []))


class _View:
    """Parts of one text within a budget of tokens."""

    def __init__(self, text: str, measure: Measure, max_tokens: int) -> None:
        self.text = text
        self.measure = measure
        self.max_tokens = max_tokens
        self.starts = [0, *(match.end() for match in re.finditer("\n", text) if match.end() < len(text))]

    def part(self, start: int, end: int) -> str:
        """The text between two offsets, or as much of its beginning as fits, and how to go on."""
        text = self.text[start : min(end, start + _MOST_CHARACTERS_PER_TOKEN * self.max_tokens)]
        if len(text) == end - start and self.measure.count(text) <= self.max_tokens:
            return text
        size = self._within(text, max(1, self.max_tokens - _HINT_TOKENS))
        line_end = text.rfind("\n", 0, size) + 1
        if line_end > size // 2:
            line = self.text.count("\n", 0, start + line_end) + 1
            last = self.text.count("\n", 0, end) + (not self.text[:end].endswith("\n"))
            return f"{text[:line_end]}(not all of it: go on with lines='{line}-{last}', or give a query)"
        return f"{text[:size]}\n(not all of it: go on with lines='c{start + size}-{end}', or give a query)"

    def _within(self, text: str, tokens: int) -> int:
        """About the most characters from the beginning that cost at most ``tokens``."""
        offsets = list(range(0, len(text), 1 + len(text) // _STEPS))
        return offsets[bisect_right(self.measure.tally(text).at(offsets), tokens) - 1]

    def spans(self, wanted: str) -> str:
        found = [_SPAN.fullmatch(span) for span in wanted.split(",")]
        if not all(found):
            return f"lines is {shown(wanted)}; '13-57', '13', '13-' or 'c500-900' was expected."
        shown_parts = [self.part(*self._offsets(match)) for match in found if match]
        return self._joined(shown_parts) or (
            f"There is nothing there: the text has {len(self.starts)} lines and {len(self.text)} characters."
        )

    def _offsets(self, match: re.Match[str]) -> tuple[int, int]:
        first, last = int(match[2]), int(match[4]) if match[4] else None
        if match[1]:
            return min(first, len(self.text)), min(len(self.text) if last is None else last, len(self.text))
        if match[3] is None:
            last = first
        first = max(first, 1)
        if first > len(self.starts):
            return len(self.text), len(self.text)
        stop = len(self.starts) if last is None else max(min(last, len(self.starts)), first)
        end = self.starts[stop] if stop < len(self.starts) else len(self.text)
        return self.starts[first - 1], end - (self.text[end - 1 : end] == "\n" and end < len(self.text))

    def ends(self, head: int, tail: int) -> str:
        if head + tail >= len(self.starts):
            return self.part(0, len(self.text))
        parts = []
        if head:
            parts.append(self.part(0, self.starts[head]))
        if tail:
            parts.append(self.part(self.starts[-tail], len(self.text)))
        return self._joined(parts)

    def passages(self, query: str) -> str:
        """The best passages in order, each with its lines."""
        asked = derive([], query)
        found = split(self.text)
        found, shares, _ = cut(found, picked(self.text, found.kind, asked.asked))
        values = score([Document(self.text, found.segments, "", 0.0)], asked)[0]
        values = [value + WORTH * share for value, share in zip(values, shares, strict=True)]
        marks = self.measure.tally(self.text).at([segment.start for segment in found.segments] + [len(self.text)])
        room = self.max_tokens
        chosen = []
        for number in sorted(range(len(values)), key=lambda i: (-values[i], i)):
            cost = marks[number + 1] - marks[number] + 12  # and the line that says where it stands
            if values[number] > 0 and cost <= room:
                chosen.append(number)
                room -= cost
        if not chosen:
            return f"Nothing matches. The text has {len(self.starts)} lines; ask for lines='1-50', for example."
        return "\n".join(self._passage(found.segments[number]) for number in sorted(chosen))

    def _passage(self, segment: Any) -> str:
        text = self.text[segment.start : segment.end]
        first = self.text.count("\n", 0, segment.start) + 1
        last = first + text.rstrip("\n").count("\n")
        gap = Gap(first, last)
        return f"({gap.unit} {gap.first}-{gap.last})\n{text.rstrip(chr(10))}"

    def _joined(self, parts: list[str]) -> str:
        text = "\n…\n".join(part for part in parts if part)
        return (
            text
            if self.measure.count(text) <= self.max_tokens
            else _View(text, self.measure, self.max_tokens).part(0, len(text))
        )
