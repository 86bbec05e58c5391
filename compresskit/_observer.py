"""The observer of compressions, retrievals and answers, ``current``: one that records nothing, or that of telemetry.

Unless ``compresskit.telemetry`` was enabled, an observed function is only called: no clock, no import, nothing is kept.
This module knows nothing of OpenTelemetry.
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


class Observer:
    """Is called at each compression, retrieval and answer. It must not raise. This one records nothing."""

    def compression(self, model: object, run: Callable[[], _R]) -> _R:  # noqa: ARG002
        """Returns ``run()``, which returns a Compressed. A compression within another one belongs to it."""
        return run()

    def shortening(self, model: object, run: Callable[[], _R]) -> _R:  # noqa: ARG002
        """Returns ``run()``, which returns a Shortened: a text that was shortened by itself."""
        return run()

    def unobserved(self, run: Callable[[], _R]) -> _R:
        """Returns ``run()``. Its compressions are not recorded, because they are not for a request of their own."""
        return run()

    def skipped(self, model: object, method: Method) -> None:
        """A request was not compressed, because compression is off for it or its wish was not understood."""

    def retrieval(
        self,
        run: Callable[[], Retrieved],
        call_id: str | None = None,  # noqa: ARG002
        answering: Answering | None = None,  # noqa: ARG002
    ) -> Retrieved:
        """Returns ``run()``. The answering is None for retrievals outside of a loop of ours."""
        return run()

    def answering(self, model: object) -> Answering | None:  # noqa: ARG002
        """The answering of a request that goes to the model now, and may be answered with retrievals."""
        return None

    def within(self, parent: Any) -> AbstractContextManager[Any]:  # noqa: ARG002
        """While it is entered, spans are children of ``parent``, if that is a span."""
        return nullcontext()


current = Observer()  # telemetry puts its own here


def compression(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Makes calls of ``compress`` known. Its second argument is the model."""

    @wraps(function)
    def called(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        model = args[1] if len(args) > 1 else kwargs.get("model")
        return current.compression(model, lambda: function(*args, **kwargs))

    return called


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
