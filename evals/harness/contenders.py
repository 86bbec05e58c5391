"""Who is replayed turn by turn: each gets the messages of one turn and its own state from the turn before, and
returns what it would send.

A contender is a function of a `Turn` and a state (None at the first turn of a run), and returns a `Sent`. The
state may be anything; the replay hands it back unread. A new contender is one function and one entry in
CONTENDERS. None is tuned here; what raises is an error of that turn, counted by the replay.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Any

from compresskit import Conversation, compress
from compresskit.bill import Sent

from .baselines import litellm as litellm_compress
from .baselines import window as cut_window
from .cases import Turn
from .rivals import headroom, masking, summaries
from .tokens import count_request

Contender = Callable[[Turn, Any], Sent]


def everything(turn: Turn, _state: None) -> Sent:
    """Sends all of it, always: what the others are compared with."""
    return Sent(turn.messages)


def window(turn: Turn, _state: None) -> Sent:
    """A sliding window: above the trigger the oldest exchanges go until the target fits, anew each turn."""
    if count_request(turn.messages) <= turn.trigger:
        return Sent(turn.messages)
    return Sent(cut_window(turn.request()).messages)


def litellm(turn: Turn, _state: None) -> Sent:
    """litellm.compress with its default settings, anew each turn."""
    outcome = litellm_compress(turn.request())
    return Sent(outcome.messages, outcome.tools, outcome.cache)


def compresskit(turn: Turn, _state: None) -> Sent:
    """compresskit.compress with its default settings, anew each turn."""
    return _sent(_compress(turn))


def compresskit_kept(turn: Turn, state: tuple[int, Sent] | None) -> Sent:
    """A loop that keeps what it sent and appends to it; above the trigger it compresses the whole history anew."""
    known, sent = state or (0, Sent([]))
    messages = [*sent.messages, *turn.messages[known:]]
    if count_request(messages, sent.tools) > turn.trigger:
        sent = _sent(_compress(turn))
        messages = list(sent.messages)
    kept = Sent(messages, sent.tools, sent.cache)
    return Sent(messages, sent.tools, sent.cache, (len(turn.messages), kept))


def compresskit_previous(turn: Turn, state: Any, **options: Any) -> Sent:
    """compresskit.compress with the result of the turn before, and with these options; prices are those of the turn."""
    prices = {"prices": turn.prices} if options.pop("priced", False) else {}
    result = _compress(turn, previous=state, **options, **prices)
    return _sent(result, result)


def conversation(turn: Turn, state: Any, **options: Any) -> Sent:
    """A Conversation with prices, and its defaults for all else."""
    limits = (turn.model, turn.trigger, turn.target)
    talk = state or Conversation(*limits, shape=turn.shape, prices=turn.prices, **options)
    result = talk.follow(turn.messages)
    return _sent(result, talk)


CONTENDERS: dict[str, Contender] = {
    "everything": everything,
    "window": window,
    "masking": masking,
    "summaries": summaries,
    "litellm": litellm,
    "headroom": headroom,
    "compresskit": compresskit,
    "compresskit-kept": compresskit_kept,
    "compresskit-previous": compresskit_previous,
    # the retrieval tool from the first turn on; new results in a short form that loses nothing, or as excerpts; and as
    # much kept as is worth its price
    "compresskit-offered": partial(compresskit_previous, offer_tool=True),
    "compresskit-entry": partial(compresskit_previous, offer_tool=True, on_entry="lossless"),
    "compresskit-views": partial(compresskit_previous, offer_tool=True, on_entry="views"),
    "compresskit-prices": partial(compresskit_previous, offer_tool=True, on_entry="views", priced=True),
    "conversation": conversation,
    "conversation-views": partial(conversation, on_entry=True),
}


def warm_up(names: Sequence[str]) -> None:
    """Loads what the contenders import, so that it is not in the time of their first turn."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # importing it would go to the network
    for name in names:
        if name.startswith("litellm"):
            import_module("litellm.compression")
        if name == "summaries":
            import_module("langchain.agents.middleware")
        if name.startswith(("compresskit", "conversation")):
            compress([{"role": "user", "content": "hello"}], "gpt-4o")


def _compress(turn: Turn, **options: Any) -> Any:
    return compress(turn.messages, turn.model, turn.trigger, turn.target, shape=turn.shape, **options)


def _sent(result: Any, state: Any = None) -> Sent:
    compacted = None if state is None else result.skipped_reason is None
    return Sent(result.messages, result.tools, result.cache, state, compacted)
