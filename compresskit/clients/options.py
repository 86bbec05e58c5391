"""The options of a client: what ``compresskit={…}`` takes, for a client or for a single request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import ClassVar, Literal

from ..chat.policy import NAME, CommonOptions, Policy, switched
from ..errors import InvalidArgument, shown
from ..options import CLIENT, check_options
from ..stores import MemoryStore
from ..types import Counter, Embedder, Protect, Reranker, Shrinker, Store


class Options(CommonOptions, total=False):
    """The options of a client. ``Settings`` says what each one means."""

    enabled: bool
    trigger: int
    target: int | None
    protect: Protect | None
    open: Protect | None
    cached: Literal["move", "keep"]
    results: Literal["auto", "user", "tools"]
    counter: Counter | Callable[[str], int] | None
    embedder: Embedder | None
    reranker: Reranker | str | None
    shrinker: Shrinker | None
    on_entry: bool | Literal["lossless", "views"]
    max_rounds: int
    max_retrieved_tokens: int | None
    on_error: Literal["send", "raise"]
    store: Store | None
    secret: str


@dataclass(frozen=True)
class Settings(Policy):
    """Checked options.

    Attributes:
        query, protect, counter, recoverable, embedder, shrinker, token_factor: As for ``compress``.
        store: The store for what is between requests. By default each client has its own ``MemoryStore``.
    """

    taker: ClassVar[str] = CLIENT
    query: str | None = None
    protect: Protect | None = None
    counter: Counter | Callable[[str], int] | None = None
    recoverable: bool = True
    embedder: Embedder | None = None
    shrinker: Shrinker | None = None
    token_factor: float = 1.0
    store: Store | None = None

    @property
    def replays(self) -> bool:
        """As for the proxy, but no call of a model is repeated, because it may cost money."""
        return all(one is None for one in (self.embedder, self.embedding_model, self.reranker, self.shrinker))

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
        """These settings with a store, so that all clients that share them remember the same conversations."""
        return replace(self, store=MemoryStore()) if self.store is None else self
