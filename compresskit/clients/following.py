"""Prepares a request by the options of a client. The transports and the adapters of frameworks do it here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..chat import following
from ..chat.loop import Request
from ..messages import as_dicts
from .options import Settings

_MODELS = ("embedder", "embedding_model", "reranker", "shrinker")


def followed(
    settings: Settings,
    shape: str,
    kwargs: Mapping[str, Any],
    report: dict[str, Any],
    beside: Sequence[Any] = (),
    recoverable: bool = True,
    marked: int = 0,
    offers: bool = False,
) -> tuple[dict[str, Any], Request | None]:
    """The changed arguments, and the request for the loop; see ``compresskit.chat.following.followed``."""
    return following.followed(
        settings,
        shape,
        kwargs,
        as_dicts(kwargs["messages"]),
        report,
        store=settings.store,
        beside=beside,
        marked=marked,
        recoverable=recoverable,
        replays=all(getattr(settings, name) is None for name in _MODELS),  # each of their calls may cost money
        offers=offers,
    )
