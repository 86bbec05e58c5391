"""Exchanges: messages that are only valid together, namely a tool call with all its results, and one whole response."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..types import Turn


def exchanges(turns: Sequence[Turn]) -> Iterator[tuple[int, int]]:
    """The exchanges as (first, last): from a call to the last of its results; every other message by itself."""
    reach: dict[int, int] = {}  # the last message that a message is tied to
    caller: dict[str, int] = {}
    for turn in turns:
        if turn.joined:
            reach[turn.index - 1] = max(turn.index, reach.get(turn.index - 1, 0))
        if not turn.answers and not turn.calls:
            continue
        for answered in turn.answers:
            if answered in caller:
                reach[caller[answered]] = turn.index
        if turn.index and (turn.role == "tool" or turn.answers) and caller.keys().isdisjoint(turn.answers):
            reach[turn.index - 1] = turn.index  # a result of an unknown call belongs to the message before it
        for call in turn.calls:
            caller[call] = turn.index
    first = end = 0
    for index in range(len(turns)):
        if index in reach:
            end = max(end, reach[index])
        if index == end:
            yield first, end
            first = end = index + 1
