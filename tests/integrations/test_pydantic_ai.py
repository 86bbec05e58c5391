"""pydantic-ai: agents with conversations of any length, with the real framework and OpenAI's protocol."""

import asyncio
import json
import threading

import pytest
from chat_models import answered, keys
from protocol_server import Paced, call, serving
from texts import make_text

pytest.importorskip("pydantic_ai")
from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.messages import (
    BinaryContent,
    ModelRequest,
    ModelResponse,
    SystemPromptPart,
    TextPart,
    ThinkingPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models.function import FunctionModel
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

from compresskit import TOOL_NAME, InvalidArgument
from compresskit.integrations.pydantic_ai import CompressCapability, CompressedModel
from compresskit.integrations.pydantic_ai.messages import Messages, joined, units_of

ROOM = {"trigger": 3_000, "target": 2_200}
TEXT = make_text("code", 1, 16_000)
ANSWER = "Everything is explained."


def history():
    """A file that was read long ago, by an agent with instructions."""
    return [
        ModelRequest(parts=[SystemPromptPart("Be brief."), UserPromptPart("Read the file.")], instructions="Be kind."),
        ModelResponse(parts=[TextPart("I read it."), ToolCallPart("read_file", {"path": "a.py"}, "read-1")]),
        ModelRequest(parts=[ToolReturnPart("read_file", TEXT, "read-1")], instructions="Be kind."),
        ModelResponse(parts=[TextPart("Done.")]),
    ]


def weather(city: str) -> str:
    """The weather of a city."""
    return f"sunny in {city}"


def retrieving(body):
    """Says something and retrieves, and then answers."""
    if not answered(body) and (found := keys(body)):
        return ["Let me look. ", call(TOOL_NAME, {"key": found[0], "lines": "1-3"}, "retrieved-1")]
    return ANSWER


def mixed(body):
    """Calls ours and the caller's tool in one turn, and then answers."""
    if not answered(body):
        return [call(TOOL_NAME, {"key": keys(body)[0], "lines": "3"}, "ours"), call("weather", {"city": "Rome"}, "own")]
    return ANSWER


async def ran(server, streamed, how=CompressedModel, **options):
    """What the run says, all its messages, its usage, and the texts and events of its stream."""
    model = OpenAIChatModel("gpt-4o", provider=OpenAIProvider(base_url=server.url, api_key="none"))
    if how is CompressedModel:
        agent = Agent(CompressedModel(model, **{**ROOM, **options}), tools=[weather], instructions="Be kind.")
    elif how is AbstractCapability:  # without ours
        agent = Agent(model, tools=[weather], instructions="Be kind.")
    else:
        agent = Agent(model, tools=[weather], capabilities=[how(**{**ROOM, **options})], instructions="Be kind.")
    asked = {"user_prompt": "What does the file do?", "message_history": history()}
    if not streamed:
        result = await agent.run(**asked)
        return result.output, result.all_messages(), result.usage, []
    seen = []

    async def handler(_context, events):
        seen.extend([event async for event in events])

    result = await agent.run(**asked, event_stream_handler=handler)
    return result.output, result.all_messages(), result.usage, seen


def is_whole(messages):
    return [part.content for part in messages[2].parts] == [TEXT]


@pytest.mark.parametrize("streamed", [False, True])
def test_a_retrieval_is_answered_inside_and_never_seen(streamed):
    with serving(retrieving) as server:
        output, messages, usage, seen = asyncio.run(ran(server, streamed))
        first, second = server.bodies
    assert output == ("Let me look. " * streamed) + ANSWER or output == ANSWER
    assert TOOL_NAME not in f"{messages}{seen}"
    assert is_whole(messages)
    assert len(messages) == 6
    assert usage.input_tokens == 20
    assert len(json.dumps(first)) < len(TEXT) / 1.5
    assert second["messages"][: len(first["messages"])] == first["messages"], "the prompt cache holds"
    assert [tool["function"]["name"] for tool in first["tools"]] == ["weather", TOOL_NAME]
    assert first["messages"][0] == second["messages"][0]
    if streamed:
        starts = [event.index for event in seen if event.event_kind == "part_start"]
        assert starts == list(range(len(starts)))


@pytest.mark.parametrize("streamed", [False, True])
def test_a_turn_that_calls_both_is_put_together_again(streamed):
    with serving(mixed) as server:
        output, messages, _, seen = asyncio.run(ran(server, streamed))
        _, second = server.bodies
    assert output == ANSWER
    assert TOOL_NAME not in f"{messages}{seen}"
    assert is_whole(messages)
    assert [part.tool_name for part in messages[5].parts] == ["weather"]
    [turn] = [one for one in second["messages"] if TOOL_NAME in str(one.get("tool_calls"))]
    assert [one["id"] for one in turn["tool_calls"]] == ["ours", "own"]
    results = {one["tool_call_id"]: one["content"] for one in second["messages"] if one["role"] == "tool"}
    assert results["own"] == "sunny in Rome"
    assert results["ours"].strip()


@pytest.mark.parametrize("streamed", [False, True])
def test_with_the_capability_a_retrieval_is_a_call_of_the_agent(streamed):
    with serving(retrieving) as server:
        output, messages, _, _ = asyncio.run(ran(server, streamed, CompressCapability))
        first, second = server.bodies
    assert output == ANSWER
    assert is_whole(messages)
    assert len(json.dumps(first)) < len(TEXT) / 1.5
    assert second["messages"][: len(first["messages"])] == first["messages"]
    [call_seen] = [part for part in messages[5].parts if isinstance(part, ToolCallPart)]
    assert call_seen.tool_name == TOOL_NAME
    assert messages[6].parts[0].content.strip()


@pytest.mark.parametrize("streamed", [False, True])
def test_below_the_trigger_or_switched_off_the_request_is_the_frameworks_own(streamed):
    below, off = {"trigger": 90_000}, {"enabled": False}
    with serving(lambda _: ANSWER) as server:
        for how, options in [(CompressedModel, below), (CompressedModel, off), (CompressCapability, off)]:
            asyncio.run(ran(server, streamed, how, **options))
        asyncio.run(ran(server, streamed, AbstractCapability))
        *ours, theirs = server.bodies
    assert ours == [theirs] * 3


def test_a_stream_that_is_left_closes_the_call_of_the_model():
    async def main(server):
        model = OpenAIChatModel("gpt-4o", provider=OpenAIProvider(base_url=server.url, api_key="none"))
        async with Agent(CompressedModel(model, **ROOM)).run_stream("Hi", message_history=history()) as result:
            return await anext(aiter(result.stream_text(debounce_by=None)))

    started = threading.Event()
    with serving(lambda _: Paced("word " * 2_000, lambda _: started.wait(0.01))) as server:
        assert asyncio.run(main(server)).startswith("word")
        assert server.hung_up.wait(10)


def test_what_fails_sends_the_request_as_it_was_or_raises():
    class Fails:
        def embed(self, texts):
            raise RuntimeError(texts[0])

    with serving(lambda _: ANSWER) as server:
        assert asyncio.run(ran(server, False, embedder=Fails()))[0] == ANSWER
        assert TEXT in [message["content"] for message in server.bodies[0]["messages"]]
        with pytest.raises(Exception, match="embedder"):
            asyncio.run(ran(server, False, embedder=Fails(), on_error="raise"))
    with pytest.raises(InvalidArgument, match="trigger"):
        CompressCapability(triger=5)
    with pytest.raises(InvalidArgument, match="trigger"):
        CompressedModel("test", triger=5)


def test_untouched_messages_stay_the_callers_objects():
    """Parts of every kind, of which one text changes."""
    image = BinaryContent(b"\x89PNG", media_type="image/png")
    messages = [
        ModelRequest(parts=[UserPromptPart(["Look", image, "closely"])]),
        ModelResponse(
            parts=[ThinkingPart("so", signature="c2ln"), TextPart("I see."), ToolCallPart("read", '{"a": 1}', "1")]
        ),
        ModelRequest(
            parts=[ToolReturnPart("read", {"rows": [1, 2]}, "1"), ToolReturnPart("look", [image], "2")],
            instructions="kind",
        ),
        ModelRequest(parts=[], instructions="only these"),
    ]
    units = units_of(messages)
    originals = Messages(units)
    same = joined(originals.objects(originals.dicts, {}))
    assert all(one is other for one, other in zip(same, messages, strict=True))
    changed = originals.with_texts(units[0], {"content": [{"text": "Look"}, {}, {"text": "[…]"}]})
    assert changed.part.content == ["Look", image, "[…]"]
    made = originals.made(originals.dicts[1])
    assert [type(part) for part in made.parts] == [ThinkingPart, TextPart, ToolCallPart]
    assert made.parts[0].signature == "c2ln"
    assert originals.dicts[2]["content"] == '{"rows":[1,2]}'
    assert "text" not in originals.dicts[3]["content"][0], "a picture is left alone"


def test_gemini_gets_no_function_beside_an_answer_in_json():
    """Google refuses both together, so what is left out cannot be retrieved there."""
    seen = []

    def answer(messages, info):
        seen.append((len(str(messages)), [tool.name for tool in info.function_tools]))
        return ModelResponse(parts=[TextPart('{"lines": 3}')])

    class Google(FunctionModel):
        system = "google"

    class Lines(BaseModel):
        lines: int

    model = CompressedModel(Google(answer, profile={"supports_json_schema_output": True}), **ROOM)
    agent = Agent(model, output_type=NativeOutput(Lines))
    result = asyncio.run(agent.run("How long is it?", message_history=history()))
    assert result.output.lines == 3
    [(length, tools)] = seen
    assert tools == []
    assert length < len(TEXT) / 1.5
