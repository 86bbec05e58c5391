"""Asking a model behind an OpenAI-compatible server a question over a conversation, in each contender's way.

Every way sends through one `Client`, which counts what goes out and what comes back, the same for all.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from . import baselines, embedders, spending
from .cases import Request
from .messages import Message
from .tokens import count_request

MAX_ROUNDS = 5  # compresskit.completion's default
REPLY_TOKENS = 128  # an answer is a few words; a retrieval call about 60 tokens
_TIMEOUT = 1_800  # seconds: a small machine reads some 40 tokens a second


class Client:
    """Calls the server through litellm; stands in for a Router."""

    def __init__(self, api_base: str, model: str) -> None:
        self.model = f"openai/{model}"
        self.first = 0  # tokens of the first request, tool schemas included, in o200k_base
        self.prompt = self.written = 0  # tokens of all requests and replies, as the server counts them
        self.cost: float | None = None  # dollars, where LiteLLM knows the model's prices
        self.calls = self.retrievals = 0
        self._place = {"api_base": api_base, "api_key": os.environ.get("OPENAI_API_KEY") or "none"}

    def completion(self, **request: Any) -> Any:
        """litellm.completion, counted."""
        if not self.calls:
            self.first = count_request(request["messages"], request.get("tools"))
        self.calls += 1
        response = spending.litellm().completion(
            **request, **self._place, temperature=0, max_tokens=REPLY_TOKENS, timeout=_TIMEOUT, max_retries=0
        )
        self.prompt += response.usage.prompt_tokens
        self.written += response.usage.completion_tokens
        self.retrievals += len(response.choices[0].message.tool_calls or ())
        paid = spending.cost(response, self.model)
        self.cost = self.cost if paid is None else (self.cost or 0.0) + paid
        return response

    def usage(self) -> dict[str, Any]:
        """What a row says of it."""
        return {
            "prompt_tokens": self.prompt,
            "completion_tokens": self.written,
            "cost": self.cost,
            "calls": self.calls,
            "retrievals": self.retrievals,
        }

    async def acompletion(self, **request: Any) -> Any:
        """A Router has both."""
        return self.completion(**request)


def everything(client: Client, request: Request) -> str:
    """All of it."""
    return _asked(client, request.messages)


def nothing(client: Client, request: Request) -> str:
    """The system message and the question alone: what the model knows by itself."""
    return _asked(client, [request.messages[0], request.messages[-1]])


def head_tail(client: Client, request: Request) -> str:
    """The two ends of every text."""
    return _asked(client, baselines.head_tail(request).messages)


def litellm(client: Client, request: Request) -> str:
    """litellm.compress, and its retrieval calls answered from its cache, as its documentation shows."""
    outcome = baselines.litellm(request)
    return _asked(client, outcome.messages, outcome.tools, outcome.cache)


def compresskit(client: Client, request: Request, embedder: Any = None, *, recoverable: bool = True) -> str:
    """compresskit.completion, which answers retrievals by itself."""
    response = import_module("compresskit").completion(
        client.model,
        request.messages,
        router=client,
        trigger=request.trigger,
        target=request.target,
        embedder=embedder,
        recoverable=recoverable,
        max_rounds=MAX_ROUNDS,
        on_error="raise",
    )
    return response.choices[0].message.content or ""


def compresskit_no_tool(client: Client, request: Request) -> str:
    """compresskit.completion for models that cannot call tools: their tokens go to the text."""
    return compresskit(client, request, recoverable=False)


Way = Callable[[Client, Request], str]
WAYS: dict[str, Way] = {
    "everything": everything,
    "nothing": nothing,
    "head+tail": head_tail,
    "litellm": litellm,
    "compresskit": compresskit,
    "compresskit-no-tool": compresskit_no_tool,
}


def way(name: str) -> Way:
    """The way of a name; "compresskit + NAME" is compresskit with that embedder."""
    name, _, embedder = name.partition(" + ")
    if not embedder:
        return WAYS[name]
    loaded = embedders.load(embedder)
    return lambda client, request: compresskit(client, request, loaded)


def _asked(
    client: Client,
    messages: Sequence[Message],
    tools: Sequence[Any] | None = None,
    cache: Mapping[str, str] | None = None,
) -> str:
    """The model's answer in words; while it calls tools, they are answered from the cache."""
    messages = list(messages)
    for number in range(MAX_ROUNDS + 1):
        offered = {"tools": list(tools), "tool_choice": "none" if number == MAX_ROUNDS else "auto"} if tools else {}
        message = client.completion(model=client.model, messages=messages, **offered).choices[0].message
        calls = message.tool_calls
        if not calls:
            break
        messages += [message.model_dump(exclude_none=True), *(_answer(call, cache or {}) for call in calls)]
    return message.content or ""


def _answer(call: Any, cache: Mapping[str, str]) -> Message:
    try:
        key = json.loads(call.function.arguments)["key"]
        text = cache[key]
    except (ValueError, KeyError, TypeError):
        text = f"There is no such key. There are: {', '.join(cache)}"
    return {"role": "tool", "tool_call_id": call.id, "content": text}
