"""The clients keep the SDK's types in a user's project under mypy --strict."""

import importlib
import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

import compresskit

ROOT = Path(compresskit.__file__).parents[1]
PROJECT = """
from collections.abc import AsyncIterator
from typing import Any

import anthropic
import httpx2
import openai
from anthropic.types import Message, MessageTokensCount, RawMessageStreamEvent
from google import genai
from google.genai.types import GenerateContentResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ParsedChatCompletion
from openai.types.responses import Response
from pydantic import BaseModel
from typing_extensions import assert_type

from compresskit.clients import Anthropic, AsyncAnthropic, AsyncOpenAI, Gemini, OpenAI, Options
from compresskit.clients import async_transport, middleware, report, transport

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
"""

# What compresskit itself imports, beside the SDKs, takes mypy minutes to read and says nothing about the clients. A
# user does not see errors in an installed package, and without these imports there are some.
CONFIG = """
[mypy]
strict = true

[mypy-compresskit.*]
ignore_errors = true

[mypy-litellm.*,numpy.*,tiktoken.*,rank_bm25.*,ast_grep_py.*,redis.*,diskcache.*,safetensors.*,tokenizers.*]
follow_imports = skip
ignore_missing_imports = true
"""


@pytest.mark.slow
def test_a_project_of_a_user_keeps_the_types_of_the_sdk(tmp_path):
    (tmp_path / "app.py").write_text(PROJECT)
    (tmp_path / "mypy.ini").write_text(CONFIG)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", ROOT / ".mypy_cache", "app.py"],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["openai.OpenAI", "openai.AsyncOpenAI", "gemini.Gemini", "anthropic.Anthropic"])
def test_a_constructor_knows_every_argument_of_the_newest_sdk(name):
    """Type checkers take no other names, so a new argument of an SDK has to be added."""
    package, client = name.split(".")
    module = importlib.import_module(f"compresskit.clients.{package}")
    ours = getattr(module, client)
    theirs = set(inspect.signature(ours.__mro__[1].__init__).parameters)
    known = set(inspect.signature(ours.__init__).parameters) | set(module._More.__annotations__)
    listed = {"api_key", "auth_token", "base_url", "timeout", "max_retries", "default_headers", "default_query"}
    assert theirs <= known | (listed | {"http_client"} if package == "anthropic" else set())
