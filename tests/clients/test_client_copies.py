"""Copies of a client, and other event loops: nothing is sent past compresskit."""

import json

import httpx2
import pytest
import trio
from chat_models import ANSWER, retrieves
from protocol_server import serving
from samples import anthropic_agent, openai_agent

from compresskit.clients import Anthropic, AsyncAnthropic, AsyncOpenAI, OpenAI, report

ROOM = {"trigger": 4000, "target": 3000}
ASKED = {
    OpenAI: lambda one: one.chat.completions.create(model="gpt-4o", messages=openai_agent()),
    Anthropic: lambda one: one.messages.create(model="claude-test", max_tokens=99, messages=anthropic_agent()),
}


class MyAnthropic(Anthropic):
    """A user's own class."""


@pytest.mark.parametrize("kind", [OpenAI, Anthropic, MyAnthropic])
def test_a_copy_with_another_http_client_compresses_and_remembers(kind):
    ask = next(ask for base, ask in ASKED.items() if issubclass(kind, base))
    with serving(lambda _: ANSWER) as server, httpx2.Client(headers={"x-own": "1"}) as http_client:
        url = server.url if kind is OpenAI else server.url.removesuffix("/v1")
        client = kind(base_url=url, api_key="none", compresskit=ROOM)
        for one in (client, client.copy(http_client=http_client), client.copy().with_options(http_client=http_client)):
            assert report(ask(one))["compressed_tokens"] <= 3000
        first, *others = server.received
    assert [one.headers.get("x-own") for one in others] == ["1", "1"]
    assert [one.content for one in others] == [first.content] * 2, "what was sent before is sent again"


async def asked_openai(url, stream):
    async with AsyncOpenAI(base_url=url, api_key="none", compresskit=ROOM) as client:
        answer = await client.chat.completions.create(model="gpt-4o", messages=openai_agent(), stream=stream)
        if not stream:
            return answer.choices[0].message.content
        return "".join([chunk.choices[0].delta.content or "" async for chunk in answer if chunk.choices])


async def asked_anthropic(url, stream):
    async with AsyncAnthropic(base_url=url.removesuffix("/v1"), api_key="none", compresskit=ROOM) as client:
        request = {"model": "claude-test", "max_tokens": 99, "messages": anthropic_agent()}
        if not stream:
            return (await client.messages.create(**request)).content[0].text
        async with client.messages.stream(**request) as answer:
            return "".join([text async for text in answer.text_stream])


@pytest.mark.filterwarnings("ignore:Async generator '(openai|anthropic).:ResourceWarning")  # of the SDKs; trio minds it
@pytest.mark.parametrize("ask", [asked_openai, asked_anthropic])
@pytest.mark.parametrize("streamed", [False, True])
def test_the_async_client_runs_under_trio(ask, streamed):
    with serving(retrieves(1)) as server:
        assert trio.run(ask, server.url, streamed) == ANSWER
        assert len(server.received) == 2
        assert len(json.dumps(server.bodies[0])) < 30_000
