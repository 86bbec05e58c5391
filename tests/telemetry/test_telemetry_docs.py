"""docs/telemetry.md has every attribute and metric that is recorded, and the dashboard asks only for what there is.

What is recorded comes from a real SDK, and the names in Prometheus from its own exporter.
"""

import json
import re
from typing import get_args

import pytest
from conversing import QUIET, after, ask, retrieval
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from paths import ROOT
from prometheus_client import REGISTRY
from protocol_server import Error, serving
from samples import openai_agent
from telemetry_sdk import Recorded

from compresskit import TOOL_NAME, answer, compress, retrieve, shorten, telemetry
from compresskit._observer import Method
from compresskit.result import SkippedReason
from compresskit.telemetry.metrics import METHOD, MODEL, OUTCOME

pytestmark = QUIET
NAMED = re.compile(r"`([^`]+)`")
DASHBOARD = ROOT / "docs" / "grafana-dashboard.json"
TYPES = {str: "string", bool: "bool", int: "int", float: "double"}
OPERATIONS = {"compress", "shorten", "answer", "execute_tool"}


def rows(head):
    """The rows of the table of the page whose first column has this head, as lists of cells."""
    page = (ROOT / "docs" / "telemetry.md").read_text("utf-8")
    [table] = re.findall(rf"^\| {head} \|.*\n\|[- |]*\n((?:\|.*\n)+)", page, re.MULTILINE)
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()]


class Broken(dict):
    """A cache that fails."""

    def __getitem__(self, key):
        raise OSError("gone")


def everything():
    """All that can be recorded: each kind of span, with and without an error."""

    def says(body):
        return "Fine." if after(body) else [retrieval(body, f"r{number}", number) for number in range(3)]

    hello = [{"role": "user", "content": "hello"}]
    with serving(says) as server:
        ask("whole", server, openai_agent(), max_retrieved_tokens=100)
        ask("streamed", server, openai_agent(), max_rounds=1)

    def fails(body):
        return Error(400, "no") if after(body) else says(body)

    with serving(fails) as server, pytest.raises(Exception, match="no"):
        ask("whole", server, openai_agent())
    compress(hello, "gpt-4o")
    with pytest.raises(ValueError, match="trigger"):
        compress(hello, "gpt-4o", trigger=0)
    shorten("a line\n" * 900, 100, model="gpt-4o")
    with pytest.raises(OSError, match="no tokenizer"):
        shorten("a line", 100, model="gpt-4o", counter=no_tokenizer)
    retrieve({}, "none")
    with pytest.raises(OSError, match="gone"):
        retrieve(Broken(key="text"), "key")
    message = {"id": "c1", "type": "function", "function": {"name": TOOL_NAME, "arguments": "?"}}
    answer({"role": "assistant", "tool_calls": [message]}, {})


def no_tokenizer(_text):
    raise OSError("no tokenizer")


@pytest.fixture(scope="module")
def recorded():
    """What the SDK collected, and what Prometheus would collect of it: the labels of each sample by its name."""
    found = Recorded(PrometheusMetricReader())
    telemetry.enable(tracer_provider=found.tracers, meter_provider=found.meters)
    try:
        everything()
        found.samples = {}
        for family in REGISTRY.collect():
            for sample in family.samples:
                found.samples.setdefault(sample.name, set()).update(sample.labels)
        yield found
    finally:
        telemetry.disable()
        found.meters.shutdown()


def test_the_page_has_every_attribute_with_its_spans_and_its_type(recorded):
    written = {
        NAMED.findall(name)[0]: (OPERATIONS if spans == "all" else {*spans.split(", ")}, kind)
        for name, spans, kind, _ in rows("attribute")
    }
    there = {}
    for span in recorded.spans:
        for name, value in span.attributes.items():
            operations, _ = there.setdefault(name, (set(), TYPES[type(value)]))
            operations.add(span.attributes["gen_ai.operation.name"])
    assert there == written


def test_the_page_has_every_metric_with_its_type_unit_and_labels(recorded):
    labels = dict(zip(("model", "method", "outcome"), (MODEL, METHOD, OUTCOME), strict=True))
    written = {
        NAMED.findall(name)[0]: (kind, NAMED.findall(unit)[0], {labels[one] for one in given.split(", ")}, meaning)
        for name, _, kind, unit, given, meaning in rows("metric")
    }
    there = {
        name: (
            "histogram" if hasattr(metric.data.data_points[0], "bucket_counts") else "counter",
            metric.unit,
            {label for point in metric.data.data_points for label in point.attributes},
            metric.description,
        )
        for name, metric in recorded.metrics().items()
    }
    assert there == written


def test_the_page_has_the_names_of_prometheus(recorded):
    for name, prometheus, kind, *_ in rows("metric"):
        sample = NAMED.findall(prometheus)[0] + ("_bucket" if kind == "histogram" else "")
        assert sample in recorded.samples, name


def test_the_page_has_every_value_of_the_closed_lists(recorded):
    written = {table: {NAMED.findall(row[0])[0] for row in rows(table)} for table in ("method", "outcome")}
    assert written["method"] == {*get_args(SkippedReason), "compressed", *get_args(Method)}
    there = {span.attributes.get(OUTCOME) for span in recorded.spans}
    assert written["outcome"] == there - {None}


def queries():
    dashboard = json.loads(DASHBOARD.read_text("utf-8"))
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield pytest.param(target["expr"], id=panel["title"])
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            yield pytest.param(variable["query"], id=variable["name"])


@pytest.mark.parametrize("query", list(queries()))
def test_the_dashboard_asks_for_metrics_and_labels_that_exist(query, recorded):
    selections = re.findall(r"(\bcompresskit_\w+)\{([^}]*)\}", query)
    variables = re.findall(r"label_values\((\w+), (\w+)\)", query)
    assert selections or variables
    for name, matchers in selections:
        assert name in recorded.samples
        assert set(re.findall(r"(\w+)=", matchers)) <= recorded.samples[name]
        for words in re.findall(r'compresskit_method=~?"([^"]+)"', matchers):
            assert set(words.split("|")) <= {NAMED.findall(row[0])[0] for row in rows("method")}
    for name, label in variables:
        assert label in recorded.samples[name]
    grouped = {label for labels in re.findall(r"by \(([^)]*)\)", query) for label in labels.split(", ")}
    assert grouped <= set().union(*(recorded.samples[name] for name, _ in selections)) | {""}
    rest = re.sub(r"\{[^}]*\}|\[[^]]*\]|by \([^)]*\)|label_values\(.*\)", "", query)
    names = {"sum", "rate", "increase", "histogram_quantile"} | {name for name, _ in selections}
    assert set(re.findall(r"[A-Za-z_]\w*", rest)) <= names


def test_every_metric_is_on_the_dashboard():
    text = DASHBOARD.read_text("utf-8")
    for name, prometheus, *_ in rows("metric"):
        assert NAMED.findall(prometheus)[0] in text, name
