"""LangChain: agents and chat models with conversations of any length, with the real framework."""

import asyncio
import json
import re
from itertools import pairwise
from typing import Any

import pydantic
import pytest
from langchain.agents import create_agent
from langchain.agents.structured_output import ProviderStrategy, ToolStrategy
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, SystemMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from protocol_server import call as made
from protocol_server import serving
from telemetry_sdk import recording

from compresskit import TOOL_NAME, InvalidArgument
from compresskit.integrations.langchain import CompressedChatModel, CompressMiddleware

LOG = "\n".join(f"10:{n // 60:02}:{n % 60:02} INFO request {n} served from cache {n * 7 % 13}" for n in range(900))
BUDGET = {"trigger": 3_000, "target": 2_000}
USAGE = {"input_tokens": 10, "output_tokens": 2, "total_tokens": 12}


class Scripted(BaseChatModel):
    """A model that answers by a script: a function of the messages, which returns a text or a list of calls."""

    script: Any
    seen: Any
    tools: Any

    @property
    def _llm_type(self):
        return "scripted"

    def bind_tools(self, tools, **kwargs):
        return self.bind(bound=[*tools], **kwargs)

    def _generate(self, messages, _stop=None, _manager=None, bound=(), **_):
        self.seen.append(messages)
        self.tools.append([one["function"]["name"] if isinstance(one, dict) else one.name for one in bound])
        said = self.script(messages)
        calls = [] if isinstance(said, str) else said
        message = AIMessage(said if isinstance(said, str) else "", tool_calls=calls, usage_metadata=USAGE)
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(self, messages, _stop=None, _manager=None, bound=(), **_):
        message = self._generate(messages, bound=bound).generations[0].message
        for word in re.findall(r"\S+ ?", message.content):
            yield ChatGenerationChunk(message=AIMessageChunk(word))
        for at, call in enumerate(message.tool_calls):
            args = json.dumps(call["args"])
            for part in (args[:5], args[5:]):
                chunk = {"index": at, "id": call["id"] if part == args[:5] else None, "args": part}
                chunk |= {"name": call["name"] if part == args[:5] else None, "type": "tool_call_chunk"}
                yield ChatGenerationChunk(message=AIMessageChunk("", tool_call_chunks=[chunk]))
        yield ChatGenerationChunk(message=AIMessageChunk("", usage_metadata=USAGE))


def call(name, number, **args):
    return {"name": name, "args": args, "id": f"{name}-{number}", "type": "tool_call"}


def history():
    """A log that was read long ago, and a question about it."""
    return [
        SystemMessage("Be brief."),
        HumanMessage("Read the log.", id="first"),
        AIMessage("", tool_calls=[call("read_log", 1)], additional_kwargs={"note": "mine"}),
        ToolMessage(LOG, tool_call_id="read_log-1", name="read_log"),
        AIMessage("Done."),
        HumanMessage("What does request 431 say?"),
    ]


def keys(messages):
    return re.findall(r"retrieve (\w{12})", "\n".join(str(message.content) for message in messages))


def retrieving(messages):
    """Retrieves once, and then says what came back."""
    last = messages[-1]
    if isinstance(last, ToolMessage) and last.tool_call_id.startswith(TOOL_NAME):
        return f"found {re.search('request 431 served', last.content)[0]}"
    return [call(TOOL_NAME, 1, key=keys(messages)[0], lines="432")] if keys(messages) else "nothing was left out"


@tool
def weather(city: str) -> str:
    """The weather of a city."""
    return f"sunny in {city}"


def ask(model, messages, how):
    if how == "invoke":
        return model.invoke(messages)
    if how == "ainvoke":
        return asyncio.run(model.ainvoke(messages))

    async def parts():
        return [part async for part in model.astream(messages)]

    found = list(model.stream(messages)) if how == "stream" else asyncio.run(parts())
    assert not any(TOOL_NAME in str(part) for part in found)
    whole = found[0]
    for part in found[1:]:
        whole = whole + part
    return whole


@pytest.mark.parametrize("how", ["invoke", "ainvoke", "stream", "astream"])
@pytest.mark.parametrize("bound", [False, True])
def test_a_retrieval_is_answered_inside_and_never_seen(how, bound):
    inner = Scripted(script=retrieving, seen=[], tools=[])
    model = CompressedChatModel(inner, **BUDGET)
    answer = ask(model.bind_tools([weather]) if bound else model, history(), how)
    assert answer.content == "found request 431 served"
    assert answer.tool_calls == []
    assert answer.usage_metadata["total_tokens"] == 24
    assert len(inner.seen) == 2
    assert inner.tools == [[*["weather"] * bound, TOOL_NAME]] * 2
    assert sum(len(str(message.content)) for message in inner.seen[0]) < len(LOG) / 2


@pytest.mark.parametrize("how", ["invoke", "ainvoke", "stream", "astream"])
def test_telemetry_has_one_compression_one_answer_and_its_retrieval(how):
    inner = Scripted(script=retrieving, seen=[], tools=[])
    with recording() as recorded:
        ask(CompressedChatModel(inner, **BUDGET), history(), how)
    operations = sorted(span.attributes["gen_ai.operation.name"] for span in recorded.spans)
    assert operations == ["answer", "compress", "execute_tool"]
    assert recorded.of("execute_tool")[0].parent.span_id == recorded.of("answer")[0].context.span_id


@pytest.mark.parametrize("how", ["invoke", "ainvoke", "stream", "astream"])
@pytest.mark.parametrize("options", [{}, {**BUDGET, "enabled": False}])
def test_below_the_trigger_or_switched_off_the_model_is_given_what_the_caller_has(how, options):
    inner = Scripted(script=lambda _: "hello there", seen=[], tools=[])
    messages = history()
    assert ask(CompressedChatModel(inner, **options), messages, how).content == "hello there"
    assert all(one is other for one, other in zip(inner.seen[0], messages, strict=True))
    assert inner.tools == [[]]


def test_untouched_messages_stay_the_callers_objects():
    inner = Scripted(script=lambda _: "ok", seen=[], tools=[])
    messages = history()
    CompressedChatModel(inner, **BUDGET, folds=False).invoke(messages)
    same = [one is other for one, other in zip(inner.seen[0], messages, strict=True)]
    assert same == [True, True, True, False, True, True]
    assert inner.seen[0][3].tool_call_id == "read_log-1"
    assert messages[3].content == LOG


def test_blocks_of_content_keep_their_places():
    thought = {"type": "thinking", "thinking": "so", "signature": "c2ln"}
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}
    use = {"type": "tool_use", "id": "t-1", "name": "read_log", "input": {}}
    messages = [
        HumanMessage([{"type": "text", "text": LOG}, picture]),
        AIMessage(
            [thought, {"type": "text", "text": "I read it."}, use], tool_calls=[call("read_log", 1) | {"id": "t-1"}]
        ),
        ToolMessage([{"type": "text", "text": LOG}], tool_call_id="t-1"),
        AIMessage("Done."),
        HumanMessage("Go on."),
    ]
    inner = Scripted(script=lambda _: "ok", seen=[], tools=[])
    CompressedChatModel(inner, **BUDGET, folds=False).invoke(messages)
    sent = inner.seen[0]
    assert sent[1] is messages[1]
    assert [block["type"] for block in sent[0].content] == ["text", "image_url"]
    assert sent[0].content[1] == messages[0].content[1]
    assert len(sent[0].content[0]["text"]) < len(LOG) / 2
    assert sent[2].content[0]["type"] == "text"


def agent_of(script, **options):
    inner = Scripted(script=script, seen=[], tools=[])
    middleware = CompressMiddleware(**BUDGET, **options)
    return create_agent(inner, [weather], middleware=[middleware], checkpointer=InMemorySaver()), inner


def mixed(messages):
    """Calls ours and the caller's tool in one turn, and then says what came back of both."""
    answers = {message.tool_call_id: message.content for message in messages if isinstance(message, ToolMessage)}
    if f"{TOOL_NAME}-1" in answers and "weather-1" in answers:
        return f"{'request 431' in answers[f'{TOOL_NAME}-1']} {answers['weather-1']}"
    return [call(TOOL_NAME, 1, key=keys(messages)[0], lines="432"), call("weather", 1, city="Rome")]


THREAD = {"configurable": {"thread_id": "1"}}


@pytest.mark.parametrize("how", ["sync", "async"])
def test_a_turn_that_calls_both_is_put_together_again_and_the_state_stays_whole(how):
    agent, inner = agent_of(mixed)
    given = {"messages": history()[1:]}
    state = agent.invoke(given, THREAD) if how == "sync" else asyncio.run(agent.ainvoke(given, THREAD))
    assert state["messages"][-1].content == "True sunny in Rome"
    assert [type(message).__name__ for message in state["messages"][5:]] == ["AIMessage", "ToolMessage", "AIMessage"]
    assert TOOL_NAME not in str(state)
    assert state["messages"][2].content == LOG
    assert [one.tool_call_id for one in inner.seen[1] if isinstance(one, ToolMessage)][-2:] == [
        f"{TOOL_NAME}-1",
        "weather-1",
    ]


@pytest.mark.parametrize("how", ["sync", "async"])
def test_no_chunk_of_ours_is_streamed(how):
    agent, _ = agent_of(retrieving)
    given = {"messages": history()[1:]}

    async def parts():
        return [part async for part in agent.astream(given, THREAD, stream_mode="messages")]

    found = list(agent.stream(given, THREAD, stream_mode="messages")) if how == "sync" else asyncio.run(parts())
    said = [message for message, _ in found if isinstance(message, AIMessageChunk)]
    assert "".join(message.content for message in said) == "found request 431 served"
    assert len([message for message in said if message.content]) == 4, "it streams word for word"
    assert not any(TOOL_NAME in str(message) or message.tool_call_chunks for message in said)


def test_a_resumed_thread_goes_on_with_the_same_beginning():
    agent, inner = agent_of(lambda _: "ok", on_entry="lossless")
    agent.invoke({"messages": history()[1:]}, THREAD)
    for number in range(9):
        agent.invoke({"messages": [HumanMessage(f"And request {number}?")]}, THREAD)
    sent = [[(message.type, message.content) for message in one] for one in inner.seen]
    assert all(later[: len(earlier)] == earlier for earlier, later in pairwise(sent))
    assert len(agent.get_state(THREAD).values["messages"]) == 5 + 10 + 9


class Answer(pydantic.BaseModel):
    """What it says."""

    said: str


@pytest.mark.parametrize("way", [ToolStrategy, ProviderStrategy, "with_structured_output"])
def test_an_answer_by_a_schema_comes_after_a_retrieval(way):
    """OpenAI's SDK, which LangChain calls with such a schema, takes strict tools only."""

    def script(body):
        offered = [one["function"]["name"] for one in body["tools"]]
        if way != "with_structured_output" and body["messages"][-1]["role"] == "user":
            key = re.findall(r"retrieve (\w{12})", str(body["messages"]))[0]
            return [made(TOOL_NAME, {"key": key, "lines": "1-2", "query": None})]
        return [made("Answer", {"said": "cached"})] if "Answer" in offered else '{"said": "cached"}'

    with serving(script) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        model = ChatOpenAI(model="gpt-4o", base_url=url, api_key="-", max_retries=0)
        if way == "with_structured_output":
            found = CompressedChatModel(model, **BUDGET).with_structured_output(Answer).invoke(history())
        else:
            middleware = [CompressMiddleware(**BUDGET)]
            agent = create_agent(model, [weather], middleware=middleware, response_format=way(Answer))
            found = agent.invoke({"messages": history()})["structured_response"]
    assert found == Answer(said="cached")
    assert len(str(server.bodies[0]["messages"])) < len(LOG) / 2


def test_tokens_are_counted_as_the_model_counts_them():
    model = ChatOpenAI(model="gpt-4o", api_key="-")
    assert CompressedChatModel(model).get_num_tokens(LOG) == model.get_num_tokens(LOG)


def test_what_fails_sends_the_request_as_it_was_or_raises():
    class Fails:
        def embed(self, texts):
            raise RuntimeError(texts[0])

    inner = Scripted(script=lambda _: "ok", seen=[], tools=[])
    assert CompressedChatModel(inner, **BUDGET, embedder=Fails()).invoke(history()).content == "ok"
    assert inner.seen[0][3].content == LOG
    with pytest.raises(Exception, match="embedder"):
        CompressedChatModel(inner, **BUDGET, embedder=Fails(), on_error="raise").invoke(history())
    with pytest.raises(InvalidArgument, match="trigger"):
        CompressMiddleware(triger=5)


@pytest.mark.parametrize("options", [BUDGET, {}])
def test_a_hook_hides_texts_from_the_model_and_leaves_the_rest_of_a_message(options):
    secret = "ann.lee@example.com"
    messages = [
        *history()[:-1],
        HumanMessage(f"What does {secret} say?", id="second", name="ann"),
        AIMessage("Who?"),
        HumanMessage(f"What does {secret} say?", id="third"),
    ]
    inner = Scripted(script=lambda _: "ok", seen=[], tools=[])
    model = CompressedChatModel(inner, **options, before=lambda text, _: text.replace(secret, "[address]"))
    model.invoke(messages)
    asked = [one for one in inner.seen[0] if isinstance(one, HumanMessage)]
    assert [(one.content, one.id, one.name) for one in asked[-2:]] == [
        ("What does [address] say?", "second", "ann"),
        ("What does [address] say?", "third", None),
    ]
    assert secret not in str(inner.seen)
    assert messages[-1].content == f"What does {secret} say?"
