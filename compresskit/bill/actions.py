"""The requests of a run, and what the model's next action needs of the history before it.

An action needs an atom (an id, a path, a number, an identifier) if it uses it, and if only the history has it: the
atom is not in the system prompt or in the last two messages. Atoms that the last two messages have are listed apart.
They count if a result entered without them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from .._json import objects_in
from ..messages.reading import detect
from ..messages.shapes import is_made
from ..types import Message
from .atoms import any_shows, atoms, lines, read

_ONE_BY_ONE = frozenset({"openai", "anthropic", "converse"})  # shapes in which an answer is one message
_INPUTS = ("arguments", "input", "action", "operation")  # the fields of an item that hold what a call is given


class Request(NamedTuple):
    """One request of a run.

    Attributes:
        end: The messages of the request are those before this index.
        wanted: The atoms that the answer needs of them.
        lines: The lines of the answer that it may have copied from them; see ``lines`` in ``atoms.py``.
        near: The atoms of the answer that the last two of them have, and the system prompt does not.
    """

    end: int
    wanted: frozenset[str]
    lines: frozenset[str] = frozenset()
    near: frozenset[str] = frozenset()


def requests(messages: Sequence[Message], start: int = 0, ends: Sequence[int] | None = None) -> list[Request]:
    """The requests of a run: one for each answer of the model, unless the answer is the first message.

    Args:
        messages: The whole run.
        start: Answers among the first messages that belong to earlier requests.
        ends: The number of messages of each request, if it is known.
    """
    if ends is None:
        one_by_one = detect([message for message in messages if isinstance(message, dict)]) in _ONE_BY_ONE
        ends = [
            index
            for index in range(max(1, start), len(messages))
            if is_made(messages[index]) and (one_by_one or index == start or not is_made(messages[index - 1]))
        ]
    else:
        one_by_one = False
    after = [end + 1 for end in ends] if one_by_one else [_made_until(messages, end) for end in ends]
    texts = list(map(read, messages))
    return [_request(end, messages[:end], messages[end:stop], texts) for end, stop in zip(ends, after, strict=True)]


def action(message: Message) -> str:
    """The text of what a message of the model does.

    >>> action({"role": "assistant", "content": "I look.\\n```\\nopen a.py\\n```"})
    'open a.py'
    """
    content = message.get("content")
    calls = [_given(call) for call in objects_in(message.get("tool_calls"))]
    uses = [{"input": part.get("input")} for part in objects_in(content) if _kind(part) == "tool_use"]
    if _kind(message).endswith("_call"):  # an item of Responses
        calls.append(_given({"function": message}))
    if calls or uses:
        return read({"calls": calls + uses})
    text = read({"content": content})
    return "\n".join(block.strip() for block in text.split("```")[1::2]) or text


def _given(call: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a call, as JSON text or as values."""
    found = call.get("function") or call.get("custom") or {}
    values = {name: found[name] for name in _INPUTS if isinstance(found, dict) and found.get(name)}
    return {"arguments": values["arguments"]} if "arguments" in values else {"input": values}


def request(messages: Sequence[Message], end: int) -> Request:
    """The request that the message with this index answers."""
    return _request(end, messages[:end], [messages[end]], list(map(read, messages[:end])))


def needed(history: Sequence[Message], next_message: Message) -> frozenset[str]:
    """The atoms of the next action which only the history gives."""
    return _request(len(history), history, [next_message], list(map(read, history))).wanted


def _request(end: int, history: Sequence[Message], made: Sequence[Message], texts: Sequence[str]) -> Request:
    """The request before an answer of one or more items. ``texts`` are those of the history, and may go on."""
    done = ["" if _kind(message) == "reasoning" else action(message) for message in made]
    found = frozenset().union(*map(atoms, [text for text in done if text]))
    early = max(0, len(history) - 2)
    system = [texts[index] for index in range(early) if history[index].get("role") in ("system", "developer")]
    newest, before = texts[early : len(history)], texts[:early]
    own = [atom for atom in found if not any_shows(system, atom)]
    near = frozenset(atom for atom in own if any_shows(newest, atom))
    wanted = frozenset(atom for atom in own if atom not in near and any_shows(reversed(before), atom))
    return Request(end, wanted, frozenset().union(*map(lines, done)), near)


def _made_until(messages: Sequence[Message], end: int) -> int:
    """The end of the answer that begins at a message."""
    return next((at for at in range(end, len(messages)) if not is_made(messages[at])), len(messages))


def _kind(part: Message) -> str:
    kind = part.get("type")
    return kind if isinstance(kind, str) else ""
