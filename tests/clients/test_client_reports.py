"""clients.report() reads the report of everything that an SDK returns, for programs that check their types."""

import anthropic
import openai
import pytest
from chat_models import ANSWER, ROOM, retrieves_once
from gemini_ways import wait as gemini_wait
from google import genai
from protocol_server import serving
from samples import anthropic_agent, gemini_agent, openai_agent
from sdk_ways import each, opened, settled, wait

from compresskit.clients import Anthropic, AsyncAnthropic, AsyncOpenAI, Gemini, OpenAI, report

CHAT = {"model": "gpt-4o", "messages": openai_agent()}
RESPONSES = {"model": "gpt-4o", "input": [*openai_agent()[:1], {"role": "user", "content": str(openai_agent())}]}
CLAUDE = {"model": "claude-test", "max_tokens": 99, "messages": anthropic_agent()}
GEMINI = {"model": "gemini-2.5-pro", "contents": gemini_agent()}
REQUESTS = {
    "chat": (lambda client: client.chat.completions, CHAT),
    "responses": (lambda client: client.responses, RESPONSES),
    "claude": (lambda client: client.messages, CLAUDE),
}


def client_of(api, kind, server):
    if api == "gemini":
        return Gemini(api_key="none", compresskit=ROOM, http_options={"base_url": server.url.removesuffix("/v1")})
    ours = {"claude": (Anthropic, AsyncAnthropic)}.get(api, (OpenAI, AsyncOpenAI))[kind == "async"]
    url = server.url.removesuffix("/v1") if api == "claude" else server.url
    return ours(base_url=url, api_key="none", compresskit=ROOM)


async def whole(resource, request):
    return report(await settled(resource.create(**request)))


async def raw(resource, request):
    return report(await settled(resource.with_raw_response.create(**request)))


async def streaming_raw(resource, request):
    async with opened(resource.with_streaming_response.create(**request)) as response:
        return report(response)


async def stream(resource, request):
    made = await settled(resource.create(**request, stream=True))
    found = report(made)
    assert [report(event) for event in await each(made) if report(event)][-1]["rounds"] == 1
    return found


async def stream_helper(resource, request):
    async with opened(resource.stream(**request)) as made:
        return report(made)


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("way", [whole, raw, streaming_raw, stream, stream_helper])
@pytest.mark.parametrize("api", REQUESTS)
def test_a_response_a_raw_one_and_a_stream_have_a_report(api, way, kind):
    resource, request = REQUESTS[api]

    async def asked(client):
        return await way(resource(client), request)

    with serving(retrieves_once) as server:
        found = wait(asked, client_of(api, kind, server))
    assert found["compressed_tokens"] <= 3000 < 4000 < found["original_tokens"]
    assert "rounds" not in found or found["rounds"] == 1
    if way is whole:
        assert (found["calls"], found["skipped_reason"], found["error"]) == (2, None, None)


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_every_response_of_googles_sdk_has_a_report(kind):
    async def asked(client, **request):
        response = await settled(client.models.generate_content(**request))
        chunks = await each(await settled(client.models.generate_content_stream(**request)))
        return [report(one) for one in (response, *chunks)]

    with serving(retrieves_once) as server:
        whole, *chunks = gemini_wait(asked, client_of("gemini", kind, server), kind, **GEMINI)
    tokens = {name: whole[name] for name in ("original_tokens", "compressed_tokens")}
    assert tokens["compressed_tokens"] <= 3000 < 4000 < tokens["original_tokens"]
    assert whole == {**tokens, "rounds": 1}
    assert chunks == [tokens] * len(chunks) != []


@pytest.mark.parametrize("api", [*REQUESTS, "gemini"])
def test_a_response_of_a_client_that_is_not_ours_has_no_report(api):
    with serving(lambda _: ANSWER) as server:
        url = server.url.removesuffix("/v1")
        if api == "gemini":
            theirs = genai.Client(api_key="none", http_options={"base_url": url})
            assert report(theirs.models.generate_content(**GEMINI)) is None
            return
        theirs = anthropic.Anthropic if api == "claude" else openai.OpenAI
        resource, request = REQUESTS[api]
        with theirs(base_url=url if api == "claude" else server.url, api_key="none") as client:
            assert report(resource(client).create(**request)) is None
