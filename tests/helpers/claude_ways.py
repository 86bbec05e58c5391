"""The ways in which Anthropic's SDK is called, each written once for sync and async clients; see `sdk_ways`."""

import inspect

from anthropic import beta_async_tool, beta_tool
from sdk_ways import Seen, checked, each, named, opened, settled, ways_of

from compresskit.clients import report


def seen_of(message):
    texts = [block.text for block in message.content if block.type == "text"]
    calls = [block.name for block in message.content if block.type == "tool_use"]
    usage = {"input_tokens": message.usage.input_tokens, "output_tokens": message.usage.output_tokens}
    return Seen("".join(texts), calls, message.stop_reason, usage, report(message))


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
    return Seen(text, calls, end.delta.stop_reason, usage, report(end))


async def stream_helper(client, **arguments):
    async with opened(client.messages.stream(**arguments)) as stream:
        texts = await each(stream.text_stream)
        final = await settled(stream.get_final_message())
    seen = seen_of(final)
    assert "".join(texts) == seen.text
    return checked(stream, seen)


async def beta_create(client, **arguments):
    return seen_of(await settled(client.beta.messages.create(**arguments, betas=["context-1m-2025-08-07"])))


async def beta_stream(client, **arguments):
    async with opened(client.beta.messages.stream(**arguments)) as stream:
        return seen_of(await settled(stream.get_final_message()))


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


WAYS = named(stream_helper, beta_create, beta_stream, tool_runner) | ways_of(
    lambda client: client.messages, seen_of, seen_in, "output_format",
    lambda message: message.parsed_output, {"top_k": 5},
)  # fmt: skip
