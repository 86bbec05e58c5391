"""The options of a client: what ``compresskit={…}`` takes, for a client or for a single request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, TypedDict

from ..errors import InvalidArgument, shown
from ..options import CLIENT, Policy, check_options, switched
from ..prices import Prices
from ..rules import Rule
from ..stores import MemoryStore
from ..types import About, After, Before, Counter, Embedder, Protect, Reranker, Shrinker, Store

NAME = "compresskit"  # the field of a request's body, and of the constructor
HEADER = "x-compresskit"


class Options(TypedDict, total=False):
    """The options of a client. ``Settings`` says what each one means."""

    enabled: bool
    trigger: int
    target: int | None
    query: str | None
    protect: Protect | None
    open: Protect | None
    cached: Literal["move", "keep"]
    results: Literal["auto", "user", "tools"]
    folds: bool
    counter: Counter | Callable[[str], int] | None
    recoverable: bool
    embedder: Embedder | None
    embedding_model: str | None
    reranker: Reranker | str | None
    shrinker: Shrinker | None
    rules: Sequence[Rule | Mapping[str, Any]] | None
    token_factor: float
    tool_budget: int | None
    keep_tools: Sequence[str]
    before: Before | Callable[[str, About], str] | None
    after: After | Callable[[str, About], str] | None
    on_entry: bool | Literal["lossless", "views"]
    offer_tool: bool
    breakpoints: bool
    prices: Prices | bool | None
    max_rounds: int
    max_retrieved_tokens: int | None
    on_error: Literal["send", "raise"]
    store: Store | None
    secret: str


@dataclass(frozen=True)
class Settings(Policy):
    """Checked options.

    Attributes:
        enabled: Whether requests are compressed. False leaves every request and response as it is.
        trigger, target, query, protect, open, cached, results, folds, counter, recoverable: As for ``compress``.
        embedder, embedding_model, reranker, shrinker: As for ``compress``.
        on_entry, offer_tool, breakpoints, rules, token_factor, tool_budget, keep_tools, after: As for
            ``compress``.
        before: As for ``compress``. No request goes out without it: if it fails, or if a request cannot be read, the
            request is answered with an error of status 400, whatever ``on_error`` says.
        prices: Whether compactions depend on the prices of the model; or the prices themselves.
        max_rounds: The turns of retrievals that are answered within one request.
        max_retrieved_tokens: The tokens of all answers of one request; by default what the trigger leaves, or 4,000.
        on_error: "send" sends a request as it was if compression or the store fails. "raise" answers it with an error
            of status 400.
        store: The store for what is between requests. By default each client has its own ``MemoryStore``.
        secret: The key of the hashes in the store: of names, and of the texts that ``before`` replaced. Without it, a
            person who can read the store could test guesses. Processes that share a store need the same one.
    """

    enabled: bool = True
    trigger: int = 200_000
    target: int | None = None
    query: str | None = None
    protect: Protect | None = None
    open: Protect | None = None
    cached: str = "move"
    results: str = "auto"
    folds: bool = True
    counter: Counter | Callable[[str], int] | None = None
    recoverable: bool = True
    embedder: Embedder | None = None
    embedding_model: str | None = None
    reranker: Reranker | str | None = None
    shrinker: Shrinker | None = None
    rules: Sequence[Rule | Mapping[str, Any]] | None = None
    token_factor: float = 1.0
    tool_budget: int | None = None
    keep_tools: Sequence[str] = ()
    before: Before | Callable[[str, About], str] | None = None
    after: After | Callable[[str, About], str] | None = None
    on_entry: bool | str = False
    offer_tool: bool = False
    breakpoints: bool = False
    prices: Prices | bool | None = None
    max_rounds: int = 5
    max_retrieved_tokens: int | None = None
    on_error: str = "send"
    store: Store | None = None
    secret: str = ""

    def __deepcopy__(self, _memo: object) -> Settings:
        return self  # copies of a model share its store, as copies of a client do

    def changed(self, options: object) -> Settings:
        """These settings with other values in some options.

        Args:
            options: A mapping of options; or True, False or a word such as "off", which only switch.

        Raises:
            InvalidArgument: There is no such option, or its value is wrong.

        >>> Settings().changed({"trigger": 50_000}).changed("off").enabled
        False
        """
        if options is None or isinstance(options, Settings):  # of the client that a copy is of
            return options or self
        word = switched(options) if isinstance(options, bool | str) else None
        if word is not None:
            return replace(self, enabled=word)
        if not isinstance(options, Mapping):
            raise InvalidArgument(
                f"{NAME} is {shown(options)}; a mapping of options was expected, such as {{'trigger': 100_000}}, or "
                f"True or False."
            )
        now = {each.name: getattr(self, each.name) for each in fields(self)}
        check_options(CLIENT, {**now, **options})
        made = replace(self, **options)
        return made if made.store is not None else replace(made, store=self.store)  # a request has that of its client

    def stored(self) -> Settings:
        """These settings with a store, so that all who share them remember the same conversations."""
        return replace(self, store=MemoryStore()) if self.store is None else self
