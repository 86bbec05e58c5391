"""OpenAI and AsyncOpenAI from compresskit.clients: what only the chat completions or the Responses API have."""

import json

import pytest
from chat_models import ANSWER, KINDS, answered, keys, made, plain, retrieves
from client_apis import STRICT as TOOL
from client_apis import responses
from protocol_server import Several, call, serving
from samples import openai_agent
from sdk_ways import CHAT, RESPONSES, each, settled, wait

from compresskit import TOOL_NAME, InvalidArgument
from compresskit.clients import OpenAI

every_kind = pytest.mark.parametrize("kind", KINDS)


@every_kind
@pytest.mark.parametrize("way", ["create", "stream_true"])
def test_a_turn_with_calls_of_ours_and_theirs_is_put_together_again(way, kind):
    """The caller sees its own call, and on the next request the model sees both with their results."""

    def script(body):
        if any(message.get("tool_call_id") == "theirs" for message in body["messages"]):
            return ANSWER
        if answered(body):
            return [
                call(TOOL_NAME, {"key": keys(body)[0], "lines": "3"}, "ours"),
                call("search", {"q": "rates"}, "theirs"),
            ]
        return [call(TOOL_NAME, {"key": keys(body)[0], "lines": "1-2"}, "before")]

    messages = openai_agent()
    own = {"id": "theirs", "type": "function", "function": {"name": "search", "arguments": '{"q": "rates"}'}}
    came_back = [
        *messages,
        {"role": "assistant", "content": None, "tool_calls": [own]},
        {"role": "tool", "tool_call_id": "theirs", "content": "rates.py"},
    ]

    async def two_requests(client, **arguments):
        first = await CHAT[way](client, **arguments, messages=messages)
        return first, await CHAT[way](client, **arguments, messages=came_back)

    with serving(script) as server:
        first, second = wait(two_requests, made(kind, server), model="gpt-4o", tools=[TOOL])
        bodies = server.bodies
    assert (first.calls, first.finish) == (["search"], "tool_calls")
    assert (second.text, second.calls) == (ANSWER, [])
    last = bodies[-1]["messages"]
    assert last[: len(bodies[1]["messages"])] == bodies[1]["messages"], "the prefix is the one that was sent"
    assert [[one["id"] for one in message.get("tool_calls") or ()] for message in last[-5:]] == [
        ["before"], [], ["ours", "theirs"], [], [],
    ]  # fmt: skip
    assert [message.get("tool_call_id") for message in last[-2:]] == ["ours", "theirs"]
    assert TOOL_NAME not in first.text if first.text else True


@every_kind
@pytest.mark.parametrize("way", ["create", "stream_true"])
def test_several_choices_are_all_answered(way, kind):
    def script(body):
        if body.get("n") == 2 and not answered(body):
            return Several([[call(TOOL_NAME, {"key": keys(body)[0]}, "r")], "two"])
        return "one"

    async def texts(client, **arguments):
        if way == "create":
            response = await settled(client.chat.completions.create(**arguments))
            return [choice.message.content for choice in response.choices]
        stream = await settled(client.chat.completions.create(**arguments, stream=True))
        found = {}
        for chunk in await each(stream):
            for choice in chunk.choices:
                found[choice.index] = found.get(choice.index, "") + (choice.delta.content or "")
        return [found[index] for index in sorted(found)]

    with serving(script) as server:
        assert wait(texts, made(kind, server), model="gpt-4o", messages=openai_agent(), n=2) == ["one", "two"]
        assert [body.get("n") for body in server.bodies] == [2, 1]


def test_a_wrong_option_of_a_client_names_the_nearest():
    for options, message in [
        ({"targt": 5}, "Did you mean 'target'"),
        ({"previous": None}, "finds the turn before"),
        ({"trigger": 0}, "trigger is 0"),
        ({"enabled": "maybe"}, "enabled is 'maybe'"),
        (5, "a mapping of options was expected"),
    ]:
        with pytest.raises(InvalidArgument, match=message):
            OpenAI(api_key="none", compresskit=options)


@every_kind
def test_copies_share_what_is_remembered(kind):
    """with_options and copy keep the options, the class, and the conversations."""
    with serving(retrieves(0)) as server:
        client = made(kind, server)
        for other in (client.copy(), client.with_options(max_retries=5), client.with_options(timeout=3).copy()):
            assert type(other) is type(client)
            assert isinstance(other, KINDS[kind][1])

        async def both(client):
            messages = openai_agent()
            await CHAT["create"](client, model="gpt-4o", messages=messages)
            more = [{"role": "assistant", "content": ANSWER}, {"role": "user", "content": "And then?"}]
            await CHAT["create"](client.copy(timeout=4), model="gpt-4o", messages=[*messages, *more])

        wait(both, client)
        first, second = server.bodies
    assert second["messages"][: len(first["messages"])] == first["messages"]


# --- Responses --------------------------------------------------------------------------------


@every_kind
@pytest.mark.parametrize("way", ["create", "stream_true"])
def test_a_turn_of_items_with_calls_of_ours_and_theirs_is_put_together_again(way, kind):
    def script(body):
        if any(message.get("tool_call_id") == "theirs" for message in body["messages"]):
            return ANSWER
        if answered(body):
            ours = call(TOOL_NAME, {"key": keys(body)[0], "lines": "3"}, "ours")
            return [ours, call("search", {"q": "rates"}, "theirs")]
        return [call(TOOL_NAME, {"key": keys(body)[0], "lines": "1-2"}, "before")]

    async def two_requests(client, **arguments):
        if way == "create":
            first = await settled(client.responses.create(**arguments))
        else:
            events = await each(await settled(client.responses.create(**arguments, stream=True)))
            first = events[-1].response
        output = {"type": "function_call_output", "call_id": "theirs", "output": "rates.py"}
        again = [*arguments["input"], *first.output, output]
        return first, await RESPONSES[way](client, **{**arguments, "input": again})

    with serving(script) as server:
        first, second = wait(two_requests, made(kind, server), **responses.request)
        bodies = server.bodies
    assert [item.name for item in first.output] == ["search"]
    assert second.text == ANSWER
    last = bodies[-1]["input"]
    assert last[: len(bodies[1]["input"])] == bodies[1]["input"], "the prefix is the one that was sent"
    calls = [(item["type"], item["call_id"]) for item in last[-4:]]
    assert set(calls[:2]) == {("function_call", "ours"), ("function_call", "theirs")}
    assert set(calls[2:]) == {("function_call_output", "ours"), ("function_call_output", "theirs")}


@every_kind
def test_input_tokens_are_those_of_the_compressed_request(kind):
    async def count(client, **arguments):
        return (await settled(client.responses.input_tokens.count(**arguments))).input_tokens

    with serving(lambda _: ANSWER) as server:
        whole = wait(count, plain(kind, server), **responses.request)
        counted = wait(count, made(kind, server), **responses.request)
        wait(RESPONSES["create"], made(kind, server), **responses.request)
        counting, asking = server.bodies[1:]
    assert counted < whole / 2
    assert counting["input"] == asking["input"]
    assert counting["tools"] == asking["tools"]


@every_kind
def test_one_text_as_input_is_compressed_too(kind):
    text = "\n\n".join(message["content"] or "" for message in openai_agent())
    with serving(retrieves(1)) as server:
        seen = wait(RESPONSES["create"], made(kind, server), model="gpt-4o", input=f"{text}\n\nWhy does it round?")
        assert seen.text == ANSWER
        assert seen.report["compressed_tokens"] <= 3000
        assert len(server.bodies) == 2


@every_kind
def test_a_background_response_is_compressed_without_the_tool(kind):
    with serving(lambda _: ANSWER) as server:
        wait(RESPONSES["create"], made(kind, server), **responses.request, background=True)
        [body] = server.bodies
    assert [tool["name"] for tool in body["tools"]] == ["search"]
    assert len(json.dumps(body)) < 30_000
