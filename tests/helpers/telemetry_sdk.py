"""A real OpenTelemetry SDK that keeps what is recorded in memory, with compresskit's telemetry on it."""

import contextlib
import json
import time

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

    def ends(self, seconds=10):
        """How the answers ended. A collected stream ends in another thread."""
        deadline = time.monotonic() + seconds
        while not self.of("answer") and time.monotonic() < deadline:
            time.sleep(0.01)
        return [span.attributes["compresskit.end"] for span in self.of("answer")]

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

    def comparable(self):
        """All that was recorded, without times and ids."""
        spans = [json.loads(span.to_json()) for span in self.spans]
        return comparable_spans(spans), comparable_points(json.loads(self._reader.get_metrics_data().to_json()))

    def text(self):
        """All that an exporter would send, as one text."""
        data = self._reader.get_metrics_data()
        return "\n".join([*(span.to_json() for span in self.spans), data.to_json() if data else ""])


def comparable_spans(spans):
    """Spans of an exporter in the order of their beginnings: name, attributes, status, and the parent's name."""
    names = {span["context"]["span_id"]: span["name"] for span in spans}
    return [
        (span["name"], span["attributes"], span["status"], span["events"], names.get(span["parent_id"]))
        for span in sorted(spans, key=lambda span: span["start_time"])
    ]


def comparable_points(data, model=None):
    """The points of our metrics of an exporter, or those of one model. A duration is only counted."""
    found = {}
    for metric in (one for resource in data["resource_metrics"] for scope in resource["scope_metrics"]
                   for one in scope["metrics"] if one["name"].startswith("compresskit.")):  # fmt: skip
        for point in metric["data"]["data_points"]:
            if model in (None, point["attributes"]["gen_ai.request.model"]):
                values = (
                    point["count" if metric["name"].endswith("duration") else "sum"]
                    if "sum" in point
                    else point["value"]
                )
                found[metric["name"], *sorted(point["attributes"].items())] = values
    return found


@contextlib.contextmanager
def recording(**options):
    recorded = Recorded()
    telemetry.enable(tracer_provider=recorded.tracers, meter_provider=recorded.meters, **options)
    try:
        yield recorded
    finally:
        telemetry.disable()
