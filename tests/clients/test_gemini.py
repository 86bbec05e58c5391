"""Gemini from compresskit.clients, against a real server, in every way that Google's SDK offers."""

import asyncio
import json
import re
import threading
import time
from functools import cache
from itertools import pairwise

import httpx2
import pytest
from chat_models import keys
from gemini_ways import WAYS, each, settled, wait
from google import genai
from google.genai import errors, types
from protocol_server import Error, Paced, call, serving
from samples import gemini_agent
from sdk_ways import CASES
from validity import VALID

from compresskit import TOOL_NAME, InvalidArgument
from compresskit.clients import Gemini, transport

ROOM = {"trigger": 4000, "target": 3000}
ANSWER = "All is explained."
SEARCH = {"functionDeclarations": [{"name": "search", "description": "Finds files by words."}]}
MODEL = "gemini-2.5-pro"
is_valid = VALID["gemini"]
every_kind = pytest.mark.parametrize("kind", ["sync", "async"])
every_way = pytest.mark.parametrize("way", WAYS)
UNLIKE = {"host", "content-length"}


def options(server, **more):
    return {"base_url": server.url.removesuffix("/v1"), "retry_options": {"attempts": 1}, **more}


def ours(server, compresskit=ROOM, **more):
    return Gemini(api_key="none", compresskit=compresskit, http_options=options(server, **more))


def theirs(server):
    """The SDK's own client, on httpx2 as ours is."""
    clients = {"httpx_client": httpx2.Client(), "httpx_async_client": httpx2.AsyncClient()}
    return genai.Client(api_key="none", http_options=types.HttpOptions(**options(server), **clients))


def parts(body, name):
    found = [part for content in body["contents"] for part in content["parts"]]
    return [part for part in found if name in part]


def waited(gate):
    assert gate.acquire(timeout=20)


def rounds_of(body):
    return sum(part["functionCall"]["name"] == TOOL_NAME for part in parts(body, "functionCall"))


def retrieves(rounds, ids=False):
    """A model that retrieves in so many turns, and then answers."""

    def script(body):
        offered = TOOL_NAME in json.dumps(body.get("tools") or [])
        number = rounds_of(body)
        if offered and number < rounds and (found := keys(body)):
            made = call(TOOL_NAME, {"key": found[0], "lines": "1-3"}, f"r{number}" if ids else None)
            return [{**made, "signature": f"c2ln{number:04}"}]
        return ANSWER

    return script


@cache
def usually(way, kind):
    """What the SDK's own class shows and sends."""
    with serving(lambda _: ANSWER) as server:
        seen = wait(WAYS[way], theirs(server), kind, model=MODEL, contents=gemini_agent(), config={"tools": [SEARCH]})
        [sent] = server.received
    return seen, sent


def without(names, headers):
    return {name: value for name, value in headers.items() if name not in names}


# The other cases say nothing new of a way.
ROWS = [(way, "one retrieval") for way in WAYS]
ROWS += [(way, case) for way in ("generate", "generate_stream") for case in ("below", "above", "two retrievals")]


@every_kind
@pytest.mark.parametrize(("way", "case"), ROWS)
def test_every_way_of_the_sdk(way, kind, case):
    """The SDK shows what it would show if the model had answered at once, and the upstream gets what belongs there."""
    trigger, rounds = CASES[case]
    alone, usual = usually(way, kind)
    with serving(retrieves(rounds, ids=kind == "sync")) as server:
        made = ours(server, {"trigger": trigger, "target": 3000})
        seen = wait(WAYS[way], made, kind, model=MODEL, contents=gemini_agent(), config={"tools": [SEARCH]})
        sent = server.received
    assert (seen.text, seen.calls, seen.finish) == (ANSWER, [], "STOP") == (alone.text, alone.calls, alone.finish)
    assert len(sent) == 1 + rounds
    assert seen.usage == {name: count * (1 + rounds) for name, count in alone.usage.items()}
    if case == "below":
        assert sent[0].content == usual.content
        assert seen.report["skipped_reason"] == "below_trigger"
        return
    bodies = [json.loads(one.content) for one in sent]
    rest = without(("contents", "tools"), json.loads(usual.content))
    for earlier, later in pairwise(bodies):
        assert later["contents"][: len(earlier["contents"])] == earlier["contents"], "the prompt cache holds"
        assert later["tools"] == earlier["tools"]
        [made] = later["contents"][len(earlier["contents"])]["parts"]
        assert made["thoughtSignature"].startswith("c2ln"), "a signature goes back with its call"
    for body in bodies:
        assert len(json.dumps(body)) < len(usual.content) / 2
        assert without(("contents", "tools"), body) == rest
        assert is_valid(body["contents"])
        [tool] = body["tools"]
        assert [one["name"] for one in tool["functionDeclarations"]] == ["search", TOOL_NAME]
    for one in sent:
        assert one.path == usual.path
        assert without(UNLIKE, one.headers) == without(UNLIKE, usual.headers)
    if seen.report and seen.report["rounds"] is not None:
        assert seen.report["rounds"] == rounds
    assert seen.report["compressed_tokens"] <= 3000 < seen.report["original_tokens"]


@every_kind
@pytest.mark.parametrize("way", ["chat", "chat_stream", "with_functions", "with_functions_stream"])
def test_a_turn_with_calls_of_ours_and_theirs_is_put_together_again(way, kind):
    """The SDK calls the caller's function, and the next request has both calls and both results."""

    def script(body):
        answers = {part["functionResponse"]["name"]: part for part in parts(body, "functionResponse")}
        if "search" in answers:
            return ["They say: ", answers["search"]["functionResponse"]["response"]["result"]]
        mine = call(TOOL_NAME, {"key": keys(body)[0], "lines": "3"}, None)
        if rounds_of(body):
            return ["I look at both. ", {**mine, "signature": "c2ln0001"}, call("search", {"q": "rates"}, None)]
        return ["Let me see. ", {**mine, "signature": "c2ln0000"}]

    def search(q: str) -> str:
        """Finds files by words."""
        return f"found {q}"

    async def talk(client, **arguments):
        if way.startswith("with_functions"):
            if way.endswith("stream"):
                return await each(await settled(client.models.generate_content_stream(**arguments)))
            return [await settled(client.models.generate_content(**arguments))]
        *before, last = arguments["contents"]
        chat = client.chats.create(model=MODEL, history=before, config=arguments["config"])
        if way == "chat_stream":
            return await each(await settled(chat.send_message_stream(last["parts"][0]["text"])))
        return [await settled(chat.send_message(last["parts"][0]["text"]))]

    with serving(script) as server:
        seen = wait(talk, ours(server), kind, model=MODEL, contents=gemini_agent(), config={"tools": [search]})
        bodies = server.bodies
    assert "".join(part.text for one in seen for part in one.parts or () if part.text).endswith("They say: found rates")
    assert TOOL_NAME not in str(seen)
    last = bodies[-1]["contents"]
    assert last[: len(bodies[0]["contents"])] == bodies[0]["contents"], "the prefix is the one that was sent"
    assert is_valid(last)
    made = parts(bodies[-1], "functionCall")[-3:]
    assert [part["functionCall"]["name"] for part in made] == [TOOL_NAME, TOOL_NAME, "search"]
    assert [part.get("thoughtSignature") for part in made] == ["c2ln0000", "c2ln0001", None]
    assert len(last[-1]["parts"]) == 2, "all results of a turn are in one content"


@every_kind
@every_way
def test_disabled_everything_is_byte_identical(way, kind):
    alone, usual = usually(way, kind)
    with serving(lambda _: ANSWER) as server:
        made = ours(server, {"trigger": 10, "enabled": False})
        seen = wait(WAYS[way], made, kind, model=MODEL, contents=gemini_agent(), config={"tools": [SEARCH]})
        [one] = server.received
    assert seen == alone
    assert (one.content, one.path) == (usual.content, usual.path)
    assert without(UNLIKE, one.headers) == without(UNLIKE, usual.headers)


@every_kind
def test_tokens_are_counted_for_the_request_that_is_sent(kind):
    """The server counts characters. The Gemini API counts tools in a whole request only, so it is asked for one."""

    async def both(client):
        count = await settled(client.models.count_tokens(model=MODEL, contents=gemini_agent()))
        await settled(client.models.generate_content(model=MODEL, contents=gemini_agent()))
        return count.total_tokens

    for room, compressed in ((ROOM, True), ({"trigger": 200_000}, False)):
        with serving(retrieves(0)) as server:
            count = wait(both, ours(server, room), kind)
            counted, sent = server.received
        assert count == len(counted.content)
        asked, body = json.loads(counted.content), json.loads(sent.content)
        if compressed:
            assert asked == {"generateContentRequest": {**body, "model": f"models/{MODEL}"}}
        else:
            assert asked["contents"] == body["contents"]
        assert (count < 20_000) is compressed


@every_kind
def test_the_next_turn_begins_with_what_was_sent(kind):
    async def turns(client):
        *before, last = gemini_agent()
        chat = client.chats.create(model=MODEL, history=before)
        for _ in range(3):
            await settled(chat.send_message(last["parts"][0]["text"]))

    with serving(retrieves(0)) as server:
        wait(turns, ours(server), kind)
        bodies = server.bodies
    for earlier, later in pairwise(bodies):
        assert later["contents"][: len(earlier["contents"])] == earlier["contents"]


@every_kind
def test_sync_and_async_know_the_same_conversations(kind):
    """And the async half works in one event loop after the other."""
    with serving(retrieves(0)) as server:
        client = ours(server)
        contents = gemini_agent()
        for number in range(3):
            if kind == "sync" and number == 1:
                client.models.generate_content(model=MODEL, contents=contents)
            else:
                asyncio.run(client.aio.models.generate_content(model=MODEL, contents=contents))
            contents += [{"role": "model", "parts": [{"text": ANSWER}]}, {"role": "user", "parts": [{"text": "And?"}]}]
        client.close()
        bodies = server.bodies
    for earlier, later in pairwise(bodies):
        assert later["contents"][: len(earlier["contents"])] == earlier["contents"]


@every_kind
@pytest.mark.parametrize(
    "config",
    [
        {"cached_content": "cachedContents/abc"},
        {"tool_config": {"function_calling_config": {"mode": "NONE"}}},
        {"tool_config": {"function_calling_config": {"mode": "ANY", "allowed_function_names": ["search"]}}},
        {"response_mime_type": "application/json", "response_schema": {"type": "OBJECT"}},
        {"tools": [{"google_search": {}}]},
    ],
    ids=lambda config: next(iter(config)),
)
def test_nothing_is_offered_where_the_api_or_the_caller_allows_no_call(kind, config):
    """A request on top of a cache at the provider passes as it is; the others are compressed without a way back."""
    with serving(lambda _: ANSWER) as server:
        seen = wait(WAYS["generate"], ours(server), kind, model=MODEL, contents=gemini_agent(), config=config)
        [body] = server.bodies
    assert seen.text == ANSWER
    assert TOOL_NAME not in json.dumps(body)
    assert (len(json.dumps(body)) > 20_000) is ("cached_content" in config)
    if "tool_config" in config:
        assert (
            body["toolConfig"]["functionCallingConfig"]["mode"]
            == config["tool_config"]["function_calling_config"]["mode"]
        )


@every_kind
def test_a_model_that_goes_on_retrieving_has_to_answer_in_the_end(kind):
    def greedy(body):
        if body.get("toolConfig", {}).get("functionCallingConfig", {}).get("mode") == "NONE":
            return ANSWER
        return [call(TOOL_NAME, {"key": keys(body)[0], "lines": "1-3"}, None)]

    retrieval = {"retrieval_config": {"language_code": "de"}}
    with serving(greedy) as server:
        made = ours(server, {**ROOM, "max_rounds": 2})
        config = {"tool_config": retrieval}
        seen = wait(WAYS["generate"], made, kind, model=MODEL, contents=gemini_agent(), config=config)
        bodies = server.bodies
    assert seen.text == ANSWER
    assert len(bodies) == 3
    first, *others = [body["toolConfig"]["retrievalConfig"] for body in bodies]
    assert others == [first] * 2


@every_kind
def test_several_candidates_are_all_answered(kind):
    with serving(retrieves(1)) as server:
        config = {"candidate_count": 2}
        wait(WAYS["generate"], ours(server), kind, model=MODEL, contents=gemini_agent(), config=config)
        assert [body["generationConfig"]["candidateCount"] for body in server.bodies] == [2, 1]


@every_kind
def test_instructions_are_counted(kind):
    system = {"system_instruction": "Every rule matters. " * 500}
    with serving(retrieves(0)) as server:
        arguments = {"model": MODEL, "contents": gemini_agent()}
        seen = wait(WAYS["generate"], ours(server), kind, **arguments, config=system)
        bare = wait(WAYS["generate"], ours(server), kind, **arguments)
    assert seen.report["compressed_tokens"] < bare.report["compressed_tokens"] - 1000


@every_kind
def test_options_of_one_request(kind):
    ways = [
        ({"extra_body": {"compresskit": {"trigger": 4000, "target": 3000}}}, True),
        ({"extra_body": {"compresskit": False}}, False),
        ({"headers": {"x-compresskit": "off"}}, False),
    ]
    for more, compressed in ways:
        with serving(lambda _: ANSWER) as server:
            config = {"http_options": more}
            wait(WAYS["generate"], ours(server), kind, model=MODEL, contents=gemini_agent(), config=config)
            [one] = server.received
        assert (len(one.content) < 30_000) is compressed, more
        assert b"compresskit" not in re.sub(rb"compresskit_retrieve", b"", one.content)
        assert "x-compresskit" not in one.headers


@every_kind
@pytest.mark.parametrize("way", ["generate", "generate_stream"])
@pytest.mark.parametrize("status", [429, 500, 400])
def test_an_error_in_a_retrieval_round_is_the_error_of_the_sdk(way, kind, status):
    def script(body):
        if rounds_of(body):
            return Error(status, "overloaded")
        return [call(TOOL_NAME, {"key": keys(body)[0], "lines": "1-3"}, None)]

    with serving(script) as server:
        with pytest.raises(errors.APIError, match="overloaded") as caught:
            wait(WAYS[way], ours(server), kind, model=MODEL, contents=gemini_agent())
        assert caught.value.code == status
        assert len(server.requests) == 2


@every_kind
@pytest.mark.parametrize("rounds", [0, 1])
def test_every_text_is_shown_before_the_next_one_is_sent(kind, rounds):
    gate = threading.Semaphore(0)

    def script(body):
        said = retrieves(rounds)(body)
        return Paced(said, lambda _: waited(gate)) if said == ANSWER else said

    async def read(client):
        stream = client.models.generate_content_stream(model=MODEL, contents=gemini_agent())
        gate.release()
        stream, text = await settled(stream), ""
        chunks = aiter(stream) if kind == "async" else iter(stream)
        while (chunk := (await anext(chunks, None) if kind == "async" else next(chunks, None))) is not None:
            text += chunk.text or ""
            gate.release(100 if text == ANSWER else 1)
        return text

    with serving(script) as server:
        assert wait(read, ours(server), kind) == ANSWER
        assert len(server.requests) == 1 + rounds


@every_kind
def test_a_client_that_leaves_in_mid_stream_closes_the_call(kind):
    def script(body):
        said = retrieves(1)(body)
        return Paced(ANSWER * 400, lambda _: time.sleep(0.02)) if said == ANSWER else said

    async def leave(client):
        stream = await settled(client.models.generate_content_stream(model=MODEL, contents=gemini_agent()))
        if kind == "async":
            await anext(stream)
            await stream.aclose()
        else:
            next(stream)
            stream.close()

    with serving(script) as server:
        wait(leave, ours(server), kind)
        assert server.hung_up.wait(20)


@every_kind
def test_an_error_behind_text_that_was_shown_is_an_error_of_the_sdk(kind):
    def script(body):
        if rounds_of(body):
            return Error(503, "overloaded")
        return ["Let me see. ", call(TOOL_NAME, {"key": keys(body)[0]}, None)]

    texts = []

    async def read(client):
        stream = await settled(client.models.generate_content_stream(model=MODEL, contents=gemini_agent()))
        chunks = aiter(stream) if kind == "async" else iter(stream)
        while (chunk := (await anext(chunks, None) if kind == "async" else next(chunks, None))) is not None:
            texts.append(chunk.text or "")

    with serving(script) as server, pytest.raises(errors.ServerError, match="overloaded"):
        wait(read, ours(server), kind)
    assert "".join(texts) == "Let me see. "


def test_a_wrong_option_is_an_error_at_once():
    with pytest.raises(InvalidArgument, match="Did you mean 'target'"):
        Gemini(api_key="none", compresskit={"targt": 5})
    with serving(lambda _: ANSWER) as server:
        config = {"http_options": {"extra_body": {"compresskit": {"triger": 1}}}}
        with pytest.raises(errors.ClientError, match="Did you mean 'trigger'"):
            wait(WAYS["generate"], ours(server), "sync", model=MODEL, contents=gemini_agent(), config=config)
        assert server.received == []


@every_kind
def test_the_http_clients_of_the_caller_are_used(kind):
    """Their arguments, or clients that are ready, with or without our transport in them."""
    seen = []

    async def awaited(request):
        seen.append(request.headers["x-own"])

    hook = {"sync": lambda request: seen.append(request.headers["x-own"]), "async": awaited}[kind]
    arguments = {"headers": {"x-own": "1"}, "event_hooks": {"request": [hook]}, "trust_env": False}
    with serving(retrieves(1)) as server:
        name = "client_args" if kind == "sync" else "async_client_args"
        wait(WAYS["generate"], ours(server, **{name: arguments}), kind, model=MODEL, contents=gemini_agent())
        made = httpx2.Client(**arguments) if kind == "sync" else httpx2.AsyncClient(**arguments)
        name = "httpx_client" if kind == "sync" else "httpx_async_client"
        wait(WAYS["generate"], ours(server, **{name: made}), kind, model=MODEL, contents=gemini_agent())
        assert not made.is_closed, "the caller closes it"
        assert len(server.received) == 4
        assert seen == ["1", "1"]


def test_a_client_of_google_takes_the_transport():
    with serving(retrieves(1)) as server, httpx2.Client(transport=transport(ROOM)) as http:
        client = genai.Client(api_key="none", http_options=types.HttpOptions(**options(server), httpx_client=http))
        assert client.models.generate_content(model=MODEL, contents=gemini_agent()).text == ANSWER
        assert len(server.requests) == 2


def test_it_is_a_client_of_google():
    client = Gemini(api_key="none")
    assert isinstance(client, genai.Client)
    assert isinstance(client.aio, genai.client.AsyncClient)
    client.close()
    asyncio.run(client.aio.aclose())


def test_vertex_ai_counts_the_fields_of_a_request():
    """There a count takes tools beside the contents; the Gemini API takes them in a whole request only."""
    path = "/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-pro"
    body = {"contents": gemini_agent(), "systemInstruction": {"parts": [{"text": "Be brief."}]}, "tools": [SEARCH]}
    with serving(retrieves(0)) as server, httpx2.Client(transport=transport(ROOM), base_url=server.url[:-3]) as http:
        counted = http.post(f"{path}:countTokens", json=body).json()
        http.post(f"{path}:generateContent", json=body)
        first, second = server.received
    assert counted == {"totalTokens": len(first.content)}
    assert json.loads(first.content) == json.loads(second.content)
    assert len(first.content) < 20_000


def test_a_stream_that_is_no_stream_of_events_is_left_alone():
    """Without alt=sse, Google streams one JSON array."""
    path = "/v1beta/models/gemini-2.5-pro:streamGenerateContent"
    with serving(retrieves(0)) as server, httpx2.Client(transport=transport(ROOM), base_url=server.url[:-3]) as http:
        for query, compressed in (("", False), ("?alt=sse", True)):
            response = http.post(path + query, json={"contents": gemini_agent()})
            assert (len(server.received[-1].content) < 20_000) is compressed
            assert response.headers.get("x-compresskit-skipped") == (None if compressed else "not_served")
