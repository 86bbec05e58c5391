"""Takes our calls out of a turn that also calls the caller's tools, and puts them back later.

The caller sees and answers only its own calls. A record holds our calls in that turn, and the retrievals before it. It
goes with the message (in ``provider_specific_fields["compresskit"]``, which callers send back when they append the
message) or into a store. When the caller comes back with its results, our calls are put back with their answers. A
client may have changed a record, so a record that is not as we write it is ignored. A program that screens messages,
such as a proxy, only takes records from its own store.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from ..messages.shapes import slots
from ..types import Message
from .call import Call
from .fields import changed, field
from .whole import FIELDS, calls_of, results, without_ours

NAME = "compresskit"
Record = dict[str, Any]
_Turn = tuple[Message, list[str]]  # a turn of retrievals alone: its message, and their answers


def record_of(
    message: Message,
    texts: Sequence[str],
    before: Sequence[tuple[Message, Sequence[str]]] = (),
    streamed: bool = False,
) -> Record:
    """The record of our calls in a turn, as a JSON value.

    Args:
        message: The turn's whole assistant message.
        texts: The answers to our calls in it, in order.
        before: The turns before it that consisted of retrievals alone: message and answers of each.
        streamed: Whether the caller has also seen the text (or blocks) of those turns, as the beginning of the message.
    """
    calls = calls_of(message)
    return {
        "with": [call.id for call in calls if not call.ours],
        "calls": [{"at": call.at, "call": call.raw} for call in calls if call.ours],
        "texts": list(texts),
        "before": [{"message": dict(earlier), "texts": list(answers)} for earlier, answers in before],
        "streamed": streamed,
    }


def taken(message: Message) -> tuple[Message, Record | None]:
    """A message without its record, and the record."""
    fields = message.get(FIELDS)
    if not isinstance(fields, Mapping) or NAME not in fields:
        return message, None
    rest = {name: value for name, value in fields.items() if name != NAME}
    bare = {name: value for name, value in message.items() if name != FIELDS}
    record = fields[NAME]
    return {**bare, FIELDS: rest} if rest else bare, dict(record) if isinstance(record, Mapping) else None


def names(messages: Sequence[Message]) -> dict[int, str]:
    """The name in a store for the record of each assistant message that calls tools, by index.

    A name is a hash of the messages before, and of the ids of the calls, so that two conversations never share a name
    even if a provider numbers calls from 0. Instructions do not count, because many contain the time of day.
    """
    found = {}
    digest = hashlib.sha256()
    for index, message in enumerate(messages):
        calls = [str(call.id) for call in calls_of(message) if not call.ours]
        if message.get("role") == "assistant" and calls:
            name = digest.copy()
            _feed(name, ["calls", *calls])
            found[index] = f"turn-{name.hexdigest()}"
        if message.get("role") not in ("system", "developer"):
            _feed(digest, [str(message.get("role")), *calls, *(slot.text for slot in slots(message))])
    return found


def put_back(messages: Sequence[Message], records: Mapping[int, Record]) -> list[list[Message]]:
    """The messages to send for each message: the message itself, or, if it has a record, with our calls in place.

    In the second case, the retrievals before it precede it, and the answers to our calls follow it. A record is ignored
    if its message makes none of the caller's calls that it names, or if it belongs to the last message.
    """
    runs = [[message] for message in messages]
    for index, record in records.items():
        if index + 1 < len(messages) and isinstance(record, Mapping) and _fits(messages[index], record):
            run, answers = _whole(messages[index], record)
            merged = bool(answers) and answers[0]["role"] == messages[index + 1].get("role") == "user"
            runs[index] = run if merged else run + answers
            if merged:
                runs[index + 1] = [_with_results(answers[0]["content"], messages[index + 1])]
    return runs


def _whole(message: Message, record: Record) -> tuple[list[Message], list[Message]]:
    """The messages up to the turn's own with all its calls, and the answers to ours."""
    turns = [(dict(entry["message"]), entry["texts"]) for entry in record["before"]]
    first = 0
    if record.get("streamed"):
        if isinstance(message.get("tool_calls"), list):
            message, turns = _parted(message, turns)
        else:
            message, turns, first = _parted_blocks(message, turns)
    run: list[Message] = []
    for earlier, texts in turns:
        run += [earlier, *results(calls_of(earlier), texts)]
    content = "tool_calls" if isinstance(message.get("tool_calls"), list) else "content"
    items = list(message[content])
    for entry in sorted(record["calls"], key=lambda entry: entry["at"]):
        items.insert(first + entry["at"], dict(entry["call"]))
    whole = {**message, content: items}
    return [*run, whole], results([call for call in calls_of(whole) if call.ours], record["texts"])


def _parted(message: Message, turns: list[_Turn]) -> tuple[Message, list[_Turn]]:
    """Separates a message from the turns before it that were streamed as its beginning, so that no text is repeated.

    If the caller has changed the text, the message keeps it, and the earlier turns have no text.
    """
    before = "".join(text for earlier, _ in turns if isinstance(text := earlier.get("content"), str))
    content = message.get("content")
    thought = [block for earlier, _ in turns for block in _blocks(earlier)]
    if isinstance(content, str) and before and content.startswith(before):
        message = {**message, "content": content[len(before) :] or None}
    else:
        turns = [({**earlier, "content": None}, texts) for earlier, texts in turns]
    if thought:
        message = {**message, "thinking_blocks": [block for block in _blocks(message) if block not in thought]}
        message = message if message["thinking_blocks"] else changed(message, thinking_blocks=None)
    return message, turns


def _parted_blocks(message: Message, turns: list[_Turn]) -> tuple[Message, list[_Turn], int]:
    """The same for Anthropic's blocks; and the number of the message's block at which the last turn begins.

    If the caller has changed the first blocks, the message keeps them, and the earlier turns are not put back.
    """
    before = [block for earlier, _ in turns for block in without_ours(earlier)["content"]]
    count = len(before)
    if [_identity(block) for block in message["content"][:count]] == [_identity(block) for block in before]:
        return {**message, "content": message["content"][count:]}, turns, 0
    return message, [], count


def _identity(block: Any) -> tuple[Any, ...]:
    return tuple(field(block, name) for name in ("type", "text", "thinking", "data", "id"))


def _blocks(message: Message) -> list[Any]:
    found = message.get("thinking_blocks")
    return found if isinstance(found, list) else []


def _with_results(blocks: list[Any], message: Message) -> Message:
    """A message with our results before the caller's, because Anthropic takes all results in one message."""
    content = message.get("content")
    own = content if isinstance(content, list) else [{"type": "text", "text": content}] if content else []
    return {**message, "content": [*blocks, *own]}


def _fits(message: Message, record: Record) -> bool:
    """Whether a record is as we write it, and belongs to this message."""
    calls = calls_of(message) if message.get("role") == "assistant" else []
    if any(call.ours for call in calls) or not {call.id for call in calls} & set(_strings(record.get("with"))):
        return False
    kept = record.get("calls")
    before = record.get("before")
    if not isinstance(kept, list) or not isinstance(before, list):
        return False
    shape = "anthropic" if calls[0].shape == "anthropic" else "openai"
    own: list[Call] = []
    for entry in kept:
        at, raw = field(entry, "at"), field(entry, "call")
        if not isinstance(at, int) or at < 0 or not isinstance(raw, Mapping):
            return False
        own += _ours([raw], shape)
    if len(own) != len(kept) or len(_strings(record.get("texts"))) != len(kept):
        return False
    return all(_retrieval(entry, shape) for entry in before)


def _retrieval(entry: Any, shape: str) -> bool:
    message, texts = field(entry, "message"), _strings(field(entry, "texts"))
    if not isinstance(message, Mapping) or message.get("role") != "assistant":
        return False
    calls = calls_of(message)
    ours = [call for call in calls if call.ours and call.shape == shape]
    return bool(calls) and len(ours) == len(calls) == len(texts)


def _ours(raw: list[Any], shape: str) -> list[Call]:
    message = {"tool_calls": raw} if shape == "openai" else {"content": raw}
    return [call for call in calls_of(message) if call.ours]


def _strings(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _feed(digest: Any, texts: Sequence[str]) -> None:
    """Adds texts to a hash, each with its length, so that different lists give different hashes."""
    for text in [str(len(texts)), *texts]:
        data = text.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(data) + data)
