"""Where Anthropic is told to cache: cache_control marks on the messages of a request.

A request has at most four of them, the caller's own counted. Placed are up to three: on the newest message, on the
newest one of the request before (which is found again however much is new), and at the end of what no compaction
changes. The fourth is left for a system prompt that is sent apart and not seen here.

A mark for an hour may not come after one for five minutes. So a mark of ours lives for five minutes, unless a
caller's hour ends behind it: then it lives for an hour too. That costs nothing, since all tokens up to the caller's
mark are written at the price of an hour anyway, and what is before ours is found again if what is behind it changes.

Source: platform.claude.com, "Prompt caching": marks, their number and order, and what mixed lives cost.
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
    """Where a mark is: the number of its message as they are listed, and where system messages are sent first.

    Which of the two a provider goes by is not known here, so both have to be in order.
    """

    listed: tuple[int, int]
    sent: tuple[int, int]

    def is_before(self, other: _Place) -> bool:
        """In either of the orders."""
        return self.listed < other.listed or self.sent < other.sent


_TOOLS = _Place((0, 0), (0, 0))


def takes_marks(model: str, shape: str) -> bool:
    """Whether the provider is told where to cache; others find it out by themselves.

    >>> takes_marks("anthropic/claude-sonnet-4-5", "openai"), takes_marks("gpt-4o", "openai")
    (True, False)
    """
    return SHAPES[shape].takes_marks and (shape == "anthropic" or "claude" in model.lower())


def min_cached_tokens(model: str) -> int:
    """The shortest prefix that is cached; that of most models, where nothing else is known.

    >>> min_cached_tokens("claude-sonnet-4-5"), min_cached_tokens("claude-haiku-4-5"), min_cached_tokens("claude-of-tomorrow")
    (1024, 4096, 1024)
    """
    return prices_for(model).minimum or MINIMUM


def stable_end(turns: Sequence[Turn]) -> int:
    """How many messages at the start no compaction changes: instructions, and what the user says then: the task."""
    end = next((turn.index for turn in turns if turn.role != "system"), len(turns))
    return end + (end < len(turns) and turns[end].human)


def places(messages: Sequence[Message], tools: Sequence[Tool], ends: Sequence[int], shape: str) -> tuple[Mark, ...]:
    """What to mark: the last that can carry a mark within each of the given lengths.

    Args:
        ends: numbers of messages from the start, the most important first.
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
    """How long a mark lives at a place among others: the shortest life that keeps them in order; None if none does."""
    if not any(ttl == HOUR and place.is_before(other) for other, ttl in known):
        return MINUTES
    return None if any(ttl != HOUR and other.is_before(place) for other, ttl in known) else HOUR
