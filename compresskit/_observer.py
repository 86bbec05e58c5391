"""The slot that telemetry fills: who wants to know of compressions, retrievals and answers.

The slot is empty unless ``compresskit.telemetry`` was enabled. With an empty slot, every function here only calls the
function it was given: no clock, no import, nothing is kept. This module knows nothing of OpenTelemetry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import wraps
from typing import Any, Literal, NamedTuple, ParamSpec, Protocol, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")

Outcome = Literal["found", "unknown_key", "unreadable", "refused"]
Part = Literal["whole", "lines", "query", "ends"]
End = Literal["complete", "closed", "error"]
Method = Literal["disabled", "error"]


class Retrieved(NamedTuple):
    """The answer to one retrieval.

    Attributes:
        text: The answer.
        outcome: "found", "unknown_key" (no text is stored under it), "unreadable" (no key could be read from the
            arguments), or "refused" (the limit of all answers together was reached).
        part: The part that was asked for. None if nothing was looked up.
    """

    text: str
    outcome: Outcome
    part: Part | None = None


class Answering(Protocol):
    """The answer of a model to one request, from the prepared request to the last byte for the caller."""

    def begin(self, report: Mapping[str, Any], stream: object = None) -> None:
        """The model's first response is here. ``report`` is filled in until the end.

        It may be called again with the ``stream`` that shows the answer. If that is garbage-collected, the answer ends.
        """

    def end(self, how: End, error: BaseException | None = None) -> None:
        """The answer is at its end. Only the first call counts."""


class Observer(Protocol):
    """Is called at each compression, retrieval and answer. It must not raise."""

    def compression(self, model: object, run: Callable[[], _R]) -> _R:
        """Returns ``run()``, which returns a Compressed. A compression within another one belongs to it."""

    def shortening(self, model: object, run: Callable[[], _R]) -> _R:
        """Returns ``run()``, which returns a Shortened."""

    def unobserved(self, run: Callable[[], _R]) -> _R:
        """Returns ``run()``, and records no compression in it."""

    def skipped(self, model: object, method: Method) -> None:
        """A request was not compressed, because compression is off for it or its wish was not understood."""

    def retrieval(self, run: Callable[[], Retrieved], call_id: str | None, answering: Answering | None) -> Retrieved:
        """Returns ``run()``. The answering is None for retrievals outside of a loop of ours."""

    def answering(self, model: object) -> Answering | None:
        """A request that may be answered with retrievals goes to the model now."""

    def within(self, parent: Any) -> AbstractContextManager[Any]:
        """While it is entered, spans are children of ``parent``, if that is a span."""


observer: Observer | None = None


def compression(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Makes calls of ``compress`` known. Its second argument is the model."""

    @wraps(function)
    def called(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        if observer is None:
            return function(*args, **kwargs)
        model = args[1] if len(args) > 1 else kwargs.get("model")
        return observer.compression(model, lambda: function(*args, **kwargs))

    return called


def compressed(model: object, run: Callable[[], _R]) -> _R:
    """Returns ``run()``, with all calls of ``compress`` in it as one compression."""
    return run() if observer is None else observer.compression(model, run)


def shortening(model: object, run: Callable[[], _R]) -> _R:
    """Returns ``run()``, and makes a text known that was shortened by itself."""
    return run() if observer is None else observer.shortening(model, run)


def unobserved(run: Callable[[], _R]) -> _R:
    """Returns ``run()``. Its compressions are not made known, because they are not for a request of their own."""
    return run() if observer is None else observer.unobserved(run)


def skipped(model: object, method: Method) -> None:
    """Makes a request known that was not compressed."""
    if observer is not None:
        observer.skipped(model, method)


def retrieval(
    run: Callable[[], Retrieved], call_id: str | None = None, answering: Answering | None = None
) -> Retrieved:
    """Returns ``run()``, and makes the retrieval known."""
    return run() if observer is None else observer.retrieval(run, call_id, answering)


def answering(model: object) -> Answering | None:
    """The answering of a request, for its ``Request``; None if nobody observes."""
    return None if observer is None else observer.answering(model)


@contextmanager
def during(answering: Answering | None, report: Mapping[str, Any]) -> Iterator[None]:
    """Begins an answer, and ends it however it ends."""
    if answering is None:
        yield
        return
    answering.begin(report)
    try:
        yield
    except GeneratorExit:
        answering.end("closed")
        raise
    except BaseException as error:
        answering.end("error", error)
        raise
    answering.end("complete")


def within(parent: Any) -> AbstractContextManager[Any]:
    """Makes a span of the surroundings the parent of all spans meanwhile."""
    return nullcontext() if observer is None or parent is None else observer.within(parent)
