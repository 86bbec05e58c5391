"""Long results brought to an excerpt when they enter, judged against the call that asked for them.

Works like a compaction of a few messages: the new ones, and so much of what stands before them as says what
is wanted. The time it takes grows with the new messages alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from .above import discount
from .atoms import Atom
from .content import detect
from .fitting import Limits, fitted
from .jsonlike import clone
from .pieces import judge
from .protect import task_of
from .query import derive
from .shapes import read
from .shapes.parts import replace, slots
from .tool import TOOL_NAME
from .types import Block, Conversation, Message, Turn

# Measured on agent runs (`python -m evals.bill`), see README.
LEAST_TOKENS = 500  # of a result that is shortened
SHARE = 1 / 3  # of its tokens stays
NAMES = 0.3  # of that tell names
_STUB = 60  # tokens, which one that says what it stands for never has
_LISTS = frozenset({"json", "jsonl", "lines", "search", "log", "markdown"})  # any line of them may be needed next
_BEFORE = 8  # messages before the new ones that say what is wanted, besides the task and
_ASKED = 6  # messages of the user
_CHARACTERS = 4_000  # of each of their texts


def enter_views(
    given: Conversation,
    messages: list[Message],
    known: int,
    fresh: list[Message],
    sent: list[Message],
    protected: frozenset[int],
    limits: Limits,
) -> dict[str, str]:
    """Brings long results among the new messages to excerpts, in place; returns what was taken out, by key.

    Args:
        given: the messages as they are read.
        known: how many of them were sent before.
        fresh: copies of the new messages, which are changed.
        sent: what stands before them in the request.
        protected: messages not to touch, by index.
    """
    count = limits.measure.count
    long = {
        turn.index: sum(count(block.text) for block in _long(turn, limits))
        for turn in given.turns[known:]
        if turn.index not in protected and not turn.cached and _long(turn, limits)
    }
    if not long:
        return {}
    places = _context(given.turns, known)
    shown = [messages[index] if index in long else _clipped(messages[index]) for index in places]
    turns = read(shown, given.shape).turns
    bound = [Atom(number, number, False) for number in range(len(turns))]
    stays = ["" if index in long else "context" for index in places]
    whole = sum(turn.extra + sum(map(count, turn.fixed)) + sum(count(b.text) for b in turn.blocks) for turn in turns)
    wanted = int(SHARE * sum(long.values()))
    judged = judge(turns, bound, stays, derive(turns, None), limits.measure, wanted)
    above = [*read(sent, given.shape).turns, *given.turns[known:]]
    again: set[int] = set()  # messages that say hardly anything new
    for entry in judged.entries:
        if (index := places[entry.block.message]) in long:
            tokens, mostly = discount(entry, above[: len(sent) + index - known], limits.measure)
            wanted -= int(SHARE * tokens)
            if mostly:
                again.add(index)
                wanted += _STUB
    room = limits._replace(room=whole - sum(long.values()) + wanted, names=NAMES)
    written, keys, _ = fitted(room, judged, shown, turns, bound, None)
    taken: dict[str, str] = {}
    for number, index in enumerate(places):
        rows = [row for row in written.decisions if row.message == number and row.key]
        # nothing that was just asked for goes, unless it stands above
        if index in long and rows and (index in again or all(row.action != "stub" for row in rows)):
            fresh[index - known] = written.messages[number]
            taken.update((row.key, keys.cache[row.key]) for row in rows if row.key)
    return taken


def _long(turn: Turn, limits: Limits) -> list[Block]:
    """The results of a message that are long, and no list of names."""
    return [
        block
        for block in turn.blocks
        if block.call
        and len(block.text) > LEAST_TOKENS
        and not block.call.startswith(TOOL_NAME)
        and limits.measure.count(block.text) > LEAST_TOKENS
        and detect(block.text, block.call).kind not in _LISTS
    ]


def _context(turns: Sequence[Turn], known: int) -> list[int]:
    """The new messages, those just before them, the task, and what the user said last."""
    task = task_of(list(turns))
    said = [turn.index for turn in turns if turn.human][-_ASKED:]
    return sorted({*range(max(0, known - _BEFORE), len(turns)), *said, *(() if task is None else (task,))})


def _clipped(message: Message) -> Message:
    copy: Message = clone(message, "message")
    for slot in slots(message):
        if len(slot.text) > _CHARACTERS:
            replace(copy, slot.path, slot.text[:_CHARACTERS])
    return copy
