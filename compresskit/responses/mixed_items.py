"""Mixed turns of OpenAI's Responses, in which a turn is a run of items rather than one message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..messages.shapes import is_made
from ..types import Message
from .fields import field
from .items import item_calls, ours_in
from .whole import results


def items_put_back(
    runs: list[list[Message]], items: Sequence[Message], index: int, following: int, record: Mapping[str, Any]
) -> None:
    """Puts our calls back among the items of a turn, in ``runs``, which holds the items to send for each item.

    Args:
        runs: For each item, the items to send.
        items: The caller's items.
        index: The index of an item of the turn.
        following: The index of the first item behind the turn.
        record: The record of the turn.
    """
    start = index
    while start and is_made(items[start - 1]):
        start -= 1
    turn = list(items[start:following])
    if any(call.ours for call in item_calls(turn)):
        return  # they are there already
    begin = _begin(turn, record)
    shown, before = _before(turn[:begin], record)
    own = turn[begin:]
    for entry in sorted(record["calls"], key=lambda entry: entry["at"]):
        own.insert(entry["at"], dict(entry["call"]))
    whole = [*turn[: begin - shown], *before, *own]
    answers = results([call for call in item_calls(own) if call.ours], record["texts"])
    runs[start:following] = [[*whole, *answers], *([] for _ in range(start + 1, following))]


def _begin(turn: list[Message], record: Mapping[str, Any]) -> int:
    """The index at which the model's last response begins, if earlier ones were streamed before it.

    The first call of the caller's tools tells it, because its place in the response follows from the record.
    """
    at = next(call.at for call in item_calls(turn) if str(call.id) in record["with"])
    taken: list[int] = sorted(entry["at"] for entry in record["calls"])
    place = int(record.get("first", 0))
    return max(0, at - (place - sum(one < place for one in taken)))


def _before(shown: list[Message], record: Mapping[str, Any]) -> tuple[int, list[Message]]:
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
    same = [_identity(item) for item in shown[-len(seen) :]] == [_identity(item) for item in seen]
    return (len(seen), found) if same else (0, [])


def _identity(item: Any) -> tuple[Any, ...]:
    content = field(item, "content")
    texts = [field(part, "text") for part in content] if isinstance(content, list) else content
    return (field(item, "type"), field(item, "role"), texts, field(item, "encrypted_content"))
