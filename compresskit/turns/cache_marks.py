"""The cache_control marks of a request, which tell Anthropic which prefixes to cache.

A request has at most four marks, including the caller's own. This module places up to three: on the newest message, on
the newest message of the request before (so that its prefix is found even if many messages are new), and at the end of
the messages that no compaction changes. The fourth is left for a system prompt that is sent outside of the messages.

A mark for an hour may not come after a mark for five minutes. So our marks live for five minutes, unless a mark of the
caller for an hour follows: then they live for an hour too. This costs nothing, because all tokens up to the caller's
mark are written at the price of an hour anyway.

Source: platform.claude.com, "Prompt caching": marks, their number and order, and the price of mixed lives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..messages import SHAPES
from ..messages.cache_control import HOUR, MINUTES, markable_part, marks
from ..prices import ANTHROPIC_BREAKPOINTS, MINIMUM, prices_for
from ..result import Mark
from ..types import Message, Tool, Turn


class _Place(NamedTuple):
    """The place of a mark in two orders: of the messages as they are listed, and with all system messages first.

    A provider may use either order, so marks have to be right in both.
    """

    listed: tuple[int, int]
    sent: tuple[int, int]

    def is_before(self, other: _Place) -> bool:
        """Whether this place is before another in at least one of the orders."""
        return self.listed < other.listed or self.sent < other.sent


_TOOLS = _Place((0, 0), (0, 0))


def takes_marks(model: str, shape: str) -> bool:
    """Whether the provider of a model reads cache marks. Others choose the prefixes to cache by themselves.

    >>> takes_marks("anthropic/claude-sonnet-4-5", "openai"), takes_marks("gpt-4o", "openai")
    (True, False)
    """
    return SHAPES[shape].TAKES_MARKS and (shape == "anthropic" or "claude" in model.lower())


def min_cached_tokens(model: str) -> int:
    """The tokens of the shortest prefix that the provider caches. An unknown model has the figure of most models.

    >>> [min_cached_tokens(f"claude-{name}") for name in ("sonnet-4-5", "haiku-4-5", "of-tomorrow")]
    [1024, 4096, 1024]
    """
    return prices_for(model).minimum or MINIMUM


def stable_end(turns: Sequence[Turn]) -> int:
    """The number of messages at the start that no compaction changes: instructions, and the user's first message."""
    end = next((index for index, turn in enumerate(turns) if turn.role != "system"), len(turns))
    return end + (end < len(turns) and turns[end].human)


def places(messages: Sequence[Message], tools: Sequence[Tool], ends: Sequence[int], shape: str) -> tuple[Mark, ...]:
    """The marks to set: for each of ``ends``, one on the last message before it that can carry a mark.

    Args:
        ends: Lengths of prefixes in messages, the most important first.
    """
    given = [marks(message) for message in messages]
    known = [(_place(messages, index), ttl) for index, found in enumerate(given) for ttl in found]
    known += [(_TOOLS, ttl) for tool in tools for ttl in marks(tool)]
    found: list[Mark] = []
    for end in ends:
        if len(known) >= ANTHROPIC_BREAKPOINTS:
            break
        parts = ((index, markable_part(messages[index], shape)) for index in range(end - 1, -1, -1))
        index, part = next(((index, part) for index, part in parts if part is not None), (-1, None))
        if part is None or given[index] or any(mark.message == index for mark in found):
            continue
        place = _place(messages, index)
        ttl = _life(place, known)
        if ttl is not None:
            known.append((place, ttl))
            found.append(Mark(index, part, "" if ttl == MINUTES else ttl))
    return tuple(sorted(found))


def _place(messages: Sequence[Message], index: int) -> _Place:
    return _Place((1, index), (1 if messages[index].get("role") in ("system", "developer") else 2, index))


def _life(place: _Place, known: Sequence[tuple[_Place, str]]) -> str | None:
    """The life of a mark at a place among ``known`` marks: the shortest that keeps them in order; None if none does."""
    if not any(ttl == HOUR and place.is_before(other) for other, ttl in known):
        return MINUTES
    return None if any(ttl != HOUR and other.is_before(place) for other, ttl in known) else HOUR
