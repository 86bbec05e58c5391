"""The ways in which Google's SDK is called, each written once for the sync client and `.aio`; see `sdk_ways`."""

import asyncio

from google.genai import types
from sdk_ways import Seen, each, settled

WAYS = {}  # by name


def way(function):
    WAYS[function.__name__] = function
    return function


def wait(way, client, kind, **arguments):
    """What a way has seen, with the client or its async half."""
    return asyncio.run(closing(way, client, kind, arguments))


async def closing(way, client, kind, arguments):
    try:
        return await way(client if kind == "sync" else client.aio, **arguments)
    finally:
        client.close()
        await client.aio.aclose()


def seen_of(responses):
    """What responses tell: one whole response, or the chunks of a stream."""
    parts = [part for one in responses for part in _parts(one)]
    calls = [part.function_call.name for part in parts if part.function_call]
    [finish] = [one.candidates[0].finish_reason.name for one in responses if one.candidates[0].finish_reason]
    usage = responses[-1].usage_metadata
    counts = {
        "prompt": usage.prompt_token_count,
        "answer": usage.candidates_token_count,
        "all": usage.total_token_count,
    }
    assert len({one.response_id for one in responses}) == 1
    report = told(responses[0].sdk_http_response.headers) if responses[0].sdk_http_response else None
    return Seen("".join(part.text or "" for part in parts), calls, finish, counts, report)


def _parts(response):
    content = response.candidates[0].content
    return (content.parts if content else None) or []


def told(headers):
    """The report in the headers of a response; None if there is none."""
    counts = [headers.get(f"x-compresskit-{name}-tokens") for name in ("original", "compressed")]
    if None in counts:
        return None
    skipped, rounds = headers.get("x-compresskit-skipped"), headers.get("x-compresskit-rounds")
    return {"original_tokens": int(counts[0]), "compressed_tokens": int(counts[1]), "skipped_reason": skipped,
            "rounds": rounds and int(rounds)}  # fmt: skip


@way
async def generate(client, **arguments):
    return seen_of([await settled(client.models.generate_content(**arguments))])


@way
async def generate_stream(client, **arguments):
    return seen_of(await each(await settled(client.models.generate_content_stream(**arguments))))


@way
async def chat(client, model, contents, config=None):
    *before, last = contents
    session = client.chats.create(model=model, history=before, config=config)
    seen = seen_of([await settled(session.send_message(last["parts"][0]["text"]))])
    history = [content.model_dump(exclude_none=True) for content in session.get_history()[: len(contents)]]
    given = [types.Content.model_validate(content).model_dump(exclude_none=True) for content in contents]
    assert history == given, "the caller's history stays whole"
    return seen


@way
async def chat_stream(client, model, contents, config=None):
    *before, last = contents
    session = client.chats.create(model=model, history=before, config=config)
    return seen_of(await each(await settled(session.send_message_stream(last["parts"][0]["text"]))))


@way
async def objects(client, contents, **arguments):
    return await generate(client, contents=[types.Content.model_validate(one) for one in contents], **arguments)


@way
async def with_functions(client, config=None, **arguments):
    """Automatic function calling: the SDK calls the caller's functions itself."""
    config = {**(config or {}), "tools": [search]}
    return await generate(client, config=config, **arguments)


@way
async def with_functions_stream(client, config=None, **arguments):
    config = {**(config or {}), "tools": [search]}
    return await generate_stream(client, config=config, **arguments)


def search(q: str) -> str:
    """Finds files by words."""
    return f"found {q}"
