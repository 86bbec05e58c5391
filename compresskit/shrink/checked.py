"""Shrunk texts as a view: which blocks qualify, one batched call, and every result checked before it is used.

Nothing of what a shrinker does is trusted: what it returns has to keep what must stay, and to fit its budget by real
count. Where anything goes wrong the block has no shrunk form, and the outcome says why. Texts are shrunk only if
they are prose all through.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from ..errors import InvalidArgument, shown
from ..types import Counter, Shrinker
from .deadline import within
from .must_stay import missing
from .progress import warn_once
from .prose_only import prose

LEAST_TOKENS = 60  # of a text: a shorter one is better kept or left out
MOST_CHARACTERS = 100_000  # of a text: beyond it no model reads it at once
LEAST_SHARE = 0.2  # of a text's tokens that its budget has to be: the LLMLingua papers go no lower than 5x
_VERSION = "1"  # of the keys in a store
_PANIC = "PanicException"  # what fails in a module written in Rust, such as tokenizers, is no Exception


class Store(Protocol):
    """Where shrunk texts are kept between calls. A dict will do with `put` for `update`."""

    def get(self, key: str) -> str | None: ...

    def put(self, entries: Mapping[str, str], /) -> Any: ...


class Outcome(NamedTuple):
    """What became of one block: its shrunk text and that text's tokens; or None, 0 and the reason."""

    text: str | None
    tokens: int
    reason: str


@dataclass(frozen=True, slots=True)
class Shrinking:
    """A shrinker with a store and a time limit.

    Args:
        shrinker: An object with ``shrink(texts, budgets, query)``.
        store: Keeps results by content, shrinker, budget and query, with ``get(key)`` and ``put(mapping)``. Its texts
            are user data. It is only used for a shrinker with an ``identity``. None: nothing is kept.
        max_seconds: The time for all texts of one call together. Texts that are not ready by then get other forms, and
            work that has begun ends by itself soon after. None: no limit. Then results depend only on the input and the
            model.
    """

    shrinker: Shrinker
    store: Store | None = None
    max_seconds: float | None = None

    def __post_init__(self) -> None:
        if not callable(getattr(self.shrinker, "shrink", None)):
            raise InvalidArgument(
                f"shrinker is {shown(self.shrinker)}; an object with shrink(texts, budgets, query) was expected, "
                f"such as compresskit.shrink.LLMLingua()."
            )
        if self.store is not None and not all(callable(getattr(self.store, name, None)) for name in ("get", "put")):
            raise InvalidArgument(
                f"store is {shown(self.store)}; an object with get(key) and put(mapping) was expected."
            )
        if self.max_seconds is not None and not (isinstance(self.max_seconds, int | float) and self.max_seconds > 0):
            raise InvalidArgument(f"max_seconds is {shown(self.max_seconds)}; seconds above 0 were expected, or None.")


def shrunk(
    blocks: Sequence[tuple[str, int]],
    query: str,
    shrinker: Shrinker,
    counter: Counter,
    store: Store | None = None,
    max_seconds: float | None = None,
) -> list[Outcome]:
    """A shrunk form for each block that has one.

    Args:
        blocks: texts, each with the most tokens that its shrunk form may have.
        query: what the texts are needed for, "" where that is not known.
        shrinker, store, max_seconds: see `Shrinking`. The shrinker is called once, with what the store does not have.
        counter: counts both the texts and the results.

    Returns:
        An outcome for each block, in order. It never raises because of a shrinker or a store.
    """
    outcomes: list[Outcome] = [Outcome(None, 0, _unfit(text, budget, counter)) for text, budget in blocks]
    fit = dict.fromkeys(block for block, outcome in zip(blocks, outcomes, strict=True) if not outcome.reason)
    answers: dict[tuple[str, int], Outcome] = {}
    keys = _keys(fit, query, shrinker) if store is not None else {}
    for block, key in keys.items():
        known = _from_store(store, key)
        if known is not None:
            answers[block] = _checked(block, known, query, counter)
    left = [block for block in fit if block not in answers]
    answers |= _asked(left, query, shrinker, counter, max_seconds)
    if store is not None:
        _into_store(store, {keys[block]: text for block in left if block in keys and (text := answers[block].text)})
    return [outcome if outcome.reason else answers[block] for block, outcome in zip(blocks, outcomes, strict=True)]


def _unfit(text: str, budget: int, counter: Counter) -> str:
    """Why a block is not given to a shrinker, "" where it is."""
    if len(text) > MOST_CHARACTERS:
        return "too long to be shrunk"
    tokens = counter.count(text)
    if tokens < LEAST_TOKENS:
        return "too short to be shrunk"
    if budget < LEAST_SHARE * tokens:
        return "more would go than shrinking can take"
    if budget >= tokens:
        return "fits as it is"
    if not prose(text):
        return "not prose all through"
    return ""


def _asked(
    blocks: list[tuple[str, int]], query: str, shrinker: Shrinker, counter: Counter, max_seconds: float | None
) -> dict[tuple[str, int], Outcome]:
    """The outcome of each block, from one call of the shrinker."""
    if not blocks:
        return {}
    texts, budgets = [text for text, _ in blocks], [budget for _, budget in blocks]
    try:
        said = within(max_seconds, lambda: shrinker.shrink(list(texts), list(budgets), query))
    except TimeoutError:
        return _all(blocks, f"the shrinker took more than {max_seconds:g} s")
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != _PANIC:
            raise
        return _all(blocks, f"the shrinker failed: {type(error).__name__}")
    if not isinstance(said, list) or len(said) != len(blocks):
        return _all(blocks, "the shrinker did not give one text for each")
    return {block: _checked(block, text, query, counter) for block, text in zip(blocks, said, strict=True)}


def _all(blocks: list[tuple[str, int]], reason: str) -> dict[tuple[str, int], Outcome]:
    warn_once(f"texts are not shrunk: {reason}")
    return dict.fromkeys(blocks, Outcome(None, 0, reason))


def _checked(block: tuple[str, int], said: Any, query: str, counter: Counter) -> Outcome:
    """A shrunk text, if it may stand for its source."""
    text, budget = block
    if not isinstance(said, str) or not said.strip():
        return Outcome(None, 0, "the shrinker gave nothing")
    said = said.strip()
    if len(said) > len(text):
        return Outcome(None, 0, "the shrunk text is longer")
    tokens = counter.count(said)
    if tokens > budget:
        return Outcome(None, 0, "the shrunk text is over its budget")
    if not _printable(said, text):
        return Outcome(None, 0, "the shrunk text holds characters that the text does not have")
    lost = missing(text, said, query)
    return Outcome(None, 0, lost) if lost else Outcome(said, tokens, "")


def _printable(said: str, text: str) -> bool:
    """Whether nothing new can be misread or breaks an encoding: control characters, surrogates, our own markers."""
    return not any(not (one.isprintable() or one in "\n\t") and one not in text for one in set(said)) and (
        "[…" not in said or "[…" in text
    )


def _keys(blocks: Mapping[tuple[str, int], Any], query: str, shrinker: Shrinker) -> dict[tuple[str, int], str]:
    """A store's key for each block; none where the shrinker does not say what its results depend on."""
    identity = getattr(shrinker, "identity", None)
    if not isinstance(identity, str):
        return {}
    return {block: _digest([_VERSION, identity, query, block[1], block[0]]) for block in blocks}


def _digest(parts: list[str | int]) -> str:
    return "shrunk-" + hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _from_store(store: Any, key: str) -> str | None:
    try:
        found = store.get(key)
    except Exception as error:
        warn_once(f"the store of shrunk texts cannot be read: {type(error).__name__}")
        return None
    return found if isinstance(found, str) else None


def _into_store(store: Any, entries: dict[str, str]) -> None:
    if not entries:
        return
    try:
        store.put(entries)
    except Exception as error:
        warn_once(f"the store of shrunk texts cannot be written: {type(error).__name__}")
