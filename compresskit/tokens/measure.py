"""Counting tokens: each text once, beside other work where there is much, or by the caller's own counter."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeVar

from ..errors import InvalidArgument, shown
from ..types import Counter, Turn
from .offsets import Batch, Tally
from .tiktoken_counter import TiktokenCounter, counter_for, encoding_name

_THREADED_CHARACTERS = 200_000  # below this, threads that count cost more than they save
_MEANWHILE_CHARACTERS = 30_000  # and below this one that does other work
_BATCH_CHARACTERS = 60_000, 1_000_000  # least and most that a thread counts without the interpreter lock
_BATCH_SHARE = 0.7  # of what is left for each thread: the last batches are small, so that all end at the same time
_TALLIED = 160  # characters; from here on a count is kept together with the counts at offsets
_WORKERS = max(1, min(4, (os.cpu_count() or 2) - 1))  # beside the thread that asks, which counts too

_Found = TypeVar("_Found")


class _FunctionCounter:
    """A plain function str -> int as a Counter."""

    def __init__(self, function: Callable[[str], int]) -> None:
        self._function = function

    def count(self, text: str) -> int:
        return self._function(text)


class _Job:
    """Texts that are counted once: by a thread, or by whoever needs them before one has come to them."""

    def __init__(self, count: Callable[[Sequence[str]], Batch], texts: Sequence[str]) -> None:
        self._count = count
        self._texts = texts
        self._lock = threading.Lock()
        self._batch: Batch | None = None

    def help(self) -> None:
        """Counts them here, unless somebody is at it."""
        if self._lock.acquire(blocking=False):
            try:
                self._counted()
            finally:
                self._lock.release()

    def result(self) -> Batch:
        """The counts; waits where somebody is at it."""
        with self._lock:
            return self._counted()

    def _counted(self) -> Batch:
        if self._batch is None:
            self._batch = self._count(self._texts)
        return self._batch


def _count(jobs: Sequence[_Job]) -> None:
    """What a thread does. An error meets whoever asks for the count."""
    with suppress(BaseException):
        for job in jobs:
            job.help()


def _started(thread: threading.Thread) -> bool:
    """Starts a thread; False where the system has none left, or the interpreter ends."""
    try:
        thread.start()
    except RuntimeError:
        return False
    return True


class Measure:
    """Counts the texts of one request, each text once.

    ``estimate`` says that the model's own tokenizer is not known here.
    """

    def __init__(self, counter: Counter, estimate: bool) -> None:
        self.estimate = estimate
        self._counter = counter
        self._batched = partial(Batch, counter) if isinstance(counter, TiktokenCounter) else None
        self._counts: dict[str, int] = {}
        self._tallies: dict[str, Tally] = {}
        self._begun: dict[str, _Job] = {}
        self._jobs: list[_Job] = []  # that may still wait for a thread

    def count(self, text: str) -> int:
        """The tokens of a text."""
        known = self._counts.get(text)
        if known is not None:
            return known
        if text in self._begun:
            batch = self._batch(self._begun[text])
            self._counts.update(zip(batch.texts, batch.totals, strict=True))
            return self._counts[text]
        known = self._counts[text] = self._fresh(text) if len(text) < _TALLIED else self.tally(text).total
        return known

    def constant(self, turn: Turn) -> int:
        """The tokens of all that no form changes in a message: overhead, calls, ids, pictures, unknown fields."""
        tokens = turn.extra
        for text in turn.constant:
            tokens += self.count(text)
        return tokens

    def turns(self, turns: Iterable[Turn]) -> int:
        """The tokens of messages."""
        tokens = 0
        for turn in turns:
            tokens += self.constant(turn)
            for block in turn.blocks:
                tokens += self.count(block.text)
        return tokens

    def tally(self, text: str) -> Tally:
        """The count of a text together with the counts at its offsets."""
        known = self._tallies.get(text)
        if known is None:
            if text in self._begun:
                known = self._batch(self._begun[text]).tally(text)
            elif self._batched:
                known = self._batched([text]).tally(text)
            else:
                known = Tally(self._fresh(text), text)
            self._tallies[text] = known
        return known

    def meanwhile(self, texts: Iterable[str], work: Callable[[], _Found]) -> _Found:
        """The result of ``work``; where there is much text, another thread does it while texts are counted here.

        Here, since tiktoken keeps a compiled pattern for each thread, which is slow in its first milliseconds.
        """
        fresh = self._countable(texts, _MEANWHILE_CHARACTERS)
        if not fresh:
            return work()
        found: list[_Found] = []
        errors: list[BaseException] = []

        def elsewhere() -> None:
            try:
                found.append(work())
            except BaseException as error:
                errors.append(error)

        thread = threading.Thread(target=elsewhere, daemon=True)  # whoever interrupts need not wait for it
        if not _started(thread):
            return work()
        self._divide(fresh, _WORKERS - 1 if sum(map(len, fresh)) >= _THREADED_CHARACTERS else 0)
        self._help()
        thread.join()
        if errors:
            raise errors[0]
        return found[0]

    def begin(self, texts: Iterable[str]) -> None:
        """Starts counting texts in threads, since tiktoken releases the interpreter lock.

        Whoever asks for such a count first counts what no thread has come to, then waits; nothing else changes.
        """
        if fresh := self._countable(texts, _THREADED_CHARACTERS):
            self._divide(fresh, _WORKERS)

    def _countable(self, texts: Iterable[str], least: int) -> list[str]:
        """The texts that are not counted yet; none where they have fewer characters than are worth a thread."""
        if not self._batched:
            return []
        fresh = [text for text in dict.fromkeys(texts) if text not in self._counts and text not in self._begun]
        return fresh if sum(map(len, fresh)) >= least else []

    def _divide(self, texts: Sequence[str], workers: int) -> None:
        """Divides the counting of texts among threads and whoever helps."""
        if not self._batched:
            return
        jobs = []
        for batch in _batches(texts, workers):
            jobs.append(_Job(self._batched, batch))
            self._begun.update(dict.fromkeys(batch, jobs[-1]))
        self._jobs += jobs
        for _ in range(workers):
            _started(threading.Thread(target=_count, args=(jobs,), daemon=True))

    def _help(self) -> None:
        """Counts what no thread has come to, the last of it first."""
        jobs, self._jobs = self._jobs, []
        for job in reversed(jobs):
            job.help()

    def _batch(self, wanted: _Job) -> Batch:
        self._help()
        return wanted.result()

    def _fresh(self, text: str) -> int:
        tokens = self._counter.count(text)
        if not isinstance(tokens, int) or isinstance(tokens, bool) or tokens < 0:
            raise InvalidArgument(
                f"counter gave {shown(tokens)} for a text of {len(text)} characters; "
                f"a whole number of tokens, 0 or more, was expected. Check the counter."
            )
        return tokens


def _batches(texts: Sequence[str], workers: int) -> Iterator[list[str]]:
    """The texts in order, in lists of ever fewer characters where there are workers."""
    least, most = _BATCH_CHARACTERS
    left = sum(map(len, texts))
    batch: list[str] = []
    size = 0
    for text in texts:
        batch.append(text)
        size += len(text)
        if size >= (max(least, min(most, _BATCH_SHARE * left / workers)) if workers else most):
            yield batch
            left -= size
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
