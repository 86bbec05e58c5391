"""Anthropic and AsyncAnthropic from compresskit.clients, against a real server, in every way that the SDK offers."""

import asyncio
import json
import re
import threading
import time
from functools import cache
from itertools import pairwise

import anthropic
import pytest
from chat_models import keys
from claude_ways import WAYS
from protocol_server import Error, Paced, call, serving
from samples import anthropic_agent
from sdk_ways import CASES, opened, settled, wait
from validity import is_valid_anthropic

from compresskit import TOOL_NAME, InvalidArgument
from compresskit.clients import Anthropic, AsyncAnthropic, middleware

ROOM = {"trigger": 4000, "target": 3000}
ANSWER = '{"answer": "All is explained."}'
SEARCH = {
    "name": "search",
    "description": "Finds files by words.",
    "input_schema": {"type": "object", "properties": {}},
}
REQUEST = {"model": "claude-test", "max_tokens": 500, "tools": [SEARCH]}


def ours(kind, server, compresskit=ROOM, **options):
    classes = {"sync": Anthropic, "async": AsyncAnthropic}
    return classes[kind](base_url=server.url[:-3], api_key="none", compresskit=compresskit, **options)


def theirs(kind, server, **options):
    classes = {"sync": anthropic.Anthropic, "async": anthropic.AsyncAnthropic}
    return classes[kind](base_url=server.url[:-3], api_key="none", **options)


def by_middleware(kind, server, compresskit=ROOM, **options):
    return theirs(kind, server, middleware=[middleware(compresskit)], **options)


CLIENTS = {"client": ours, "middleware": by_middleware}
every_kind = pytest.mark.parametrize("kind", ["sync", "async"])
every_client = pytest.mark.parametrize("client", CLIENTS)


def uses(body):
    """The calls of tools in a request, and the results, by id."""
    blocks = [
        block for message in body["messages"] if isinstance(message["content"], list) for block in message["content"]
    ]
    calls = [block for block in blocks if block["type"] == "tool_use"]
    return calls, {block["tool_use_id"]: block["content"] for block in blocks if block["type"] == "tool_result"}


# headers that differ between two clients; the last one comes with every middleware of the SDK
UNLIKE = ("host", "user-agent", "x-stainless-raw-response")


def without(names, headers):
    return {name: value for name, value in headers.items() if name not in names}


def waited(gate):
    assert gate.acquire(timeout=20)


def rounds_of(body):
    return sum(use["name"] == TOOL_NAME for use in uses(body)[0])


def retrieves(rounds):
    """A model that thinks, retrieves in so many turns, and then answers."""

    def script(body):
        offered = TOOL_NAME in json.dumps(body.get("tools") or [])
        number = rounds_of(body)
        if offered and number < rounds and (found := keys(body)):
            thought = {"type": "thinking", "thinking": f"thought {number}", "signature": f"c2ln{number}"}
            return [thought, call(TOOL_NAME, {"key": found[0], "lines": "1-3"}, f"toolu_r{number}")]
        return ANSWER

    return script


@cache
def usually(way, kind):
    """What the SDK's own class shows and sends."""
    with serving(lambda _: ANSWER) as server:
        seen = wait(WAYS[way], theirs(kind, server), **REQUEST, messages=anthropic_agent())
        [sent] = server.received
    return seen, sent


# The other cases say nothing new of a way, and what a middleware gets is the same in every way of a response.
ROWS = [("client", way, "one retrieval") for way in WAYS]
ROWS += [("middleware", way, "one retrieval") for way in ("create", "stream_true", "raw", "beta_stream")]
ROWS += [("client", way, case) for way in ("create", "stream_true") for case in ("below", "above", "two retrievals")]
ROWS += [("middleware", "create", case) for case in ("below", "above", "two retrievals")]


@every_kind
@pytest.mark.parametrize(("client", "way", "case"), ROWS)
def test_every_way_of_the_sdk(way, kind, client, case):
    """The SDK shows what it would show if the model had answered at once, and the upstream gets what belongs there."""
    trigger, rounds = CASES[case]
    alone, usual = usually(way, kind)
    with serving(retrieves(rounds)) as server:
        made = CLIENTS[client](kind, server, {"trigger": trigger, "target": 3000})
        seen = wait(WAYS[way], made, **REQUEST, messages=anthropic_agent())
        sent = server.received
    assert (seen.text, seen.calls, seen.finish) == (ANSWER, [], "end_turn") == (alone.text, alone.calls, alone.finish)
    assert len(sent) == 1 + rounds
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
        thought, _ = later["messages"][len(earlier["messages"])]["content"]
        assert thought["signature"].startswith("c2ln"), "signed thinking goes back with its call"
    for body in bodies:
        assert len(json.dumps(body)) < len(usual.content) / 2
        assert {name: value for name, value in body.items() if name not in ("messages", "tools")} == rest
        assert is_valid_anthropic(body["messages"])
        assert [tool["name"] for tool in body["tools"]] == [json.loads(usual.content)["tools"][0]["name"], TOOL_NAME]
    for one in sent:
        assert one.path == usual.path
        unlike = {"content-length", *UNLIKE}
        assert without(unlike, one.headers) == without(unlike, usual.headers)
    if seen.report:
        assert seen.report["rounds"] == rounds
        assert seen.report["compressed_tokens"] <= 3000 < seen.report["original_tokens"]


@every_client
@every_kind
@pytest.mark.parametrize("way", ["create", "stream_true", "beta_stream"])
def test_a_turn_with_calls_of_ours_and_theirs_is_put_together_again(way, kind, client):
    def script(body):
        if "theirs" in uses(body)[1]:
            return ANSWER
        thought = {"type": "thinking", "thinking": "Both.", "signature": "c2ln"}
        if rounds_of(body):
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


@every_kind
@pytest.mark.parametrize(
    ("client", "way"), [*(("client", way) for way in WAYS), ("middleware", "create"), ("middleware", "beta_stream")]
)
def test_disabled_everything_is_byte_identical(way, kind, client):
    alone, usual = usually(way, kind)
    with serving(lambda _: ANSWER) as server:
        made = CLIENTS[client](kind, server, {"trigger": 10, "enabled": False})
        seen = wait(WAYS[way], made, **REQUEST, messages=anthropic_agent())
        [one] = server.received
    unlike = UNLIKE
    assert seen == alone
    assert (one.content, one.path) == (usual.content, usual.path)
    assert without(unlike, one.headers) == without(unlike, usual.headers)


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
        tools = [{**SEARCH, **mark}]
        wait(WAYS["create"], made, **{**REQUEST, "tools": tools}, messages=anthropic_agent(), system=system)
        [body] = server.bodies
    assert 2 < json.dumps(body).count('"cache_control"') <= 4


@every_kind
def test_instructions_and_schemas_are_counted(kind):
    """A long system prompt leaves less room for the messages, and the whole request fits the target."""
    system = "Every rule matters. " * 500
    with serving(retrieves(0)) as server:
        seen = wait(WAYS["create"], ours(kind, server), **REQUEST, messages=anthropic_agent(), system=system)
        bare = wait(WAYS["create"], ours(kind, server), **REQUEST, messages=anthropic_agent())
    assert seen.report["compressed_tokens"] < bare.report["compressed_tokens"] - 1000


@every_client
@every_kind
def test_options_of_one_request(kind, client):
    ways = [
        ({"extra_body": {"compresskit": {"trigger": 4000, "target": 3000}}}, True),
        ({"extra_body": {"compresskit": False, "top_k": 5}}, False),
        ({"extra_headers": {"x-compresskit": "off"}}, False),
        ({"extra_body": {"compresskit": {"trigger": 100_000}}}, False),
    ]
    for more, compressed in ways:
        with serving(lambda _: ANSWER) as server:
            made = CLIENTS[client](kind, server)
            wait(WAYS["create"], made, **REQUEST, messages=anthropic_agent(), **more)
            [one] = server.received
        assert (len(one.content) < 30_000) is compressed, more
        assert b"compresskit" not in re.sub(rb"compresskit_retrieve", b"", one.content)
        assert "x-compresskit" not in one.headers
        assert ("top_k" in json.loads(one.content)) is ("top_k" in more.get("extra_body", {}))


@every_kind
def test_a_wrong_option_is_an_error_at_once(kind):
    with serving(lambda _: ANSWER) as server:
        wrong = {"extra_body": {"compresskit": {"triger": 1}}}
        for client, error in ((ours, anthropic.BadRequestError), (by_middleware, InvalidArgument)):
            with pytest.raises(error, match=r"'triger'.*Did you mean 'trigger'\?"):
                wait(WAYS["create"], client(kind, server), **REQUEST, messages=[], **wrong)
        for make in (lambda: Anthropic(compresskit={"targt": 5}), lambda: middleware({"targt": 5})):
            with pytest.raises(InvalidArgument, match="Did you mean 'target'"):
                make()
        assert server.received == []


FAILURES = {429: anthropic.RateLimitError, 500: anthropic.InternalServerError, 400: anthropic.BadRequestError}


@every_client
@every_kind
@pytest.mark.parametrize("way", ["create", "stream_true"])
@pytest.mark.parametrize("status", FAILURES)
def test_an_error_in_a_retrieval_round_is_the_error_of_the_sdk(way, kind, client, status):
    def script(body):
        if rounds_of(body):
            return Error(status, "overloaded")
        return [call(TOOL_NAME, {"key": keys(body)[0], "lines": "1-3"}, "toolu_r")]

    with serving(script) as server:
        made = CLIENTS[client](kind, server, max_retries=1)
        with pytest.raises(FAILURES[status], match="overloaded"):
            wait(WAYS[way], made, **REQUEST, messages=anthropic_agent())
        assert len(server.requests) == (2 if status == 400 else 4)


@every_client
@every_kind
@pytest.mark.parametrize("rounds", [0, 1])
def test_every_text_is_shown_before_the_next_one_is_sent(kind, client, rounds):
    gate = threading.Semaphore(0)

    def script(body):
        said = retrieves(rounds)(body)
        return Paced(said, lambda _: waited(gate)) if said == ANSWER else said

    async def read(made, **arguments):
        gate.release(3)  # the beginning of the message and of its first block
        stream, text = await settled(made.messages.create(**arguments, stream=True)), ""
        parts = aiter(stream) if kind == "async" else iter(stream)
        while (event := (await anext(parts, None) if kind == "async" else next(parts, None))) is not None:
            text += getattr(getattr(event, "delta", None), "text", "")
            gate.release(100 if text == ANSWER else 1)
        return text

    with serving(script) as server:
        made = CLIENTS[client](kind, server)
        assert wait(read, made, **REQUEST, messages=anthropic_agent()) == ANSWER
        assert len(server.requests) == 1 + rounds


@every_client
@every_kind
def test_a_client_that_leaves_in_mid_stream_closes_the_call(kind, client):
    def script(body):
        said = retrieves(1)(body)
        return Paced(ANSWER * 400, lambda _: time.sleep(0.02)) if said == ANSWER else said

    async def leave(made, **arguments):
        stream = await settled(made.messages.create(**arguments, stream=True))
        parts = aiter(stream) if kind == "async" else iter(stream)
        text = ""
        while not text:  # the call that answers has begun
            event = await anext(parts) if kind == "async" else next(parts)
            text = getattr(getattr(event, "delta", None), "text", "")
        await settled(stream.close())

    with serving(script) as server:
        wait(leave, CLIENTS[client](kind, server), **REQUEST, messages=anthropic_agent())
        assert server.hung_up.wait(20)


@every_client
@every_kind
def test_an_error_behind_text_that_was_shown_is_an_error_of_the_sdk(kind, client):
    def script(body):
        if rounds_of(body):
            return Error(500, "overloaded")
        return ["Let me see. ", call(TOOL_NAME, {"key": keys(body)[0]}, "toolu_r")]

    texts = []

    async def read(made, **arguments):
        stream = await settled(made.messages.create(**arguments, stream=True))
        parts = aiter(stream) if kind == "async" else iter(stream)
        while (event := (await anext(parts, None) if kind == "async" else next(parts, None))) is not None:
            texts.append(getattr(getattr(event, "delta", None), "text", ""))

    with serving(script) as server, pytest.raises(anthropic.APIStatusError, match="overloaded"):
        wait(read, CLIENTS[client](kind, server), **REQUEST, messages=anthropic_agent())
    assert "".join(texts) == "Let me see. "


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
        return [call(TOOL_NAME, {"key": keys(body)[0]}, f"toolu_{rounds_of(body)}")]

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


@every_client
@every_kind
def test_a_history_at_the_provider_is_left_alone(kind, client):
    """A thread holds what came before. The SDK's runner keeps one, unless it is told not to."""
    thread = {"thread": {"type": "continue", "previous_message_id": "msg_1"}}
    bodies = []
    for make in (theirs, CLIENTS[client]):
        with serving(lambda _: ANSWER) as server:
            seen = wait(WAYS["raw"], make(kind, server), **REQUEST, messages=anthropic_agent(), extra_body=thread)
            bodies += [one.content for one in server.received]
    assert "thread" in json.loads(bodies[0])
    assert bodies[0] == bodies[1]
    assert seen.report["skipped_reason"] == "provider_state"


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


def test_both_kinds_close_what_they_opened():
    with serving(retrieves(0)) as server:
        with ours("sync", server) as client:
            client.messages.create(**REQUEST, messages=anthropic_agent())
        assert client.is_closed()

        async def use():
            async with ours("async", server) as client:
                await client.messages.create(**REQUEST, messages=anthropic_agent())
            return client.is_closed()

        assert asyncio.run(use())
