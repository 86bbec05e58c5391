"""OpenAI and AsyncOpenAI from compresskit.clients, against a real server, in every way that the SDK offers."""

import asyncio
import json
import re
from functools import cache
from itertools import pairwise

import openai
import pytest
from chat_models import ANSWER, KINDS, answered, keys, made, plain, retrieves
from protocol_server import Several, call, serving
from samples import OWN_TOOL, openai_agent
from sdk_ways import CASES, CHAT, each, settled, wait

from compresskit import TOOL_NAME, InvalidArgument
from compresskit.clients import OpenAI

every_kind = pytest.mark.parametrize("kind", KINDS)
every_way = pytest.mark.parametrize("way", CHAT)
TOOL = {**OWN_TOOL, "function": {**OWN_TOOL["function"], "strict": True}}


@cache
def usually(way, kind):
    """What the SDK's own class shows and sends."""
    with serving(lambda _: ANSWER) as server:
        request = {"model": "gpt-4o", "messages": openai_agent(), "tools": [TOOL]}
        seen = wait(CHAT[way], plain(kind, server), **request)
        [sent] = server.received
    return seen, sent


# A way that takes a retrieval takes every other request as well.
ROWS = [(way, "one retrieval") for way in CHAT]
ROWS += [(way, case) for case in ("below", "above", "two retrievals") for way in ("create", "stream_true")]


@every_kind
@pytest.mark.parametrize(("way", "case"), ROWS)
def test_every_way_of_the_sdk(way, kind, case):
    """The SDK shows what it would show if the model had answered at once, and the upstream gets what belongs there."""
    trigger, rounds = CASES[case]
    request = {"model": "gpt-4o", "messages": openai_agent(), "tools": [TOOL]}
    alone, usual = usually(way, kind)
    with serving(retrieves(rounds)) as server:
        seen = wait(CHAT[way], made(kind, server, {"trigger": trigger, "target": 3000}), **request)
        sent = server.received
    assert (seen.text, seen.calls, seen.finish) == (alone.text, alone.calls, alone.finish) == (ANSWER, [], "stop")
    assert len(sent) == 1 + rounds
    if alone.usage:
        assert seen.usage == {name: count * (1 + rounds) for name, count in alone.usage.items()}
    if case == "below":
        assert sent[0].content == usual.content
        assert seen.report is None or seen.report["skipped_reason"] == "below_trigger"
        return
    bodies = [json.loads(one.content) for one in sent]
    rest = {name: value for name, value in json.loads(usual.content).items() if name not in ("messages", "tools")}
    for earlier, later in pairwise(bodies):
        assert later["messages"][: len(earlier["messages"])] == earlier["messages"], "the prompt cache holds"
        assert later["tools"] == earlier["tools"]
    for body in bodies:
        assert len(json.dumps(body)) < len(usual.content) / 2
        assert {name: value for name, value in body.items() if name not in ("messages", "tools")} == rest
    assert [tool["function"]["name"] for tool in bodies[0]["tools"]] == ["search", TOOL_NAME]
    for one in sent:
        assert one.path == usual.path
        differing = {"content-length", "user-agent", "host"}
        assert {name: value for name, value in one.headers.items() if name not in differing} == {
            name: value for name, value in usual.headers.items() if name not in differing
        }
    if seen.report:
        assert (seen.report["rounds"], seen.report["calls"]) == (rounds, 1 + rounds)
        assert seen.report["compressed_tokens"] <= 3000 < seen.report["original_tokens"]


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


@every_kind
@every_way
def test_disabled_everything_is_byte_identical(way, kind):
    request = {"model": "gpt-4o", "messages": openai_agent()}
    bodies = []
    for client in (plain, lambda kind, server: made(kind, server, {"trigger": 10, "enabled": False})):
        with serving(lambda _: ANSWER) as server:
            seen = wait(CHAT[way], client(kind, server), **request)
            [one] = server.received
        unlike = ("host", "user-agent")
        headers = {name: value for name, value in one.headers.items() if name not in unlike}
        bodies.append((seen, one.content, one.path, headers))
    assert bodies[0] == bodies[1]
    assert bodies[0][0].report is None


@every_kind
def test_options_of_one_request(kind):
    """They go into extra_body or a header, and never reach the upstream."""
    request = {"model": "gpt-4o", "messages": openai_agent()}
    ways = [
        ({"extra_body": {"compresskit": {"trigger": 4000, "target": 3000}}}, True),
        ({"extra_body": {"compresskit": True}}, True),
        ({"extra_body": {"compresskit": False, "seed": 1}}, False),
        ({"extra_headers": {"x-compresskit": "off"}}, False),
        ({"extra_body": {"compresskit": {"trigger": 100_000}}}, False),
    ]
    for more, compressed in ways:
        with serving(lambda _: ANSWER) as server:
            wait(CHAT["create"], made(kind, server), **request, **more)
            [one] = server.received
        assert (len(one.content) < 30_000) is compressed, more
        assert b"compresskit" not in re.sub(rb"compresskit_retrieve", b"", one.content)
        assert "x-compresskit" not in one.headers
        assert ("seed" in json.loads(one.content)) is ("seed" in more.get("extra_body", {}))


@every_kind
def test_a_wrong_option_of_a_request_is_an_error_of_the_sdk(kind):
    with serving(lambda _: ANSWER) as server:
        client = made(kind, server)
        with pytest.raises(openai.BadRequestError, match=r"'triger'.*no option.*Did you mean 'trigger'\?"):
            wait(CHAT["create"], client, model="gpt-4o", messages=[], extra_body={"compresskit": {"triger": 1}})
        assert server.received == []


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


def test_both_kinds_close_what_they_opened():
    with serving(retrieves(0)) as server:
        with made("sync", server) as client:
            client.chat.completions.create(model="gpt-4o", messages=openai_agent())
        assert client.is_closed()

        async def use():
            async with made("async", server) as client:
                await client.chat.completions.create(model="gpt-4o", messages=openai_agent())
            return client.is_closed()

        assert asyncio.run(use())
