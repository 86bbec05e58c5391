"""What is measured: a case (a request with what must stay readable in it), an outcome, and the row they give.

No compressor and no data set is known here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from compresskit.prices import Prices, usual

from .messages import Message, read
from .tokens import count_request

Scores = dict[str, float | None]  # None: this case has nothing to measure
Places = dict[Any, tuple[int, int]]  # thing to keep -> where it starts and ends in a text


def nothing(_message: int, _text: str) -> Places:
    """Nothing is known to be needed."""
    return {}


def texts_in(wanted: Iterable[str], _message: int, text: str) -> Places:
    """The first place of each wanted text."""
    return {one: (text.index(one), text.index(one) + len(one)) for one in wanted if one in text}


def lines_in(wanted: Collection[str], _message: int, text: str) -> Places:
    """The first place of each wanted line, line end included."""
    places: Places = {}
    start = 0
    for line in text.split("\n"):
        if line in wanted:
            places.setdefault(line, (start, min(len(text), start + len(line) + 1)))
        start += len(line) + 1
    return places


def fixed_messages(messages: Sequence[Message]) -> frozenset[int]:
    """System prompt, first user message and the last two messages: what any compressor should leave alone."""
    system = [i for i, message in enumerate(messages) if message.get("role") in ("system", "developer")]
    users = [i for i, message in enumerate(messages) if message.get("role") == "user"]
    return frozenset(system + users[:1] + list(range(max(0, len(messages) - 2), len(messages))))


@dataclass(frozen=True)
class Request:
    """What a compressor is given.

    `fixed` are the messages that the simple baselines leave alone. `needs(message, text)` says where in a text
    of that message the things stand that must stay readable; only the oracle may ask it.
    """

    messages: list[Message]
    target: int
    trigger: int
    shape: str = "openai"
    fixed: frozenset[int] = frozenset()
    seed: int = 0
    model: str = "gpt-4o"
    needs: Callable[[int, str], Places] = nothing


@dataclass(frozen=True)
class Outcome:
    """What came back. `origins[i]` is the input message of output message i (None: several)."""

    messages: list[Message]
    cache: Mapping[str, str] = field(default_factory=dict)
    tools: Sequence[Any] | None = None  # as they would be sent; None sends none
    origins: Sequence[int | None] | None = None
    floor: int | None = None
    exact: bool | None = None  # whether the originals come back exactly; None where nothing promises it

    def text_of(self, message: int) -> str:
        """What is readable of an input message; the empty string when it is gone."""
        origins = range(len(self.messages)) if self.origins is None else self.origins
        return "\n".join(read(out) for out, origin in zip(self.messages, origins, strict=True) if origin == message)


@dataclass(frozen=True)
class Case:
    """One request to measure; `unit` is what the bootstrap draws (cases of one unit are not independent)."""

    name: str
    group: str
    unit: str
    request: Request
    score: Callable[[Outcome], Scores]


Row = dict[str, Any]


def measured(case: Case, outcome: Outcome) -> Row:
    """The figures of one outcome. A target counts as missed only where the compressor's own floor allows it."""
    after = count_request(outcome.messages, outcome.tools)
    target = case.request.target
    above_floor = outcome.floor is None or outcome.floor <= target
    return {
        "before": count_request(case.request.messages),
        "after": after,
        "target": target,
        "met": float(after <= target),
        "missed": float(after > target and above_floor),
        "floor": outcome.floor,
        "exact": None if outcome.exact is None else float(outcome.exact),
        "error": None,
        **case.score(outcome),
    }


@dataclass(frozen=True)
class Turn:
    """One request of a run: the whole history, and the limits in tokens."""

    messages: list[Message]
    trigger: int
    target: int
    shape: str = "openai"
    model: str = "gpt-4o"
    prices: Prices = field(default_factory=usual)

    def request(self) -> Request:
        """The same as the other evals have it."""
        fixed = fixed_messages(self.messages)
        return Request(self.messages, self.target, self.trigger, self.shape, fixed, model=self.model)
