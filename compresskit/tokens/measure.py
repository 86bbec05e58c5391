"""Counts the tokens of each text once, with tiktoken or the caller's counter. Threads help if there is much text."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from types import SimpleNamespace
from typing import Any, TypeVar

from ..errors import InvalidArgument, shown
from ..types import Counter, Turn
from .offsets import Batch, Tally, scaled
from .tiktoken_counter import TiktokenCounter, counter_for, encoding_name

_THREADED_CHARACTERS = 200_000  # characters of texts below which threads that count cost more than they save
_MEANWHILE_CHARACTERS = 30_000  # characters of texts below which a thread for other work costs more than it saves
_BATCH_CHARACTERS = 60_000, 1_000_000  # characters that a thread counts in one go, minimum and maximum
_BATCH_SHARE = 0.7  # share of a batch in each thread's rest: the last ones are small, so that all threads end together
_TALLIED = 160  # characters of a text from which on its count is kept together with the counts at offsets
_WORKERS = max(1, min(4, (os.cpu_count() or 2) - 1))  # threads beside the calling thread, which counts too

_Found = TypeVar("_Found")


class _Job:
    """Texts that are counted once: by a worker thread, or by the thread that needs the counts first."""

    def __init__(self, count: Callable[[Sequence[str]], Batch], texts: Sequence[str]) -> None:
        self._count = count
        self._texts = texts
        self._lock = threading.Lock()
        self._batch: Batch | None = None

    def help(self) -> None:
        """Counts the texts in this thread, unless another thread is counting them."""
        if self._lock.acquire(blocking=False):
            try:
                self._counted()
            finally:
                self._lock.release()

    def result(self) -> Batch:
        """The counts. It waits if another thread is counting."""
        with self._lock:
            return self._counted()

    def _counted(self) -> Batch:
        if self._batch is None:
            self._batch = self._count(self._texts)
        return self._batch


def _count(jobs: Sequence[_Job]) -> None:
    """The work of a thread. An error is raised again for the caller that needs the count."""
    with suppress(BaseException):
        for job in jobs:
            job.help()


def _started(thread: threading.Thread) -> bool:
    """Starts a thread; False if the system has none left, or the interpreter is shutting down."""
    try:
        thread.start()
    except RuntimeError:
        return False
    return True


class Measure:
    """Counts the texts of one request, each text once.

    ``estimate`` is True if the model's own tokenizer is not available, so that counts are estimates. Every count is
    multiplied by ``factor`` and rounded up.
    """

    def __init__(self, counter: Counter, estimate: bool, factor: float = 1.0) -> None:
        self.estimate = estimate
        self._counter = counter
        self.factor = factor
        self._batched = partial(Batch, counter, factor=factor) if isinstance(counter, TiktokenCounter) else None
        self._counts: dict[str, int] = {}
        self._tallies: dict[str, Tally] = {}
        self._begun: dict[str, _Job] = {}
        self._jobs: list[_Job] = []  # jobs that may still wait for a thread

    def count(self, text: str) -> int:
        """The tokens of a text."""
        known = self._counts.get(text)
        if known is not None:
            return known
        if text in self._begun:
            self._settle()
        elif not self._is_known(text):
            self._counts[text] = self._fresh(text)
        return self._counts[text]

    def constant(self, turn: Turn) -> int:
        """The tokens of a message that no form changes: overhead, calls, ids, pictures, unknown fields."""
        tokens = turn.extra
        if turn.fixed or turn.unread:
            tokens += sum(map(self.count, turn.constant))
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
                self._help()
                known = self._begun[text].result().tally(text)
            elif self._batched:
                known = self._batched([text]).tally(text)
            else:
                known = Tally(self.count(text), text)
            self._tallies[text] = known
        return known

    def meanwhile(self, texts: Iterable[str], work: Callable[[], _Found]) -> _Found:
        """The result of ``work``. If there is much text, another thread does the work while this one counts the texts.

        This thread counts, because tiktoken compiles a pattern for each thread, which takes some milliseconds.
        """
        fresh = self._uncounted(texts)  # also known ones, because segments need their tallies
        characters = sum(map(len, fresh))
        if characters < _MEANWHILE_CHARACTERS or self._is_fast:
            self._divide(fresh, 0)
            return work()
        found: list[_Found] = []
        errors: list[BaseException] = []

        def elsewhere() -> None:
            try:
                found.append(work())
            except BaseException as error:
                errors.append(error)

        self._divide(fresh, _WORKERS - 1 if characters >= _THREADED_CHARACTERS else 0)
        thread = threading.Thread(target=elsewhere, daemon=True)  # so that an interrupt does not wait for it
        if not _started(thread):
            return work()
        self._help()
        thread.join()
        if errors:
            raise errors[0]
        return found[0]

    def begin(self, texts: Iterable[str]) -> None:
        """Starts counting texts in threads if there is much text, since tiktoken releases the interpreter lock.

        A caller that needs such a count first counts the texts that no thread has begun, in one go, and then waits.
        """
        fresh = self._uncounted(text for text in texts if not self._is_known(text))
        threads = not self._is_fast and sum(map(len, fresh)) >= _THREADED_CHARACTERS
        self._divide(fresh, _WORKERS if threads else 0)

    def _is_known(self, text: str) -> bool:
        """Whether the process has counted a text before. Then its count is at hand."""
        tokens = self._counter.known(text) if isinstance(self._counter, TiktokenCounter) else None
        if tokens is None:
            return False
        self._counts[text] = scaled(tokens, self.factor)
        return True

    @property
    def _is_fast(self) -> bool:
        """Whether texts are counted so fast that threads would not save time."""
        return isinstance(self._counter, TiktokenCounter) and self._counter.is_fast

    def _uncounted(self, texts: Iterable[str]) -> list[str]:
        """The texts that are not counted yet; none if the counter takes one text at a time."""
        if not self._batched:
            return []
        return [text for text in dict.fromkeys(texts) if text not in self._counts and text not in self._begun]

    def _divide(self, texts: Sequence[str], workers: int) -> None:
        """Divides the counting of texts among worker threads and the threads that need the counts."""
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
        """Counts the texts that no thread has begun, the last ones first."""
        jobs, self._jobs = self._jobs, []
        for job in reversed(jobs):
            job.help()

    def _settle(self) -> None:
        """Waits until all that was begun is counted. Only long texts keep their tokens, for counts at offsets."""
        self._help()
        begun = self._begun
        for job in dict.fromkeys(begun.values()):
            batch = job.result()
            self._counts.update(zip(batch.texts, batch.totals, strict=True))
        self._begun = {text: job for text, job in begun.items() if len(text) >= _TALLIED}

    def _fresh(self, text: str) -> int:
        tokens = self._counter.count(text)
        if not isinstance(tokens, int) or isinstance(tokens, bool) or tokens < 0:
            raise InvalidArgument(
                f"counter gave {shown(tokens)} for a text of {len(text)} characters; "
                f"a whole number of tokens, 0 or more, was expected. Check the counter."
            )
        return scaled(tokens, self.factor)


def _batches(texts: Sequence[str], workers: int) -> Iterator[list[str]]:
    """The texts in order, in lists. If there are workers, each list has fewer characters than the one before."""
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


def measure_for(model: str, counter: Counter | Callable[[str], int] | None, factor: float = 1.0) -> Measure:
    """The measure of a model, or one that uses the caller's own counter. ``factor`` multiplies every count.

    Raises:
        InvalidArgument: ``counter`` is neither callable nor has a ``count`` method.
    """
    check_counter("counter", counter)
    if counter is None:
        name, known = encoding_name(model)
        return Measure(counter_for(name), estimate=not known, factor=factor)
    own: Any = counter if callable(getattr(counter, "count", None)) else SimpleNamespace(count=counter)
    return Measure(own, estimate=False, factor=factor)


def check_counter(name: str, counter: object) -> None:
    """Raises InvalidArgument for a value that cannot count. None means tiktoken."""
    if counter is not None and not callable(getattr(counter, "count", None)) and not callable(counter):
        raise InvalidArgument(
            f"{name} is {shown(counter)}; a function str -> int or an object with count(text) -> int was "
            f"expected. Leave it out to count with tiktoken."
        )
