"""One entry of a ledger: what a request has cost, and what it would have cost without compression."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from ..errors import InvalidArgument, InvalidLedger, check_whole, shown
from ..prices import Prices, Split, prices_for
from ..result import Compressed
from .provider_usage import Usage

VERSION = 1  # of the format of entries
_LONGEST_NAME = 200  # characters of a conversation's name
_NO_COUNTS = {"time": str, "conversation": str | None, "model": str, "assumed": bool}


@dataclass(frozen=True, slots=True)
class Entry:
    """One request. Prices are in micro-dollars per million tokens.

    Attributes:
        time: When the entry was written, in UTC.
        conversation: The name of the conversation, or None.
        model: The name of the model.
        original_tokens: The tokens that the request would have without compression, as far as that is known.
        read_tokens: Tokens that were read from the provider's cache.
        written_tokens: Tokens that were written to the cache.
        hour_tokens: Tokens that were written to the cache for an hour.
        fresh_tokens: All other tokens that were sent.
        retrieved_tokens: Tokens of retrieval answers. A request with any was only sent because of them.
        assumed: The provider's usage was not given, so nothing counts as cached, with or without compression.
        input_price: The price of a fresh token.
        write_price: The price of a written token.
        hour_price: The price of a token that is written for an hour.
        read_price: The price of a read token.
        without_microdollars: What the request would have cost without compression.
        paid_microdollars: What was paid.
        bounced_microdollars: The part of the paid sum that is for retrievals.
        saved_microdollars: The difference. It is negative if compression cost more.
        torn_bytes: Bytes of an unfinished line that a killed process had left before this entry.
    """

    time: str
    conversation: str | None
    model: str
    original_tokens: int
    read_tokens: int
    written_tokens: int
    hour_tokens: int
    fresh_tokens: int
    retrieved_tokens: int
    assumed: bool
    input_price: int
    write_price: int
    hour_price: int
    read_price: int
    without_microdollars: int
    paid_microdollars: int
    bounced_microdollars: int
    saved_microdollars: int
    torn_bytes: int = 0


@dataclass
class Past:
    """The sums of a conversation so far, on which its next entry builds."""

    sent: int = 0  # tokens of its last request, without compression
    retrieved: int = 0  # tokens, in all its requests
    caches: bool = False  # something of it was read from the provider's cache, or written to it

    def add(self, entry: Entry) -> None:
        self.retrieved += entry.retrieved_tokens
        self.caches |= entry.read_tokens + entry.written_tokens + entry.hour_tokens > 0
        if not entry.retrieved_tokens:
            self.sent = entry.original_tokens


def entry_for(
    result: Compressed,
    used: Usage,
    prices: Prices,
    conversation: str | None,
    retrieved: int,
    assumed: bool,
    past: Past,
    torn: int,
) -> Entry:
    """The entry of a request, from what was used and what the conversation had sent before."""
    removed = max(0, result.original_tokens - result.compressed_tokens)
    original = max(0, used.total + removed - past.retrieved - retrieved)
    paid = prices.cost(used.split, used.hour)
    # A provider that needs marks caches nothing of a request without marks.
    cached = not prices.breakpoints or past.caches or used.total > used.split.fresh
    if retrieved:
        without = 0
    elif assumed or not cached:
        without = prices.cost(Split(0, 0, original))
    elif conversation is None:
        without = prices.cost(used.split._replace(read=used.split.read + removed), used.hour)
    else:
        without = prices.cost(prices.split(original, max(past.sent, used.split.read)))
    return Entry(
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        conversation=conversation,
        model=result.model,
        original_tokens=original,
        read_tokens=used.split.read,
        written_tokens=used.split.written,
        hour_tokens=used.hour,
        fresh_tokens=used.split.fresh,
        retrieved_tokens=retrieved,
        assumed=assumed,
        input_price=prices.input,
        write_price=prices.write,
        hour_price=prices.write_hour,
        read_price=prices.read,
        without_microdollars=without,
        paid_microdollars=paid,
        bounced_microdollars=paid if retrieved else 0,
        saved_microdollars=without - paid,
        torn_bytes=torn,
    )


def known_prices(result: Compressed, prices: Prices | None) -> Prices:
    """The prices, which must be those of a model."""
    if not isinstance(result, Compressed):
        raise InvalidArgument(f"result is {shown(result)}; what compress() returned was expected.")
    found = prices_for(result.model) if prices is None else prices
    if not isinstance(found, Prices):
        raise InvalidArgument(f"prices is {shown(prices)}; Prices were expected, or None for those of litellm's map.")
    if not found.known:
        raise InvalidArgument(
            f"the prices of {shown(result.model)} are not in litellm's model map. Give them: "
            f"prices=Prices(input=…, write=…, write_hour=…, read=…), in micro-dollars per million tokens."
        )
    return found


def check(conversation: Any, retrieved_tokens: Any) -> None:
    """Raises InvalidArgument for what an entry cannot hold."""
    if conversation is not None and not (isinstance(conversation, str) and 0 < len(conversation) <= _LONGEST_NAME):
        raise InvalidArgument(
            f"conversation is {shown(conversation)}; a name of 1 to {_LONGEST_NAME} characters was expected, or None."
        )
    check_whole("retrieved_tokens", retrieved_tokens, least=0)


def may_be_torn(tail: bytes, number: int) -> bool:
    """Whether bytes behind the last whole line are the beginning of entry ``number``: nothing else is one of ours.

    >>> may_be_torn(b'{"v":', 0), may_be_torn(b"hello", 0), may_be_torn(b"", 0)
    (True, False, True)
    """
    begun = f'{{"v":{VERSION},"n":{number},'.encode()
    return tail[: len(begun)] == begun[: len(tail)]


def entry_from(record: dict[str, Any], number: int) -> Entry:
    """A line's record as an entry."""
    found = dict(record)
    if found.pop("v", None) != VERSION or found.pop("n", None) != number:
        raise InvalidLedger(f"entry {number} of version {VERSION} was expected: lines were put in or taken out.")
    kinds = {field.name: _NO_COUNTS.get(field.name, int) for field in fields(Entry)}
    if found.keys() != kinds.keys() or not all(isinstance(found[name], kind) for name, kind in kinds.items()):
        raise InvalidLedger("it has other fields than an entry: it was written by another program.")
    return Entry(**found)
