"""The ways in which Anthropic's SDK is called, each written once for sync and async clients; see `sdk_ways`."""

import inspect

from anthropic import beta_async_tool, beta_tool
from sdk_ways import Answer, Seen, each, opened, settled

WAYS = {}  # by name


def way(function):
    WAYS[function.__name__] = function
    return function


def seen_of(message, report=None):
    texts = [block.text for block in message.content if block.type == "text"]
    calls = [block.name for block in message.content if block.type == "tool_use"]
    usage = {"input_tokens": message.usage.input_tokens, "output_tokens": message.usage.output_tokens}
    return Seen("".join(texts), calls, message.stop_reason, usage, report or getattr(message, "compresskit", None))


def seen_in(events):
    """What events tell, put together by hand; they must be those of one message."""
    kinds = [event.type for event in events]
    assert kinds.count("message_start") == kinds.count("message_stop") == kinds.count("message_delta") == 1
    starts = [event for event in events if event.type == "content_block_start"]
    assert [event.index for event in starts] == list(range(len(starts)))
    text = "".join(
        event.delta.text for event in events if getattr(getattr(event, "delta", None), "type", "") == "text_delta"
    )
    calls = [event.content_block.name for event in starts if event.content_block.type == "tool_use"]
    [end] = [event for event in events if event.type == "message_delta"]
    asked = end.usage.input_tokens or events[0].message.usage.input_tokens
    usage = {"input_tokens": asked, "output_tokens": end.usage.output_tokens}
    return Seen(text, calls, end.delta.stop_reason, usage, getattr(end, "compresskit", None))


@way
async def create(client, **arguments):
    return seen_of(await settled(client.messages.create(**arguments)))


@way
async def parse(client, **arguments):
    message = await settled(client.messages.parse(**arguments, output_format=Answer))
    assert isinstance(message.parsed_output, Answer)
    return seen_of(message)


@way
async def stream_true(client, **arguments):
    return seen_in(await each(await settled(client.messages.create(**arguments, stream=True))))


@way
async def stream_helper(client, **arguments):
    async with opened(client.messages.stream(**arguments)) as stream:
        texts = await each(stream.text_stream)
        final = await settled(stream.get_final_message())
    seen = seen_of(final)
    assert "".join(texts) == seen.text
    return seen


@way
async def raw(client, **arguments):
    response = await settled(client.messages.with_raw_response.create(**arguments))
    return seen_of(await settled(response.parse()), told(response.headers))


@way
async def raw_stream(client, **arguments):
    response = await settled(client.messages.with_raw_response.create(**arguments, stream=True))
    return seen_in(await each(await settled(response.parse())))


@way
async def streaming_raw(client, **arguments):
    async with opened(client.messages.with_streaming_response.create(**arguments)) as response:
        return seen_of(await settled(response.parse()))


@way
async def with_options(client, **arguments):
    return seen_of(await settled(client.with_options(timeout=60, max_retries=1).messages.create(**arguments)))


@way
async def copied(client, **arguments):
    return seen_of(await settled(client.copy(default_headers={"x-own": "1"}).messages.create(**arguments)))


@way
async def extra_body(client, **arguments):
    return seen_of(await settled(client.messages.create(**arguments, extra_body={"top_k": 5})))


@way
async def beta_create(client, **arguments):
    return seen_of(await settled(client.beta.messages.create(**arguments, betas=["context-1m-2025-08-07"])))


@way
async def beta_stream(client, **arguments):
    async with opened(client.beta.messages.stream(**arguments)) as stream:
        return seen_of(await settled(stream.get_final_message()))


@way
async def tool_runner(client, **arguments):
    """The SDK's own loop over the caller's functions."""
    tools = [_lookup_async if "Async" in type(client).__name__ else _lookup]
    run = client.beta.messages.tool_runner
    # without a thread, in which newer releases keep the history at the provider
    alone = {"thread": False} if "thread" in inspect.signature(run).parameters else {}
    runner = run(**{**arguments, "tools": tools}, **alone)
    return seen_of(await settled(runner.until_done()))


@beta_tool
def _lookup(q: str) -> str:
    """Looks something up.

    Args:
        q: The words to look up.
    """
    return f"found {q}"


@beta_async_tool
async def _lookup_async(q: str) -> str:
    """Looks something up.

    Args:
        q: The words to look up.
    """
    return f"found {q}"


def told(headers):
    """The report in the headers of a response; None if there is none."""
    counts = [headers.get(f"x-compresskit-{name}-tokens") for name in ("original", "compressed")]
    if None in counts:
        return None
    return {
        "original_tokens": int(counts[0]),
        "compressed_tokens": int(counts[1]),
        "skipped_reason": headers.get("x-compresskit-skipped"),
        "rounds": int(headers.get("x-compresskit-rounds", 0)),
    }
