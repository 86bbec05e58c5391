"""Retrieval: returns originals to the model within a bound of tokens, and answers its tool calls.

No error is raised for something that a model wrote. The answer to a wrong key or a malformed argument is a text that
tells the model what to do.
"""

from __future__ import annotations

import contextlib
import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from . import _observer
from ._json import dumps
from ._observer import Retrieved
from .content import split
from .errors import InvalidArgument, check_cache, check_whole, described
from .markers.keys import key_of
from .markers.restore import is_run, unfold
from .messages.json_results import json_texts
from .messages.parts import without
from .messages.retrieval_tool import TOOL_NAME
from .messages.shapes import slots, speaker
from .relevance import Document, score
from .relevance.query import derive
from .responses import calls_in, results, settled
from .tokens.measure import Measure, measure_for
from .tool_definitions import Toolbox
from .types import Cache, Message, Tool

MAX_TOKENS = 4_000  # tokens of one answer, unless the caller says otherwise
MIN_TOKENS = 60  # tokens for some text and the hint how to go on; every answer without text is shorter
_NEAR = 3  # similar keys that the answer to an unknown key names, maximum
_KEY_CHARACTERS = 60  # characters of a key, maximum; no key of ours is longer (markers.FULL_LENGTH)
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
_JSON_LAYERS = 3  # strings within JSON that are read as JSON again, because some models encode it twice
_NO_TOOLS = "No definition of a tool can be looked up here. Go on with the tools that you were given."
_WORD = re.compile(r"\w+")
_MIN_DATA = 400  # characters of base64 from which on a text in a part of a message is an image or a file
_DATA = re.compile(
    rf"(?:data:[\w.+-]{{1,40}}/[\w.+-]{{1,80}}[\w;=.-]{{0,80}},)?[A-Za-z0-9+/_-]{{{_MIN_DATA - 200},}}={{0,2}}\s*\Z"
)
# "13-57", "13", "13-" and "c500-900", also as in a marker: "lines 13-57", "characters 500-900".
_SPAN = re.compile(
    r"(?:(c(?:har(?:acter)?s?)?)|l(?:ines?)?)? ?(\d+) ?(?:(?:[-\u2010-\u2015:]|\.\.+|to) ?[cl]?(\d*))?", re.I
)


class _Range(NamedTuple):
    """A range of a text in character offsets: ``start`` to ``end`` (exclusive)."""

    start: int
    end: int


def retrieve(
    cache: Cache,
    key: str,
    lines: str | None = None,
    query: str | None = None,
    head: int | None = None,
    tail: int | None = None,
    max_tokens: int = MAX_TOKENS,
) -> str:
    """Returns an original text, or a part of it, within ``max_tokens`` (o200k_base), with a hint how to get the rest.

    The first of ``lines``, ``query``, and ``head`` with ``tail`` that is given counts.

    Args:
        cache: The cache of a result.
        key: The key, as the marker gives it. An unknown key gets an answer that says so.
        lines: "13-57", "13", "13-" (from 1, inclusive), or several separated by commas; "c500-900" for characters (from
            0, without the last one).
        query: Returns the passages that match these words best, in their order.
        head: Returns this many lines of the beginning.
        tail: Returns this many lines of the end.
        max_tokens: The tokens of the answer, with the hint. At least 60.

    Raises:
        InvalidArgument: ``cache`` is not a mapping of keys to texts; ``max_tokens`` is not a whole number of 60 or
            more; or ``head`` or ``tail`` is not one of 1 or more. A key, lines or a query never raise,
            because a model may have written them.

    Examples:
        >>> retrieve({"bcdfghjklmnp": "one\\ntwo\\nthree"}, "bcdfghjklmnp", lines="2-3")
        'two\\nthree'
    """
    check_cache(cache)
    for name, value, least in (("max_tokens", max_tokens, MIN_TOKENS), ("head", head, 1), ("tail", tail, 1)):
        if value is not None or name == "max_tokens":
            check_whole(name, value, least)
    return _observer.retrieval(lambda: _retrieved(cache, key, lines, query, head, tail, max_tokens)).text


def answer(
    response: Any, cache: Cache, max_tokens: int = MAX_TOKENS, tools: Sequence[Tool] | None = None
) -> list[Message]:
    """Returns the messages that answer all retrieval calls in a response, ready to be appended.

    Args:
        response: A response of OpenAI chat or Responses, LiteLLM, Anthropic, Gemini or Bedrock's Converse, as an object
            or a dict; or only its message.
        cache: The cache of the result that was sent.
        max_tokens: The tokens of each answer. At least 60.
        tools: Your tools, if they were sent within a ``tool_budget``. Searches for them, and calls of deferred tools
            that do not fit the definition, are answered as well. Without them, the answer to such a call says that the
            tool is not there.

    Returns:
        For OpenAI chat one ``tool`` message for each call, for Responses one ``function_call_output`` item for each
            call, and for Anthropic, Gemini and Converse one ``user`` message with all results. The list is empty if the
            retrieval tool was not called. Calls of your own tools are yours to answer, in the same turn.

    Raises:
        InvalidArgument: ``response`` is not a response, ``cache`` is not a mapping of keys to texts, or ``max_tokens``
            is too small. The arguments that a model wrote never raise an error.
    """
    check_cache(cache)
    check_whole("max_tokens", max_tokens, MIN_TOKENS)
    toolbox = None if tools is None else Toolbox(tools, None)
    calls = [call for call in calls_in(response if toolbox is None else settled(response, toolbox)) if call.ours]
    texts = [
        answer_to(call.arguments, cache, max_tokens, call.id)
        if call.name == TOOL_NAME
        else _NO_TOOLS
        if toolbox is None
        else toolbox.answer(call.name, call.arguments, max_tokens)
        for call in calls
    ]
    return results(calls, texts)


def own_calls(response: Any, tools: Sequence[Tool]) -> Any:
    """Returns a response in which valid calls of deferred tools are calls of your own tools.

    Use it if you sent your tools within a ``tool_budget`` and call the model yourself. Calls that do not fit their
    definition stay as they are: ``answer`` tells the model what is wrong with them.

    Args:
        response: As for ``answer``.
        tools: Your tools, as you passed them to ``compress``.

    Returns:
        A copy, or the response itself if nothing in it changes.

    Raises:
        InvalidArgument: ``response`` is not a response.
    """
    calls_in(response)
    return settled(response, Toolbox(tools, None))


class Originals(Mapping[str, str]):
    """The texts that a model may retrieve: those that were left out, and any other text of the conversation by its key.

    The model may have seen a key earlier, for a text that is now in another form, or within a fold. A text that the
    caller's ``before`` replaced is none of them.

    Args:
        cache: The cache of a result.
        messages: The messages of the result.
    """

    def __init__(self, cache: Cache, messages: list[Message]) -> None:
        self._cache = cache
        self._messages = messages

    @property
    def withheld(self) -> object:
        """The texts that the caller's ``before`` replaced, which only ``restore`` reads."""
        return getattr(self._cache, "withheld", None)

    def __getitem__(self, key: str) -> str:
        return self._cache[key] if key in self._cache else self._others[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._cache)

    def __len__(self) -> int:
        return len(self._cache)

    @cached_property
    def _others(self) -> dict[str, str]:
        runs = unfold(self._messages, self._cache).runs
        return {key_of(slot.text): slot.text for run in runs for message in run for slot in slots(message)}


def answer_to(
    arguments: Any,
    cache: Cache,
    max_tokens: int,
    call_id: str | None = None,
    answering: _observer.Answering | None = None,
) -> str:
    """The answer to one call with any arguments of a model. It is never blank, and always valid UTF-8.

    ``call_id`` and ``answering`` are for telemetry alone.
    """
    return _observer.retrieval(lambda: _answered(arguments, cache, max_tokens), call_id, answering).text


def _answered(arguments: Any, cache: Cache, max_tokens: int) -> Retrieved:
    for _ in range(_JSON_LAYERS):
        if isinstance(arguments, str):
            with contextlib.suppress(ValueError, RecursionError):
                arguments = json.loads(arguments)
    key = arguments.get("key") if isinstance(arguments, Mapping) else None
    if not isinstance(arguments, Mapping) or not isinstance(key, str):
        text = f'The arguments are not understood. Call {TOOL_NAME} with {{"key": "KEY"}}, KEY as the marker names it.'
        return Retrieved(text, "unreadable")
    retrieved = _retrieved(cache, key.strip(), arguments.get("lines"), arguments.get("query"), None, None, max_tokens)
    text = retrieved.text
    if not text.strip():
        return retrieved._replace(text=f"Only white space is there: {len(text):,} characters.")
    # A lone surrogate cannot be sent. Tokenizers and APIs count and show the replacement too.
    return retrieved._replace(text=text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def _retrieved(
    cache: Cache, key: Any, lines: Any, query: Any, head: int | None, tail: int | None, max_tokens: int
) -> Retrieved:
    """The answer to a retrieval whose numbers were checked. ``key``, ``lines`` and ``query`` may be anything."""
    measure = measure_for("", None)
    if not isinstance(key, str) or key not in cache:
        return Retrieved(_unknown(cache, key, measure, max_tokens), "unknown_key")
    view = _View(_original(cache, key), measure, max_tokens)
    if lines is not None and lines != "":
        return Retrieved(view.lines(lines), "found", "lines")
    if query is not None and query != "":
        return Retrieved(view.passages(query), "found", "query")
    if head is not None or tail is not None:
        return Retrieved(view.ends(head or 0, tail or 0), "found", "ends")
    return Retrieved(view.whole(), "found", "whole")


def _original(cache: Cache, key: str) -> str:
    text = cache[key]
    if not isinstance(text, str):
        raise InvalidArgument(
            f"cache holds {described(text)} under a key; a mapping of keys to texts was expected: result.cache."
        )
    return _readable(text)


def _unknown(cache: Cache, key: Any, measure: Measure, max_tokens: int) -> str:
    import difflib

    wanted = key[:_KEY_CHARACTERS] if isinstance(key, str) else ""
    known = [one for one in cache if isinstance(one, str) and one.isascii() and len(one) <= _KEY_CHARACTERS]
    near = difflib.get_close_matches(wanted, known, n=_NEAR, cutoff=0.6)
    gone = (
        " If that is what you did, the text is gone: get it from where it came from (read the file or run the "
        "tool again), or say that you do not have it."
    )
    copy = "Copy the key exactly from the marker."
    hints = [f"Did you mean {' or '.join(near[:count])}?" for count in range(len(near), 0, -1)] or [copy + gone]
    named = f"No text is stored under the key {_quoted(key) if isinstance(key, str) else f'({described(key)})'}."
    plain = "No text is stored under this key."
    wordings = [*(f"{named} {hint}" for hint in hints), f"{plain} {hints[-1]}", f"{plain} {copy}"]
    return _fitting(wordings, measure, max_tokens)


def _readable(text: str) -> str:
    """A folded run of messages as a transcript; any other text as it is."""
    messages = json.loads(text) if is_run(text) else []
    if not messages:
        return text
    return "\n".join(f"--- {speaker(message)} ---\n{_transcript(message)}" for message in messages)


def _transcript(message: Message) -> str:
    field = next((name for name in ("content", "parts", "output") if name in message), "")
    content = message.get(field)
    shown_parts = [content] if isinstance(content, str) else []
    for part in content if isinstance(content, list) else [content] if isinstance(content, dict) else ():
        text = part.get("text", part.get("content")) if isinstance(part, dict) else None
        shown_parts.append(text if isinstance(text, str) else _plain(part))
    hidden = ("role", "type", field) if "role" not in message or message.get("type") == "message" else ("role", field)
    rest = {key: value for key, value in message.items() if key not in hidden and value}
    return "\n".join(shown_parts + ([dumps(rest)] if rest else []))


def _plain(part: Any) -> str:
    """A part of a message as JSON, with its long texts behind it as they are. Bytes are only named."""
    found = list(json_texts(part, ()))
    if not isinstance(part, dict) or not found:
        return dumps(part)
    texts = (f"({len(slot.text):,} characters of data)" if _is_data(slot.text) else slot.text for slot in found)
    return "\n".join([dumps(without(part, [slot.path for slot in found])), *texts])


def _is_data(text: str) -> bool:
    """Whether a text in a part is the base64 of an image or a file."""
    return len(text) >= _MIN_DATA and _DATA.match(text) is not None


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


class _View:
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
            wordings = (f"lines is {_quoted(text) if text else described(wanted)}; {expected}", f"lines: {expected}")
            return _fitting(wordings, self.measure, self.max_tokens)
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
        return f"There is nothing there: the text has {len(self.starts)} lines and {len(self.text)} characters."


def _quoted(text: str) -> str:
    """A quotation of a model's argument for an answer: on one line, and shortened if it is long."""
    quoted = repr(text[:_QUOTED_CHARACTERS])
    return quoted if len(text) <= _QUOTED_CHARACTERS else f"{quoted[:-1]}…"


def _fitting(wordings: Sequence[str], measure: Measure, max_tokens: int) -> str:
    """The first wording that fits, else the last one."""
    return next((text for text in wordings if measure.count(text) <= max_tokens), wordings[-1])


def _number(digits: str) -> int:
    return int(digits) if len(digits) <= _DIGITS else 10**_DIGITS
