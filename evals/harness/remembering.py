"""Remembers what compress() computes from texts alone, for evals that compress the same requests again and again.

With other weights a request has other values, and mostly the same segments, forms and counts. Only pure functions are
remembered, so every result is the same as without.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any
from unittest.mock import patch

from compresskit import compaction
from compresskit.content import compact
from compresskit.plan import costs, segmenting
from compresskit.plan import weights as plan_tuning
from compresskit.plan.budget import Limits
from compresskit.plan.candidates import Judged
from compresskit.relevance import weights as tuning
from compresskit.relevance.term_matching import Reader
from compresskit.tokens.measure import Measure

# Functions of texts: of nothing but their arguments, whatever the weights are.
_OF_TEXTS = ((segmenting, "detect"), (segmenting, "split"), (compact, "_made"), (costs, "describe"))


@contextmanager
def remembered() -> Iterator[None]:
    """Remembers until the end. All requests meanwhile are for models with the same tokens."""
    with ExitStack() as stack:
        for module, name in _OF_TEXTS:
            stack.enter_context(patch.object(module, name, _kept(getattr(module, name))))
        stack.enter_context(patch.object(Measure, "tally", _tallied(Measure.tally)))
        stack.enter_context(patch.object(Reader, "read", _read(Reader.read)))
        stack.enter_context(patch.object(compaction, "fitted", _fitted(compaction.fitted)))
        yield


def _kept(function: Callable[..., Any]) -> Callable[..., Any]:
    results: dict[Any, Any] = {}

    @wraps(function)
    def keeping(*given: Any, **named: Any) -> Any:
        key = given[0], repr((given[1:], named))
        if key not in results:
            results[key] = function(*given, **named)
        return results[key]

    return keeping


def _tallied(tally: Callable[[Measure, str], Any]) -> Callable[[Measure, str], Any]:
    results: dict[str, Any] = {}

    def keeping(measure: Measure, text: str) -> Any:
        if text not in results:
            results[text] = tally(measure, text)
        return results[text]

    return keeping


def _read(read: Callable[..., Any]) -> Callable[..., Any]:
    """The readings depend on the words that are looked for, and not on their weights."""
    results: dict[Any, Any] = {}

    def keeping(reader: Reader, documents: Any) -> Any:
        looked_for = reader._told
        key = (
            frozenset(looked_for.terms.items()),
            frozenset(looked_for.prefixes.items()),
            tuning.WEIGHTS.segment_name_times,
            tuple((one.text, tuple(one.segments)) for one in documents),
        )
        if key not in results:
            results[key] = read(reader, documents)
        return results[key]

    return keeping


def _fitted(fitted: Callable[..., Any]) -> Callable[..., Any]:
    """What is chosen and written depends on the values of the segments and entities, and on the weights of the plan."""
    results: dict[Any, Any] = {}

    def keeping(limits: Limits, judged: Judged, shortening: Any) -> Any:
        if shortening is not None or limits.worth is not None:
            return fitted(limits, judged, shortening)
        bounds = limits.room, limits.recoverable, limits.names, limits.most, limits.whole, limits.shape, limits.tool
        key = plan_tuning.WEIGHTS, bounds, _fingerprint(judged)
        if key not in results:
            results[key] = fitted(limits, judged, shortening)
        return results[key]

    return keeping


def _fingerprint(judged: Judged) -> tuple[Any, ...]:
    """What is chosen and written of a conversation depends on this, and on nothing else of it."""
    texts = tuple(
        (
            *(one.source, one.head, one.protected, one.form, one.again, one.stale, one.must, one.picked),
            *(tuple(one.split.segments), tuple(one.values), tuple(one.entities)),
        )
        for one in judged.candidates
    )
    beside = tuple(judged.values), tuple(judged.entities), tuple(judged.weights), judged.shown, judged.acts
    return texts, tuple(judged.atoms), tuple(judged.names.items()), *beside
