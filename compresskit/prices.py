"""The cost of a prompt: a model's prices for new, cached and written tokens, and its provider's rules of caching.

Prices come from the model map that litellm bundles, read as a file: no import of litellm, no network
(what LITELLM_LOCAL_MODEL_COST_MAP=True does). A model that is not in it gets the usual ratios and
``known=False``. If you pay other prices, make a ``Prices``.

Sources: docs.litellm.ai "Prompt Caching"; platform.claude.com "Prompt caching" (a write 1.25 times the input
price, for an hour 2 times, a read 0.1 times, at most 4 breakpoints); developers.openai.com "Prompt caching"
(automatic from 1,024 tokens on in steps of 128; from GPT-5.6 on writes cost 1.25 times, and no steps).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, fields, replace
from functools import cache, lru_cache
from typing import Any, NamedTuple

from ._lazy import path_in
from .errors import InvalidArgument, check_name, shown

WRITE, WRITE_HOUR, READ = 1.25, 2.0, 0.1  # times the input price, where nothing else is known
MINIMUM = 1_024  # tokens: the shortest prompt that OpenAI, and Anthropic for most models, caches
OPENAI_STEP = 128  # tokens
ANTHROPIC_BREAKPOINTS = 4  # cache_control marks in one request; a fifth is an error

MILLION = 1_000_000  # micro-dollars of a dollar, and tokens that a list price is for
_MOST = 10**15  # a thousand dollars a token
_MAP = "model_prices_and_context_window_backup.json"
_FIELDS = {
    "input": "input_cost_per_token",
    "write": "cache_creation_input_token_cost",
    "write_hour": "cache_creation_input_token_cost_above_1hr",
    "read": "cache_read_input_token_cost",
}
_LEAST = "prompt_cache_min_tokens"
_WINDOW = "max_input_tokens"
_MAX_CACHED = 1_000  # names of models whose prices are kept; the clients of a proxy may send any number of names
_OTHER_FIELDS = (_LEAST, "supports_prompt_caching", "litellm_provider")
# "claude-", the model, and what names do not agree on: a date, a version, "latest", ":thinking".
_CLAUDE = re.compile(r"claude-(.+?)(?:[-@](?:\d{8}|latest|default))?(?:-v\d+(?::\d+)?)?(?::[a-z]+)?$")


class Split(NamedTuple):
    """The tokens of one prompt by their price: read from the cache, written to the cache, or neither."""

    read: int
    written: int
    fresh: int


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices of input tokens, in micro-dollars per million tokens: 3 dollars per million tokens are 3_000_000.

    Attributes:
        input: A token that is neither read from the cache nor written to it.
        write: A token that is written to the cache for the provider's usual time.
        write_hour: A token that is written to the cache for an hour.
        read: A token that is read from the cache.
        minimum: A prompt with fewer tokens is not cached.
        step: A cached prefix is read in multiples of this many tokens.
        breakpoints: The number of places that a request may mark for caching. 0: the provider chooses them.
        known: True for the prices of a model, False for the usual ratios to an input price of 1 dollar.

    Examples:
        >>> Prices(input=3_000_000, write=3_750_000, write_hour=6_000_000, read=300_000).cost(Split(10_000, 500, 0))
        4875
    """

    input: int
    write: int
    write_hour: int
    read: int
    minimum: int = 0
    step: int = 1
    breakpoints: int = 0
    known: bool = True

    def __post_init__(self) -> None:
        for field in fields(self):
            value, least = getattr(self, field.name), 1 if field.name in ("input", "step") else 0
            whole = isinstance(value, int) and not isinstance(value, bool)
            if field.name != "known" and not (whole and least <= value <= _MOST):
                raise InvalidArgument(
                    f"{field.name} is {shown(value)}; a whole number from {least} to {_MOST} was expected: prices in "
                    f"micro-dollars per million tokens, lengths in tokens."
                )

    def split(self, prompt: int, shared: int) -> Split:
        """Says how a prompt is billed whose first ``shared`` tokens were at the start of the request before.

        The rest counts as written. That is true for providers that cache by themselves, and for callers who mark the
        newest message.

        Examples:
            >>> prices_for("gpt-4o").split(5_000, 4_000), prices_for("gpt-4o").split(1_000, 900)
            (Split(read=3968, written=1032, fresh=0), Split(read=0, written=0, fresh=1000))
        """
        if prompt < self.minimum:
            return Split(0, 0, prompt)
        read = min(shared, prompt) // self.step * self.step
        read = read if read >= self.minimum else 0
        return Split(read, prompt - read, 0)

    def cost(self, split: Split, written_hour: int = 0) -> int:
        """Returns micro-dollars, rounded. ``written_hour`` tokens are written for an hour, in addition."""
        total = split.read * self.read + split.written * self.write + split.fresh * self.input
        return (total + written_hour * self.write_hour + MILLION // 2) // MILLION


def usual() -> Prices:
    """The usual ratios, 1.25 for a write and 0.1 for a read, to an input price of a micro-dollar a token.

    >>> usual().cost(Split(read=1_000, written=0, fresh=0))
    100
    """
    return Prices(MILLION, int(WRITE * MILLION), int(WRITE_HOUR * MILLION), int(READ * MILLION), known=False)


@lru_cache(maxsize=_MAX_CACHED)
def prices_for(model: str) -> Prices:
    """Returns the prices of a model, or the usual ratios if litellm's price list does not have the model.

    A provider's prefix does not matter: "anthropic/claude-sonnet-4-5" is found as "claude-sonnet-4-5". Nor do the
    date, region and version in the many names of one Claude model.

    Raises:
        InvalidArgument: ``model`` is not a name.

    Examples:
        >>> prices_for("claude-sonnet-4-5").read, prices_for("my-own-model").known
        (300000, False)
        >>> prices_for("bedrock/us.anthropic.claude-opus-4-7-20260416-v1:0").minimum
        2048
    """
    check_name("model", model, "a model's name", "gpt-4o")
    plain, entry = _plain_claude(model), _entry(model)
    if entry and entry["input"]:
        prices = _prices(model.lower(), entry)
        own, shared = entry[_LEAST], _claudes().get(plain, entry)[_LEAST]
        return replace(prices, minimum=shared) if shared and not own else prices
    return replace(usual(), minimum=MINIMUM, breakpoints=ANTHROPIC_BREAKPOINTS) if plain else usual()


def prices_of(prices: Prices | bool | None, model: str) -> Prices | None:
    """The prices that an option names: True stands for the model's own, and False for None.

    >>> prices_of(True, "gpt-4o") == prices_for("gpt-4o"), prices_of(False, "gpt-4o")
    (True, None)
    """
    return prices_for(model) if prices is True else prices or None


@lru_cache(maxsize=_MAX_CACHED)
def context_window(model: str) -> int:
    """The tokens that a prompt of a model may have; 0 if litellm's price list does not say it.

    >>> context_window("gpt-4o"), context_window("my-own-model")
    (128000, 0)
    """
    entry = _entry(model)
    return entry[_WINDOW] if entry else 0


def _entry(model: str) -> dict[str, Any] | None:
    """The entry of a model in litellm's map, under its own name, without the provider, or as a Claude model."""
    models = _models()
    return models.get(model) or models.get(model.rsplit("/", 1)[-1]) or _claudes().get(_plain_claude(model))


def _plain_claude(model: str) -> str:
    """A Claude model's name without provider, region, date and version; "" for all others.

    >>> _plain_claude("bedrock/us.anthropic.claude-haiku-4-5-20251001-v1:0"), _plain_claude("claude-4.5-haiku")
    ('claude-haiku-4-5', 'claude-haiku-4-5')
    """
    match = _CLAUDE.search(model.lower())
    if match is None:
        return ""
    words = [word for word in re.split(r"[-.]", match[1]) if word]
    if len(words) > 2 and words[-1] == "0":  # Anthropic's aliases say 4-0, and dated names only 4
        words.pop()
    kind = next((at for at, word in enumerate(words) if word.isalpha()), 0)
    return "-".join(["claude", *words[kind:], *words[:kind]])


@cache
def _claudes() -> dict[str, dict[str, Any]]:
    """Every Claude model by its plain name: Anthropic's own entry if there is one, or the first."""
    found: dict[str, dict[str, Any]] = {}
    for name, entry in _models().items():
        if plain := _plain_claude(name):
            known = found.setdefault(plain, entry)
            least = known[_LEAST] or entry[_LEAST]  # not every provider's entry says it
            own = entry["litellm_provider"] == "anthropic" != known["litellm_provider"]
            found[plain] = {**(entry if own else known), _LEAST: least}
    return found


def _prices(model: str, entry: dict[str, Any]) -> Prices:
    """An entry of the map as prices; what it leaves out follows from the provider's rules."""
    price, read, write = entry["input"], entry["read"], entry["write"]
    claude = "claude" in model
    openai = not claude and entry["litellm_provider"] in ("openai", "azure", "azure_ai")
    cached = bool(read or claude or entry["supports_prompt_caching"])
    if not read:
        read = round(price * READ) if cached else price
    managed = bool(write)  # OpenAI's newer models have a price for writes and cache without steps
    write = write or (round(price * WRITE) if claude else price)
    return Prices(
        input=price,
        write=write,
        write_hour=entry["write_hour"] or (round(price * WRITE_HOUR) if claude else write),
        read=read,
        minimum=entry[_LEAST] or (MINIMUM if cached else 0),
        step=OPENAI_STEP if openai and not managed else 1,
        breakpoints=ANTHROPIC_BREAKPOINTS if claude else 0,
    )


@cache
def _models() -> dict[str, dict[str, Any]]:
    """The needed fields of every model in the map, with prices in micro-dollars per million tokens."""
    path = path_in("litellm", _MAP)
    if path is None:
        return {}
    with open(path, encoding="utf-8") as file:
        entries = json.load(file)
    return {
        name: {
            **{short: _whole(entry.get(long)) for short, long in _FIELDS.items()},
            **{field: entry.get(field) for field in _OTHER_FIELDS},
            **{field: int(entry.get(field) or 0) for field in (_LEAST, _WINDOW)},
        }
        for name, entry in entries.items()
        if isinstance(entry, dict) and entry.get("input_cost_per_token")
    }


def _whole(dollars: Any) -> int:
    """Dollars a token as micro-dollars per million tokens; 0 for what is not given."""
    return round(dollars * MILLION * MILLION) if isinstance(dollars, int | float) else 0
