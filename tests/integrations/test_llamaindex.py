"""LlamaIndex's agents and query engines over a ``CompressedLLM``, with a real server behind the LLMs of providers.

They never see a retrieval, and memory and nodes hold the whole texts.
"""

import asyncio
import copy
import gc
import json

import pytest
from chat_models import keys
from protocol_server import call, serving
from telemetry_sdk import recording
from texts import make_text

from compresskit import TOOL_NAME, InvalidArgument, compress

pytest.importorskip("llama_index.core")

from llama_index.core import SummaryIndex
from llama_index.core.agent.workflow import AgentStream, AgentWorkflow, FunctionAgent, ReActAgent
from llama_index.core.bridge.pydantic import BaseModel
from llama_index.core.llms import MockLLM
from llama_index.core.memory import Memory
from llama_index.core.prompts import PromptTemplate
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from compresskit.integrations.llamaindex import CompressedLLM, CompressPostprocessor

# LlamaIndex's workflows look at all attributes of a model of pydantic, and LiteLLM's import warns of its own types
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::UserWarning:pydantic", "ignore::ResourceWarning"
)
ROOM = {"trigger": 3_000, "target": 2_200}
FILES = {name: make_text("code", number, 9_000) for number, name in enumerate(("a.py", "b.py"))}
SECRET = "The lamp of Kotka was lit by Elin Aaltonen."
PAGES = [make_text("prose", number, 8_000) for number in range(3)]
PAGES[1] = f"{PAGES[1][:6_000]} {SECRET} {PAGES[1][6_000:]}"
QUESTION = "What is it about?"
ANSWER = "Everything is explained."


@pytest.fixture(autouse=True)
def _without_what_llamaindex_leaves_open():
    """Its memory never closes its database, which is a warning as soon as it is collected: here it may be."""
    yield
    gc.collect()


def litellm(server):
    module = pytest.importorskip("llama_index.llms.litellm")
    return module.LiteLLM("openai/gpt-4o", api_base=server.url, api_key="none")


def openai(server):
    module = pytest.importorskip("llama_index.llms.openai")  # needs an older SDK than our client
    return module.OpenAI("gpt-4o", api_base=server.url, api_key="none", max_retries=0)


def anthropic(server):
    module = pytest.importorskip("llama_index.llms.anthropic")  # works with an older SDK than our client
    url = server.url.removesuffix("/v1")
    return module.Anthropic("claude-sonnet-4-5", base_url=url, api_key="none", max_retries=0)


LLMS = pytest.mark.parametrize("made", [litellm, openai, anthropic])
STREAMED = pytest.mark.parametrize("streamed", [False, True])


def asks_for(fits):
    """A model that retrieves the texts under all keys it sees, one after another, until it has the answer.

    It retrieves at least once if it can.
    """

    def script(body):
        said = json.dumps(body)
        asked = said.count('"retrieved-')
        found = keys(body)
        offered = TOOL_NAME in json.dumps(body.get("tools") or [])
        if fits in said and (asked or not offered):
            return ANSWER
        return (
            [call(TOOL_NAME, {"key": found[asked // 2], "query": "lamp of Kotka"}, f"retrieved-{asked}")]
            if (offered and asked // 2 < len(found))
            else "I do not know."
        )

    return script


def reads():
    """An agent's model: it reads two files, retrieves alone and then beside a call of its own, and answers."""
    left = [*FILES, "retrieve", "both"]

    def script(body):
        if not left:
            return ANSWER
        step = left.pop(0)
        if step in FILES:
            return [call("read_file", {"path": step}, f"read-{step}")]
        if step == "retrieve":
            return [call(TOOL_NAME, {"key": keys(body)[0], "lines": "1-3"}, "retrieved-1")]
        ours = call(TOOL_NAME, {"key": keys(body)[0], "lines": "4-6"}, "retrieved-2")
        return [ours, call("read_file", {"path": "a.py"}, "read-again")]

    return script


def read_file(path: str) -> str:
    """Reads a file."""
    return FILES[path]


@LLMS
@STREAMED
def test_an_agent_with_memory(made, streamed):
    async def main(server):
        llm = CompressedLLM(made(server), **ROOM)
        agent = FunctionAgent(name="reader", description="Reads.", tools=[read_file], llm=llm, streaming=streamed)
        memory = Memory.from_defaults(session_id="1", token_limit=100_000)
        run = AgentWorkflow(agents=[agent], root_agent="reader").run("Explain the files.", memory=memory)
        events = [event async for event in run.stream_events() if isinstance(event, AgentStream)]
        return str(await run), await memory.aget_all(), events

    with serving(reads()) as server:
        answer, messages, events = asyncio.run(main(server))
        bodies = server.bodies
    last = json.dumps(bodies[-1])
    offered = [TOOL_NAME in json.dumps(body["tools"]) for body in bodies]
    assert answer == ANSWER
    assert TOOL_NAME not in str(messages) + str(events)
    texts = [message.content for message in messages if message.role == "tool"]
    assert texts == [*FILES.values(), FILES["a.py"]]
    assert [offered[0], offered[-1]] == [False, True]
    assert "retrieved-1" in json.dumps(bodies[-2])
    assert "retrieved-2" in last, "the turn with a call of ours and one of theirs is put together again"
    assert len(last) < sum(map(len, texts))
    if streamed:
        assert "".join(event.delta for event in events) == ANSWER


@LLMS
@STREAMED
@pytest.mark.parametrize("shortened", [False, True])
def test_a_query_engine(made, streamed, shortened):
    """Its context is compressed by the LLM, or by a postprocessor before it."""

    async def main(server):
        llm = CompressedLLM(made(server), **(ROOM if not shortened else {}))
        before = [CompressPostprocessor(max_tokens=1_200, llm=llm)] if shortened else []
        index = SummaryIndex([TextNode(text=text) for text in PAGES])
        engine = index.as_query_engine(llm=llm, node_postprocessors=before, streaming=streamed)
        whole = await asyncio.to_thread(engine.query, QUESTION)
        said = [str(whole)]
        response = await engine.aquery(QUESTION)
        parts = [part async for part in response.async_response_gen()] if streamed else [str(response)]
        return [*said, "".join(parts)], index

    with serving(asks_for("Aaltonen")) as server:
        answers, index = asyncio.run(main(server))
        bodies = server.bodies
    assert answers == [ANSWER] * 2
    assert [node.text for node in index.docstore.docs.values()] == PAGES
    assert '"retrieved-' not in json.dumps(bodies[0])
    assert '"retrieved-' in json.dumps(bodies[-1])
    assert "Aaltonen" not in json.dumps(bodies[0]) or not shortened
    assert "Aaltonen" in json.dumps(bodies[-1])
    assert len(json.dumps(bodies[0])) < sum(map(len, PAGES))


class _Lamp(BaseModel):
    """Who lit a lamp."""

    name: str


@LLMS
def test_structured_answers_and_single_prompts(made):
    def script(body):
        named = '"name": "_Lamp"' in json.dumps(body.get("tools") or [])
        reply = asks_for("Aaltonen")(body)
        return [call("_Lamp", {"name": "Elin"}, "lamp-1")] if named and reply == ANSWER else reply

    prompt = "\n\n".join([*PAGES, QUESTION])
    with serving(script) as server:
        llm = CompressedLLM(made(server), **ROOM)
        found = llm.structured_predict(_Lamp, PromptTemplate("{pages}"), pages=prompt)
        whole = llm.complete(prompt)
        streamed = list(llm.stream_complete(prompt))
    assert found == _Lamp(name="Elin")
    assert whole.text == streamed[-1].text == "".join(part.delta or "" for part in streamed) == ANSWER
    assert TOOL_NAME not in str(whole) + str(streamed)


@pytest.mark.parametrize("shortened", [False, True])
def test_a_chat_engine_with_its_nodes_in_the_system_message(shortened):
    with serving(asks_for("Aaltonen")) as server:
        llm = copy.deepcopy(CompressedLLM(litellm(server), **({} if shortened else {**ROOM, "open": ["system"]})))
        before = [CompressPostprocessor(max_tokens=1_200, llm=llm)] if shortened else []
        index = SummaryIndex([TextNode(text=text) for text in PAGES])
        engine = index.as_chat_engine(chat_mode="context", llm=llm, node_postprocessors=before)
        assert str(engine.chat(QUESTION)) == ANSWER
        assert "".join(engine.stream_chat(QUESTION).response_gen) == ANSWER
        assert len(json.dumps(server.bodies[0])) < sum(map(len, PAGES)) / 2


def test_switched_off_the_llm_sends_what_it_is_given():
    with serving(asks_for("Aaltonen")) as server:
        llm = CompressedLLM(litellm(server), **ROOM, enabled=False)
        assert llm.complete("\n\n".join(PAGES)).text == ANSWER
        assert len(server.bodies) == 1, "disabled, it sends what it is given"
    assert PAGES[0] in server.bodies[0]["messages"][0]["content"]


def test_models_without_function_calling_get_less_and_are_offered_nothing():
    class Recording(MockLLM):
        def complete(self, prompt, formatted=False, **kwargs):
            seen.append(prompt)
            return super().complete(ANSWER, formatted, **kwargs)

    seen = []
    llm = CompressedLLM(Recording(), **ROOM)
    assert llm.complete("\n\n".join([*PAGES, QUESTION])).text == ANSWER
    assert len(seen[0]) < sum(map(len, PAGES)) / 2
    assert "retrieve" not in seen[0]
    with pytest.raises(InvalidArgument, match="no function calling"):
        llm.chat_with_tools([], "Hello")


def test_react_agents_retrieve_too():
    def script(body):
        reply = asks_for("Aaltonen")(body)
        return f"Thought: I can answer.\nAnswer: {reply}" if isinstance(reply, str) else reply

    async def main(server):
        agent = ReActAgent(llm=CompressedLLM(litellm(server), **ROOM), tools=[read_file], streaming=False)
        return str(await agent.run("\n\n".join([*PAGES, QUESTION])))

    with serving(script) as server:
        assert asyncio.run(main(server)) == ANSWER


def test_wrong_arguments_say_what_is_meant():
    with pytest.raises(InvalidArgument, match="an LLM of LlamaIndex was expected"):
        CompressedLLM("gpt-4o")
    with pytest.raises(InvalidArgument, match="Did you mean 'trigger'"):
        CompressedLLM(MockLLM(), triger=1)
    with pytest.raises(InvalidArgument, match="Wrap it"):
        CompressPostprocessor(1_000, llm=MockLLM())


def test_the_postprocessor_keeps_the_passages_that_matter_within_the_tokens():
    facts = ["The harbour of Kotka was opened in 1878.", "Its lighthouse has 3 lamps."]
    texts = [make_text("prose", number, 4_000) for number in range(5)]
    texts[3] = f"{texts[3][:2_000]}\n\n{' '.join(facts)}\n\n{texts[3][2_000:]}"
    nodes = [
        NodeWithScore(node=TextNode(text=text, metadata={"page": number}), score=1 - number / 10)
        for number, text in enumerate(texts)
    ]
    query = QueryBundle("When was the harbour of Kotka opened?")
    with recording() as recorded:
        found = CompressPostprocessor(max_tokens=700).postprocess_nodes(nodes, query)
    assert len(recorded.of("compress")) == 1, "counting is no compression"
    shown = [one.node.get_content() for one in found]
    assert any(facts[0] in text for text in shown)
    tokens = sum(compress([{"role": "user", "content": text}], "gpt-4o").original_tokens for text in shown)
    assert tokens <= 700 + 8 * len(shown)
    assert [one.node.metadata["page"] for one in found] == sorted(one.node.metadata["page"] for one in found)
    assert [one.node.get_content() for one in nodes] == texts, "the index stays as it is"
    assert CompressPostprocessor(max_tokens=50_000).postprocess_nodes(nodes, query) == nodes
