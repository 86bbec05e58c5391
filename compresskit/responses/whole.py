"""Whole responses: reads their message and tool calls, and makes copies without our calls.

Objects (of LiteLLM and the SDKs) and dicts are read alike. Nothing is changed in place, because LiteLLM logs the
objects that it returned in another thread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from ..errors import InvalidArgument, described
from ..messages import SHAPES
from ..messages.retrieval_tool import TOOL_NAME
from ..messages.shape import Answer
from ..types import Message

FIELDS = "provider_specific_fields"  # the field in which LiteLLM keeps fields that OpenAI does not have
_ENDED = {"tool_calls": "stop", "function_call": "stop", "tool_use": "end_turn"}  # finish reasons if no call is left


class Call(NamedTuple):
    """A tool call in a message.

    Attributes:
        id: The id, None if it has none.
        name: The name of the tool.
        arguments: The arguments as the model wrote them: a str (in OpenAI's shapes) or a dict.
        at: The index among the message's tool calls, parts, blocks or items.
        shape: The name of the message's shape, or "legacy" for OpenAI's function_call.
        raw: The whole call as a JSON value.
    """

    id: str | None
    name: str
    arguments: Any
    at: int
    shape: str
    raw: dict[str, Any]

    @property
    def ours(self) -> bool:
        return self.name == TOOL_NAME


def field(value: Any, name: str) -> Any:
    """A field of an object or a dict; None if it has no such field."""
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)


def changed(value: Any, **fields: Any) -> Any:
    """A copy of an object or a dict with other values in some fields. In a dict, None removes a field.

    >>> changed({"role": "assistant", "tool_calls": []}, tool_calls=None)
    {'role': 'assistant'}
    """
    if isinstance(value, Mapping):
        merged = {**value, **fields}
        return {name: item for name, item in merged.items() if item is not None or name not in fields}
    return value.model_copy(update=fields)


def plain(value: Any) -> Any:
    """An object as a dict without its fields that are None; anything else as it is."""
    dump = getattr(value, "model_dump", None)
    return dump(exclude_none=True) if callable(dump) else value


def choices_of(response: Any) -> list[Any]:
    """The choices of an OpenAI response. For an Anthropic response, or a message, a list of just itself."""
    choices = field(response, "choices")
    return choices if isinstance(choices, list) else [response]


def message_of(response: Any, choice: int = 0) -> Message:
    """The assistant message of a response (or a message itself) as a dict that can be appended.

    {} if there is no such choice, or no message in it.

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
    if chosen[0] is not response:
        message = plain(field(chosen[0], "message"))
        return (
            {"content": None, **message, "role": message.get("role") or "assistant"}
            if isinstance(message, Mapping)
            else {}
        )
    message = plain(response)
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
    """All tool calls of a message (or of a response's first choice), ours and the caller's, in order."""
    if field(message, "choices") is not None:
        message = message_of(message)
    found = []
    for at, item in enumerate(_list(message, "tool_calls")):
        custom = field(item, "custom")  # a tool of the caller whose input is not JSON
        named, arguments = (field(item, "function"), "arguments") if custom is None else (custom, "input")
        found.append(_call(field(item, "id"), named, arguments, at, "openai", item))
    legacy = field(message, "function_call")
    if legacy is not None:
        found.append(_call(None, legacy, "arguments", 0, "legacy", legacy))
    for at, item in enumerate(_list(message, "content")):
        if field(item, "type") == "tool_use":
            found.append(_call(field(item, "id"), item, "input", at, "anthropic", item))
    return found


def calls_in(response: Any) -> list[Call]:
    """All tool calls of a response, or of its message, in any shape.

    >>> calls_in({"output": [{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}]})[0].name
    'f'

    Raises:
        InvalidArgument: ``response`` is not a response.
    """
    found = field(response, "output")
    if isinstance(found, list):  # OpenAI's Responses
        return [
            _call(field(item, "call_id"), item, "arguments", at, "responses", item)
            for at, item in enumerate(found)
            if field(item, "type") == "function_call"
        ]
    candidates, message = field(response, "candidates"), field(found, "message")
    if isinstance(candidates, list):  # Gemini
        message = field(candidates[0], "content") if candidates else {}
    holder = response if message is None else message
    calls = [call for at, part in enumerate(_list(holder, "parts")) for call in _gemini_call(part, at)]
    calls += [call for at, block in enumerate(_list(holder, "content")) for call in _converse_call(block, at)]
    return calls or calls_of(message_of(response))


def _gemini_call(part: Any, at: int) -> list[Call]:
    made = field(part, "functionCall") or field(part, "function_call")
    return [] if made is None else [_call(field(made, "id"), made, "args", at, "gemini", part)]


def _converse_call(block: Any, at: int) -> list[Call]:
    use = field(block, "toolUse")
    return [] if use is None else [_call(field(use, "toolUseId"), use, "input", at, "converse", block)]


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

    >>> call = {"id": "a", "type": "function", "function": {"name": TOOL_NAME, "arguments": "{}"}}
    >>> without_ours({"role": "assistant", "content": None, "tool_calls": [call]})
    {'role': 'assistant', 'content': None}
    """
    choices = field(response, "choices")
    if not isinstance(choices, list):
        stripped = _stripped(response)
        return _ended(stripped, stripped, "stop_reason")
    return changed(response, choices=[_choice(choice) for choice in choices])


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
    message = field(choice, "message")
    if message is None or not any(call.ours for call in calls_of(message)):
        return choice
    stripped = _stripped(message)
    return _ended(changed(choice, message=stripped), stripped, "finish_reason")


def _ended(value: Any, message: Any, name: str) -> Any:
    """``value`` with a finish reason that fits the remaining calls."""
    reason = field(value, name)
    return changed(value, **{name: _ENDED[reason]}) if reason in _ENDED and not calls_of(message) else value


def _stripped(message: Any) -> Any:
    ours = [call for call in calls_of(message) if call.ours]
    fields: dict[str, Any] = {}
    for name, shape in (("tool_calls", "openai"), ("content", "anthropic")):
        gone = {call.at for call in ours if call.shape == shape}
        if gone:
            kept = [item for at, item in enumerate(_list(message, name)) if at not in gone]
            fields[name] = kept if kept or name == "content" else None
    if any(call.shape == "legacy" for call in ours):
        fields["function_call"] = None
    return changed(message, **fields) if fields else message


def _list(message: Any, name: str) -> list[Any]:
    found = field(message, name)
    return found if isinstance(found, list) else []


def _call(identity: Any, named: Any, arguments: str, at: int, shape: str, raw: Any) -> Call:
    name = field(named, "name")
    as_json = plain(raw)
    found = dict(as_json) if isinstance(as_json, Mapping) else {}
    return Call(identity, name if isinstance(name, str) else "", field(named, arguments), at, shape, found)
