"""enable() and disable(): put telemetry into ``_observer``, and take it out."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock
from typing import TYPE_CHECKING

from .. import _observer
from ..errors import InvalidArgument, described
from .metrics import is_name

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

_lock = Lock()


def enable(
    *,
    models: Iterable[str] = (),
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
) -> None:
    """Turns telemetry on for the whole process, until ``disable()``.

    The SDK of OpenTelemetry may be set up before or after this call. Without an SDK nothing is recorded. A call with
    other arguments replaces the ones before.

    Args:
        models: Names of models that always have a label of their own in metrics. Up to 100 further models with a known
            price and 20 others get one as they come; all others share the label "other".
        tracer_provider: The provider of spans. OpenTelemetry's global one by default.
        meter_provider: The provider of metrics. OpenTelemetry's global one by default.

    Raises:
        InvalidArgument: opentelemetry-api is missing, or ``models`` is not a list of names.
    """
    if isinstance(models, str) or not isinstance(models, Iterable):
        raise InvalidArgument(f"models is {described(models)}; a list of names was expected, such as ['gpt-4o'].")
    names = list(models)
    if not all(is_name(name) for name in names):
        raise InvalidArgument(
            "models holds a value that is no name of a model; at most 100 letters, digits and . _ : / @ + - were "
            "expected."
        )
    try:
        from .observer import Telemetry
    except ImportError as error:
        raise InvalidArgument(
            "telemetry needs opentelemetry-api, which is missing: pip install 'compresskit[otel]'."
        ) from error
    with _lock:
        current = _observer.current
        if not (isinstance(current, Telemetry) and current.given == (set(names), tracer_provider, meter_provider)):
            _observer.current = Telemetry(names, tracer_provider, meter_provider)


def disable() -> None:
    """Turns telemetry off. Answers that have begun are still recorded to their end."""
    with _lock:
        _observer.current = _observer.Observer()
