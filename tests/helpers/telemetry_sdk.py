"""A real OpenTelemetry SDK that keeps what is recorded in memory, with compresskit's telemetry on it."""

import contextlib

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from compresskit import telemetry


class Recorded:
    """What was recorded so far."""

    def __init__(self, *readers):
        self._exporter = InMemorySpanExporter()
        self._reader = InMemoryMetricReader()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.meters = MeterProvider([self._reader, *readers])

    @property
    def spans(self):
        return self._exporter.get_finished_spans()

    def of(self, operation):
        return [span for span in self.spans if span.attributes.get("gen_ai.operation.name") == operation]

    def metrics(self):
        """Every metric by its name."""
        data = self._reader.get_metrics_data()
        return {
            metric.name: metric
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }

    def points(self, name):
        """The points of a metric, by the values of their labels in the order of the labels' names."""
        found = self.metrics()[name].data.data_points
        return {tuple(value for _, value in sorted(point.attributes.items())): point for point in found}

    def text(self):
        """All that an exporter would send, as one text."""
        data = self._reader.get_metrics_data()
        return "\n".join([*(span.to_json() for span in self.spans), data.to_json() if data else ""])


@contextlib.contextmanager
def recording(**options):
    recorded = Recorded()
    telemetry.enable(tracer_provider=recorded.tracers, meter_provider=recorded.meters, **options)
    try:
        yield recorded
    finally:
        telemetry.disable()
