"""A conversation without a memory: what its earlier requests came to, found out again from its history.

A client that sends its whole history each time, and a proxy that keeps nothing, would compress every request anew: each
would begin differently, and the provider's prompt cache would never hit. But every earlier request can be read off the
history, since it ended where the assistant answered. So the compactions that they went through are repeated, and the
newest request begins with the same bytes as the one before it.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any

from ..compression import compress
from ..messages import read
from ..messages.cache_control import marks
from ..result import Compressed
from ..tokens.measure import measure_for
from ..types import Message

_NEWEST = 8  # messages at the end whose marks move with it


def replayed(messages: list[Message], **options: Any) -> Compressed | None:
    """Returns the result of the last compaction that a history went through, for ``compress(previous=)``.

    The time it takes is that of the compactions, about the tokens of the history divided by what one of them frees.

    Args:
        messages: The whole history, with the newest messages.
        options: The options of ``compress``, without ``previous``.

    Returns:
        None if no earlier request was above the trigger.
    """
    trigger, counter = options["trigger"], options.get("counter")
    turns = read(messages, options.get("shape", "auto")).turns
    measure = measure_for(options["model"], counter)
    ends = [turn.index for turn in turns if turn.index and turn.role == "assistant"]
    previous: Compressed | None = None
    sent = compress([], **options).compressed_tokens  # the tools
    done = 0
    before = [0, *accumulate(measure.turns([turn]) for turn in turns)]  # tokens of the messages before each
    for end in ends:
        if turns[end - 1].role == "assistant" or sent + before[end] - before[done] <= trigger:
            continue  # no request ended here, or it was not compressed
        result = compress(_marked_as_then(messages, end), **options, previous=previous)
        sent, done, previous = result.compressed_tokens, end, result
    return previous


def _marked_as_then(messages: list[Message], end: int) -> list[Message]:
    """The first messages, marked where the client marked them then, so that the same of them could fold.

    Clients mark the newest messages of each request: their marks are equally far from the end of every request.
    """
    last = len(messages)
    moving = [last - index for index in range(max(0, last - _NEWEST), last) if marks(messages[index])]
    found = messages[:end]
    for distance in moving:
        if distance <= end:
            found[end - distance] = {**found[end - distance], "cache_control": {"type": "ephemeral"}}
    return found
