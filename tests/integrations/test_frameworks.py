"""Frameworks over the clients: each one reads its files by its own tools, and never sees a retrieval."""

import asyncio
import json
from functools import partial

import pytest
from chat_models import keys
from protocol_server import call, serving
from texts import make_text

from compresskit import TOOL_NAME
from compresskit.clients import AsyncOpenAI

ROOM = {"trigger": 3_000, "target": 2_100}
FILES = {name: make_text("code", number, 9_000) for number, name in enumerate(("a.py", "b.py"))}
ANSWER = "Everything is explained."


def script(body):
    """A model that reads two files, retrieves from what was left out, and answers."""
    said = json.dumps(body.get("messages") or body.get("input"))
    for name in FILES:
        if f"read-{name}" not in said:
            return [call("read_file", {"path": name}, f"read-{name}")]
    if TOOL_NAME in json.dumps(body.get("tools") or []) and "retrieved-1" not in said and (found := keys(body)):
        return [call(TOOL_NAME, {"key": found[0], "lines": "1-3"}, "retrieved-1")]
    return ANSWER


def check(server):
    """The requests grew beyond the trigger, were compressed, and one retrieval was answered."""
    bodies = [json.loads(request.content) for request in server.received]
    assert "retrieved-1" in json.dumps(bodies[-1])
    assert len(json.dumps(bodies[-1])) < sum(map(len, FILES.values()))


def read_file(path: str) -> str:
    """Reads a file."""
    return FILES[path]


def items_of_agents_sdk(client, *tools, streamed=False, **config):
    """What the session of an agent holds that has explained the files, with a client that is made for a URL."""
    agents = pytest.importorskip("agents")
    agents.set_tracing_disabled(True)

    async def main(url):
        model = agents.OpenAIResponsesModel("gpt-4o", client(base_url=url, api_key="none"))
        tools_given = [agents.function_tool(read_file), *tools]
        agent = agents.Agent("reader", instructions="Be brief.", model=model, tools=tools_given)
        session = agents.SQLiteSession("1")
        given = {"session": session, "run_config": agents.RunConfig(**config)}
        if streamed:
            run = agents.Runner.run_streamed(agent, "Explain the files.", **given)
            assert TOOL_NAME not in str([event async for event in run.stream_events()])
        else:
            run = await agents.Runner.run(agent, "Explain the files.", **given)
        items = await session.get_items()
        session.close()
        return run.final_output, items

    with serving(script) as server:
        output, items = asyncio.run(main(server.url))
        assert output == ANSWER
        check(server)
    return items


@pytest.mark.parametrize("streamed", [False, True])
def test_the_agents_sdk_over_our_client(streamed):
    items = items_of_agents_sdk(partial(AsyncOpenAI, compresskit=ROOM), streamed=streamed)
    assert TOOL_NAME not in json.dumps(items)
    assert max(len(str(item.get("output", ""))) for item in items) == max(map(len, FILES.values()))


@pytest.mark.parametrize("how", ["wrapped model", "http client"])
def test_a_langchain_agent_with_openais_models(how):
    pytest.importorskip("langchain_openai")
    import httpx2
    from langchain.agents import create_agent
    from langchain_openai import ChatOpenAI

    from compresskit.clients import transport
    from compresskit.integrations.langchain import CompressedChatModel

    with serving(script) as server:
        if how == "wrapped model":
            model = CompressedChatModel(ChatOpenAI(model="gpt-4o", base_url=server.url, api_key="none"), **ROOM)
        else:
            with_ours = httpx2.Client(transport=transport(compresskit=ROOM))
            model = ChatOpenAI(model="gpt-4o", base_url=server.url, api_key="none", http_client=with_ours)
        agent = create_agent(model, [read_file])
        state = agent.invoke({"messages": [{"role": "user", "content": "Explain the files."}]})
        check(server)
    assert state["messages"][-1].content == ANSWER
    assert TOOL_NAME not in str(state)
    assert [message.content for message in state["messages"] if message.type == "tool"] == list(FILES.values())


@pytest.mark.parametrize(
    ("package", "name", "model", "forbids"),
    [
        ("langchain_openai", "ChatOpenAI", "gpt-4o", "none"),
        ("langchain_anthropic", "ChatAnthropic", "claude-opus-5", {"type": "none"}),
    ],
)
def test_the_last_round_of_a_langchain_model_forbids_calls_and_keeps_the_tool(package, name, model, forbids):
    chat = getattr(pytest.importorskip(package), name)

    from compresskit.integrations.langchain import CompressedChatModel

    def retrieving_again(body):
        return ANSWER if body.get("tool_choice") == forbids else [call(TOOL_NAME, {"key": keys(body)[0]}, "again")]

    with serving(retrieving_again) as server:
        url = server.url if package == "langchain_openai" else server.url.removesuffix("/v1")
        wrapped = CompressedChatModel(chat(model=model, base_url=url, api_key="none"), **ROOM, max_rounds=1)
        found = wrapped.invoke([("user", f"```python\n{FILES['a.py']}{FILES['b.py']}\n```\n\nExplain the files.")])
        bodies = server.bodies
    assert (found.content, len(bodies)) == (ANSWER, 2)
    assert TOOL_NAME in json.dumps(bodies[-1]["tools"])


def test_a_deep_agent_with_our_middleware():
    """Its own tools and instructions have thousands of tokens, so there is more to read and more room."""
    deepagents = pytest.importorskip("deepagents")
    from langchain_openai import ChatOpenAI
    from langgraph.checkpoint.memory import InMemorySaver

    from compresskit.integrations.langchain import CompressMiddleware

    texts = {str(number): make_text("code", number, 40_000) for number in range(4)}

    def look_up(path: str) -> str:
        """Looks a text up."""
        return texts[path]

    def reading(body):
        said = json.dumps(body["messages"])
        for name in texts:
            if f"read-{name}" not in said:
                return [call("look_up", {"path": name}, f"read-{name}")]
        if "retrieved-1" not in said and (found := keys(body)):
            return [call(TOOL_NAME, {"key": found[0], "lines": "1-3"}, "retrieved-1")]
        return ANSWER

    with serving(reading) as server:
        model = ChatOpenAI(model="gpt-4o", base_url=server.url, api_key="none")
        middleware = [CompressMiddleware(trigger=32_000, target=26_000)]
        agent = deepagents.create_deep_agent(model, [look_up], middleware=middleware, checkpointer=InMemorySaver())
        thread = {"configurable": {"thread_id": "1"}}
        state = agent.invoke({"messages": [{"role": "user", "content": "Explain the texts."}]}, thread)
        last = json.dumps(server.bodies[-1])
    assert state["messages"][-1].content == ANSWER
    assert TOOL_NAME not in str(state)
    assert [message.content for message in state["messages"] if message.type == "tool"] == list(texts.values())
    assert "retrieved-1" in last
    assert len(last) < sum(map(len, texts.values()))


def test_the_agents_sdk_with_a_filter_and_a_tool_that_is_seen():
    pytest.importorskip("agents")
    import openai

    from compresskit.integrations.agents_sdk import Compressing

    compressing = Compressing(**ROOM)
    items = items_of_agents_sdk(openai.AsyncOpenAI, compressing.tool, call_model_input_filter=compressing.filter)
    outputs = {item["call_id"]: item["output"] for item in items if item.get("type") == "function_call_output"}
    assert [outputs[f"read-{name}"] for name in FILES] == list(FILES.values())
    assert outputs["retrieved-1"].strip()
