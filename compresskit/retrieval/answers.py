"""Retrieval: returns originals to the model within a bound of tokens, and answers its tool calls.

No error is raised for something that a model wrote. The answer to a wrong key or a malformed argument is a text that
tells the model what to do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from .. import _observer
from .._json import dumps, unwrapped
from .._observer import Retrieved
from ..errors import InvalidArgument, check_cache, check_whole, described
from ..markers.keys import key_of, members
from ..markers.restore import is_run, unfold
from ..messages.json_results import json_texts
from ..messages.parts import without
from ..messages.retrieval_tool import TOOL_NAME
from ..messages.shapes import slots, speaker
from ..responses import calls_in, results, settled
from ..tokens.measure import Measure, measure_for
from ..tool_definitions import Toolbox
from ..types import Cache, Message, Tool
from .text_view import TextView, fitting, quoted

MAX_TOKENS = 4_000  # tokens of one answer, unless the caller says otherwise
MIN_TOKENS = 60  # tokens for some text and the hint how to go on; every answer without text is shorter
_NEAR = 3  # similar keys that the answer to an unknown key names, maximum
_KEY_CHARACTERS = 60  # characters of a key, maximum; no key of ours is longer (markers.FULL_LENGTH)
_NO_TOOLS = "No definition of a tool can be looked up here. Go on with the tools that you were given."
_MIN_DATA = 400  # characters of base64 from which on a text in a part of a message is an image or a file
_DATA = re.compile(
    rf"(?:data:[\w.+-]{{1,40}}/[\w.+-]{{1,80}}[\w;=.-]{{0,80}},)?[A-Za-z0-9+/_-]{{{_MIN_DATA - 200},}}={{0,2}}\s*\Z"
)


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
    return _observer.current.retrieval(lambda: _retrieved(cache, key, lines, query, head, tail, max_tokens)).text


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
        texts = (slot.text for run in runs for message in run for slot in slots(message))
        return {key_of(text): text for text in texts if not members(text)}  # a record is never such a text


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
    return _observer.current.retrieval(lambda: _answered(arguments, cache, max_tokens), call_id, answering).text


def _answered(arguments: Any, cache: Cache, max_tokens: int) -> Retrieved:
    arguments = unwrapped(arguments)
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
    view = TextView(_original(cache, key), measure, max_tokens)
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
    return readable(whole_of(cache, key))


def whole_of(cache: Cache, key: str) -> str:
    """The original under a key, byte for byte. Texts that share a marker stand under a line each."""
    text = cache[key]
    texts = [cache[one] for one in members(text) if one in cache]
    return "\n".join(f"--- text {n} ---\n{one}" for n, one in enumerate(texts, 1)) or text


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
    named = f"No text is stored under the key {quoted(key) if isinstance(key, str) else f'({described(key)})'}."
    plain = "No text is stored under this key."
    wordings = [*(f"{named} {hint}" for hint in hints), f"{plain} {hints[-1]}", f"{plain} {copy}"]
    return fitting(wordings, measure, max_tokens)


def readable(text: str) -> str:
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
