"""Whole responses: reads their messages and tool calls, and makes copies without our calls.

Most APIs answer with one message, and ``message_of`` reads it. OpenAI's Responses answer with several items, which
``items.py`` knows; ``messages_of`` reads both. Objects (of LiteLLM and the SDKs) and dicts are read alike. Nothing is
changed in place, because LiteLLM logs the objects that it returned in another thread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from ..errors import InvalidArgument, described
from ..messages import SHAPES
from ..messages.shape import Answer
from ..types import Message
from .fields import GEMINI_CALL, changed, field, first, listed, plain
from .items import Call, call_from, item_calls, ours_in

FIELDS = "provider_specific_fields"  # the field in which LiteLLM keeps fields that OpenAI does not have
_CHOICES = ("choices", "candidates")  # fields that list several answers to one request
_CUT_OFF = ("incomplete", "failed", "cancelled")  # states of a response of the Responses API
_ENDED = {"tool_calls": "stop", "function_call": "stop", "tool_use": "end_turn"}  # finish reasons if no call is left


def choices_of(response: Any) -> list[Any]:
    """The choices of an OpenAI response, or the candidates of Gemini. For any other response, a list of just itself."""
    return next((found for name in _CHOICES if isinstance(found := field(response, name), list)), [response])


def message_of(response: Any, choice: int = 0) -> Message:
    """The model's turn in a response: the assistant message (or a message itself) as a dict that can be appended.

    {} if there is no such choice, or no message in it. For OpenAI's Responses {"output": items}; see ``messages_of``.

    Raises:
        InvalidArgument: ``response`` is not a response.
    """
    if not isinstance(response, Mapping) and not callable(getattr(response, "model_dump", None)):
        raise InvalidArgument(
            f"response is {described(response)}; a response of OpenAI, LiteLLM, Anthropic, Gemini or Bedrock was "
            f"expected, as an object or a dict. Put the chunks of a stream together first, as "
            f"litellm.stream_chunk_builder(chunks) does."
        )
    chosen = choices_of(response)[choice : choice + 1]
    if not chosen:
        return {}
    if field(response, "candidates") is not None:
        content = plain(field(chosen[0], "content"))
        return {**content, "role": content.get("role") or "model"} if isinstance(content, Mapping) else {}
    if chosen[0] is not response:
        message = plain(field(chosen[0], "message"))
        return (
            {"content": None, **message, "role": message.get("role") or "assistant"}
            if isinstance(message, Mapping)
            else {}
        )
    output = field(response, "output")
    if isinstance(output, list):
        # a call of ours in a response that was cut off is not whole, so there is nothing to answer
        gone = ours_in(output) if field(response, "status") in _CUT_OFF else ()
        return {"output": [plain(item) for at, item in enumerate(output) if at not in gone]}
    message = plain(field(output, "message") or response)
    if message.get("type") == "message":  # Anthropic, whose other fields belong to the response
        message = {"role": "assistant", "content": message.get("content")}
    return dict(message)


def messages_of(turn: Message) -> list[Message]:
    """The messages to append for a model's turn: the turn itself, or the items of a response of the Responses API.

    >>> messages_of({"role": "assistant", "content": "hi"})
    [{'role': 'assistant', 'content': 'hi'}]
    """
    output = turn.get("output")
    return list(output) if isinstance(output, list) else [turn]


def calls_of(message: Any) -> list[Call]:
    """All tool calls of a message, an item, a turn, or a response's first choice: ours and the caller's, in order.

    >>> calls_of({"output": [{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}]})[0].name
    'f'
    """
    items = field(message, "output")
    if isinstance(items, list):
        return item_calls(items)
    if any(field(message, name) is not None for name in _CHOICES) or field(items, "message") is not None:
        message = message_of(message)
    if field(message, "role") is None and field(message, "type") is not None:
        return item_calls([message])
    found = []
    for at, item in enumerate(listed(message, "tool_calls")):
        custom = field(item, "custom")  # a tool of the caller whose input is not JSON
        named, arguments = (field(item, "function"), "arguments") if custom is None else (custom, "input")
        found.append(call_from(field(item, "id"), named, arguments, at, "openai", item))
    legacy = field(message, "function_call")
    if legacy is not None:
        found.append(call_from(None, legacy, "arguments", 0, "legacy", legacy))
    for at, item in enumerate(listed(message, "content")):
        if field(item, "type") == "tool_use":
            found.append(call_from(field(item, "id"), item, "input", at, "anthropic", item))
        elif (use := field(item, "toolUse")) is not None:
            found.append(call_from(field(use, "toolUseId"), use, "input", at, "converse", item))
    for at, part in enumerate(listed(message, "parts")):
        if (made := first(part, GEMINI_CALL)) is not None:
            found.append(call_from(field(made, "id"), made, "args", at, "gemini", part))
    return found


def calls_in(response: Any) -> list[Call]:
    """All tool calls of a response, or of its message, in any shape.

    Raises:
        InvalidArgument: ``response`` is not a response.
    """
    return calls_of(response) if isinstance(field(response, "output"), list) else calls_of(message_of(response))


def results(calls: Sequence[Call], texts: Sequence[str]) -> list[Message]:
    """The messages that answer calls of one response: one for each call, or one for all, depending on the shape."""
    messages: list[Message] = []
    for shape, made in groupby(zip(calls, texts, strict=True), key=lambda pair: pair[0].shape):
        answers = [Answer(call.id, call.name, text) for call, text in made]
        if shape == "legacy":
            messages += [{"role": "function", "name": one.name, "content": one.text} for one in answers]
        else:
            messages += SHAPES[shape].answers(answers)
    return messages


def without_ours(response: Any) -> Any:
    """A copy of a response (or message) without our calls. If no call is left, the finish reason changes accordingly.

    >>> call = {"id": "a", "type": "function", "function": {"name": "compresskit_retrieve"}}
    >>> without_ours({"role": "assistant", "content": None, "tool_calls": [call]})
    {'role': 'assistant', 'content': None}
    """
    for name in _CHOICES:
        choices = field(response, name)
        if isinstance(choices, list):
            return changed(response, **{name: [_choice(choice) for choice in choices]})
    stripped = _stripped(response)
    return _ended(stripped, stripped, "stop_reason")


def with_message(response: Any, fields: Mapping[str, Any], choice: int = 0) -> Any:
    """A copy of a response with other values in some fields of a choice's message."""
    choices = field(response, "choices")
    if not isinstance(choices, list):
        return changed(response, **fields)
    message = field(choices[choice], "message")
    replaced = [
        changed(item, message=changed(message, **fields)) if at == choice else item for at, item in enumerate(choices)
    ]
    return changed(response, choices=replaced)


def _choice(choice: Any) -> Any:
    for name in ("message", "content"):  # of OpenAI, of Gemini
        message = field(choice, name)
        if message is not None and any(call.ours for call in calls_of(message)):
            stripped = _stripped(message)
            return _ended(changed(choice, **{name: stripped}), stripped, "finish_reason")
    return choice


def _ended(value: Any, message: Any, name: str) -> Any:
    """``value`` with a finish reason that fits the remaining calls."""
    reason = field(value, name)
    return changed(value, **{name: _ENDED[reason]}) if reason in _ENDED and not calls_of(message) else value


def _stripped(message: Any) -> Any:
    items = field(message, "output")
    if isinstance(items, list):
        gone = ours_in(items)
        return changed(message, output=[item for at, item in enumerate(items) if at not in gone]) if gone else message
    ours = [call for call in calls_of(message) if call.ours]
    fields: dict[str, Any] = {}
    for name, shape in (("tool_calls", "openai"), ("content", "anthropic"), ("parts", "gemini")):
        gone = {call.at for call in ours if call.shape == shape}
        if gone:
            kept = [item for at, item in enumerate(listed(message, name)) if at not in gone]
            fields[name] = kept if kept or name != "tool_calls" else None
    if any(call.shape == "legacy" for call in ours):
        fields["function_call"] = None
    return changed(message, **fields) if fields else message
