"""The ways in which Google's SDK is called, each written once for the sync client and `.aio`; see `sdk_ways`."""

from google.genai import types
from sdk_ways import Seen, each, named, settled

from compresskit.clients import report


class Half:
    """The client, or its async half. Closing it closes both."""

    def __init__(self, kind, client):
        self._client, self._half = client, client if kind == "sync" else client.aio

    def __getattr__(self, name):
        return getattr(self._half, name)

    async def close(self):
        self._client.close()
        await self._client.aio.aclose()


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
    found = report(responses[0])
    assert all(report(one) == found for one in responses)
    return Seen("".join(part.text or "" for part in parts), calls, finish, counts, found)


def _parts(response):
    content = response.candidates[0].content
    return (content.parts if content else None) or []


async def generate(client, **arguments):
    return seen_of([await settled(client.models.generate_content(**arguments))])


async def generate_stream(client, **arguments):
    return seen_of(await each(await settled(client.models.generate_content_stream(**arguments))))


async def chat(client, model, contents, config=None):
    *before, last = contents
    session = client.chats.create(model=model, history=before, config=config)
    seen = seen_of([await settled(session.send_message(last["parts"][0]["text"]))])
    history = [content.model_dump(exclude_none=True) for content in session.get_history()[: len(contents)]]
    given = [types.Content.model_validate(content).model_dump(exclude_none=True) for content in contents]
    assert history == given, "the caller's history stays whole"
    return seen


async def chat_stream(client, model, contents, config=None):
    *before, last = contents
    session = client.chats.create(model=model, history=before, config=config)
    return seen_of(await each(await settled(session.send_message_stream(last["parts"][0]["text"]))))


async def objects(client, contents, **arguments):
    return await generate(client, contents=[types.Content.model_validate(one) for one in contents], **arguments)


async def with_functions(client, config=None, **arguments):
    """Automatic function calling: the SDK calls the caller's functions itself."""
    config = {**(config or {}), "tools": [search]}
    return await generate(client, config=config, **arguments)


async def with_functions_stream(client, config=None, **arguments):
    config = {**(config or {}), "tools": [search]}
    return await generate_stream(client, config=config, **arguments)


def search(q: str) -> str:
    """Finds files by words."""
    return f"found {q}"


WAYS = named(generate, generate_stream, chat, chat_stream, objects, with_functions, with_functions_stream)
