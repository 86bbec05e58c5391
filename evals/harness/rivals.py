"""Other ways to make the requests of an agent smaller: masking, LangChain's summaries, and headroom.

Each is a contender (see `contenders.py`) with the settings that its authors use. None is tuned here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Any

from compresskit.bill import Sent

from . import peers
from .cases import Turn
from .messages import Message
from .tokens import count

MASKED_LATEST = 10  # observations that stay; the best of arXiv 2508.21433, section 4
SUMMARY_TOKENS = 500  # assumed length of a summary with the four sections that LangChain's prompt asks for
OUTPUT_PRICE = 4  # times the input price, for the tokens of a summary: gpt-4o; Claude's models have 5

_SUMMARY = "The work so far went as planned. " * (SUMMARY_TOKENS // 8) + "End."


def masking(turn: Turn, _state: None) -> Sent:
    """Masks all observations but the newest ten by a line that counts their lines. Nothing brings them back."""
    found = [index for index, message in enumerate(turn.messages) if _is_result(message)]
    if not found:  # an agent without tool calls: outputs are in messages of the user
        first = next((at for at, one in enumerate(turn.messages) if one.get("role") == "assistant"), 0)
        found = [at for at, one in enumerate(turn.messages) if at > first and one.get("role") == "user"]
    old = set(found[:-MASKED_LATEST])
    return Sent([_masked(message) if at in old else message for at, message in enumerate(turn.messages)])


def summaries(turn: Turn, state: tuple[int, list[Message]] | None) -> Sent:
    """LangChain's SummarizationMiddleware at the trigger, and its defaults for all else: 20 messages stay.

    The call of the summary model is paid: its prompt at the input price, and its answer at four times that. The model
    is made up. Its summary has the assumed length and none of the texts, so the lost texts are the most there can be.
    """
    known, messages = state or (0, [])
    messages = [*messages, *turn.messages[known:]]
    system = [one for one in messages if one.get("role") == "system"]
    rest = [one for one in messages if one.get("role") != "system"]
    middleware, asked = _middleware(turn.trigger)
    asked.clear()
    changed = middleware.before_model({"messages": _langchain(rest)}, None)
    if changed is None:
        return Sent(messages, state=(len(turn.messages), messages))
    kept = [rest[int(one.id)] for one in changed["messages"][2:]]
    summary = {"role": "user", "content": changed["messages"][1].content}
    messages = [*system, summary, *kept]
    cost = (sum(asked) + OUTPUT_PRICE * count(_SUMMARY)) * turn.prices.input // 1_000_000
    return Sent(messages, state=(len(turn.messages), messages), compacted=True, beside=cost)


def headroom(turn: Turn, _state: None) -> Sent:
    """headroom's compress() with its defaults, each turn alone, in an environment of its own.

    Every text is taken to be in its store, so none is counted as lost.
    """
    outcome = peers.compress("headroom", turn.request())
    texts = {str(index): json.dumps(message, ensure_ascii=False) for index, message in enumerate(turn.messages)}
    return Sent(outcome.messages, cache=texts)


def _is_result(message: Message) -> bool:
    content = message.get("content")
    parts = content if isinstance(content, list) else []
    return message.get("role") in ("tool", "function") or any(part.get("type") == "tool_result" for part in parts)


def _masked(message: Message) -> Message:
    content = message.get("content")
    if not isinstance(content, list):
        return {**message, "content": _mask(content)}
    parts = [{**part, "content": _mask(part.get("content"))} if "tool_use_id" in part else part for part in content]
    return {**message, "content": parts}


def _mask(content: Any) -> str:
    text = content if isinstance(content, str) else "\n".join(part.get("text", "") for part in content or ())
    return f"[{text.count(chr(10)) + 1} lines of output omitted]"


def _langchain(messages: Sequence[Message]) -> list[Any]:
    """The messages as LangChain's, each with its index as its id."""
    kinds = import_module("langchain_core.messages")
    found = []
    for index, message in enumerate(messages):
        content = message.get("content") or ""
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        if message["role"] == "assistant":
            parts = content if isinstance(content, list) else []
            uses = [(part["id"], part["name"], part["input"]) for part in parts if part.get("type") == "tool_use"]
            uses += [
                (call["id"], call["function"]["name"], {"arguments": call["function"]["arguments"]})
                for call in message.get("tool_calls") or ()
            ]
            calls = [{"id": key, "name": name, "args": given} for key, name, given in uses]
            found.append(kinds.AIMessage(content=text, tool_calls=calls, id=str(index)))
        elif _is_result(message):
            key = message.get("tool_call_id") or next(part["tool_use_id"] for part in content if "tool_use_id" in part)
            found.append(kinds.ToolMessage(content=text, tool_call_id=key, id=str(index)))
        else:
            found.append(kinds.HumanMessage(content=text, id=str(index)))
    return found


@cache
def _middleware(trigger: int) -> tuple[Any, list[int]]:
    """LangChain's middleware with a made-up model, and the tokens of the prompts that the model gets."""
    models = import_module("langchain_core.language_models.fake_chat_models")
    asked: list[int] = []

    class Model(models.FakeListChatModel):  # type: ignore[misc, name-defined]
        def _call(self, messages: list[Any], *_: Any, **__: Any) -> str:
            asked.append(sum(count(str(message.content)) for message in messages))
            return _SUMMARY

    middleware = import_module("langchain.agents.middleware").SummarizationMiddleware
    return middleware(Model(responses=[_SUMMARY]), trigger=("tokens", trigger)), asked
