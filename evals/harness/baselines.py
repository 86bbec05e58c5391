"""The compressors that are compared: simple baselines, litellm's, an oracle that knows the answer, and
compresskit.

Each takes a `Request` and returns an `Outcome`. None is tuned here; a package that is missing or raises is
an error of that compressor, counted by the caller.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import Any

from compresskit import compress, restore
from compresskit import shorten as shortened
from compresskit.bench import IN_PLACE

from . import cutting, embedders, peers, rtk
from .cases import Outcome, Request
from .messages import Message, Slot, slots
from .messages import replace as replaced
from .tokens import count, count_message, count_request

Compressor = Callable[[Request], Outcome]
MASK = "[An earlier text was left out.]"


def everything(request: Request) -> Outcome:
    """Sends all of it; the measures' own check, since it must keep everything."""
    return Outcome(request.messages)


def nothing(request: Request) -> Outcome:
    """The messages that are never cut, the question among them: what a model knows by itself."""
    kept = sorted(request.fixed)
    return Outcome([request.messages[index] for index in kept], origins=kept)


def head_tail(request: Request) -> Outcome:
    """Keeps the same share of every text, 70 % of it from its start and 30 % from its end."""
    return Outcome(
        cutting.keep_ends(request.messages, slots(request.messages, request.fixed), request.target, head=0.7)
    )


def random_segments(request: Request) -> Outcome:
    """Keeps paragraphs drawn at random, with a fixed seed."""
    open_slots = slots(request.messages, request.fixed)
    pieces = [piece for slot in open_slots for piece in cutting.paragraphs(slot)]
    random.Random(request.seed).shuffle(pieces)
    return Outcome(cutting.keep(request.messages, pieces, open_slots, request.target))


def window(request: Request) -> Outcome:
    """A sliding window: the oldest messages go until the rest fits. A tool call goes with its results."""
    messages = request.messages
    kept = list(range(len(messages)))
    spare = sum(count_message(message) for message in messages) - request.target
    for run in _exchanges(messages):
        if spare > 0 and not any(index in request.fixed for index in run):
            kept = [index for index in kept if index not in run]
            spare -= sum(count_message(messages[index]) for index in run)
    return Outcome([messages[index] for index in kept], origins=kept)


def masking(request: Request) -> Outcome:
    """Masks old observations, as in arXiv 2508.21433: the oldest texts become one line each until the rest fits."""
    messages = request.messages
    open_slots = slots(messages, request.fixed)
    spare = count_request(messages) - request.target
    masked: dict[Slot, str] = {}
    for slot in open_slots:
        saved = count(slot.text) - count(MASK)
        if spare <= 0:
            break
        if saved > 0:
            masked[slot] = MASK
            spare -= saved
    return Outcome(replaced(messages, masked))


def oracle(request: Request) -> Outcome:
    """Keeps only what is needed, which it is told: the best figure that cutting contents can reach."""
    open_slots = slots(request.messages, request.fixed)
    fixed = [slot for slot in slots(request.messages) if slot.message in request.fixed]
    there = {item for slot in fixed for item in request.needs(slot.message, slot.text)}
    pieces = []
    for slot in open_slots:
        for item, (start, end) in request.needs(slot.message, slot.text).items():
            if item not in there:
                there.add(item)
                pieces.append(cutting.Piece(slot, start, slot.text[start:end]))
    return Outcome(cutting.keep(request.messages, pieces, open_slots, request.target))


def litellm(request: Request) -> Outcome:
    """litellm.compress with its default settings and the request's trigger and target."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # importing it would go to the network
    result = import_module("litellm.compression").compress(
        messages=request.messages,
        model=request.model,
        call_type="anthropic_messages" if request.shape == "anthropic" else "completion",
        compression_trigger=request.trigger,
        compression_target=request.target,
    )
    # Whole Anthropic exchanges are deleted, so places are known only where nothing is missing.
    aligned = len(result["messages"]) == len(request.messages)
    origins = None if aligned else [None] * len(result["messages"])
    return Outcome(result["messages"], result["cache"], result["tools"] or None, origins)


def compresskit(request: Request, embedder: str = "", **given: Any) -> Outcome:
    """compresskit with the trigger and target of the request, the embedder of a name, and else its default settings."""
    result = compress(
        request.messages,
        request.model,
        trigger=request.trigger,
        target=request.target,
        shape=request.shape,
        **given,
        **embedders.options(embedder, request),
    )
    messages, cache = list(result.messages), dict(result.cache)
    return Outcome(
        messages,
        cache,
        result.request.get("tools"),
        _origins(messages, cache),
        result.floor_tokens,
        restore(messages, cache) == request.messages,
    )


def shorten(request: Request) -> Outcome:
    """compresskit.shorten for the result of the last message, with the call before it and the question above."""
    *above, last = request.messages
    asked = next((message["content"] for message in reversed(above) if message.get("role") == "user"), None)
    command = _command(above)
    query = None if command and asked == f"Run {command}" else asked
    room = request.target - sum(map(count_message, above)) - (count_message(last) - count(last["content"]))
    found = shortened(last["content"], max(1, room), query, command)
    messages = [*above, {**last, "content": found.text}]
    exact = restore(messages, found.cache) == request.messages
    return Outcome(messages, found.cache, origins=range(len(messages)), exact=exact)


def rtk_rules(request: Request) -> Outcome:
    """What rtk's documentation says of the command's output, whatever the target is."""
    *above, last = request.messages
    messages = [*above, {**last, "content": rtk.filtered(_command(above) or "", last["content"])}]
    return Outcome(messages, origins=range(len(messages)))


def shorten_as(request: Request, other: Compressor) -> Outcome:
    """compresskit.shorten within the tokens that another compressor comes to."""
    return shorten(replace(request, target=sum(map(count_message, other(request).messages))))


def _command(messages: Sequence[Message]) -> str | None:
    """The command of the last call of a shell."""
    calls = [call for message in messages for call in message.get("tool_calls") or ()]
    return json.loads(calls[-1]["function"]["arguments"])["command"] if calls else None


COMPRESSKIT: dict[str, dict[str, Any]] = {  # with which options; else the defaults
    "compresskit": {},
    "compresskit-no-tool": {"recoverable": False},
    "compresskit-in-place": {"folds": False},
    "compresskit-rules": dict(IN_PLACE),  # rules for the built-in conversation of compresskit.bench
}
COMPRESSORS: dict[str, Compressor] = {
    "everything": everything,
    "nothing": nothing,
    "head+tail": head_tail,
    "random": random_segments,
    "window": window,
    "masking": masking,
    "litellm": litellm,
    "oracle": oracle,
    "shorten": shorten,
    **{name: partial(compresskit, **given) for name, given in COMPRESSKIT.items()},
    **{name: partial(peers.compress, name) for name in peers.NAMES},
    "rtk's rules": rtk_rules,
    "shorten as rtk's rules": partial(shorten_as, other=rtk_rules),
    "shorten as headroom": partial(shorten_as, other=partial(peers.compress, "headroom")),
}


def compressor(name: str) -> Compressor:
    """The compressor of a name; "compresskit + NAME" is compresskit with that embedder or reranker."""
    name, _, embedder = name.partition(" + ")
    return partial(compresskit, embedder=embedder) if embedder else COMPRESSORS[name]


# Is beside a fold if user and assistant would not take turns without it; it replaces no message.
_BESIDE_FOLD = {"role": "assistant", "content": "[…]"}


def _origins(messages: Sequence[Message], cache: dict[str, str]) -> list[int | None]:
    """The input message of each output message. A marker that folds several messages restores to several."""
    sizes = [len(restore([message], dict(cache))) for message in messages]
    origins: list[int | None] = []
    place = 0
    for index, message in enumerate(messages):
        if message == _BESIDE_FOLD and max(sizes[max(0, index - 1) : index + 2]) > 1:
            origins.append(None)
            continue
        origins.append(place if sizes[index] == 1 else None)
        place += sizes[index]
    return origins


def _exchanges(messages: Sequence[Message]) -> list[list[int]]:
    """Runs of messages that are only valid together, oldest first: a call and all that answers it."""
    runs: list[list[int]] = []
    for index, message in enumerate(messages):
        content = message.get("content")
        parts = content if isinstance(content, list) else []
        answers = any(isinstance(part, dict) and part.get("type") == "tool_result" for part in parts)
        if runs and (message.get("role") in ("tool", "function") or answers):
            runs[-1].append(index)
        else:
            runs.append([index])
    return runs
