"""What a client of compresskit.clients sends is recorded like completion(), whole and streamed."""

import gc
import json

import httpx2
import pytest
from chat_models import ANSWER, KINDS, ROOM, keys, made, retrieves
from conversing import QUIET, ask
from protocol_server import Error, call, serving
from samples import anthropic_agent, openai_agent
from sdk_ways import CHAT, RESPONSES, settled, wait
from telemetry_sdk import recording

from compresskit import TOOL_NAME, compress
from compresskit.clients import Anthropic, transport

pytestmark = QUIET
every_kind = pytest.mark.parametrize("kind", KINDS)
MODEL = "gpt-4o"
REQUEST = {"model": MODEL, "messages": openai_agent()}


def newly_long():
    """A conversation whose newest result brings it over the trigger: nothing of it was compressed before."""
    return openai_agent(3)[:-2]


def operations(recorded):
    return sorted(span.attributes["gen_ai.operation.name"] for span in recorded.spans if span.name != "theirs")


@every_kind
@pytest.mark.parametrize("way", ["create", "stream_true"])
@pytest.mark.parametrize("rounds", [0, 1, 2])
def test_a_request_is_one_compression_one_answer_and_its_retrievals(kind, way, rounds):
    with serving(retrieves(rounds)) as server, recording() as recorded:
        with recorded.tracers.get_tracer("theirs").start_as_current_span("theirs") as theirs:
            wait(CHAT[way], made(kind, server), **REQUEST)
        assert recorded.ends() == ["complete"]
    assert operations(recorded) == sorted(["answer", "compress", *["execute_tool"] * rounds])
    [answered] = recorded.of("answer")
    assert answered.attributes["compresskit.rounds"] == rounds
    assert answered.attributes["gen_ai.request.model"] == MODEL
    assert answered.parent.span_id == theirs.get_span_context().span_id
    assert {span.parent.span_id for span in recorded.of("execute_tool")} <= {answered.context.span_id}
    assert len({span.context.trace_id for span in recorded.spans}) == 1


@every_kind
@pytest.mark.parametrize(("way", "same"), [("create", "whole"), ("stream_true", "streamed")])
def test_the_spans_and_metrics_are_those_of_completion(kind, way, same):
    messages = newly_long()
    with serving(retrieves(1)) as server:
        with recording() as recorded:
            wait(CHAT[way], made(kind, server), model=MODEL, messages=messages)
        with recording() as expected:
            ask(same, server, messages, MODEL)
    assert operations(expected) == ["answer", "compress", "execute_tool"]
    assert recorded.comparable() == expected.comparable()


@every_kind
@pytest.mark.parametrize("way", ["create", "stream_true"])
def test_responses_are_recorded_too(kind, way):
    with serving(lambda _: ANSWER) as server, recording() as recorded:
        wait(RESPONSES[way], made(kind, server), model=MODEL, input=[{"role": "user", "content": "hello"}])
    assert [span.attributes["compresskit.method"] for span in recorded.of("compress")] == ["below_trigger"]


def test_anthropics_messages_are_recorded_too():
    def script(body):
        results = "tool_result" in str(body["messages"][-1])
        return ANSWER if results else [call(TOOL_NAME, {"key": keys(body)[0]}, "toolu_1")]

    with serving(script) as server, recording() as recorded:
        client = Anthropic(base_url=server.url.removesuffix("/v1"), api_key="none", compresskit=ROOM)
        with client:
            client.messages.create(model="claude-test", max_tokens=99, messages=anthropic_agent())
    assert operations(recorded) == ["answer", "compress", "execute_tool"]
    assert [*recorded.points("compresskit.retrievals")] == [("found", "claude-test")]


@every_kind
@pytest.mark.parametrize("rounds", [0, 1])
def test_a_stream_that_is_closed_or_dropped_ends_its_span(kind, rounds):
    async def left(client, drop):
        stream = await settled(client.chat.completions.create(**REQUEST, stream=True))
        if not drop:
            await settled(stream.close())
        del stream
        gc.collect()
        return drop

    with serving(retrieves(rounds)) as server:
        for drop in (False, True):
            with recording() as recorded:
                wait(left, made(kind, server), drop=drop)
                gc.collect()
                assert len(recorded.ends()) == 1
            assert operations(recorded) == sorted(["answer", "compress", *["execute_tool"] * rounds])


@every_kind
@pytest.mark.parametrize("way", ["create", "stream_true"])
def test_an_error_in_a_retrieval_round_ends_the_answer(kind, way):
    def script(body):
        said = retrieves(1)(body)
        return Error(400, "no") if said == ANSWER else said

    with serving(script) as server, recording() as recorded:
        with pytest.raises(Exception, match="no"):
            wait(CHAT[way], made(kind, server, max_retries=0), **REQUEST)
        assert recorded.ends() == ["error"]


@every_kind
def test_requests_without_compression_are_counted(kind):
    ours = compress([], MODEL, offer_tool=True).tools
    with serving(lambda _: ANSWER) as server, recording() as recorded:
        wait(CHAT["create"], made(kind, server, {"enabled": False}), **REQUEST)
        wait(CHAT["create"], made(kind, server), **REQUEST, extra_headers={"x-compresskit": "off"})
        wait(CHAT["create"], made(kind, server), **REQUEST, tools=ours)
        points = recorded.points("compresskit.requests")
    assert {method for method, _ in points} == {"disabled"}
    assert sum(point.value for point in points.values()) == 3
    assert recorded.spans == ()


def test_a_call_that_counts_tokens_is_not_recorded():
    """It is compressed, but the request that it counts comes later."""
    sent = []

    def counts(request):
        sent.append(request.content)
        return httpx2.Response(200, json={"input_tokens": 5})

    body = {"model": "claude-test", "messages": anthropic_agent()}
    inner = httpx2.MockTransport(counts)
    with recording() as recorded, httpx2.Client(transport=transport(ROOM, inner=inner)) as client:
        client.post("https://api.test/v1/messages/count_tokens", json=body)
    assert len(sent[0]) < len(json.dumps(body)) / 2
    assert recorded.spans == ()
    assert recorded.metrics() == {}
