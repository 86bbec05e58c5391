"""The ways in which an SDK is called, whole and streamed, each written once for sync and async clients.

A way is a coroutine of a client and the arguments of a request. It returns what the user of the SDK has seen. `wait`
runs it: with a sync client, nothing in it ever waits.
"""

import asyncio
import contextlib
import inspect
from typing import NamedTuple

import pydantic

from compresskit.clients import report


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
    return [part async for part in events(parts)]


async def events(stream):
    """The events of a stream of either kind, one after the other."""
    if hasattr(stream, "__aiter__"):
        async for event in stream:
            yield event
    else:
        for event in stream:
            yield event


@contextlib.asynccontextmanager
async def opened(manager):
    """A context manager of either kind."""
    if hasattr(manager, "__aenter__"):
        async with manager as value:
            yield value
    else:
        with manager as value:
            yield value


def named(*ways):
    return {way.__name__: way for way in ways}


def ways_of(resource, whole, streamed, parsing, parsed, extra, **of_streams):
    """The ways that OpenAI's and Anthropic's SDK share.

    Args:
        resource: Where a client has the API.
        whole: What a response tells.
        streamed: What the events of a stream tell.
        parsing: The argument of parse() for the type of the answer.
        parsed: The parsed answer of a response.
        extra: A field for extra_body.
        **of_streams: Further arguments of a request that streams.
    """

    async def create(client, **arguments):
        return whole(await settled(resource(client).create(**arguments)))

    async def parse(client, **arguments):
        response = await settled(resource(client).parse(**arguments, **{parsing: Answer}))
        assert isinstance(parsed(response), Answer)
        return whole(response)

    async def stream_true(client, **arguments):
        stream = await settled(resource(client).create(**arguments, stream=True, **of_streams))
        return checked(stream, streamed(await each(stream)))

    async def raw(client, **arguments):
        response = await settled(resource(client).with_raw_response.create(**arguments))
        return checked(response, whole(await settled(response.parse())))

    async def raw_stream(client, **arguments):
        response = await settled(resource(client).with_raw_response.create(**arguments, stream=True))
        return checked(response, streamed(await each(await settled(response.parse()))))

    async def streaming_raw(client, **arguments):
        async with opened(resource(client).with_streaming_response.create(**arguments)) as response:
            return checked(response, whole(await settled(response.parse())))

    async def streaming_raw_lines(client, **arguments):
        async with opened(resource(client).with_streaming_response.create(**arguments, stream=True)) as response:
            return checked(response, streamed(await each(await settled(response.parse()))))

    async def with_options(client, **arguments):
        return await create(client.with_options(timeout=60, max_retries=1), **arguments)

    async def copied(client, **arguments):
        return await create(client.copy(default_headers={"x-own": "1"}), **arguments)

    async def extra_body(client, **arguments):
        return await create(client, **arguments, extra_body=extra)

    raws = (raw, raw_stream, streaming_raw, streaming_raw_lines)
    return named(create, parse, stream_true, *raws, with_options, copied, extra_body)


def checked(response, seen):
    """What was seen of a raw response or a stream, whose report is the part in its headers."""
    told = report(response)
    if seen.report:
        assert told == {name: seen.report[name] for name in told}
        assert {"original_tokens", "compressed_tokens"} <= set(told)
    return seen


def _of_chat(response):
    choice = response.choices[0]
    calls = [call.function.name for call in choice.message.tool_calls or ()]
    usage = response.usage.to_dict() if response.usage else None
    return Seen(choice.message.content, calls, choice.finish_reason, usage, report(response))


def _of_chunks(chunks):
    choices = [choice for chunk in chunks for choice in chunk.choices]
    calls = [call.function.name for one in choices for call in one.delta.tool_calls or () if call.function.name]
    [finish] = [one.finish_reason for one in choices if one.finish_reason]
    usages = [chunk.usage.to_dict() for chunk in chunks if chunk.usage]
    reports = [found for chunk in chunks if (found := report(chunk))]
    text = "".join(one.delta.content or "" for one in choices)
    assert len({chunk.id for chunk in chunks}) == 1
    return Seen(text, calls, finish, usages[-1] if usages else None, reports[-1] if reports else None)


async def stream_helper(client, **arguments):
    async with opened(client.chat.completions.stream(**arguments)) as stream:
        events = await each(stream)
        final = await settled(stream.get_final_completion())
    seen = _of_chunks([event.chunk for event in events if event.type == "chunk"])
    assert final.choices[0].message.content == (seen.text or None)
    return checked(stream, seen)


CHAT = named(stream_helper) | ways_of(
    lambda client: client.chat.completions, _of_chat, _of_chunks, "response_format",
    lambda response: response.choices[0].message.parsed, {"seed": 1}, stream_options={"include_usage": True},
)  # fmt: skip


def _of_response(response):
    calls = [item.name for item in response.output if item.type == "function_call"]
    usage = response.usage.to_dict() if response.usage else {}
    totals = {name: count for name, count in usage.items() if isinstance(count, int)}
    return Seen(response.output_text, calls, response.status, totals, report(response))


def _of_events(events):
    """The response that the events end with; they tell the same text, one index after the other."""
    last = events[-1].response
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == last.output_text
    assert [event.sequence_number for event in events] == list(range(len(events)))
    added = [event for event in events if event.type == "response.output_item.added"]
    assert [event.output_index for event in added] == list(range(len(last.output)))
    assert [event.item.type for event in added] == [item.type for item in last.output]
    return _of_response(last)


async def response_stream_helper(client, **arguments):
    async with opened(client.responses.stream(**arguments)) as stream:
        events = await each(stream)
        final = await settled(stream.get_final_response())
    seen = _of_events(events)
    assert final.output_text == seen.text
    return checked(stream, seen)


RESPONSES = named(response_stream_helper) | ways_of(
    lambda client: client.responses, _of_response, _of_events, "text_format",
    lambda response: response.output_parsed, {"seed": 1},
)  # fmt: skip
