"""Counting tokens: each text of a request once, in threads where there is much, or by the caller's own counter."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from .encodings import Batch, Tally, TiktokenCounter, counter_for, encoding_name
from .errors import InvalidArgument, shown
from .types import Counter

if TYPE_CHECKING:
    from concurrent.futures import Future

_THREADED_CHARACTERS = 200_000  # below this, threads cost more than they save
_BATCH_CHARACTERS = 300_000  # that a thread counts without the interpreter lock
_TALLIED = 160  # characters; from here on a count is kept together with the counts at offsets
_WORKERS = max(2, min(4, (os.cpu_count() or 2) - 1))


class _FunctionCounter:
    """A plain function str -> int as a Counter."""

    def __init__(self, function: Callable[[str], int]) -> None:
        self._function = function

    def count(self, text: str) -> int:
        return self._function(text)


class Measure:
    """Counts the texts of one request, each text once.

    ``estimate`` says that the model's own tokenizer is not known here.
    """

    def __init__(self, counter: Counter, estimate: bool) -> None:
        self.estimate = estimate
        self._counter = counter
        self._counts: dict[str, int] = {}
        self._tallies: dict[str, Tally] = {}
        self._begun: dict[str, tuple[Future[Batch], int]] = {}

    def count(self, text: str) -> int:
        """The tokens of a text."""
        known = self._counts.get(text)
        if known is not None:
            return known
        if text in self._begun:
            batch = self._begun[text][0].result()
            self._counts.update(zip(batch.texts, batch.totals, strict=True))
            return self._counts[text]
        known = self._counts[text] = self._fresh(text) if len(text) < _TALLIED else self.tally(text).total
        return known

    def tally(self, text: str) -> Tally:
        """The count of a text together with the counts at its offsets."""
        known = self._tallies.get(text)
        if known is None:
            if text in self._begun:
                future, number = self._begun[text]
                known = future.result().tally(number)
            elif isinstance(self._counter, TiktokenCounter):
                known = Batch(self._counter, [text]).tally(0)
            else:
                known = Tally(self._fresh(text), text)
            self._tallies[text] = known
        return known

    def begin(self, texts: Iterable[str]) -> None:
        """Starts counting texts in threads, since tiktoken releases the interpreter lock.

        Whoever asks for such a count waits for it; nothing else changes.
        """
        if not isinstance(self._counter, TiktokenCounter):
            return
        fresh = [text for text in dict.fromkeys(texts) if text not in self._counts and text not in self._begun]
        if sum(map(len, fresh)) < _THREADED_CHARACTERS:
            return
        from concurrent.futures import ThreadPoolExecutor

        pool = ThreadPoolExecutor(_WORKERS)
        for batch in _batches(fresh):
            future = pool.submit(Batch, self._counter, batch)
            self._begun.update((text, (future, number)) for number, text in enumerate(batch))
        pool.shutdown(wait=False)  # takes no more work, and ends with what it has

    def _fresh(self, text: str) -> int:
        tokens = self._counter.count(text)
        if not isinstance(tokens, int) or isinstance(tokens, bool) or tokens < 0:
            raise InvalidArgument(
                f"counter gave {shown(tokens)} for a text of {len(text)} characters; "
                f"a whole number of tokens, 0 or more, was expected. Check the counter."
            )
        return tokens


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    """The texts in order, in lists of about the same number of characters."""
    batch: list[str] = []
    size = 0
    for text in texts:
        batch.append(text)
        size += len(text)
        if size >= _BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def measure_for(model: str, counter: Counter | Callable[[str], int] | None) -> Measure:
    """The measure for a model, or around the caller's own counter.

    Raises:
        InvalidArgument: ``counter`` is neither callable nor has a ``count`` method.
    """
    if counter is None:
        name, known = encoding_name(model)
        return Measure(counter_for(name), estimate=not known)
    if callable(getattr(counter, "count", None)):
        return Measure(counter, estimate=False)  # type: ignore[arg-type]
    if callable(counter):
        return Measure(_FunctionCounter(counter), estimate=False)
    raise InvalidArgument(
        f"counter is {shown(counter)}; a function str -> int or an object with count(text) -> int was "
        f"expected. Leave it out to count with tiktoken."
    )
