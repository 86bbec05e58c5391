"""The clients keep the SDK's types in a user's project under mypy --strict."""

import os
import subprocess
import sys
from pathlib import Path
from typing import get_type_hints

import pytest

import compresskit
from compresskit.clients.options import Options, Settings

ROOT = Path(compresskit.__file__).parents[1]
PROJECT = """
from collections.abc import AsyncIterator

import httpx2
import openai
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ParsedChatCompletion
from openai.types.responses import Response
from pydantic import BaseModel
from typing_extensions import assert_type

from compresskit.clients import AsyncOpenAI, OpenAI, Options, async_transport, transport

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


sdk: openai.OpenAI = OpenAI(api_key="k", compresskit=options, timeout=5, max_retries=1, base_url="http://localhost")
awaited_sdk: openai.AsyncOpenAI = AsyncOpenAI(compresskit={"enabled": False}, http_client=httpx2.AsyncClient())
http = httpx2.Client(transport=transport(options))
async_http = httpx2.AsyncClient(transport=async_transport(options, inner=httpx2.AsyncHTTPTransport()))
OpenAI(compresskit={"triger": 1})  # type: ignore[arg-type]
OpenAI(compresskit={"trigger": "1"})  # type: ignore[arg-type]
OpenAI(timeout="5")  # type: ignore[arg-type]
"""


@pytest.mark.slow
def test_a_project_of_a_user_keeps_the_types_of_the_sdk(tmp_path):
    (tmp_path / "app.py").write_text(PROJECT)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path / "cache", "app.py"],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout


def test_the_typed_options_are_the_options():
    assert set(Options.__annotations__) == set(Settings.__dataclass_fields__)
    assert get_type_hints(Options)["trigger"] is int
