"""The usage of a request as its provider reports it: the same three figures from each provider's own form.

- Anthropic: ``input_tokens`` are those that are neither read from the cache nor written to it;
  ``cache_creation`` tells the writes for an hour apart.
- OpenAI: ``prompt_tokens`` (chat) or ``input_tokens`` (Responses) are all, ``cached_tokens`` and, for models
  with a price for it, ``cache_write_tokens`` in their details are the parts.
- LiteLLM: OpenAI's form for every provider, with Anthropic's fields beside it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..errors import InvalidArgument, check_whole, shown
from ..prices import Split
from ..responses import field


class Usage(NamedTuple):
    """Input tokens of one request; ``hour`` of them were written for an hour, besides those in ``split``."""

    split: Split
    hour: int = 0

    @property
    def total(self) -> int:
        return sum(self.split) + self.hour


def read_usage(usage: Any) -> Usage:
    """The figures of a response's ``usage``, an object or a dict.

    Raises:
        InvalidArgument: it has none of the known forms, or its parts are more than the whole.

    >>> read_usage({"prompt_tokens": 1200, "prompt_tokens_details": {"cached_tokens": 1024}})
    Usage(split=Split(read=1024, written=0, fresh=176), hour=0)
    >>> read_usage({"input_tokens": 7, "cache_read_input_tokens": 900, "cache_creation_input_tokens": 100}).total
    1007
    """
    prompt = field(usage, "prompt_tokens")
    details = field(usage, "prompt_tokens_details")
    if prompt is None:
        prompt = field(usage, "input_tokens")
        details = field(usage, "input_tokens_details")
    if prompt is None:
        raise InvalidArgument(
            f"usage is {shown(usage)}; a response's usage with prompt_tokens or input_tokens was expected."
        )
    parts_apart = details is None and field(usage, "prompt_tokens") is None  # Anthropic's own form
    read = _tokens(usage, "cache_read_input_tokens") or _tokens(details, "cached_tokens")
    hour = _tokens(field(usage, "cache_creation"), "ephemeral_1h_input_tokens")
    written = (
        _tokens(usage, "cache_creation_input_tokens")
        or _tokens(details, "cache_creation_tokens")
        or _tokens(details, "cache_write_tokens")
    )
    fresh = check_whole("usage: input tokens", prompt, least=0) - (0 if parts_apart else read + written)
    if fresh < 0 or hour > written:
        raise InvalidArgument(
            f"usage has {prompt} input tokens, {read} read and {written} written, {hour} of them for an hour; "
            f"parts of the whole were expected. Pass the usage as the provider gave it."
        )
    return Usage(Split(read, written - hour, fresh), hour)


def _tokens(value: Any, name: str) -> int:
    found = field(value, name)
    return 0 if found is None else check_whole(f"usage: {name}", found, least=0)
