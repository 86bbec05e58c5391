"""Gemini from compresskit.clients: what only Google's API and SDK have."""

import asyncio
import json
from itertools import pairwise

import httpx2
import pytest
from chat_models import ANSWER, ROOM, answered, keys, retrieves
from client_apis import gemini, google
from gemini_ways import WAYS
from google import genai
from google.genai import types
from protocol_server import call, serving
from samples import gemini_agent
from sdk_ways import each, settled, wait
from validity import VALID

from compresskit import TOOL_NAME
from compresskit.clients import Gemini, transport

MODEL = gemini.request["model"]
TOOLS = gemini.request["config"]["tools"]
REQUEST = {"model": MODEL, "contents": gemini_agent()}
every_kind = pytest.mark.parametrize("kind", ["sync", "async"])


def parts(body, name):
    found = [part for content in body["contents"] for part in content["parts"]]
    return [part for part in found if name in part]


@every_kind
@pytest.mark.parametrize("way", ["chat", "chat_stream", "with_functions", "with_functions_stream"])
def test_a_turn_with_calls_of_ours_and_theirs_is_put_together_again(way, kind):
    """The SDK calls the caller's function, and the next request has both calls and both results."""

    def script(body):
        answers = {part["functionResponse"]["name"]: part for part in parts(body, "functionResponse")}
        if "search" in answers:
            return ["They say: ", answers["search"]["functionResponse"]["response"]["result"]]
        mine = call(TOOL_NAME, {"key": keys(body)[0], "lines": "3"}, None)
        if answered(body):
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
        seen = wait(talk, google(kind, server), **REQUEST, config={"tools": [search]})
        bodies = server.bodies
    assert "".join(part.text for one in seen for part in one.parts or () if part.text).endswith("They say: found rates")
    assert TOOL_NAME not in str(seen)
    last = bodies[-1]["contents"]
    assert last[: len(bodies[0]["contents"])] == bodies[0]["contents"], "the prefix is the one that was sent"
    assert VALID["gemini"](last)
    made = parts(bodies[-1], "functionCall")[-3:]
    assert [part["functionCall"]["name"] for part in made] == [TOOL_NAME, TOOL_NAME, "search"]
    assert [part.get("thoughtSignature") for part in made] == ["c2ln0000", "c2ln0001", None]
    assert len(last[-1]["parts"]) == 2, "all results of a turn are in one content"


@every_kind
def test_tokens_are_counted_for_the_request_that_is_sent(kind):
    """The server counts characters. The Gemini API counts tools in a whole request only, so it is asked for one."""

    async def both(client):
        count = await settled(client.models.count_tokens(model=MODEL, contents=gemini_agent()))
        await settled(client.models.generate_content(model=MODEL, contents=gemini_agent()))
        return count.total_tokens

    for room, compressed in ((ROOM, True), ({"trigger": 200_000}, False)):
        with serving(retrieves(0)) as server:
            count = wait(both, google(kind, server, room))
            counted, sent = server.received
        assert count == len(counted.content)
        asked, body = json.loads(counted.content), json.loads(sent.content)
        if compressed:
            assert asked == {"generateContentRequest": {**body, "model": f"models/{MODEL}"}}
        else:
            assert asked["contents"] == body["contents"]
        assert (count < 20_000) is compressed


@every_kind
def test_sync_and_async_know_the_same_conversations(kind):
    """And the async half works in one event loop after the other."""
    with serving(retrieves(0)) as server:
        client = Gemini(api_key="none", compresskit=ROOM, http_options={"base_url": server.url.removesuffix("/v1")})
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
        {"tool_config": {"function_calling_config": {"mode": "NONE"}}},
        {"tool_config": {"function_calling_config": {"mode": "ANY", "allowed_function_names": ["search"]}}},
        {"response_mime_type": "application/json", "response_schema": {"type": "OBJECT"}},
        {"tools": [{"google_search": {}}]},
    ],
    ids=lambda config: next(iter(config)),
)
def test_nothing_is_offered_where_the_api_or_the_caller_allows_no_call(kind, config):
    """The request is compressed without a way back."""
    with serving(lambda _: ANSWER) as server:
        seen = wait(WAYS["generate"], google(kind, server), **REQUEST, config=config)
        [body] = server.bodies
    assert seen.text == ANSWER
    assert TOOL_NAME not in json.dumps(body)
    assert len(json.dumps(body)) < 20_000
    if "tool_config" in config:
        chosen = config["tool_config"]["function_calling_config"]["mode"]
        assert body["toolConfig"]["functionCallingConfig"]["mode"] == chosen


@every_kind
def test_a_model_that_goes_on_retrieving_has_to_answer_in_the_end(kind):
    def greedy(body):
        if body.get("toolConfig", {}).get("functionCallingConfig", {}).get("mode") == "NONE":
            return ANSWER
        return [call(TOOL_NAME, {"key": keys(body)[0], "lines": "1-3"}, None)]

    retrieval = {"retrieval_config": {"language_code": "de"}}
    with serving(greedy) as server:
        made = google(kind, server, {**ROOM, "max_rounds": 2})
        config = {"tool_config": retrieval}
        seen = wait(WAYS["generate"], made, **REQUEST, config=config)
        bodies = server.bodies
    assert seen.text == ANSWER
    assert len(bodies) == 3
    first, *others = [body["toolConfig"]["retrievalConfig"] for body in bodies]
    assert others == [first] * 2


@every_kind
def test_several_candidates_are_all_answered(kind):
    with serving(retrieves(1)) as server:
        config = {"candidate_count": 2}
        wait(WAYS["generate"], google(kind, server), **REQUEST, config=config)
        assert [body["generationConfig"]["candidateCount"] for body in server.bodies] == [2, 1]


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
        wait(WAYS["generate"], google(kind, server, **{name: arguments}), **REQUEST)
        made = httpx2.Client(**arguments) if kind == "sync" else httpx2.AsyncClient(**arguments)
        name = "httpx_client" if kind == "sync" else "httpx_async_client"
        wait(WAYS["generate"], google(kind, server, **{name: made}), **REQUEST)
        assert not made.is_closed, "the caller closes it"
        assert len(server.received) == 4
        assert seen == ["1", "1"]


def test_a_client_of_google_takes_the_transport():
    with serving(retrieves(1)) as server, httpx2.Client(transport=transport(ROOM)) as http:
        client = genai.Client(
            api_key="none", http_options=types.HttpOptions(base_url=server.url[:-3], httpx_client=http)
        )
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
    body = {
        "contents": gemini_agent(),
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "tools": TOOLS,
    }
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
