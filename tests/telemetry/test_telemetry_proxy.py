"""The LiteLLM proxy with `telemetry: true` and its own otel callback.

Our spans are children of its request's span, and spans and metrics are those of completion().
"""

import json
import time

import pytest
from conversing import QUIET, ask
from proxy_model import conversation, document
from proxy_server import MASTER, proxy
from telemetry_sdk import comparable_points, comparable_spans, recording

pytestmark = QUIET
ROOM = {"trigger": 2_500, "target": 1_500}
MODELS = [("/v1/chat/completions", "chat"), ("/v1/messages", "claude")]
SMALL = "openai/gpt-4o-mini"  # a model of one test, whose metrics are then those of its requests alone
NAMES = {"answer", "compress", "execute_tool"}


@pytest.fixture(scope="module")
def running(provider, tmp_path_factory):
    models = {"chat": "openai/gpt-4o", "claude": "anthropic/claude-sonnet-4-5", "small": SMALL}
    settings = {
        "model_list": [
            {"model_name": name, "litellm_params": {"model": model, "api_base": base, "api_key": "none"}}
            for name, model in models.items()
            for base in [provider.url.removesuffix("/v1") if name == "claude" else provider.url]
        ],
        "litellm_settings": {"callbacks": ["compresskit.integrations.litellm.handler", "otel"], "num_retries": 0},
        "callback_settings": {"compresskit": {**ROOM, "telemetry": True}},
        "general_settings": {"master_key": MASTER},
    }
    folder = tmp_path_factory.mktemp("proxy")
    variables = {
        "OTEL_EXPORTER": "console",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        "LITELLM_OTEL_INTEGRATION_ENABLE_METRICS": "true",
    }
    with proxy(folder, settings, variables=variables) as server:
        yield server


def exported(text, field="name"):
    """The spans that the console exporter wrote between other lines, or other objects with this first field.

    One that is still being written is left out.
    """
    decoder, at = json.JSONDecoder(), 0
    while (at := text.find(f'{{\n    "{field}"', at)) >= 0:
        try:
            found, size = decoder.raw_decode(text[at:])
        except json.JSONDecodeError:
            return
        yield found
        at += size


def ours(found):
    return [span for span in found if span["attributes"].get("gen_ai.operation.name") in NAMES]


def of_a_request(running, before, seconds=20):
    """What was written after the first ``before`` characters, as soon as a request is complete."""
    deadline = time.monotonic() + seconds
    while True:
        found = list(exported(running.output.read_text(errors="replace")[before:]))
        roots = [span for span in found if "Received Proxy" in span["name"]]
        if (len(ours(found)) >= len(NAMES) and roots) or time.monotonic() > deadline:
            return ours(found), roots
        time.sleep(0.2)


@pytest.mark.parametrize(("path", "model"), MODELS)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_the_spans_of_a_request_are_in_the_trace_of_the_proxy(running, path, model, stream):
    before = len(running.output.read_text(errors="replace"))
    messages = conversation(f"traced {model} {stream}", "retrieve")
    body = {"model": model, "max_tokens": 99, "stream": stream, "messages": messages}
    status, _, text = running.ask(path, body, key=MASTER)
    assert status == 200, text
    mine, [root] = of_a_request(running, before)
    assert sorted(span["attributes"]["gen_ai.operation.name"] for span in mine) == sorted(NAMES)
    answered = next(span for span in mine if span["attributes"]["gen_ai.operation.name"] == "answer")
    for span in mine:
        retrieval = span["attributes"]["gen_ai.operation.name"] == "execute_tool"
        assert span["parent_id"] == (answered if retrieval else root)["context"]["span_id"]
        assert span["context"]["trace_id"] == root["context"]["trace_id"]
    assert answered["attributes"]["compresskit.stream"] is stream
    assert answered["attributes"]["compresskit.end"] == "complete"


def test_the_spans_and_metrics_are_those_of_completion(running, provider):
    messages = [{"role": "user", "content": f"{document('small')}\n\nGo on. do=retrieve"}]
    before = len(running.output.read_text(errors="replace"))
    for stream in (False, True):
        body = {"model": "small", "messages": messages, "stream": stream}
        status, _, text = running.ask("/v1/chat/completions", body, key=MASTER)
        assert status == 200, text
    with recording() as recorded:
        for way in ("whole", "streamed"):
            ask(way, provider, messages, SMALL, **ROOM)
    spans, points = recorded.comparable()
    assert len(spans) == 2 * len(NAMES)

    def written():
        text = running.output.read_text(errors="replace")[before:]
        metrics = [{}, *(comparable_points(one, SMALL) for one in exported(text, "resource_metrics"))]
        return comparable_spans(ours(exported(text))), metrics[-1]

    deadline = time.monotonic() + 30  # the proxy exports its metrics every five seconds
    while written() != (spans, points) and time.monotonic() < deadline:
        time.sleep(0.3)
    assert written() == (spans, points)
