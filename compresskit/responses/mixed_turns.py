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

from .._json import dumps
from ..messages.shapes import is_made, slots, speaker
from ..types import Message
from .fields import changed, field
from .items import Call, is_reasoning, item_calls, ours_in
from .whole import FIELDS, calls_of, messages_of, results, without_ours

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
        message: The turn's whole assistant message, or its items.
        texts: The answers to our calls in it, in order.
        before: The turns before it that consisted of retrievals alone: message and answers of each.
        streamed: Whether the caller has also seen the text (or blocks) of those turns, as the beginning of the message.
    """
    calls = calls_of(message)
    theirs = [call for call in calls if not call.ours]
    return {
        "with": [_identity_of(call) for call in theirs],
        "first": theirs[0].at if theirs else 0,
        "calls": _taken_out(message, calls),
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
    """The name in a store for the record of each of the model's turns that calls tools, by the index of its first call.

    A name is a hash of the messages before the turn, and of the ids of its calls, so that two conversations never share
    a name even if a provider numbers calls from 0. Instructions do not count, because many contain the time of day. The
    other messages of a turn do not count either, because some clients write what was streamed as several messages.
    """
    found = {}
    digest = hashlib.sha256()
    before = digest.copy()  # the hash of the messages before the present turn of the model
    first, called = -1, list[str]()  # the first message of this turn with calls, and all its calls
    for index, message in enumerate(messages):
        calls = [_identity_of(call) for call in calls_of(message) if not call.ours]
        if not index or not is_made(message) or not is_made(messages[index - 1]):
            before, first, called = digest.copy(), -1, []
        if is_made(message) and calls:
            first, called = index if first < 0 else first, [*called, *calls]
            name = before.copy()
            _feed(name, ["calls", *called])
            found[first] = f"turn-{name.hexdigest()}"
        if message.get("role") not in ("system", "developer"):
            _feed(digest, [speaker(message), *calls, *(slot.text for slot in slots(message))])
    return found


def name_of(messages: Sequence[Message], turn: Message) -> str:
    """The name in a store for the record of a turn behind these messages. The turn calls the caller's tools."""
    return list(names([*messages, *messages_of(turn)]).values())[-1]


def put_back(messages: Sequence[Message], records: Mapping[int, Record]) -> list[list[Message]]:
    """The messages to send for each message: the message itself, or, if it has a record, with our calls in place.

    In the second case, the retrievals before it precede it, and the answers to our calls follow it. A record is ignored
    if its message makes none of the caller's calls that it names, or if it belongs to the last turn.
    """
    runs = [[message] for message in messages]
    for index, record in records.items():
        if index >= len(messages) or not isinstance(record, Mapping) or not _fits(messages[index], record):
            continue
        following = next((at for at in range(index + 1, len(messages)) if not is_made(messages[at])), None)
        if following is None:
            continue
        if calls_of(messages[index])[0].shape == "responses":
            _items_put_back(runs, messages, index, following, record)
            continue
        start, message = _joined(messages, index, following)
        run, answers = _whole(message, record)
        lists = _LISTS if answers and _takes_results(messages[following], answers[0]) else ()
        merged = next((name for name in lists if name in answers[0]), None)
        if merged:
            runs[following] = [_with_results(answers[0][merged], messages[following], merged)]
            answers = []
        if "parts" in message:
            runs[start:following] = [[] for _ in range(start, following)]
        runs[index] = run
        runs[following - 1] = [*runs[following - 1], *answers]
    return runs


def _joined(messages: Sequence[Message], index: int, following: int) -> tuple[int, Message]:
    """The first index of a turn, and its message. Several contents of Gemini in succession are one turn.

    The chats of Google's SDK keep every chunk of a stream as a content of its own.
    """
    if "parts" not in messages[index]:
        return index, messages[index]
    start = _start_of_turn(messages, index)
    parts = [part for message in messages[start:following] for part in message.get("parts") or ()]
    return start, {**messages[index], "parts": parts}


def _start_of_turn(messages: Sequence[Message], index: int) -> int:
    """The first index of the run of the model's messages that a message belongs to."""
    while index and is_made(messages[index - 1]):
        index -= 1
    return index


# the field of a message that holds the calls; an item of Responses is a call itself
_CALLS_IN = {"openai": "tool_calls", "anthropic": "content", "gemini": "parts", "converse": "content"}
_LISTS = ("content", "parts")  # of blocks of Anthropic, of parts of Gemini
_USERS = ("user", "function", None)  # roles of the message in which Gemini takes results


def _takes_results(message: Message, answer: Message) -> bool:
    """Whether a message of the caller takes our results, because the API takes all results of a turn in one message."""
    return message.get("role") in (_USERS if "parts" in answer else ("user",)) and answer.get("role") == "user"


def _whole(message: Message, record: Record) -> tuple[list[Message], list[Message]]:
    """The messages up to the turn's own with all its calls, and the answers to ours."""
    turns = [(dict(entry["message"]), entry["texts"]) for entry in record["before"]]
    first = 0
    lists = (name for name in ("tool_calls", "parts") if isinstance(message.get(name), list))
    content = next(lists, "content")
    if record.get("streamed"):
        if content == "tool_calls":
            message, turns = _parted(message, turns)
        elif content == "parts":
            turns = [
                ({**earlier, "parts": [call.raw for call in calls_of(earlier)]}, texts) for earlier, texts in turns
            ]
        else:
            message, turns, first = _parted_blocks(message, turns)
    run: list[Message] = []
    for earlier, texts in turns:
        run += [earlier, *results(calls_of(earlier), texts)]
    items = list(message[content])
    for entry in sorted(record["calls"], key=lambda entry: entry["at"]):
        at = _part_of_call(message, items, entry["at"]) if content == "parts" else first + entry["at"]
        items.insert(at, dict(entry["call"]))
    whole = {**message, content: items}
    return [*run, whole], results([call for call in calls_of(whole) if call.ours], record["texts"])


def _taken_out(message: Message, calls: list[Call]) -> list[dict[str, Any]]:
    """Our calls in a turn with their places: among the calls, parts, blocks or items.

    Of Gemini's parts only the calls are counted, because clients join the texts of a stream. Among items, the reasoning
    that leads to our calls alone is taken out too.
    """
    output = message.get("output")
    if isinstance(output, list):
        return [{"at": at, "call": dict(output[at])} for at in sorted(ours_in(output))]
    numbered = enumerate(calls) if "parts" in message else ((call.at, call) for call in calls)
    return [{"at": at, "call": call.raw} for at, call in numbered if call.ours]


def _part_of_call(message: Message, parts: list[Any], number: int) -> int:
    """The index of the part before which the call of this number belongs."""
    calls = [call.at for call in calls_of({**message, "parts": parts})]
    return calls[number] if number < len(calls) else calls[-1] + 1


def _identity_of(call: Call) -> str:
    """The id of a call. Calls of Gemini that have no id have their name and arguments.

    >>> _identity_of(Call(None, "search", {"q": "tax"}, 0, "gemini", {}))
    'search {"q": "tax"}'
    """
    return str(call.id) if call.id else f"{call.name} {dumps(call.arguments)}"


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


def _with_results(blocks: list[Any], message: Message, name: str) -> Message:
    """A message with our results before the caller's."""
    content = message.get(name)
    own = content if isinstance(content, list) else [{"type": "text", "text": content}] if content else []
    return {**message, name: [*blocks, *own]}


def _items_put_back(
    runs: list[list[Message]], items: Sequence[Message], index: int, following: int, record: Mapping[str, Any]
) -> None:
    """Puts our calls back among the items of a turn of Responses, which is a run of items rather than one message.

    Args:
        runs: For each item, the items to send. Those of the turn are changed.
        items: The caller's items.
        index: The index of an item of the turn.
        following: The index of the first item behind the turn.
        record: The record of the turn.
    """
    start = _start_of_turn(items, index)
    turn = list(items[start:following])
    if any(call.ours for call in item_calls(turn)):
        return  # they are there already
    begin = _begin_of_items(turn, record)
    shown, before = _earlier_items(turn[:begin], record)
    own = turn[begin:]
    for entry in sorted(record["calls"], key=lambda entry: entry["at"]):
        own.insert(entry["at"], dict(entry["call"]))
    whole = [*turn[: begin - shown], *before, *own]
    answers = results([call for call in item_calls(own) if call.ours], record["texts"])
    runs[start:following] = [[*whole, *answers], *([] for _ in range(start + 1, following))]


def _begin_of_items(turn: list[Message], record: Mapping[str, Any]) -> int:
    """The index at which the model's last response begins, if earlier ones were streamed before it.

    The first call of the caller's tools tells it, because its place in the response follows from the record.
    """
    at = next(call.at for call in item_calls(turn) if str(call.id) in record["with"])
    taken: list[int] = sorted(entry["at"] for entry in record["calls"])
    place = int(record.get("first", 0))
    return max(0, at - (place - sum(one < place for one in taken)))


def _earlier_items(shown: list[Message], record: Mapping[str, Any]) -> tuple[int, list[Message]]:
    """The number of items that earlier responses have at the end of these, and the items to send in their place.

    If the caller has changed the items that were streamed, they stay, and the earlier responses are not put back.
    """
    found: list[Message] = []
    seen: list[Any] = []
    for entry in record["before"]:
        output = entry["message"]["output"]
        found += [*output, *results(item_calls(output), entry["texts"])]
        gone = ours_in(output)
        seen += [item for at, item in enumerate(output) if at not in gone]
    if not record.get("streamed") or not seen:
        return 0, found
    same = [_identity_of_item(item) for item in shown[-len(seen) :]] == [_identity_of_item(item) for item in seen]
    return (len(seen), found) if same else (0, [])


def _identity_of_item(item: Any) -> tuple[Any, ...]:
    content = field(item, "content")
    texts = [field(part, "text") for part in content] if isinstance(content, list) else content
    return (field(item, "type"), field(item, "role"), texts, field(item, "encrypted_content"))


def _fits(message: Message, record: Record) -> bool:
    """Whether a record is as we write it, and belongs to this message."""
    calls = calls_of(message) if is_made(message) else []
    named = set(_strings(record.get("with")))
    if any(call.ours for call in calls) or not {_identity_of(call) for call in calls} & named:
        return False
    kept = record.get("calls")
    before = record.get("before")
    if not isinstance(kept, list) or not isinstance(before, list) or not isinstance(record.get("first", 0), int):
        return False
    shape = "openai" if calls[0].shape == "legacy" else calls[0].shape
    own = 0
    for entry in kept:
        at, raw = field(entry, "at"), field(entry, "call")
        if not isinstance(at, int) or at < 0 or not isinstance(raw, Mapping):
            return False
        if not (shape == "responses" and is_reasoning(raw)):
            own += 1
            if not _is_ours(raw, shape):
                return False
    return len(_strings(record.get("texts"))) == own and all(_retrieval(entry, shape) for entry in before)


def _retrieval(entry: Any, shape: str) -> bool:
    message, texts = field(entry, "message"), _strings(field(entry, "texts"))
    if not isinstance(message, Mapping):
        return False
    output = message.get("output") if shape == "responses" else [message]
    if not isinstance(output, list) or not all(isinstance(item, Mapping) and is_made(dict(item)) for item in output):
        return False
    calls = calls_of(message)
    ours = [call for call in calls if call.ours and call.shape == shape]
    return bool(calls) and len(ours) == len(calls) == len(texts)


def _is_ours(raw: Mapping[str, Any], shape: str) -> bool:
    """Whether a call as a JSON value is one of ours."""
    calls = calls_of({_CALLS_IN[shape]: [raw]} if shape in _CALLS_IN else raw)
    return len(calls) == 1 and calls[0].ours and calls[0].shape == shape


def _strings(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _feed(digest: Any, texts: Sequence[str]) -> None:
    """Adds texts to a hash, each with its length, so that different lists give different hashes."""
    for text in [str(len(texts)), *texts]:
        data = text.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(data) + data)
