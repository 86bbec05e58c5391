"""How long a quiet turn of a long conversation takes, against a full call of compress() on the same messages.

The conversation is the agent runs of the data one after another, up to so many tokens. Both are
medians, taken in turns in one process, so that a busy machine slows both.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from statistics import median
from typing import Any, NamedTuple

from compresskit import compress
from evals.harness import data
from evals.harness.messages import Message
from evals.harness.tokens import count_message

TOKENS = 200_000
TURNS = 30  # the last requests of the conversation, each measured
REPEATS = 2


class TurnTime(NamedTuple):
    """Seconds of a full call and of a quiet turn, medians."""

    tokens: int
    full: float
    turn: float

    def __str__(self) -> str:
        return (
            f"a quiet turn in a conversation of {self.tokens:,} tokens takes {self.turn:.4f} s, a full call "
            f"{self.full:.3f} s: {self.turn / self.full:.1%}"
        )


def chained(runs: Sequence[Sequence[Message]], tokens: int = TOKENS) -> list[Message]:
    """Whole runs of one shape one after another, up to the message with which they have so many tokens.

    Raises:
        DataError: there are not so many.
    """
    found: list[Message] = []
    size = 0
    for message in (message for run in runs for message in run):
        found.append(message)
        size += count_message(message)
        if size >= tokens and message.get("role") == "assistant":
            return found
    raise data.DataError(f"the runs have {size:,} tokens in one shape; a conversation of {tokens:,} was expected.")


def measure(messages: list[Message], shape: str, model: str) -> TurnTime:
    """Times the last requests of a conversation that was compressed just before them."""
    tokens = sum(map(count_message, messages))
    call = partial(
        compress,
        model=model,
        trigger=tokens // 2,
        target=tokens // 4,
        shape=shape,
        offer_tool=True,
    )
    ends = [end for end in range(1, len(messages)) if messages[end].get("role") == "assistant"][-TURNS - 1 :]
    full: list[float] = []
    turns: list[float] = []
    for _ in range(REPEATS):
        seconds, result = _timed(partial(call, messages[: ends[0]]))
        full.append(seconds)
        for end in ends[1:]:
            seconds, result = _timed(partial(call, messages[:end], on_entry=True, previous=result))
            if result.skipped_reason:  # no compaction
                turns.append(seconds)
    return TurnTime(tokens, median(full), median(turns))


def _timed(call: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result
