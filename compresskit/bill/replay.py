"""One run replayed request by request: what each costs if the provider caches prompts, and when a retrieval is needed.

A request is its tools, and then its messages. What is byte-identical to the start of the request before costs a read
from the cache, and the rest costs a write. A request needs a retrieval if the recorded answer uses something (an atom)
of the history that cannot be read in the request, unless the history has it by chance (see ``chance.py``). It then pays
its prompt once more as a read, and the newest messages with the missing text as a write. What is in no cache is lost,
and costs nothing. No format of files is known here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from ..prices import Prices
from ..types import Message
from .actions import Request
from .atoms import any_shows, lines, read, shows
from .chance import by_chance

_MAX_ERROR = 300  # characters of an error that are kept


@dataclass(frozen=True)
class Sent:
    """A request as it would be sent: messages, tools, a cache of originals, and a state for the next request.

    ``compacted`` says whether it compressed in this turn, by its own count of tokens; None leaves that to the replay.
    ``beside`` is the cost of other calls of a model in this turn, such as one that writes a summary, in micro-dollars.
    """

    messages: Sequence[Message]
    tools: Sequence[Any] | None = None
    cache: Mapping[str, str] = field(default_factory=dict)
    state: Any = None
    compacted: bool | None = None
    beside: int = 0


Sender = Callable[[list[Message], Any], Sent]  # from the history and the state of the request before


@dataclass(frozen=True)
class Sizes:
    """How tokens are counted: of a message, and of a text. ``beside`` are tokens that every request begins with."""

    message: Callable[[Message], int]
    text: Callable[[str], int]
    beside: int = 0


@dataclass(frozen=True)
class Figures:
    """One request. Money in micro-dollars (for prices that are not known: an input token is one of them)."""

    prompt: int  # tokens of everything that is sent
    read: int
    written: int
    fresh: int
    bill: int  # without the retrieval
    bounce: int  # what a retrieval costs besides; 0 if none is needed or none is possible
    uses: bool  # the next action needs something of the history, whether or not it can be read
    retrieves: bool  # the next action needs what cannot be read in the request
    loses: bool  # and it is not in the cache either
    copies: bool  # the next action repeats whole lines of the history that cannot be read in the request
    compacts: bool  # it changed what was sent, and with what is new that would have been over the trigger
    changed: int  # bytes of the request before that are not at the start of this one
    error: str | None
    seconds: float


def replay(
    messages: Sequence[Message],
    requests: Sequence[Request],
    send: Sender,
    prices: Prices,
    trigger: int,
    sizes: Sizes,
) -> list[Figures]:
    """The figures of each request. If ``send`` raises, everything is sent, and its state stays what it was.

    Args:
        messages: The whole run.
        requests: Its requests, in order.
        send: Makes a request of a history.
        prices: The prices and the rules of the provider's cache.
        trigger: Tokens above which a change of what was sent is a compaction.
        sizes: How tokens are counted.
    """
    known = _Known(sizes)
    before, state, found, seen = _Prompt([], []), None, [], 0
    for end, wanted, written, near in requests:
        history = list(messages[:end])
        sent, seconds, error = _step(send, history, state)
        state = sent.state if error is None else state
        prompt = known.prompt(sent)
        new = sum(known.size(message) for message in history[seen:])
        shared = _same(before.parts, prompt.parts)
        split = prices.split(prompt.tokens, sum(prompt.sizes[:shared]))
        changed = _changed(before.parts, prompt.parts, shared)
        bounce, retrieves, loses = _retrieval(history, wanted | near, sent, prompt.tokens, prices, known)
        found.append(
            Figures(
                prompt.tokens,
                *split,
                bill=prices.cost(split) + sent.beside,
                bounce=bounce,
                uses=bool(wanted),
                retrieves=retrieves,
                loses=loses,
                copies=_copies(history, written, sent, known),
                compacts=changed > 0 and (before.tokens + new > trigger if sent.compacted is None else sent.compacted),
                changed=changed,
                error=error,
                seconds=round(seconds, 4),
            )
        )
        before, seen = prompt, end
    return found


@dataclass(frozen=True)
class _Prompt:
    """A request as it is cached: what is always there, tools, and then the messages, each as JSON."""

    parts: list[str]
    sizes: list[int]

    @property
    def tokens(self) -> int:
        return sum(self.sizes)


class _Known:
    """The sizes and the texts of messages, each made once."""

    def __init__(self, sizes: Sizes) -> None:
        self._sizes = sizes
        self._tokens: dict[str, int] = {}
        self._texts: dict[str, str] = {}
        self._lines = cache(lines)

    def prompt(self, sent: Sent) -> _Prompt:
        tools = [_json(list(sent.tools))] if sent.tools else []
        parts = [_json(message) for message in sent.messages]
        costs = [self.size(message, part) for message, part in zip(sent.messages, parts, strict=True)]
        beside = ([""], [self._sizes.beside]) if self._sizes.beside else ([], [])
        return _Prompt([*beside[0], *tools, *parts], [*beside[1], *map(self._sizes.text, tools), *costs])

    def size(self, message: Message, part: str | None = None) -> int:
        part = _json(message) if part is None else part
        if part not in self._tokens:
            self._tokens[part] = self._sizes.message(message)
        return self._tokens[part]

    def text(self, message: Message) -> str:
        part = _json(message)
        if part not in self._texts:
            self._texts[part] = read(message)
        return self._texts[part]

    def lines(self, messages: Iterable[Message]) -> frozenset[str]:
        return frozenset().union(*(self._lines(self.text(message)) for message in messages))


def _step(send: Sender, history: list[Message], state: Any) -> tuple[Sent, float, str | None]:
    start = time.perf_counter()
    try:
        sent = send(history, state)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # panics of extension modules are no Exception
        return Sent(history), time.perf_counter() - start, f"{type(error).__name__}: {error}"[:_MAX_ERROR]
    return sent, time.perf_counter() - start, None


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _same(before: Sequence[object], after: Sequence[object]) -> int:
    """The number of items at the start that are the same."""
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
    history: list[Message], wanted: frozenset[str], sent: Sent, prompt: int, prices: Prices, known: _Known
) -> tuple[int, bool, bool]:
    """The cost of retrieving what cannot be read, whether that is needed, and whether some of it is lost.

    The request is sent once more with the newest messages that say it: the prompt again as a read, the
    messages written. A text that is not in the cache cannot be retrieved, and costs nothing.
    """
    texts = [known.text(message) for message in sent.messages] if wanted else []
    missing = sorted(atom for atom in wanted if not any_shows(texts, atom))
    said = [known.text(message) for message in history] if missing else []
    missing = [atom for atom in missing if not by_chance(atom, said)]
    if not missing:
        return 0, False, False
    stored = list(_stored(sent.cache))
    there = [atom for atom in missing if any_shows(stored, atom)]
    tokens = sum(known.size(message) for message in _holders(history, there, known))
    bounce = prices.cost(prices.split(prompt + tokens, prompt)) if there else 0
    return bounce, True, len(there) < len(missing)


def _copies(history: list[Message], written: frozenset[str], sent: Sent, known: _Known) -> bool:
    """Whether an answer repeats whole lines of the history that cannot be read in the request.

    No retrieval is counted for them. An editor that wants the old text exactly needs them, but a model also writes the
    same line again by itself.
    """
    return bool(written) and bool(written & known.lines(history) - known.lines(sent.messages))


def _holders(history: Sequence[Message], wanted: Sequence[str], known: _Known) -> Iterator[Message]:
    """The newest messages that together show all of it."""
    left = set(wanted)
    for message in reversed(history):
        text = known.text(message) if left else ""
        shown = {atom for atom in left if shows(text, atom)}
        left -= shown
        if shown:
            yield message


def _stored(cache: Mapping[str, str]) -> Iterable[str]:
    """All that a cache holds: text, or the JSON of contents that are no single text."""
    yield from cache.values()
    for value in cache.values():
        yield read({"arguments": value})
