"""The common options of a Conversation, a client and the proxy, and the policy for requests that follows from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, TypedDict

from ..prices import Prices
from ..rules import Rule
from ..types import About, After, Before, Protect, Reranker

NAME = "compresskit"  # the field of a request's body, of metadata and of reports, and the section of a config
HEADER = "x-compresskit"  # which switches compression of a request on or off
# The words that switch it, in the header or the field.
SWITCH: Mapping[str, bool] = MappingProxyType(
    {"on": True, "true": True, "1": True, "yes": True, "off": False, "false": False, "0": False, "no": False}
)


def switched(value: object) -> bool | None:
    """A word that switches as True or False; None for any other value.

    >>> switched(" Off "), switched(True), switched("maybe")
    (False, True, None)
    """
    return SWITCH.get(str(value).strip().lower())


class CommonOptions(TypedDict, total=False):
    """The options that a Conversation and a client take, for type checkers."""

    query: str | None
    folds: bool
    recoverable: bool
    embedding_model: str | None
    offer_tool: bool
    breakpoints: bool
    prices: Prices | bool | None
    rules: Sequence[Rule | Mapping[str, Any]] | None
    token_factor: float
    tool_budget: int | None
    keep_tools: Sequence[str]
    before: Before | Callable[[str, About], str] | None
    after: After | Callable[[str, About], str] | None


@dataclass(frozen=True)
class LoopOptions:
    """The options of the loop that answers retrievals, and what follows from them.

    Attributes:
        max_rounds: The turns of retrievals that are answered within one request.
        max_retrieved_tokens: The tokens of all answers of one request; by default what the trigger leaves, or 4,000.
        on_error: "send" sends a request as it was if compression or the store fails. "raise" makes it an error, of
            status 400 for a client of HTTP.
        before: As for ``compress``. No request goes out without it: if ``before`` fails, or if a request cannot
            be read, that is an error, whatever ``on_error`` says.
    """

    max_rounds: int = 5
    max_retrieved_tokens: int | None = None
    on_error: str = "send"
    before: Any = None

    @property
    def strict(self) -> bool:
        """Whether a failure is an error instead of a request that goes out as it was."""
        return self.on_error == "raise"

    @property
    def sends(self) -> bool:
        """Whether a request may go out as it was if it could not be prepared."""
        return not self.strict and self.before is None


@dataclass(frozen=True)
class Policy(LoopOptions):
    """The options that a client and the proxy share, and what follows from them for each request.

    Attributes:
        enabled: Whether requests are compressed. False leaves every request and response as it is.
        trigger, target, open, cached, results, folds, embedding_model, reranker, rules, tool_budget, keep_tools: As for
            ``compress``.
        on_entry, offer_tool, breakpoints, after: As for ``compress``.
        prices: Whether compactions depend on the prices of the model; or the prices themselves.
        secret: The key of the hashes in the store: of names, and of the texts that ``before`` replaced. Without it, a
            person who can read the store could test guesses. Processes that share a store need the same one.
        taker: The name of the caller, such as ``CLIENT``.
    """

    taker: ClassVar[str]
    enabled: bool = True
    trigger: int = 200_000
    target: int | None = None
    open: Protect | None = None
    cached: str = "move"
    results: str = "auto"
    folds: bool = True
    embedding_model: str | None = None
    reranker: Reranker | str | None = None
    rules: Any = None
    tool_budget: int | None = None
    keep_tools: Sequence[str] = ()
    after: Any = None
    on_entry: bool | str = False
    offer_tool: bool = False
    breakpoints: bool = False
    prices: Prices | bool | None = None
    secret: str = ""

    @property
    def replays(self) -> bool:
        """Whether the compactions of a history that is not in the store are repeated; see ``replayed``."""
        return True

    @property
    def keeps(self) -> bool:
        """Whether the next request needs this one's result even if nothing was taken out of it."""
        return bool(self.on_entry) or self.breakpoints or bool(self.prices) or self.before is not None
