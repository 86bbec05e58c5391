"""The observer that writes spans and metrics through the OpenTelemetry API.

A span holds numbers, names and words of closed lists. An error is recorded by its type alone: its message, and the
traceback that OpenTelemetry would add as an event, may quote the conversation.
"""

from __future__ import annotations

import _thread
import sys
import weakref
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter, time_ns
from typing import Any, TypeVar

from opentelemetry import context, metrics, trace
from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import Span, Status, StatusCode, TracerProvider

from .. import _observer
from .._observer import End, Method, Retrieved
from ..messages.retrieval_tool import TOOL_NAME
from ..result import Compressed
from ..tokens.measure import measure_for
from .metrics import METHOD, MODEL, OUTCOME, Metrics, ModelNames, is_name, name_or_other

_R = TypeVar("_R")

_NAME = "compresskit"
_OPERATION = "gen_ai.operation.name"
_API = ("opentelemetry.trace", "opentelemetry.metrics")  # the modules of providers that record nothing
_REPORTED = ("calls", "rounds", "retrieved_tokens")
# Whether a compression is under way, which all calls of compress() within it belong to.
_inside: ContextVar[bool] = ContextVar("compresskit_compression", default=False)


class Telemetry(_observer.Observer):
    """Writes one span for each compression, each retrieval and each answer, and the metrics of the first two."""

    def __init__(
        self, models: Collection[str], tracer_provider: TracerProvider | None, meter_provider: MeterProvider | None
    ) -> None:
        version = str(vars(sys.modules[_NAME]).get("__version__"))
        self.given = (set(models), tracer_provider, meter_provider)
        self.tracer = trace.get_tracer(_NAME, version, tracer_provider)
        self._metrics = Metrics(metrics.get_meter(_NAME, version, meter_provider))
        self.names = ModelNames(models)

    def compression(self, model: object, run: Callable[[], _R]) -> _R:
        if _inside.get() or self._is_idle():
            return run()
        inside = _inside.set(True)
        begun = perf_counter()
        try:
            with self._span("compress", model) as span:
                try:
                    result = run()
                except BaseException:
                    span.set_attribute(METHOD, "error")
                    self._metrics.failed(self.names.label(model), perf_counter() - begun)
                    raise
                seconds = perf_counter() - begun
                if isinstance(result, Compressed):
                    method = result.skipped_reason or "compressed"
                    if span.is_recording():
                        span.set_attributes({MODEL: name_or_other(result.model), **_attributes(result, method)})
                    self._metrics.compressed(self.names.label(result.model), method, result, seconds)
                return result
        finally:
            _inside.reset(inside)

    def shortening(self, model: object, run: Callable[[], _R]) -> _R:
        if _inside.get() or self._is_idle():
            return run()
        with self._span("shorten", model, "" if model else "shorten") as span:
            result = run()
            span.set_attributes(_of_text(result))
            return result

    def unobserved(self, run: Callable[[], _R]) -> _R:
        inside = _inside.set(True)
        try:
            return run()
        finally:
            _inside.reset(inside)

    def skipped(self, model: object, method: Method) -> None:
        if not self._is_idle():
            self._metrics.skipped(self.names.label(model), method)

    def retrieval(
        self,
        run: Callable[[], Retrieved],
        call_id: str | None = None,
        answering: _observer.Answering | None = None,
    ) -> Retrieved:
        if self._is_idle():
            return run()
        model = answering.model if isinstance(answering, Answer) else None
        label = None if model is None else self.names.label(model)
        tool = {"gen_ai.tool.name": TOOL_NAME, "gen_ai.tool.type": "function"}
        if is_name(call_id):
            tool["gen_ai.tool.call.id"] = str(call_id)
        begun = perf_counter()
        parent = answering.context if isinstance(answering, Answer) else None
        with self._span("execute_tool", model, f"execute_tool {TOOL_NAME}", tool, parent) as span:
            try:
                retrieved = run()
            except BaseException:
                span.set_attribute(OUTCOME, "error")
                self._metrics.retrieved(label, "error", None, perf_counter() - begun)
                raise
            seconds = perf_counter() - begun
            tokens = measure_for("", None).count(retrieved.text)
            span.set_attributes({OUTCOME: retrieved.outcome, "compresskit.retrieval.tokens": tokens})
            if retrieved.part is not None:
                span.set_attribute("compresskit.retrieval.part", retrieved.part)
            self._metrics.retrieved(label, retrieved.outcome, tokens, seconds)
            return retrieved

    def answering(self, model: object) -> Answer | None:
        return None if self._is_idle() else Answer(self, model)

    @contextmanager
    def within(self, parent: Any) -> Iterator[None]:
        if not isinstance(parent, Span):
            yield
            return
        with trace.use_span(parent, record_exception=False, set_status_on_exception=False):
            yield

    @contextmanager
    def _span(
        self,
        operation: str,
        model: object,
        name: str = "",
        attributes: Mapping[str, str] | None = None,
        parent: context.Context | None = None,
    ) -> Iterator[Span]:
        """The current span meanwhile. Of an error it records the type alone."""
        given = {_OPERATION: operation, **(attributes or {})}
        if model is not None:
            given[MODEL] = name_or_other(model)
        with self.tracer.start_as_current_span(
            name or f"{operation} {self.names.label(model)}",
            context=parent,
            attributes=given,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield span
            except BaseException as error:
                _fail(span, error)
                raise

    def _is_idle(self) -> bool:
        """Whether there is no SDK that could record anything. It may be set up at any time."""
        _, tracers, meters = self.given
        return _records_nothing(tracers or trace.get_tracer_provider()) and _records_nothing(
            meters or metrics.get_meter_provider()
        )


class Answer:
    """The span of one answer, from the prepared request to its end. It begins when the model's first response is here.

    Attributes:
        model: The model's name.
        context: OpenTelemetry's context for the retrievals of this answer.
    """

    def __init__(self, telemetry: Telemetry, model: object) -> None:
        self.model = model
        self.context = context.get_current()
        self._telemetry = telemetry
        self._start = time_ns()
        self._begun = False
        self._open: list[Span] = []  # the span until its end; pop() gives it to one caller only
        self._report: Mapping[str, Any] = {}
        self._collected: Any = None

    def begin(self, report: Mapping[str, Any], stream: object = None) -> None:
        if not self._begun:
            self._begun = True
            span = self._telemetry.tracer.start_span(
                f"answer {self._telemetry.names.label(self.model)}",
                self.context,
                start_time=self._start,
                attributes={_OPERATION: "answer", MODEL: name_or_other(self.model)},
            )
            self.context = trace.set_span_in_context(span, self.context)
            self._report = report
            self._open.append(span)
        if stream is not None and self._open:
            self._collected = weakref.finalize(stream, self._collect)

    def end(self, how: End, error: BaseException | None = None) -> None:
        span = self._taken()
        if span is not None:
            if self._collected is not None:
                self._collected.detach()
            self._finish(span, how, error)

    def _taken(self) -> Span | None:
        try:
            return self._open.pop()
        except IndexError:
            return None

    def _finish(self, span: Span, how: str, error: BaseException | None = None, at: int | None = None) -> None:
        report = self._report
        span.set_attributes({"compresskit.end": how, "compresskit.stream": self._collected is not None})
        span.set_attributes({f"compresskit.{name}": report[name] for name in _REPORTED if name in report})
        if report.get("limit"):
            span.set_attribute("compresskit.limit", report["limit"])
        if error is not None:
            _fail(span, error)
        elif report.get("error"):
            # the answer came all the same; behind the colon is the error's text
            span.set_attribute("error.type", name_or_other(str(report["error"]).partition(":")[0]))
        span.end(at)

    def _collect(self) -> None:
        """Ends the span in a thread of its own.

        The garbage collector may run in the middle of the SDK's code, and that holds locks which the end of a span
        needs. ``threading.Thread`` has such a lock too.
        """
        span, now = self._taken(), time_ns()
        if span is None:
            return
        try:
            _thread.start_new_thread(self._finish, (span, "collected", None, now))
        except RuntimeError:  # the interpreter shuts down
            self._finish(span, "collected", None, now)


def _records_nothing(provider: object) -> bool:
    return type(provider).__module__.startswith(_API)


def _attributes(result: Compressed, method: str) -> dict[str, str | int | float | bool]:
    return {
        METHOD: method,
        "compresskit.tokens.before": result.original_tokens,
        "compresskit.tokens.after": result.compressed_tokens,
        "compresskit.tokens.floor": result.floor_tokens,
        "compresskit.tokens.estimate": result.estimate,
        "compresskit.trigger": result.trigger,
        "compresskit.target": result.target,
        "compresskit.target_met": result.target_met,
        "compresskit.compression.ratio": result.compression_ratio,
        "compresskit.originals": len(result.cache),
    }


def _of_text(result: Any) -> dict[str, str | int | bool]:
    """The attributes of a Shortened."""
    return {
        METHOD: "compressed" if result.cache else "below_trigger" if result.fits else "no_gain",
        "compresskit.tokens.before": result.original_tokens,
        "compresskit.tokens.after": result.tokens,
        "compresskit.tokens.floor": result.floor_tokens,
        "compresskit.target": result.max_tokens,
        "compresskit.target_met": result.fits,
        "compresskit.originals": len(result.cache),
    }


def _fail(span: Span, error: BaseException) -> None:
    span.set_attribute("error.type", name_or_other(type(error).__name__))
    span.set_status(Status(StatusCode.ERROR))
