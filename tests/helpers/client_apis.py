"""The APIs that the clients speak, one row each: `clients/test_client_laws.py` holds for every row.

A new client adds the ways of its SDK (see `sdk_ways`) and a row.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import anthropic
import claude_ways
import gemini_ways
import httpx2
import openai
from chat_models import ROOM, made, plain, retrieves
from google import genai
from google.genai import errors, types
from samples import OWN_TOOL, anthropic_agent, gemini_agent, openai_agent
from sdk_ways import CHAT, RESPONSES, settled

from compresskit.clients import Anthropic, AsyncAnthropic, Gemini, middleware

SEARCH = {"name": "search", "description": "Finds files by words."}
STRICT = {**OWN_TOOL, "function": {**OWN_TOOL["function"], "strict": True}}


class Api(NamedTuple):
    """An API of a provider, as its SDK has it.

    Attributes:
        shape: The shape of its messages.
        ours, theirs: Make a client of ours (kind, server, compresskit=…) and of the SDK (kind, server).
        ways: All ways to call it, by name.
        whole, streamed: The usual ways.
        stream: Begins a stream; a coroutine of a client and arguments.
        text: The text in an event of a stream.
        first: The events before the first text.
        history: The field of a request with its messages, which is also the name of the argument.
        request: The arguments of a request with tools.
        finish: Why a whole answer ended.
        error: The SDK's error for a status.
        held: Arguments of requests whose history is at the provider.
        system: The arguments for long instructions, if they are beside the messages.
        elsewhere: The field of HTTP of the SDK: extra_body or config.
        model: Whether the model thinks, and has ids for its calls: the arguments of `retrieves`.
    """

    shape: str
    ours: Callable
    theirs: Callable
    ways: dict
    whole: str
    streamed: str
    stream: Callable
    text: Callable
    first: int
    history: str
    request: dict[str, Any]
    finish: str
    error: type
    held: tuple[dict, ...] = ()
    system: dict[str, Any] | None = None
    own: Callable = lambda body, headers: {"extra_body": body, "extra_headers": headers}
    model: dict[str, bool] = {}  # noqa: RUF012

    def script(self, rounds):
        """A model that retrieves in so many turns, and then answers."""
        return retrieves(rounds, **self.model)


def names(body):
    """The names of all tools in a request."""
    tools = [one for tool in body.get("tools", ()) for one in tool.get("functionDeclarations", [tool])]
    return [tool.get("function", tool)["name"] for tool in tools]


def streaming(resource):
    """Begins the stream of an API of OpenAI's or Anthropic's SDK."""

    async def stream(client, **arguments):
        return await settled(resource(client).create(**arguments, stream=True))

    return stream


def items():
    """An agent's conversation as items, with the newest question at the end."""
    found = []
    for message in openai_agent():
        calls = message.get("tool_calls") or ()
        if message["role"] == "tool":
            output = {"call_id": message["tool_call_id"], "output": message["content"]}
            found.append({"type": "function_call_output", **output})
        elif not calls:
            found.append({"role": message["role"], "content": message["content"]})
        for one in calls:
            found.append({"type": "function_call", "call_id": one["id"], **one["function"]})
    return found


_OPENAI = {"ours": made, "theirs": plain, "whole": "create", "streamed": "stream_true", "error": openai.APIError}
chat = Api(
    shape="openai",
    **_OPENAI,
    ways=CHAT,
    stream=streaming(lambda client: client.chat.completions),
    text=lambda chunk: chunk.choices[0].delta.content or "",
    first=2,  # the role, and the first text
    history="messages",
    request={"model": "gpt-4o", "messages": openai_agent(), "tools": [STRICT]},
    finish="stop",
)
responses = Api(
    shape="responses",
    **_OPENAI,
    ways=RESPONSES,
    stream=streaming(lambda client: client.responses),
    text=lambda event: event.delta if event.type == "response.output_text.delta" else "",
    first=2,
    history="input",
    request={
        "model": "gpt-4o",
        "input": items(),
        "tools": [{**SEARCH, "type": "function", "parameters": {"type": "object"}, "strict": True}],
    },
    finish="completed",
    held=({"previous_response_id": "resp_1"}, {"conversation": "conv_1"}),
    system={"instructions": "Every rule matters. " * 500},
)


def _anthropic(kind, server, compresskit=ROOM, **options):
    classes = {"sync": Anthropic, "async": AsyncAnthropic}
    return classes[kind](base_url=server.url[:-3], api_key="none", compresskit=compresskit, **options)


def _plain_anthropic(kind, server, **options):
    classes = {"sync": anthropic.Anthropic, "async": anthropic.AsyncAnthropic}
    return classes[kind](base_url=server.url[:-3], api_key="none", **options)


def _by_middleware(kind, server, compresskit=ROOM, **options):
    return _plain_anthropic(kind, server, middleware=[middleware(compresskit)], **options)


claude = Api(
    shape="anthropic",
    ours=_anthropic,
    theirs=_plain_anthropic,
    ways=claude_ways.WAYS,
    whole="create",
    streamed="stream_true",
    stream=streaming(lambda client: client.messages),
    text=lambda event: getattr(getattr(event, "delta", None), "text", ""),
    first=3,  # the beginning of the message and of its first block
    history="messages",
    request={
        "model": "claude-test",
        "max_tokens": 500,
        "messages": anthropic_agent(),
        "tools": [{**SEARCH, "input_schema": {"type": "object", "properties": {}}}],
    },
    finish="end_turn",
    error=anthropic.APIStatusError,
    held=({"extra_body": {"thread": {"type": "continue", "previous_message_id": "msg_1"}}},),
    system={"system": "Every rule matters. " * 500},
    model={"thinks": True},
)
_WITH_MIDDLEWARE = ("create", "stream_true", "raw", "beta_stream")  # it gets the same in every way of a response
claude_middleware = claude._replace(
    ours=_by_middleware, ways={name: claude_ways.WAYS[name] for name in _WITH_MIDDLEWARE}
)


def _google(server):
    return {"base_url": server.url.removesuffix("/v1"), "retry_options": {"attempts": 1}}


def google(kind, server, compresskit=ROOM, max_retries=0, **options):  # noqa: ARG001
    made = Gemini(api_key="none", compresskit=compresskit, http_options={**_google(server), **options})
    return gemini_ways.Half(kind, made)


def plain_google(kind, server):
    """The SDK's own client, on httpx2 as ours is."""
    clients = {"httpx_client": httpx2.Client(), "httpx_async_client": httpx2.AsyncClient()}
    options = types.HttpOptions(**_google(server), **clients)
    return gemini_ways.Half(kind, genai.Client(api_key="none", http_options=options))


async def _google_stream(client, **arguments):
    return await settled(client.models.generate_content_stream(**arguments))


gemini = Api(
    shape="gemini",
    ours=google,
    theirs=plain_google,
    ways=gemini_ways.WAYS,
    whole="generate",
    streamed="generate_stream",
    stream=_google_stream,
    text=lambda chunk: chunk.text or "",
    first=1,
    history="contents",
    request={
        "model": "gemini-2.5-pro",
        "contents": gemini_agent(),
        "config": {"tools": [{"functionDeclarations": [SEARCH]}]},
    },
    finish="STOP",
    error=errors.APIError,
    held=({"config": {"cached_content": "cachedContents/abc"}},),
    system={"config": {"system_instruction": "Every rule matters. " * 500}},
    own=lambda body, headers: {"config": {"http_options": {"extra_body": body, "headers": headers}}},
)
APIS = {
    "chat": chat,
    "responses": responses,
    "claude": claude,
    "claude middleware": claude_middleware,
    "gemini": gemini,
}
EVERY = APIS | {
    "gemini without ids": gemini._replace(ways={"generate": gemini.ways["generate"]}, model={"ids": False}),
}
