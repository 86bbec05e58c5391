"""Shrunk texts: chooses the texts that qualify, calls the shrinker once, and checks every result before it is used.

A shrinker is not trusted. Its result must keep what `must_stay` finds, and its counted tokens must fit the budget. If
anything goes wrong, the text has no shrunk form, and the outcome gives the reason. Only texts that are prose from
beginning to end are shrunk.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..errors import InvalidArgument, check_object, shown
from ..types import Counter, Shrinker, Store
from .must_stay import missing
from .prose_only import prose
from .working import warn_once, within

MIN_TOKENS = 60  # tokens of a text that is shrunk; a shorter one is better kept or left out
MAX_CHARACTERS = 100_000  # characters of a text that is shrunk; no model reads a longer one at once
MIN_SHARE = 0.2  # share of its tokens that a text may be shrunk to, minimum: the LLMLingua papers stop at 5x
_VERSION = "1"  # version of the keys in a store
_PANIC = "PanicException"  # an error of a module written in Rust, such as tokenizers, is not an Exception


class Outcome(NamedTuple):
    """The result for one text: its shrunk text and the tokens of it, or None, 0 and the reason."""

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
        check_object(
            "shrinker", self.shrinker, "shrink(texts, budgets, query)", "such as compresskit.shrink.LLMLingua()."
        )
        if self.store is not None:
            check_object("store", self.store, "get(key) and put(mapping)", "or None.")
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
    """The shrunk form of each text that has one.

    Args:
        blocks: Texts, each with the maximum number of tokens of its shrunk form.
        query: What the texts are needed for; "" if that is not known.
        shrinker, store, max_seconds: See `Shrinking`. The shrinker is called once, with the texts that the store does
            not have.
        counter: Counts the texts and the results.

    Returns:
        An outcome for each text, in order. A shrinker or a store that fails never raises an error here.
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
    """The reason why a text is not given to a shrinker; "" if it is."""
    if len(text) > MAX_CHARACTERS:
        return "too long to be shrunk"
    tokens = counter.count(text)
    if tokens < MIN_TOKENS:
        return "too short to be shrunk"
    if budget < MIN_SHARE * tokens:
        return "the budget is too small for shrinking"
    if budget >= tokens:
        return "fits as it is"
    if not prose(text):
        return "not prose from beginning to end"
    return ""


def _asked(
    blocks: list[tuple[str, int]], query: str, shrinker: Shrinker, counter: Counter, max_seconds: float | None
) -> dict[tuple[str, int], Outcome]:
    """The outcome of each block, from one call of the shrinker."""
    if not blocks:
        return {}
    texts, budgets = [text for text, _ in blocks], [budget for _, budget in blocks]
    try:
        answer = within(max_seconds, lambda: shrinker.shrink(list(texts), list(budgets), query))
    except TimeoutError:
        return _all(blocks, f"the shrinker took more than {max_seconds:g} s")
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != _PANIC:
            raise
        return _all(blocks, f"the shrinker failed: {type(error).__name__}")
    if not isinstance(answer, list) or len(answer) != len(blocks):
        return _all(blocks, "the shrinker did not return one text for each")
    return {block: _checked(block, text, query, counter) for block, text in zip(blocks, answer, strict=True)}


def _all(blocks: list[tuple[str, int]], reason: str) -> dict[tuple[str, int], Outcome]:
    warn_once(f"texts are not shrunk: {reason}")
    return dict.fromkeys(blocks, Outcome(None, 0, reason))


def _checked(block: tuple[str, int], shorter: Any, query: str, counter: Counter) -> Outcome:
    """The outcome of a shrunk text, if it passes all checks."""
    text, budget = block
    if not isinstance(shorter, str) or not shorter.strip():
        return Outcome(None, 0, "the shrinker returned no text")
    shorter = shorter.strip()
    if len(shorter) > len(text):
        return Outcome(None, 0, "the shrunk text is longer")
    tokens = counter.count(shorter)
    if tokens > budget:
        return Outcome(None, 0, "the shrunk text is over its budget")
    if not _printable(shorter, text):
        return Outcome(None, 0, "the shrunk text has characters that the text does not have")
    lost = missing(text, shorter, query)
    return Outcome(None, 0, lost) if lost else Outcome(shorter, tokens, "")


def _printable(shorter: str, text: str) -> bool:
    """Whether a shrunk text adds no control characters, surrogates or markers of ours."""
    return not any(not (one.isprintable() or one in "\n\t") and one not in text for one in set(shorter)) and (
        "[…" not in shorter or "[…" in text
    )


def _keys(blocks: Mapping[tuple[str, int], Any], query: str, shrinker: Shrinker) -> dict[tuple[str, int], str]:
    """The key of each text in a store. There are none for a shrinker without an identity."""
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
