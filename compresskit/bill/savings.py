"""The bill of a recorded session, as it was and as it would have been with compresskit.

Three settings are replayed: everything is sent; compression at a trigger (what a ``Conversation`` does); and
compression by prices, which also compresses below the trigger if that pays. The answers are the recorded ones. So the
replay assumes that the agent would have done the same, and it estimates retrievals by what the answers use (see
``replay.py``). It also assumes that the provider's cache lasts from each request to the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from ..chat.conversation import tool_is_small
from ..compression import compress
from ..messages import read
from ..options import checked_factor
from ..prices import Prices, prices_for
from ..sessions import Session
from ..tokens.measure import measure_for
from ..types import Message
from .actions import requests
from .replay import Figures, Sender, Sent, Sizes, replay

WITHOUT, AT_TRIGGER, BY_PRICES = "without", "at the trigger", "by prices"
SETTINGS = (AT_TRIGGER, BY_PRICES)
DEFAULT_MODEL = "gpt-4o"


@dataclass(frozen=True)
class Bill:
    """The sums of one setting. Money in micro-dollars.

    Attributes:
        requests: The requests of the run. Retrievals add to them.
        prompt_tokens: The tokens of all prompts.
        longest: The tokens of the longest prompt.
        read: The tokens that were read from the provider's cache.
        written: The tokens that were written to it.
        fresh: The tokens that were neither, because the prompt was too short to be cached.
        prompts: The cost of all prompts.
        retrieving: The cost of all retrievals.
        retrievals: The requests that needed a retrieval.
        compactions: The requests for which what was sent before was compressed again.
        failed: The requests in which compression failed, so that everything was sent.
    """

    requests: int
    prompt_tokens: int
    longest: int
    read: int
    written: int
    fresh: int
    prompts: int
    retrieving: int
    retrievals: int
    compactions: int
    failed: int

    @property
    def total(self) -> int:
        return self.prompts + self.retrieving

    def __add__(self, other: Bill) -> Bill:
        mine, theirs = asdict(self), asdict(other)
        both = {name: mine[name] + theirs[name] for name in mine}
        return Bill(**{**both, "longest": max(self.longest, other.longest)})


NOTHING = Bill(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


@dataclass(frozen=True)
class Savings:
    """A session with its bills by setting: "without", "at the trigger", "by prices".

    Attributes:
        session: The session.
        model: The model that was counted and billed for: the given one, the session's own, or an assumed one.
        bills: The bills.
        prices: The prices. ``known`` is False if the model's are not known: an input token then costs a micro-dollar.
        unseen: The tokens of each prompt that the file does not hold, by the provider's count: system prompt and tools.
    """

    session: Session
    model: str
    bills: dict[str, Bill]
    prices: Prices
    unseen: int


def savings(
    session: Session, trigger: int, target: int | None = None, model: str | None = None, token_factor: float = 1.0
) -> Savings:
    """Replays a session with every setting.

    Args:
        session: The session.
        trigger: Tokens of a whole request above which it is compressed.
        target: Tokens of a compressed request. The default is 70 % of the trigger.
        model: The model to count and to bill for, if not the session's own.
        token_factor: The tokens of the model for each token that is counted, if its tokenizer is not at hand.

    Raises:
        InvalidArgument: A limit is wrong.
        InvalidMessages: The messages are no messages of a shape that is served.
    """
    name = model or session.model or DEFAULT_MODEL
    messages = session.whole
    read(messages, session.shape)  # an error here is the file's, and none of a single request
    measure = measure_for(name, None, checked_factor(token_factor))
    sizes = Sizes(lambda message: measure.turns(read([message], session.shape).turns), measure.count)
    system = measure.count(session.system) if session.system else 0
    unseen = _unseen(session, system, sizes)
    sizes = replace(sizes, beside=system + unseen)
    prices = prices_for(name)
    steps = requests(messages, session.start, session.ends)
    room = max(1, trigger - sizes.beside)
    goal = None if target is None else min(room, max(1, target - sizes.beside))
    plain = {"shape": session.shape, "tools": session.tools, "token_factor": token_factor}
    offers = tool_is_small(name, room, views=True)
    compressed = partial(_compressed, name, room, goal)
    senders: dict[str, Sender] = {
        WITHOUT: lambda history, _: Sent(history, session.tools),
        AT_TRIGGER: partial(compressed, {**plain, "on_entry": "lossless", "offer_tool": True}),
        BY_PRICES: partial(compressed, {**plain, "on_entry": "views", "prices": prices, "offer_tool": offers}),
    }
    bills = {
        setting: _summed(replay(messages, steps, send, prices, trigger, sizes)) for setting, send in senders.items()
    }
    return Savings(session, name, bills, prices, unseen)


def _compressed(
    model: str, trigger: int, target: int | None, options: dict[str, Any], history: list[Message], before: Any
) -> Sent:
    result = compress(history, model, trigger, target, previous=before, **options)
    return Sent(result.messages, result.tools, result.cache, result, result.skipped_reason is None)


def _summed(figures: Sequence[Figures]) -> Bill:
    return Bill(
        requests=len(figures),
        prompt_tokens=sum(one.prompt for one in figures),
        longest=max((one.prompt for one in figures), default=0),
        read=sum(one.read for one in figures),
        written=sum(one.written for one in figures),
        fresh=sum(one.fresh for one in figures),
        prompts=sum(one.bill for one in figures),
        retrieving=sum(one.bounce for one in figures),
        retrievals=sum(one.retrieves for one in figures),
        compactions=sum(one.compacts for one in figures),
        failed=sum(one.error is not None for one in figures),
    )


def _unseen(session: Session, system: int, sizes: Sizes) -> int:
    """The tokens of a prompt that the provider has counted, and the file does not hold."""
    if session.reported is None:
        return 0
    tools = sum(sizes.text(str(tool)) for tool in session.tools or ())
    there = sum(map(sizes.message, session.messages[: session.reported.messages])) + system + tools
    return max(0, session.reported.tokens - there)
