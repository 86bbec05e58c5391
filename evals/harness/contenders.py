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


def compresskit_previous(turn: Turn, state: Any) -> Sent:
    """compresskit.compress with the result of the turn before."""
    result = _compress(turn, previous=state)
    return _sent(result, result)


def compresskit_offered(turn: Turn, state: Any) -> Sent:
    """The same with the retrieval tool there from the first turn."""
    result = _compress(turn, previous=state, offer_tool=True)
    return _sent(result, result)


def compresskit_entry(turn: Turn, state: Any) -> Sent:
    """The same with new tool results in a short form that loses nothing."""
    result = _compress(turn, previous=state, offer_tool=True, on_entry="lossless")
    return _sent(result, result)


def compresskit_views(turn: Turn, state: Any) -> Sent:
    """The same with long files and prose as excerpts besides: what a Conversation does."""
    result = _compress(turn, previous=state, offer_tool=True, on_entry="views")
    return _sent(result, result)


def compresskit_prices(turn: Turn, state: Any) -> Sent:
    """The same, with as much kept as is worth its price, and compressed below the trigger too where that pays."""
    result = _compress(turn, previous=state, offer_tool=True, on_entry="views", prices=turn.prices)
    return _sent(result, result)


def conversation(turn: Turn, state: Any, **options: Any) -> Sent:
    """A Conversation with prices, and its defaults for all else."""
    package = import_module("compresskit")
    talk = state or package.Conversation(
        turn.model, turn.trigger, turn.target, shape=turn.shape, prices=turn.prices, **options
    )
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
    "compresskit-offered": compresskit_offered,
    "compresskit-entry": compresskit_entry,
    "compresskit-views": compresskit_views,
    "compresskit-prices": compresskit_prices,
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
            import_module("compresskit").compress([{"role": "user", "content": "hello"}], "gpt-4o")


def _compress(turn: Turn, **options: Any) -> Any:
    compress = import_module("compresskit").compress
    return compress(turn.messages, turn.model, turn.trigger, turn.target, shape=turn.shape, **options)


def _sent(result: Any, state: Any = None) -> Sent:
    compacted = None if state is None else result.skipped_reason is None
    return Sent(result.messages, result.tools, result.cache, state, compacted)
