"""Streams of completion(): text comes as it is said, retrievals never show, and litellm can put it together."""

import asyncio

import litellm
import pytest
from conversing import QUIET, ROOM, after, awaited, report, retrieval, take
from protocol_server import call, serving
from samples import OWN_TOOL, openai_agent

import compresskit
from compresskit import TOOL_NAME

pytestmark = QUIET
STREAMS = ["streamed", "streamed and awaited"]
both = pytest.mark.parametrize("way", STREAMS)


def given(server, **options):
    base = {"model": "openai/gpt-4o", "messages": openai_agent(), "api_base": server.url, "api_key": "none"}
    return {**base, **ROOM, **options}


def twice(body):
    """Says something and retrieves, says more and retrieves again, then ends."""
    if after(body) < 1:
        return ["Let me look that up. ", retrieval(body, f"r{len(body['messages'])}", lines="1")]
    if "again" not in str(body["messages"]):
        return ["Once again. ", retrieval(body, "again", lines="2")]
    return "It rounds to cents."


@both
def test_text_goes_on_in_one_stream(way):
    with serving(twice) as server:
        chunks, stream = take(way, given(server))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == (
        "Let me look that up. Once again. It rounds to cents."
    )
    assert len(server.bodies) == 3
    assert len({chunk.id for chunk in chunks}) == 1
    assert [chunk.choices[0].delta.role for chunk in chunks if chunk.choices[0].delta.role] == ["assistant"]
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices[0].finish_reason] == ["stop"]
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert TOOL_NAME not in str([chunk.model_dump() for chunk in chunks])
    assert (report(stream)["rounds"], report(stream)["calls"]) == (2, 3)


@both
def test_the_first_text_comes_before_the_second_call(way):
    def first_of(stream):
        return next(chunk for chunk in stream if chunk.choices[0].delta.content)

    async def first_awaited(server):
        async with await compresskit.acompletion(**given(server), stream=True) as stream:
            async for chunk in stream:
                if chunk.choices[0].delta.content:
                    return chunk, len(server.bodies)
        return None

    with serving(twice) as server:
        if way == "streamed":
            with compresskit.completion(**given(server), stream=True) as stream:
                chunk, calls = first_of(stream), len(server.bodies)
            assert list(stream) == []
        else:
            chunk, calls = awaited(first_awaited(server))
    assert chunk.choices[0].delta.content == "Let me "
    assert calls == 1
    assert len(server.bodies) == 1, "a stream that is closed asks no more"


@both
def test_of_a_mixed_turn_only_the_callers_calls_are_streamed(way):
    def script(body):
        return ["Both. ", retrieval(body, "ours"), call("search", {"q": "x" * 30}, "s1"), retrieval(body, "mine")]

    with serving(script) as server:
        chunks, _ = take(way, given(server, tools=[OWN_TOOL]))
    deltas = [made for chunk in chunks for made in chunk.choices[0].delta.tool_calls or []]
    assert {made.index for made in deltas} == {0}
    assert "".join(made.function.arguments or "" for made in deltas) == '{"q": "' + "x" * 30 + '"}'
    assert len(deltas) > 3, "in pieces, as they came"
    message = litellm.stream_chunk_builder(chunks).choices[0].message
    assert [made.id for made in message.tool_calls] == ["s1"]
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


@both
@pytest.mark.parametrize("asked", [True, False])
def test_the_usage_chunk_is_there_once_where_it_was_asked_for(way, asked):
    options = {"stream_options": {"include_usage": True}} if asked else {}
    with serving(twice) as server:
        chunks, _ = take(way, given(server, **options))
    said = [chunk.usage.total_tokens for chunk in chunks if getattr(chunk, "usage", None)]
    assert said == ([45] if asked else [])
    assert [body.get("stream_options") for body in server.bodies] == [options.get("stream_options")] * 3
    if asked:
        assert litellm.stream_chunk_builder(chunks).usage.total_tokens == 45


@both
def test_anthropics_usage_is_summed_too(way):
    """LiteLLM hides it in the last chunk, asked for or not."""

    def script(body):
        return "So." if "tool_result" in str(body["messages"][-1]) else [retrieval(body, "toolu_1", lines="1")]

    with serving(script) as server:
        options = given(server, model="anthropic/claude-sonnet-4-5", messages=openai_agent()[:-1])
        chunks, _ = take(way, options | {"api_base": server.url.removesuffix("/v1"), "messages": without_tools()})
    assert len(server.bodies) == 2
    assert chunks[-1]._hidden_params["usage"].prompt_tokens == 20


def without_tools():
    said = [message["content"] for message in openai_agent() if message["role"] == "tool"]
    return [{"role": "user", "content": "\n".join(said)}, {"role": "user", "content": "Why does it round?"}]


@both
def test_below_the_trigger_it_is_litellms_own_stream(way):
    with serving(lambda _: "hello") as server:
        chunks, stream = take(way, given(server, trigger=100_000, target=None))
    assert isinstance(stream, litellm.CustomStreamWrapper)
    assert report(stream)["skipped_reason"] == "below_trigger"
    assert litellm.stream_chunk_builder(chunks).choices[0].message.content == "hello"


def test_a_stream_has_what_litellms_has():
    with serving(twice) as server:
        stream = compresskit.completion(**given(server), stream=True)
        assert iter(stream) is stream
        assert stream.custom_llm_provider == "openai"
        assert stream.model == "gpt-4o"
        assert report(stream)["target_met"]
        assert not hasattr(stream, "nothing_of_the_kind")
        assert not hasattr(stream, "__aiter__"), "that of litellm's own stream would show retrievals"
        assert list(stream)
        assert next(stream, None) is None


def test_an_awaited_stream_can_be_left_in_the_middle():
    async def left(server):
        stream = await compresskit.acompletion(**given(server), stream=True)
        reading = asyncio.ensure_future(anext(stream))
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        await stream.aclose()
        return [chunk async for chunk in stream]

    with serving(twice) as server:
        assert awaited(left(server)) == []


class Streams:
    """Any object with completion(): streams what it is told to."""

    def __init__(self, *streams):
        self.streams = iter(streams)

    def completion(self, **_):
        return iter(next(self.streams))

    acompletion = None


def chunk(finish=None, **delta):
    choices = [{"index": 0, "delta": delta, "finish_reason": finish}] if delta or finish else []
    return litellm.ModelResponseStream(id="c", model="m", choices=choices)


ASKING = {"tool_calls": [{"index": 0, "id": "a", "function": {"name": TOOL_NAME, "arguments": "{"}}]}
ODD = {
    "nothing": ([[]], ""),
    "no choices": ([[chunk()]], ""),
    "no end": ([[chunk(role="assistant", content="hi")]], "hi"),
    "a retrieval without an end": ([[chunk(**ASKING)], [chunk(content="yes"), chunk("stop")]], "yes"),
    "nothing after a retrieval": ([[chunk(**ASKING), chunk("tool_calls")], []], ""),
}


@pytest.mark.parametrize(("parts", "said"), ODD.values(), ids=ODD)
def test_an_odd_stream_ends_as_it_does(parts, said):
    stream = compresskit.completion("gpt-4o", openai_agent(), stream=True, router=Streams(*parts), **ROOM)
    assert "".join(part.choices[0].delta.content or "" for part in stream) == said


def test_a_stream_that_breaks_off_is_the_callers_error():
    def broken():
        yield chunk(content="half")
        raise ConnectionError("gone")

    stream = compresskit.completion("gpt-4o", openai_agent(), stream=True, router=Streams(broken()), **ROOM)
    assert next(stream).choices[0].delta.content == "half"
    with pytest.raises(ConnectionError, match="gone"):
        next(stream)
