"""Anthropic and AsyncAnthropic from compresskit.clients, and the middleware: what only Anthropic's API has."""

import json
import re
from itertools import pairwise

import anthropic
import pytest
from chat_models import ANSWER, ROOM, answered, keys, retrieves
from claude_ways import WAYS
from client_apis import claude, claude_middleware
from protocol_server import call, serving
from samples import anthropic_agent
from sdk_ways import opened, settled, wait
from validity import is_valid_anthropic

from compresskit import TOOL_NAME
from compresskit.clients import Anthropic, AsyncAnthropic

REQUEST = {name: value for name, value in claude.request.items() if name != "messages"}
CLIENTS = {"client": claude.ours, "middleware": claude_middleware.ours}
ours = claude.ours
every_kind = pytest.mark.parametrize("kind", ["sync", "async"])
every_client = pytest.mark.parametrize("client", CLIENTS)


def uses(body):
    """The calls of tools in a request, and the results, by id."""
    blocks = [
        block for message in body["messages"] if isinstance(message["content"], list) for block in message["content"]
    ]
    calls = [block for block in blocks if block["type"] == "tool_use"]
    return calls, {block["tool_use_id"]: block["content"] for block in blocks if block["type"] == "tool_result"}


@every_client
@every_kind
@pytest.mark.parametrize("way", ["create", "stream_true", "beta_stream"])
def test_a_turn_with_calls_of_ours_and_theirs_is_put_together_again(way, kind, client):
    def script(body):
        if "theirs" in uses(body)[1]:
            return ANSWER
        thought = {"type": "thinking", "thinking": "Both.", "signature": "c2ln"}
        if answered(body):
            mine = call(TOOL_NAME, {"key": keys(body)[0], "lines": "3"}, "ours")
            return [thought, "I look at both.", mine, call("search", {"q": "rates"}, "theirs")]
        return [call(TOOL_NAME, {"key": keys(body)[0], "lines": "1-2"}, "before")]

    messages = anthropic_agent()

    async def two_requests(made, **arguments):
        if way == "create":
            first = (await settled(made.messages.create(**arguments, messages=messages))).content
        else:
            async with opened(made.messages.stream(**arguments, messages=messages)) as stream:
                first = (await settled(stream.get_final_message())).content
        result = {"type": "tool_result", "tool_use_id": "theirs", "content": "rates.py"}
        more = [{"role": "assistant", "content": first}, {"role": "user", "content": [result]}]
        return first, await WAYS[way](made, **arguments, messages=[*messages, *more])

    with serving(script) as server:
        first, second = wait(two_requests, CLIENTS[client](kind, server), **REQUEST)
        bodies = server.bodies
    assert [block.type for block in first] == ["thinking", "text", "tool_use"]
    assert first[-1].name == "search"
    assert (second.text, second.calls) == (ANSWER, [])
    last = bodies[-1]["messages"]
    assert last[: len(bodies[1]["messages"])] == bodies[1]["messages"], "the prefix is the one that was sent"
    assert is_valid_anthropic(last)
    assert [block["type"] for block in last[-2]["content"]] == ["thinking", "text", "tool_use", "tool_use"]
    assert [use["id"] for use in uses(bodies[-1])[0]][-3:] == ["before", "ours", "theirs"]
    assert [block["tool_use_id"] for block in last[-1]["content"]] == ["ours", "theirs"]


@every_client
@every_kind
@pytest.mark.parametrize("beta", [False, True])
def test_tokens_are_counted_for_the_request_that_is_sent(kind, client, beta):
    """The server counts characters: the count is that of the body that a call of the model would have."""
    asked = {name: value for name, value in REQUEST.items() if name != "max_tokens"}

    async def both(made, **arguments):
        messages = (made.beta if beta else made).messages
        count = await settled(messages.count_tokens(**arguments))
        await settled(messages.create(**arguments, max_tokens=500))
        return count.input_tokens

    for room, compressed in ((ROOM, True), ({"trigger": 200_000}, False)):
        with serving(retrieves(0)) as server:
            count = wait(both, CLIENTS[client](kind, server, room), **asked, messages=anthropic_agent())
            counted, sent = server.received
        assert count == len(counted.content)
        body = json.loads(sent.content)
        del body["max_tokens"]
        assert json.loads(counted.content) == body
        assert (count < 20_000) is compressed


@every_client
@every_kind
def test_the_next_turn_begins_with_what_was_sent(kind, client):
    """Also where the client moves its cache marks, and copies of a client know the same conversations."""

    def marked(messages):
        *before, last = messages
        text = last["content"]
        block = {"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}
        return [*before, {**last, "content": [block]}]

    async def turns(made, **arguments):
        messages = anthropic_agent()
        for number in range(3):
            other = made.with_options(timeout=50 + number)
            message = await settled(other.messages.create(**arguments, messages=marked(messages)))
            messages += [{"role": "assistant", "content": message.content[0].text}, {"role": "user", "content": "And?"}]

    with serving(retrieves(0)) as server:
        wait(turns, CLIENTS[client](kind, server), **REQUEST, system=[{"type": "text", "text": "Be brief."}])
        bodies = server.bodies

    def bare(body):
        return [re.sub(r', "cache_control": {[^}]*}', "", json.dumps(message)) for message in body["messages"]]

    for earlier, later in pairwise(bodies):
        *same, last = bare(earlier)
        assert bare(later)[: len(same)] == same
        assert json.loads(last)["role"] == "user"
        assert json.dumps(later).count('"cache_control"') == 1


@every_kind
def test_cache_marks_are_four_at_most_with_those_of_the_client(kind):
    mark = {"cache_control": {"type": "ephemeral"}}
    system = [{"type": "text", "text": "You are careful.", **mark}]
    with serving(retrieves(0)) as server:
        made = ours(kind, server, {**ROOM, "breakpoints": True})
        tools = [{**REQUEST["tools"][0], **mark}]
        wait(WAYS["create"], made, **{**REQUEST, "tools": tools}, messages=anthropic_agent(), system=system)
        [body] = server.bodies
    assert 2 < json.dumps(body).count('"cache_control"') <= 4


@every_kind
def test_a_choice_of_tools_is_kept(kind):
    """A forced tool of the caller's is not ours to answer; the model may retrieve under "any" and stops at the end."""
    forced = {"type": "tool", "name": "search"}
    with serving(lambda _: [call("search", {"q": "x"}, "theirs")]) as server:
        made = ours(kind, server)
        seen = wait(WAYS["create"], made, **REQUEST, messages=anthropic_agent(), tool_choice=forced)
        [body] = server.bodies
    assert seen.calls == ["search"]
    assert body["tool_choice"] == forced
    assert TOOL_NAME not in json.dumps(body), "what cannot be asked for is not announced"

    def greedy(body):
        if body.get("tool_choice") == {"type": "none"}:
            return ANSWER
        return [call(TOOL_NAME, {"key": keys(body)[0]}, f"toolu_{answered(body)}")]

    with serving(greedy) as server:
        request = {name: value for name, value in REQUEST.items() if name != "tools"}
        seen = wait(
            WAYS["create"], ours(kind, server, {**ROOM, "max_rounds": 2}), **request, messages=anthropic_agent()
        )
        bodies = server.bodies
    assert seen.text == ANSWER
    assert [body.get("tool_choice") for body in bodies] == [None, None, {"type": "none"}]


@every_kind
def test_the_tool_runner_calls_the_callers_functions_beside_ours(kind):
    """The SDK's loop sees its own call alone; the next request has both."""

    def script(body):
        _, results = uses(body)
        if "theirs" in results:
            return f"They say: {results['theirs']}"
        mine = call(TOOL_NAME, {"key": keys(body)[0], "lines": "3"}, "ours")
        return [mine, call("_lookup_async" if kind == "async" else "_lookup", {"q": "rates"}, "theirs")]

    with serving(script) as server:
        seen = wait(WAYS["tool_runner"], ours(kind, server), **REQUEST, messages=anthropic_agent())
        assert is_valid_anthropic(server.bodies[-1]["messages"])
        assert [use["id"] for use in uses(server.bodies[-1])[0]][-2:] == ["ours", "theirs"]
    assert "found rates" in seen.text


def test_clients_are_the_sdks_own_classes():
    """So credentials of a profile work, and copies keep their credentials and compress."""
    assert type(Anthropic(api_key="none")) is anthropic.Anthropic
    assert type(AsyncAnthropic(api_key="none")) is anthropic.AsyncAnthropic

    class Mine(Anthropic):
        pass

    with serving(retrieves(1)) as server:
        given = anthropic.Anthropic(api_key="none", credentials=None)
        mine = Mine(base_url=server.url[:-3], api_key="none", compresskit=ROOM)
        assert isinstance(mine.copy(), Mine)
        assert wait(WAYS["create"], mine.copy(), **REQUEST, messages=anthropic_agent()).report["rounds"] == 1
        given.close()
