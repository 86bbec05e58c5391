"""The laws, and what stays readable, at points of a user's own sessions.

A point is a request of a session. Its history is compressed: the target is all tokens of the system prompt, the first
message of a human and the last two messages, and a share of the tokens of the rest. The result is judged by the answer
that the session has: the ids, paths, numbers and names that the answer uses, and that only the history gives
(``compresskit.bill.requests``). A session in which nothing is used of earlier texts has no such atoms, and its points
count for the laws alone.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, zip_longest
from typing import Any, NamedTuple

from ..bill import requests
from ..bill.atoms import any_shows, read
from ..compression import compress
from ..markers.restore import restore
from ..messages import read as read_turns
from ..sessions import Session
from ..tokens.measure import measure_for
from ..types import Message, Tool, Turn

MIN_TOKENS = 2_000  # of the rest of a history: there is little to choose from in a shorter one
MAX_POINTS_OF_A_SESSION = 6  # so that one long session is not the whole figure
_SPEAKERS = ("user", "assistant")


@dataclass(frozen=True)
class Settings:
    """How histories are compressed.

    Attributes:
        shares: The targets, as shares of the rest of a history.
        model: The model to count for, if not the session's own.
        shape: The shape of the messages, if not what the session says.
        options: Further arguments of ``compress``.
    """

    shares: tuple[float, ...] = (0.5, 0.3)
    model: str | None = None
    shape: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


class Point(NamedTuple):
    """A request of a session that can be tried: its history, and what the answer uses of it."""

    session: int
    messages: list[Message]
    wanted: frozenset[str]
    model: str
    shape: str
    tools: list[Tool] | None
    tokens: int  # of the whole request
    rest: int  # of what may go


class Tried(NamedTuple):
    """What became of a point at one share of its tokens. Counts are numbers of atoms."""

    session: int
    share: float
    before: int  # tokens
    after: int
    restored: bool  # the originals come back exactly
    met: bool  # the target holds, or the result is at the floor that it names
    faults: list[str]  # of the request: see ``_faults``
    wanted: int
    readable: int
    kept: int  # readable, or in the cache
    seconds: float


def points(sessions: Sequence[Session], settings: Settings) -> Iterator[Point]:
    """The points of the sessions, the sessions in turn, so that a run that is stopped has some of each."""
    found = [_of_session(number, session, settings) for number, session in enumerate(sessions)]
    for row in zip_longest(*found):
        yield from (one for one in row if one is not None)


def _of_session(number: int, session: Session, settings: Settings) -> Iterator[Point]:
    messages, model = session.whole, settings.model or session.model or "gpt-4o"
    shape = settings.shape or session.shape
    read_turns(messages, shape)  # what cannot be read is an error of the file
    asked = [one for one in requests(messages, session.start, session.ends) if one.end > 1]
    useful = [one for one in asked if one.wanted] or asked
    for request in _spread(useful):
        history = messages[: request.end]
        rest = _rest(history, model, shape)
        if rest >= MIN_TOKENS:
            whole = _compressed(history, model, shape, session.tools, sys.maxsize, settings.options)
            tokens = whole.original_tokens
            yield Point(number, history, request.wanted, model, shape, session.tools, tokens, rest)


def _rest(history: list[Message], model: str, shape: str) -> int:
    """The tokens of all messages but the system prompt, the first one of a human, and the last two."""
    turns, measure = read_turns(history, shape).turns, measure_for(model, None)
    task = next((turn.index for turn in turns if turn.human), None)
    last = len(turns) - 2
    return measure.turns(
        [t for t in turns[: max(0, last)] if t.index != task and t.role not in ("system", "developer")]
    )


def _spread(items: Sequence[Any]) -> list[Any]:
    """The last one, and others evenly spread: the longest history first, because it has the most to lose."""
    if len(items) <= MAX_POINTS_OF_A_SESSION:
        return list(reversed(items))
    step = (len(items) - 1) / (MAX_POINTS_OF_A_SESSION - 1)
    return [items[round(number * step)] for number in range(MAX_POINTS_OF_A_SESSION - 1, -1, -1)]


def tried(point: Point, settings: Settings) -> list[Tried]:
    """The point at every share."""
    texts = [read(message) for message in point.messages] if point.wanted else []
    wanted = [atom for atom in sorted(point.wanted) if any_shows(texts, atom)]
    return [_tried(point, wanted, share, settings) for share in settings.shares]


def _tried(point: Point, wanted: Sequence[str], share: float, settings: Settings) -> Tried:
    target = max(1, point.tokens - round((1 - share) * point.rest))
    start = time.perf_counter()
    result = _compressed(point.messages, point.model, point.shape, point.tools, target, settings.options)
    seconds = time.perf_counter() - start
    after = list(result.messages)
    shown = list(map(read, after)) if wanted else []
    stored = [*shown, *result.cache.values(), *(read({"arguments": text}) for text in result.cache.values())]
    turns = (read_turns(messages, point.shape).turns for messages in (point.messages, after))
    return Tried(
        point.session,
        share,
        result.original_tokens,
        result.compressed_tokens,
        restored=restore(after, result.cache) == point.messages,
        met=result.target_met or result.compressed_tokens <= (result.floor_tokens or 0),
        faults=_faults(*turns),
        wanted=len(wanted),
        readable=sum(any_shows(shown, atom) for atom in wanted),
        kept=sum(any_shows(stored, atom) for atom in wanted),
        seconds=round(seconds, 3),
    )


def _compressed(
    messages: list[Message], model: str, shape: str, tools: list[Tool] | None, target: int, options: Mapping[str, Any]
) -> Any:
    return compress(messages, model, target, target, shape=shape, tools=tools, **options)


def _faults(before: Sequence[Turn], after: Sequence[Turn]) -> list[str]:
    """The faults that the request before did not have, each as often as it is new.

    A provider takes a request with calls and results in pairs, no empty text, and speakers in turn. This judges by the
    turns that every shape is read into, so it says less than the rules of a single provider do.
    """
    return sorted((Counter(_found(after)) - Counter(_found(before))).elements())


def _found(turns: Sequence[Turn]) -> list[str]:
    found = []
    open_calls: set[str] = set()
    made: Counter[str] = Counter()
    for turn in turns:
        for answered in turn.answers:
            if answered not in open_calls:
                found.append("a result without its call")
            open_calls.discard(answered)
        made.update(turn.calls)
        open_calls.update(turn.calls)
        found += ["an empty text" for block in turn.blocks if not block.text.strip()]
    last = set(turns[-1].calls) if turns else set()
    found += ["a call without its result" for _ in open_calls - last]
    found += ["an id twice" for times in made.values() for _ in range(times - 1)]
    found += ["the same speaker twice" for one, other in pairwise(turns) if _said_twice(one, other)]
    return found


def _said_twice(one: Turn, other: Turn) -> bool:
    tied = one.calls or one.answers or other.calls or other.answers or other.joined
    return one.role == other.role and one.role in _SPEAKERS and not tied
