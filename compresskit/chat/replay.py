"""Repeats the earlier compactions of a history, for a proxy that keeps nothing between requests.

Such a proxy gets the whole history each time. If it compressed each request anew, every request would begin
differently, and the provider's prompt cache would never hit. But the history contains every earlier request: each ended
before an answer of the assistant. So their compactions are repeated, and the newest request begins with the same bytes
as the request before it.
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

NEVER = 10**12  # a trigger that no request reaches
_NEWEST = 8  # messages at the end whose cache marks clients move from request to request


def replayed(messages: list[Message], **options: Any) -> Compressed | None:
    """Returns the result of the last compaction that a history went through, for ``compress(previous=)``.

    It takes the time of all these compactions. Their number is about the tokens of the history divided by the tokens
    that one compaction frees.

    Args:
        messages: The whole history, with the newest messages.
        options: The options of ``compress``, without ``previous``.

    Returns:
        None if no earlier request was above the trigger, and with ``prices``, if there was none.
    """
    trigger, counter = options["trigger"], options.get("counter")
    counted = messages
    if options.get("before") is not None:  # its texts are what was sent
        counted = compress(messages, **{**options, "trigger": NEVER, "target": None}).messages
    turns = read(counted, options.get("shape", "auto")).turns
    measure = measure_for(options["model"], counter, options.get("token_factor", 1.0))
    ends = [turn.index for turn in turns if turn.index and turn.role == "assistant"]
    previous: Compressed | None = None
    sent = compress([], **options).compressed_tokens  # the tools
    done = 0
    before = [0, *accumulate(measure.turns([turn]) for turn in turns)]  # tokens of the messages before each
    for end in ends:
        if turns[end - 1].role == "assistant":
            continue  # no request ended here
        if not options.get("prices") and sent + before[end] - before[done] <= trigger:
            continue  # the request was not compressed; by the prices, each one counts
        result = compress(_marked_as_then(messages, end), **options, previous=previous)
        sent, done, previous = result.compressed_tokens, end, result
    return previous


def _marked_as_then(messages: list[Message], end: int) -> list[Message]:
    """The first ``end`` messages with the cache marks that the client set at that time, so that the same ones fold.

    Clients mark the newest messages of each request, so a mark has the same distance from the end in every request.
    """
    last = len(messages)
    moving = [last - index for index in range(max(0, last - _NEWEST), last) if marks(messages[index])]
    found = messages[:end]
    for distance in moving:
        if distance <= end:
            found[end - distance] = {**found[end - distance], "cache_control": {"type": "ephemeral"}}
    return found
