"""One run replayed request by request by a contender, and the row of its figures.

`compresskit.bill` replays it. Here are the contenders' arguments, and the count of tokens that is the same for all of
them. No file format is known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from compresskit.bill import Figures, Request, Sent, Sizes
from compresskit.bill import replay as replay_run
from compresskit.bill.actions import request
from compresskit.prices import Prices
from evals.harness.cases import Row, Turn
from evals.harness.contenders import Contender
from evals.harness.messages import Message
from evals.harness.tokens import count, count_message

_LONG = 10  # requests from which on a run should never cost more than sending everything
_DEARER = 1.01  # times the bill of sending everything, from which on a run counts as dearer


@dataclass(frozen=True, eq=False)
class Run:
    """A recorded run and the limits that it is replayed with, in tokens."""

    name: str
    group: str
    shape: str
    messages: list[Message]
    trigger: int
    target: int
    model: str
    prices: Prices


def replay(run: Run, contender: Contender) -> list[Figures]:
    """A request for every assistant message of the run, except one at the beginning.

    Where a contender raises, everything is sent in that turn, and its state stays what it was.
    """

    def send(history: list[Message], state: Any) -> Sent:
        return contender(Turn(history, run.trigger, run.target, run.shape, run.model, run.prices), state)

    return replay_run(run.messages, _requests(run), send, run.prices, run.trigger, Sizes(count_message, count))


def row(run: Run, name: str, figures: Sequence[Figures], everything: Sequence[Figures]) -> Row:
    """The figures of one run and contender, with all its requests."""
    whole = sum(one.bill for one in everything)
    bounces = sum(one.bounce for one in figures)
    bill, long = sum(one.bill for one in figures) + bounces, len(figures) >= _LONG
    quiet = [one for one in figures if not one.compacts]
    return {
        "case": run.name,
        "group": run.group,
        "unit": run.name,
        "compressor": name,
        "error": None,
        "requests": len(figures),
        "trigger": run.trigger,
        "target": run.target,
        "everything": whole,
        "bill": bill,
        "long": int(long),
        "dearer": int(long and bill > _DEARER * whole),
        "bounces": bounces,
        "prompt": sum(one.prompt for one in figures),
        "read": sum(one.read for one in figures),
        "written": sum(one.written for one in figures),
        "fresh": sum(one.fresh for one in figures),
        "uses": sum(one.uses for one in figures),
        "retrieves": sum(one.retrieves for one in figures),
        "loses": sum(one.loses for one in figures),
        "copies": sum(one.copies for one in figures),
        "failed": sum(one.error is not None for one in figures),
        "compactions": sum(one.compacts for one in figures),
        "changed": sum(one.changed for one in quiet),
        "seconds": round(sum(one.seconds for one in figures), 4),
        "turns": [asdict(one) for one in figures],
    }


@lru_cache(maxsize=2)
def _requests(run: Run) -> list[Request]:
    """Where the requests end, and what the next action needs of the history: the same for every contender."""
    return [
        request(run.messages, end)
        for end, message in enumerate(run.messages)
        if end and message.get("role") == "assistant"
    ]
