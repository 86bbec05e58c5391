"""A user's project with our clients. `mypy` checks it with the package: it keeps the SDK's types, and its mistakes are
errors, since an ignored error that is none is one. It is never run.
"""

from collections.abc import AsyncIterator
from typing import Any, assert_type

import anthropic
import httpx2
import openai
from anthropic.types import Message, MessageTokensCount, RawMessageStreamEvent
from google import genai
from google.genai.types import GenerateContentResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ParsedChatCompletion
from openai.types.responses import Response
from pydantic import BaseModel

from compresskit.clients import (
    Anthropic,
    AsyncAnthropic,
    AsyncOpenAI,
    Gemini,
    OpenAI,
    Options,
    async_transport,
    middleware,
    report,
    transport,
)

options: Options = {"trigger": 100_000, "target": 50_000, "on_entry": "lossless"}


class Answer(BaseModel):
    text: str


def whole(client: OpenAI) -> str:
    response = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "hi"}])
    assert_type(response, ChatCompletion)
    parsed = client.chat.completions.parse(model="gpt-4o", messages=[], response_format=Answer)
    assert_type(parsed, ParsedChatCompletion[Answer])
    stream = client.with_options(timeout=5).chat.completions.create(model="gpt-4o", messages=[], stream=True)
    assert_type(stream, openai.Stream[ChatCompletionChunk])
    assert_type(client.copy(), OpenAI)
    assert_type(client.responses.create(model="gpt-4o", input="hi"), Response)
    return response.choices[0].message.content or ""


async def awaited(client: AsyncOpenAI) -> AsyncIterator[str]:
    assert_type(client.with_options(max_retries=1), AsyncOpenAI)
    async for chunk in await client.chat.completions.create(model="gpt-4o", messages=[], stream=True):
        yield chunk.choices[0].delta.content or ""


def claude(client: Anthropic) -> None:
    message = client.messages.create(model="claude", max_tokens=5, messages=[])
    assert_type(message, Message)
    assert_type(report(message), dict[str, Any] | None)
    stream = client.with_options(timeout=5).messages.create(model="claude", max_tokens=5, messages=[], stream=True)
    assert_type(stream, anthropic.Stream[RawMessageStreamEvent])
    assert_type(client.messages.count_tokens(model="claude", messages=[]), MessageTokensCount)


async def gemini(client: Gemini) -> None:
    assert_type(client.models.generate_content(model="gemini", contents="hi"), GenerateContentResponse)
    assert_type(await client.aio.models.generate_content(model="gemini", contents="hi"), GenerateContentResponse)


claude_sdk: anthropic.Anthropic = Anthropic(api_key="k", compresskit=options, http_client=httpx2.Client())
awaited_claude: anthropic.AsyncAnthropic = AsyncAnthropic(compresskit={"enabled": False}, max_retries=1)
anthropic.Anthropic(middleware=[middleware(options)])
google: genai.Client = Gemini(api_key="k", compresskit=options, http_options={"api_version": "v1"})
Anthropic(compresskit={"triger": 1})  # type: ignore[arg-type]
Gemini(compresskit={"trigger": "1"})  # type: ignore[arg-type]
sdk: openai.OpenAI = OpenAI(api_key="k", compresskit=options, timeout=5, max_retries=1, base_url="http://localhost")
awaited_sdk: openai.AsyncOpenAI = AsyncOpenAI(compresskit={"enabled": False}, http_client=httpx2.AsyncClient())
http = httpx2.Client(transport=transport(options))
async_http = httpx2.AsyncClient(transport=async_transport(options, inner=httpx2.AsyncHTTPTransport()))
OpenAI(compresskit={"triger": 1})  # type: ignore[arg-type]
OpenAI(compresskit={"trigger": "1"})  # type: ignore[arg-type]
OpenAI(timeout="5")  # type: ignore[arg-type]
OpenAI(base_ur="http://localhost")  # type: ignore[call-arg]
Anthropic(api_ky="k")  # type: ignore[call-arg]
Gemini(projct="p")  # type: ignore[call-arg]
OpenAI(admin_api_key="k", webhook_secret="w")
Anthropic(profile="p", middleware=[middleware(options)])
