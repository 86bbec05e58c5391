"""Turns in which the model calls our tool and the caller's: the caller sees its own, and nothing is lost."""

import json

import litellm
import pytest
from conversing import QUIET, WAYS, after, ask, awaited, keys_in, names_of, report, retrieval, take
from protocol_server import call, openai_reply, serving
from samples import OWN_TOOL, openai_agent
from validity import is_valid_anthropic, is_valid_openai

import compresskit
from compresskit import TOOL_NAME, compress, responses, retrieve

pytestmark = QUIET
every_way = pytest.mark.parametrize("way", WAYS)
TOOLS = [OWN_TOOL]


def result(call_id, text="found nothing"):
    return {"role": "tool", "tool_call_id": call_id, "content": text}


def mixed(body):
    """First a retrieval, then ours between two of the caller's, then words."""
    if not after(body):
        return ["Let me see. ", retrieval(body, "first", lines="1-3")]
    if after(body) == 1:
        found = [call("search", {"q": 1}, "s1"), retrieval(body, "ours", 1, lines="2"), call("search", {"q": 2}, "s2")]
        return ["Both now. ", *found]
    return "All is explained."


ECHOES = {
    "the object": lambda message: message,
    "its dump": lambda message: message.model_dump(),
    "its dump without nulls": lambda message: message.model_dump(exclude_none=True),
    "JSON": lambda message: json.loads(message.model_dump_json()),
}


@every_way
@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
def test_ours_are_answered_when_the_caller_comes_back(way, echo):
    with serving(mixed) as server:
        message = ask(way, server, openai_agent(), tools=TOOLS).choices[0].message
        assert [made.id for made in message.tool_calls] == ["s1", "s2"], "the caller is shown its own calls only"
        grown = [*openai_agent(), echo(message), result("s2"), result("s1")]
        response = ask(way, server, grown, tools=TOOLS)
    assert response.choices[0].message.content == "All is explained."
    asked, mixing, last = server.bodies
    assert is_valid_openai(last["messages"])
    end = last["messages"][-6:]
    assert [made["id"] for made in end[0]["tool_calls"]] == ["first"]
    assert end[1] == mixing["messages"][-1], "what was retrieved before is still there, word for word"
    assert [made["id"] for made in end[2]["tool_calls"]] == ["s1", "ours", "s2"], "in its place again"
    assert end[2]["content"] == "Both now. ", "nothing is said twice"
    key = keys_in(asked)[1]
    cache = compress(openai_agent(), "gpt-4o", trigger=4000, target=3000, tools=TOOLS).cache
    assert end[3] == result("ours", retrieve(cache, key, lines="2"))
    assert end[4:] == [result("s2"), result("s1")]
    assert "compresskit" not in json.dumps(last["messages"]).replace(TOOL_NAME, ""), "no record is sent"


@every_way
def test_it_goes_on_for_many_turns_and_each_request_is_valid(way):
    """Every turn is mixed; the caller's history grows as its program appends messages and results."""
    turns = 0

    def script(body):
        if turns == 6:
            return "Done."
        return [retrieval(body, f"ours{turns}", lines=f"{turns + 1}"), call("search", {"turn": turns}, f"turn{turns}")]

    messages = openai_agent()
    with serving(script) as server:
        while turns <= 6:
            message = ask(way, server, messages, tools=TOOLS).choices[0].message
            messages += [message, *(result(made.id) for made in message.tool_calls or ())]
            turns += 1
    assert message.content == "Done."
    assert all(is_valid_openai(body["messages"]) for body in server.bodies)
    ids = [
        made["id"] for m in server.bodies[-1]["messages"] for made in m.get("tool_calls") or [] if "_" not in made["id"]
    ]
    made = [name for n in range(6) for name in (f"ours{n}", f"turn{n}")]
    assert ids[-2:] == made[-2:], "no call is lost"
    assert ids == made[-len(ids) :], "or there twice; the oldest may be told within a fold"


@every_way
def test_a_message_rebuilt_by_hand_loses_the_request_and_stays_valid(way):
    with serving(mixed) as server:
        message = ask(way, server, openai_agent(), tools=TOOLS).choices[0].message
        rebuilt = {"role": "assistant", "content": None, "tool_calls": message.model_dump()["tool_calls"]}
        ask(way, server, [*openai_agent(), rebuilt, result("s1"), result("s2")], tools=TOOLS)
    last = server.bodies[-1]["messages"]
    assert is_valid_openai(last)
    assert [made["id"] for made in last[-3]["tool_calls"]] == ["s1", "s2"]


class Memory:
    """A store: str -> str."""

    def __init__(self):
        self.texts = {}
        self.puts = 0

    def get(self, key):
        return self.texts.get(key)

    def put(self, items):
        self.puts += 1
        self.texts.update(items)


@every_way
def test_with_a_store_a_message_rebuilt_by_hand_loses_nothing(way):
    store = Memory()
    with serving(mixed) as server:
        message = ask(way, server, openai_agent(), tools=TOOLS, store=store).choices[0].message
        rebuilt = {"role": "assistant", "content": message.content, "tool_calls": message.model_dump()["tool_calls"]}
        ask(way, server, [*openai_agent(), rebuilt, result("s1"), result("s2")], tools=TOOLS, store=store)
    last = server.bodies[-1]["messages"]
    assert [made["id"] for made in last[-4]["tool_calls"]] == ["s1", "ours", "s2"]
    assert is_valid_openai(last)
    assert store.puts == 2, "written again while the conversation needs it"
    assert all(isinstance(key, str) and isinstance(text, str) for key, text in store.texts.items())


def test_a_store_does_not_mix_conversations_whose_calls_have_the_same_ids():
    store = Memory()
    with serving(mixed) as server:
        for n in (6, 7):
            ask("whole", server, openai_agent(turns=n), tools=TOOLS, store=store)
        message = {"role": "assistant", "tool_calls": [{"id": i, "function": {"name": "search"}} for i in ("s1", "s2")]}
        names = {responses.names([*openai_agent(turns=n), message])[len(openai_agent(turns=n))] for n in (5, 6, 7)}
    assert len(store.texts) == 2
    assert len(names & set(store.texts)) == 2


class Broken:
    def get(self, _key):
        raise ConnectionError("no store today")

    put = get


@every_way
def test_a_store_that_fails_does_not_stop_the_conversation(way):
    with serving(mixed) as server:
        response = ask(way, server, openai_agent(), tools=TOOLS, store=Broken())
        assert report(response)["error"] == "ConnectionError", "what it says may be content"
        assert responses.taken(response.choices[0].message.model_dump())[1], "the message carries it all the same"
        with pytest.raises(ConnectionError):
            ask(way, server, openai_agent(), tools=TOOLS, store=Broken(), on_error="raise")


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', "5", '{"with": ["s1"]}'])
def test_a_store_that_returns_nonsense_does_no_harm(text):
    class Nonsense(Memory):
        def get(self, _key):
            return text

    rebuilt = {"role": "assistant", "content": None, "tool_calls": [
        {"id": "s1", "type": "function", "function": {"name": "search", "arguments": "{}"}}]}  # fmt: skip
    with serving(lambda _: "fine") as server:
        ask("whole", server, [*openai_agent(), rebuilt, result("s1")], tools=TOOLS, store=Nonsense())
    assert server.bodies[0]["messages"][-1]["content"] == "found nothing"
    assert is_valid_openai(server.bodies[0]["messages"])


def test_a_provider_that_leaves_the_role_out_loses_nothing():
    """Any object with completion() may answer, with dicts too."""

    class Answers:
        def completion(self, messages, **_):
            asked = [retrieval({"messages": messages}, "ours"), call("search", {}, "s1")]
            reply = openai_reply(asked)
            reply["choices"][0]["message"]["role"] = None
            return reply

        acompletion = None

    store = Memory()
    options = {"trigger": 4000, "target": 3000, "tools": TOOLS, "router": Answers(), "store": store}
    response = compresskit.completion("gpt-4o", openai_agent(), **options)
    assert names_of(response["choices"][0]["message"]["tool_calls"]) == ["search"]
    assert len(store.texts) == 1


def test_nothing_is_stored_unless_a_turn_is_mixed():
    store = Memory()
    with serving(lambda body: "Done." if after(body) else [retrieval(body)]) as server:
        ask("whole", server, openai_agent(), store=store)
    assert store.texts == {}


@every_way
def test_a_conversation_that_fell_below_the_trigger_gets_its_calls_back(way):
    with serving(mixed) as server:
        message = ask(way, server, openai_agent(), tools=TOOLS).choices[0].message
        short = [openai_agent()[0], openai_agent()[1], message, result("s1"), result("s2")]
        ask(way, server, short, tools=TOOLS)
    last = server.bodies[-1]["messages"]
    assert is_valid_openai(last)
    assert [made["id"] for m in last for made in m.get("tool_calls") or []] == ["first", "s1", "ours", "s2"]


@every_way
def test_protected_indices_are_those_of_the_callers_messages(way):
    """Messages that are put back move the others."""
    with serving(mixed) as server:
        message = ask(way, server, openai_agent(), tools=TOOLS).choices[0].message
        extra = "".join(f"{n}: a line that would be left out\n" for n in range(300))
        grown = [*openai_agent(), message, result("s1"), result("s2"), {"role": "user", "content": extra}]
        grown += [{"role": "assistant", "content": "so"}, {"role": "user", "content": "Why does it round?"}]
        ask(way, server, grown, tools=TOOLS, protect=[len(grown) - 3], target=4000, trigger=5000)
    assert server.bodies[2]["messages"][-3]["content"] == extra


def thinking(text):
    return {"type": "thinking", "thinking": f"{text} is what I want", "signature": f"signed-{text}"}


@every_way
@pytest.mark.parametrize("thinks", [False, True])
def test_anthropic_through_litellm(way, thinks):
    """LiteLLM turns messages, tools and results into Anthropic's; every request stays valid there."""
    model = "anthropic/claude-sonnet-4-5"
    options = {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 4000} if thinks else {}

    def script(body):
        results = [b for b in body["messages"][-1]["content"] if b["type"] == "tool_result"]
        if not results or body["messages"][-1]["content"][-1]["type"] == "text":
            thought = [thinking("first")] if thinks else []
            return [*thought, "Let me see. ", retrieval(body, "toolu_first", lines="1")]
        if len(results) == 1:
            thought = [thinking("second")] if thinks else []
            return [
                *thought,
                "Both. ",
                retrieval(body, "toolu_ours", 1, lines="2"),
                call("search", {"q": 1}, "toolu_s1"),
            ]
        return "All is explained."

    with serving(script) as server:
        message = ask(way, server, openai_agent(), model=model, tools=TOOLS, **options).choices[0].message
        assert names_of(message.model_dump()["tool_calls"]) == ["search"]
        grown = [*openai_agent(), message.model_dump(), result("toolu_s1")]
        response = ask(way, server, grown, model=model, tools=TOOLS, **options)
    assert response.choices[0].message.content == "All is explained."
    assert all(is_valid_anthropic(body["messages"]) for body in server.bodies)
    end = server.bodies[-1]["messages"][-1]["content"]
    assert [block["tool_use_id"] for block in end] == ["toolu_ours", "toolu_s1"]
    assert len({json.dumps(body["system"]) for body in server.bodies}) == 1
    *_, first, _, second, _ = server.bodies[-1]["messages"]
    thoughts = [[block for block in turn["content"] if block["type"] == "thinking"] for turn in (first, second)]
    assert thoughts == ([[thinking("first")], [thinking("second")]] if thinks else [[], []]), "as they were signed"
    assert [block["text"] for block in second["content"] if block["type"] == "text"] == ["Both. "]


def test_twenty_conversations_at_once_do_not_mix():
    """Each has a secret that only retrieval shows, asked for in two rounds and a mixed turn, half of them streamed."""

    def told(body):
        return [m["content"] for m in body["messages"] if m["role"] == "tool" and "found" not in m["content"]]

    def script(body):
        name = body["messages"][0]["content"]
        if any(made["id"] == f"search-{name}" for m in body["messages"] for made in m.get("tool_calls") or []):
            return f"{name}: {' / '.join(told(body))}"
        if not after(body):
            return [retrieval(body, f"a-{name}", lines="1")]
        if after(body) == 1 and len(told(body)) == 1:
            return [retrieval(body, f"b-{name}", lines="2")]
        return [retrieval(body, f"c-{name}", lines="3"), call("search", {}, f"search-{name}")]

    async def one(number, server):
        filler = "\n".join(f"row {row} of conversation {number}" for row in range(600))
        name = f"name{number}"
        messages = [{"role": "system", "content": name}]
        messages += [{"role": "user", "content": f"first {number}\nsecond {number}\nthird {number}\n{filler}"}]
        messages += [{"role": "user", "content": "What is the secret?"}]
        options = {"model": "openai/gpt-4o", "api_base": server.url, "api_key": "none", "trigger": 2000, "target": 1000}
        for _ in range(2):
            given = {**options, "messages": messages, "tools": TOOLS, "stream": number % 2 == 0}
            response = await compresskit.acompletion(**given)
            if number % 2 == 0:
                response = litellm.stream_chunk_builder([chunk async for chunk in response])
            message = response.choices[0].message
            if message.tool_calls:
                messages = [*messages, message, result(message.tool_calls[0].id)]
        return message.content

    async def all_of_them(server):
        import asyncio

        return await asyncio.gather(*(one(number, server) for number in range(20)))

    with serving(script) as server:
        said = awaited(all_of_them(server))
    assert said == [f"name{n}: first {n} / second {n} / third {n}" for n in range(20)]
    assert len(server.bodies) == 80


def test_two_streams_read_in_turns_do_not_mix():
    given = {"messages": openai_agent(), "tools": TOOLS, "trigger": 4000, "target": 3000, "api_key": "none"}
    with serving(mixed) as server:
        given |= {"model": "openai/gpt-4o", "api_base": server.url}
        streams = [compresskit.completion(**given, stream=True) for _ in range(2)]
        chunks = list(zip(*streams, strict=True))
        alone, _ = take("streamed", given)
    for number in range(2):
        assert (
            litellm.stream_chunk_builder([pair[number] for pair in chunks]).choices
            == litellm.stream_chunk_builder(alone).choices
        )
