"""Drives completion() in each of its four ways against the protocol server; knows nothing of how it works.

`ask` gives a whole response in every way: streams are put together by litellm's own builder.
"""

import asyncio
import contextvars
import json
import re

import litellm
import pytest
from oracles import MARKER
from protocol_server import call

import compresskit
from compresskit import TOOL_NAME

# One event loop for all tests: litellm keeps its clients, and with them their connections, for later calls.
_RUNNER = asyncio.Runner()
_RUNNER.get_loop()
# litellm's own models make pydantic warn; that is not ours to mend.
QUIET = [
    pytest.mark.filterwarnings("ignore:.*ReadOnly:UserWarning:pydantic"),
    pytest.mark.filterwarnings("ignore:Accessing the 'model_(computed_)?fields'"),
]
WAYS = ["whole", "awaited", "streamed", "streamed and awaited"]
ROOM = {"trigger": 4000, "target": 3000}


def ask(way, server, messages, model="openai/gpt-4o", **options):
    """The response, as the program that calls completion() has it in the end."""
    given = {"model": model, "messages": messages, **ROOM, **options}
    if "router" not in options:
        address = server.url.removesuffix("/v1") if model.startswith("anthropic") else server.url
        given |= {"api_base": address, "api_key": "none"}
    if way == "whole":
        return compresskit.completion(**given)
    if way == "awaited":
        return awaited(compresskit.acompletion(**given))
    chunks, stream = take(way, given)
    built = litellm.stream_chunk_builder(chunks)
    built._hidden_params = {**built._hidden_params, "compresskit": stream._hidden_params.get("compresskit")}
    return built


def awaited(coroutine):
    return _RUNNER.run(coroutine, context=contextvars.copy_context())


def close():
    """Ends what litellm keeps open."""
    from litellm.llms.custom_httpx.async_client_cleanup import close_litellm_async_clients

    with _RUNNER:
        _RUNNER.run(close_litellm_async_clients())


def take(way, given):
    """All chunks of a stream, and the stream."""
    if way == "streamed":
        stream = compresskit.completion(**given, stream=True)
        return list(stream), stream

    async def taken():
        stream = await compresskit.acompletion(**given, stream=True)
        return [chunk async for chunk in stream], stream

    return awaited(taken())


def report(response):
    return response._hidden_params["compresskit"]


def keys_in(body):
    """The keys that a request shows the model, in order."""
    shown = json.dumps(body["messages"], ensure_ascii=False).replace("\\n", "\n")
    found = [re.search(r"\b([a-z]{12,59})\]", marker) for marker in MARKER.findall(shown)]
    return [match[1] for match in found if match]


def retrieval(body, call_id="r1", number=0, **arguments):
    return call(TOOL_NAME, {"key": keys_in(body)[number], **arguments}, call_id)


def after(body):
    """How many answers of tools the model sees at the end: 0 where it is asked afresh."""
    count = 0
    for message in reversed(body["messages"]):
        if message["role"] != "tool":
            break
        count += 1
    return count


def names_of(calls):
    return [made["function"]["name"] for made in calls or ()]
