"""One run replayed turn by turn: what every request costs when the provider caches prompts.

No contender and no file format is known here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from compresskit.prices import Prices
from evals.harness.cases import Row
from evals.harness.contenders import Contender, Sent, Turn
from evals.harness.messages import Message, read, read_all
from evals.harness.tokens import count, count_message

from .agent_points import needed
from .atoms import shows


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


@dataclass(frozen=True)
class Figures:
    """One request. Money in micro-dollars (for prices that are not known: an input token is one of them)."""

    prompt: int  # tokens of messages and of the contender's own tools
    read: int
    written: int
    fresh: int
    bill: int  # without the retrieval
    bounce: int  # what a retrieval costs besides; 0 where none is needed or none is possible
    uses: bool  # the next action needs something of the history, whether or not it can be read
    retrieves: bool  # the next action needs what cannot be read in the request
    loses: bool  # and it is not in the cache either
    compacts: bool  # it changed what was sent, and with what is new that would have been over the trigger
    changed: int  # bytes of the request before that do not stand at the start of this one
    error: str | None
    seconds: float


def replay(run: Run, contender: Contender) -> list[Figures]:
    """A request for every assistant message of the run but one that stands first.

    Where a contender raises, everything is sent in that turn, and its state stays what it was.
    """
    sizes: dict[str, int] = {}  # JSON of a message -> tokens
    before, state, found = _Prompt([], []), None, []
    for end, wanted in _turns(run):
        history = run.messages[:end]
        sent, seconds, error = _step(contender, _turn(run, history), state)
        state = sent.state if error is None else state
        prompt = _prompt(sent, sizes)
        new = sum(_size(message, sizes) for message in history[_known(run, end) :])
        shared = _same(before.parts, prompt.parts)
        split = run.prices.split(prompt.tokens, sum(prompt.sizes[:shared]))
        changed = _changed(before.parts, prompt.parts, shared)
        bounce, retrieves, loses = _retrieval(run, history, wanted, sent, prompt.tokens, sizes)
        found.append(
            Figures(
                prompt.tokens,
                *split,
                bill=run.prices.cost(split),
                bounce=bounce,
                uses=bool(wanted),
                retrieves=retrieves,
                loses=loses,
                compacts=changed > 0 and _due(sent, before.tokens + new > run.trigger),
                changed=changed,
                error=error,
                seconds=round(seconds, 4),
            )
        )
        before = prompt
    return found


def row(run: Run, name: str, figures: Sequence[Figures], everything: Sequence[Figures]) -> Row:
    """The figures of one run and contender, with all its requests."""
    whole = sum(one.bill for one in everything)
    bounces = sum(one.bounce for one in figures)
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
        "bill": sum(one.bill for one in figures) + bounces,
        "bounces": bounces,
        "prompt": sum(one.prompt for one in figures),
        "read": sum(one.read for one in figures),
        "written": sum(one.written for one in figures),
        "fresh": sum(one.fresh for one in figures),
        "uses": sum(one.uses for one in figures),
        "retrieves": sum(one.retrieves for one in figures),
        "loses": sum(one.loses for one in figures),
        "failed": sum(one.error is not None for one in figures),
        "compactions": sum(one.compacts for one in figures),
        "changed": sum(one.changed for one in quiet),
        "seconds": round(sum(one.seconds for one in figures), 4),
        "turns": [asdict(one) for one in figures],
    }


def _due(sent: Sent, crossed: bool) -> bool:
    """Whether a change is a compaction: as the contender says, else where the trigger would have been crossed."""
    return crossed if sent.compacted is None else sent.compacted


@dataclass(frozen=True)
class _Prompt:
    """A request as it is cached: tools first, then the messages, each as JSON."""

    parts: list[str]
    sizes: list[int]

    @property
    def tokens(self) -> int:
        return sum(self.sizes)


@lru_cache(maxsize=2)
def _turns(run: Run) -> list[tuple[int, frozenset[str]]]:
    """Where the requests end, and what the next action needs of the history: the same for every contender."""
    return [
        (end, needed(run.messages[:end], message))
        for end, message in enumerate(run.messages)
        if end and message.get("role") == "assistant"
    ]


def _known(run: Run, end: int) -> int:
    """How many messages the request before had."""
    return max((other for other, _ in _turns(run) if other < end), default=0)


def _turn(run: Run, history: list[Message]) -> Turn:
    return Turn(history, run.trigger, run.target, run.shape, run.model, run.prices)


def _step(contender: Contender, turn: Turn, state: Any) -> tuple[Sent, float, str | None]:
    start = time.perf_counter()
    try:
        sent = contender(turn, state)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # panics of extension modules are no Exception
        return Sent(turn.messages), time.perf_counter() - start, f"{type(error).__name__}: {error}"[:300]
    return sent, time.perf_counter() - start, None


def _prompt(sent: Sent, sizes: dict[str, int]) -> _Prompt:
    tools = [_json(list(sent.tools))] if sent.tools else []
    parts = [_json(message) for message in sent.messages]
    costs = [_size(message, sizes, part) for message, part in zip(sent.messages, parts, strict=True)]
    return _Prompt([*tools, *parts], [*map(count, tools), *costs])


def _size(message: Message, sizes: dict[str, int], part: str | None = None) -> int:
    part = _json(message) if part is None else part
    if part not in sizes:
        sizes[part] = count_message(message)
    return sizes[part]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _same(before: Sequence[object], after: Sequence[object]) -> int:
    """How many items at the start are the same."""
    pairs = enumerate(zip(before, after, strict=False))
    return next((place for place, (old, new) in pairs if old != new), min(len(before), len(after)))


def _changed(before: Sequence[str], after: Sequence[str], shared: int) -> int:
    """Bytes of the request before from the first one on that differs."""
    if shared == len(before):
        return 0
    old, new = (
        parts[shared].encode("utf-8", "surrogatepass") if shared < len(parts) else b"" for parts in (before, after)
    )
    later = sum(len(part.encode("utf-8", "surrogatepass")) for part in before[shared + 1 :])
    return len(old) - _same(old, new) + later


def _retrieval(
    run: Run, history: list[Message], wanted: frozenset[str], sent: Sent, prompt: int, sizes: dict[str, int]
) -> tuple[int, bool, bool]:
    """What asking for the unreadable costs, whether that is needed, and whether some of it is gone for good.

    The request is sent once more with the newest messages that say it: the prompt again as a read, the
    messages written. What is not in the cache cannot be asked for, and costs nothing.
    """
    text = read_all(sent.messages)
    missing = sorted(atom for atom in wanted if not shows(text, atom))
    if not missing:
        return 0, False, False
    stored = _stored(sent.cache)
    there = [atom for atom in missing if shows(stored, atom)]
    tokens = sum(_size(message, sizes) for message in _holders(history, there))
    bounce = run.prices.cost(run.prices.split(prompt + tokens, prompt)) if there else 0
    return bounce, True, len(there) < len(missing)


def _holders(history: Sequence[Message], wanted: Sequence[str]) -> Iterator[Message]:
    """The newest messages that together show all of it."""
    left = set(wanted)
    for message in reversed(history):
        text = read(message) if left else ""
        shown = {atom for atom in left if shows(text, atom)}
        left -= shown
        if shown:
            yield message


def _stored(cache: Mapping[str, str]) -> str:
    """All that a cache holds: text, or the JSON of contents that are no single text."""
    return "\n".join([*cache.values(), *(read({"arguments": value}) for value in cache.values())])
