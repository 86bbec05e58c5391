"""The ways in which an SDK is called, whole and streamed, each written once for sync and async clients.

A way is a coroutine of a client and the arguments of a request. It returns what the user of the SDK has seen. `wait`
runs it: with a sync client, nothing in it ever waits.
"""

import asyncio
import contextlib
import inspect
from typing import NamedTuple

import pydantic

CHAT = {}  # ways of chat completions, by name
RESPONSES = {}  # ways of responses, by name
CASES = {  # name: (trigger, retrievals of the model)
    "below": (200_000, 0),
    "above": (4000, 0),
    "one retrieval": (4000, 1),
    "two retrievals": (4000, 2),
}


class Answer(pydantic.BaseModel):
    answer: str


class Seen(NamedTuple):
    """What a way has seen: the text, the names of the calls, why it ended, the usage, and the report."""

    text: str
    calls: list
    finish: str
    usage: dict | None
    report: dict | None


def wait(way, client, **arguments):
    return asyncio.run(closing(way, client, arguments))


async def closing(way, client, arguments):
    try:
        return await way(client, **arguments)
    finally:
        await settled(client.close())


async def settled(value):
    """A value, awaited if it is a coroutine."""
    return await value if inspect.isawaitable(value) else value


async def each(parts):
    """All parts of an iterator of either kind."""
    return [part async for part in parts] if hasattr(parts, "__aiter__") else list(parts)


@contextlib.asynccontextmanager
async def opened(manager):
    """A context manager of either kind."""
    if hasattr(manager, "__aenter__"):
        async with manager as value:
            yield value
    else:
        with manager as value:
            yield value


def chat(way):
    CHAT[way.__name__] = way
    return way


def _whole(response):
    choice = response.choices[0]
    calls = [call.function.name for call in choice.message.tool_calls or ()]
    usage = response.usage.to_dict() if response.usage else None
    return Seen(choice.message.content, calls, choice.finish_reason, usage, getattr(response, "compresskit", None))


def _streamed(chunks):
    choices = [choice for chunk in chunks for choice in chunk.choices]
    calls = [call.function.name for one in choices for call in one.delta.tool_calls or () if call.function.name]
    [finish] = [one.finish_reason for one in choices if one.finish_reason]
    usages = [chunk.usage.to_dict() for chunk in chunks if chunk.usage]
    reports = [chunk.compresskit for chunk in chunks if getattr(chunk, "compresskit", None)]
    text = "".join(one.delta.content or "" for one in choices)
    assert len({chunk.id for chunk in chunks}) == 1
    return Seen(text, calls, finish, usages[-1] if usages else None, reports[-1] if reports else None)


@chat
async def create(client, **arguments):
    return _whole(await settled(client.chat.completions.create(**arguments)))


@chat
async def parse(client, **arguments):
    response = await settled(client.chat.completions.parse(**arguments, response_format=Answer))
    message = response.choices[0].message
    assert message.tool_calls or isinstance(message.parsed, Answer)
    return _whole(response)


@chat
async def stream_true(client, **arguments):
    options = {"include_usage": True}
    stream = await settled(client.chat.completions.create(**arguments, stream=True, stream_options=options))
    return _streamed(await each(stream))


@chat
async def stream_helper(client, **arguments):
    async with opened(client.chat.completions.stream(**arguments)) as stream:
        events = await each(stream)
        final = await settled(stream.get_final_completion())
    seen = _streamed([event.chunk for event in events if event.type == "chunk"])
    assert final.choices[0].message.content == (seen.text or None)
    return seen


@chat
async def raw(client, **arguments):
    response = await settled(client.chat.completions.with_raw_response.create(**arguments))
    seen = _whole(response.parse())
    assert_headers(response.headers, seen.report)
    return seen


@chat
async def raw_stream(client, **arguments):
    response = await settled(client.chat.completions.with_raw_response.create(**arguments, stream=True))
    seen = _streamed(await each(response.parse()))
    assert_headers(response.headers, seen.report)
    return seen


@chat
async def streaming_raw(client, **arguments):
    async with opened(client.chat.completions.with_streaming_response.create(**arguments)) as response:
        assert response.headers
        return _whole(await settled(response.parse()))


@chat
async def streaming_raw_lines(client, **arguments):
    async with opened(client.chat.completions.with_streaming_response.create(**arguments, stream=True)) as response:
        return _streamed(await each(await settled(response.parse())))


@chat
async def with_options(client, **arguments):
    return _whole(await settled(client.with_options(timeout=60, max_retries=1).chat.completions.create(**arguments)))


@chat
async def copied(client, **arguments):
    return _whole(await settled(client.copy(default_headers={"x-own": "1"}).chat.completions.create(**arguments)))


@chat
async def extra_body(client, **arguments):
    return _whole(await settled(client.chat.completions.create(**arguments, extra_body={"seed": 1})))


def responding(way):
    RESPONSES[way.__name__.removeprefix("respond_")] = way
    return way


def _responded(response):
    calls = [item.name for item in response.output if item.type == "function_call"]
    usage = response.usage.to_dict() if response.usage else None
    return Seen(response.output_text, calls, response.status, usage, getattr(response, "compresskit", None))


def _events(events):
    """The response that the events end with; they tell the same text, one index after the other."""
    last = events[-1].response
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == last.output_text
    assert [event.sequence_number for event in events] == list(range(len(events)))
    added = [event for event in events if event.type == "response.output_item.added"]
    assert [event.output_index for event in added] == list(range(len(last.output)))
    assert [event.item.type for event in added] == [item.type for item in last.output]
    return _responded(last)


@responding
async def respond_create(client, **arguments):
    return _responded(await settled(client.responses.create(**arguments)))


@responding
async def respond_parse(client, **arguments):
    response = await settled(client.responses.parse(**arguments, text_format=Answer))
    assert isinstance(response.output_parsed, Answer) or not response.output_text
    return _responded(response)


@responding
async def respond_stream_true(client, **arguments):
    return _events(await each(await settled(client.responses.create(**arguments, stream=True))))


@responding
async def respond_stream_helper(client, **arguments):
    async with opened(client.responses.stream(**arguments)) as stream:
        events = await each(stream)
        final = await settled(stream.get_final_response())
    seen = _events(events)
    assert final.output_text == seen.text
    return seen


@responding
async def respond_raw(client, **arguments):
    response = await settled(client.responses.with_raw_response.create(**arguments))
    seen = _responded(response.parse())
    assert_headers(response.headers, seen.report)
    return seen


@responding
async def respond_raw_stream(client, **arguments):
    response = await settled(client.responses.with_raw_response.create(**arguments, stream=True))
    seen = _events(await each(response.parse()))
    assert_headers(response.headers, seen.report)
    return seen


@responding
async def respond_streaming_raw(client, **arguments):
    async with opened(client.responses.with_streaming_response.create(**arguments)) as response:
        return _responded(await settled(response.parse()))


@responding
async def respond_with_options(client, **arguments):
    return _responded(await settled(client.with_options(timeout=60).responses.create(**arguments)))


@responding
async def respond_copied(client, **arguments):
    return _responded(await settled(client.copy().responses.create(**arguments)))


@responding
async def respond_extra_body(client, **arguments):
    return _responded(await settled(client.responses.create(**arguments, extra_body={"seed": 1})))


def assert_headers(headers, report):
    """The report in the headers is the one in the response."""
    if report:
        assert headers["x-compresskit-original-tokens"] == str(report["original_tokens"])
        assert headers["x-compresskit-compressed-tokens"] == str(report["compressed_tokens"])
        assert headers.get("x-compresskit-skipped") == report["skipped_reason"]
