"""Asking a model over a conversation, brought to its target by any compressor: the one place that does so.

Every way sends through one `Client`, which counts what goes out, what comes back and what it costs, the same for all.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from compresskit import completion
from evals.harness import baselines, embedders, spending
from evals.harness.cases import Request, Row
from evals.harness.messages import Message
from evals.harness.tokens import count_request

from .endpoint import Model

MAX_ROUNDS = 5  # compresskit.completion's default
_TIMEOUT = 1_800  # seconds: a small machine reads some 40 tokens a second
_TOOLS = re.compile(r"compresskit_retrieve|litellm_content_retrieve")


class Client:
    """Calls the model through litellm, in place of a Router."""

    def __init__(self, model: Model) -> None:
        self.model = model.name
        self.first: list[Message] = []  # the messages of the first request
        self.after = 0  # tokens of the first request, tool schemas included, in o200k_base
        self.prompt = self.written = 0  # tokens of all requests and replies, as the provider counts them
        self.cost: float | None = None  # dollars, where LiteLLM knows the model's prices
        self.calls = self.retrievals = 0
        # A model that knows no temperature (a reasoning one) is asked without.
        self._settings: dict[str, Any] = {"temperature": 0, "max_tokens": model.reply_tokens, "drop_params": True}
        self._settings |= {"timeout": _TIMEOUT, "max_retries": 0}
        if model.api_base:
            self._settings |= {"api_base": model.api_base, "api_key": os.environ.get("OPENAI_API_KEY") or "none"}

    def completion(self, **request: Any) -> Any:
        """litellm.completion, counted."""
        if not self.calls:
            self.first = list(request["messages"])
            self.after = count_request(request["messages"], request.get("tools"))
        self.calls += 1
        response = spending.litellm().completion(**self._settings | request)
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


class Asked(NamedTuple):
    """What became of a question; `row` has its error, or its tokens and seconds, and in both cases what it cost."""

    reply: str
    shown: list[Message]  # the messages of the first request
    row: Row


def ask(way: str, request: Request, model: Model) -> Asked:
    """Asks once. Whatever a way raises is its error."""
    client = Client(model)
    start = time.perf_counter()
    try:
        reply = named(way)(client, request)
    except Exception as error:
        return Asked("", client.first, {"error": f"{type(error).__name__}: {error}"[:500], **client.usage()})
    row = {
        "error": None,
        "seconds": round(time.perf_counter() - start, 2),
        "before": count_request(request.messages),
        "after": client.after,
        "target": request.target,
        **client.usage(),
        "asking": float(client.retrievals > 0),
        "as_text": float(_TOOLS.search(reply) is not None),
        "reply": reply,
    }
    return Asked(reply, client.first, row)


def compressed(client: Client, request: Request, compressor: str) -> str:
    """What a compressor makes of it; retrieval calls are answered from its cache, as litellm's documentation shows."""
    outcome = baselines.compressor(compressor)(request)
    return _asked(client, outcome.messages, outcome.tools, outcome.cache)


def compresskit(client: Client, request: Request, embedder: str = "", **given: Any) -> str:
    """compresskit.completion, which answers retrievals by itself."""
    response = completion(
        client.model,
        request.messages,
        router=client,
        trigger=request.trigger,
        target=request.target,
        **given,
        max_rounds=MAX_ROUNDS,
        on_error="raise",
        **embedders.options(embedder, request),
    )
    return response.choices[0].message.content or ""


def named(way: str) -> Callable[[Client, Request], str]:
    """The way of a compressor's name; "compresskit + NAME" is compresskit with that embedder, "compresskit-no-tool" is
    for models that cannot call tools: their tokens go to the text."""
    name, _, embedder = way.partition(" + ")
    if name.startswith("compresskit"):
        return partial(compresskit, embedder=embedder, recoverable=name == "compresskit")
    return partial(compressed, compressor=name)


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
