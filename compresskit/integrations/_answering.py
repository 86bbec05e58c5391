"""The retrieval tool as a function of an agent, for adapters whose agent sees it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .._recent import Recent
from ..chat.following import followed
from ..chat.report import new_report
from ..clients.options import Settings
from ..errors import InvalidArgument
from ..markers.keys import FULL_LENGTH, KEY_LENGTH, LETTERS
from ..messages.retrieval_tool import schema
from ..messages.shapes import slots
from ..retrieval import MAX_TOKENS, answer_to
from ..types import Cache, Message

_KEY = re.compile(f"[{LETTERS}]{{{KEY_LENGTH},{FULL_LENGTH}}}")
_MAX_ORIGINALS = 10_000  # originals that the tool can still answer with, the newest ones


def without_tool_budget(settings: Settings) -> Settings:
    """The settings of an adapter that cannot defer tools.

    Raises:
        InvalidArgument: They ask for it.
    """
    if settings.tool_budget is not None:
        raise InvalidArgument(
            "tool_budget is no option here, because this adapter does not see the calls of the agent's tools. Give the "
            "agent a client of compresskit.clients instead, which defers tools."
        )
    return settings


class Answering:
    """Answers retrievals with the originals of the newest requests."""

    def __init__(self) -> None:
        self._originals: Recent[str, str] = Recent(_MAX_ORIGINALS)
        function: dict[str, Any] = schema("openai")["function"]
        self.description: str = function["description"]
        self.parameters: dict[str, Any] = function["parameters"]

    def __deepcopy__(self, _memo: object) -> Answering:
        return self  # copies of a model share its originals, as they share its store

    def keep(self, cache: Cache) -> None:
        """Adds originals, as the newest ones."""
        self._originals.put((key, cache[key]) for key in cache)

    def prepared(
        self, settings: Settings, shape: str, kwargs: Mapping[str, Any], beside: Sequence[Any]
    ) -> tuple[dict[str, Any], Cache]:
        """The changed arguments of a call of the model ({} if none changes), and the originals that are left out."""
        if not settings.enabled:
            return {}, {}
        try:
            changes, loop = followed(settings, shape, kwargs, new_report(), store=settings.store, beside=beside)
        except Exception:
            if not settings.sends:
                raise
            return {}, {}
        cache = loop.cache if loop else {}
        self.keep(cache)
        return changes, cache

    def seen(self, messages: Sequence[Message]) -> dict[str, str]:
        """The originals whose keys are in the texts of these messages."""
        originals = dict(self._originals.items())
        texts = (slot.text for message in messages if originals for slot in slots(message))
        keys = dict.fromkeys(key for text in texts for key in _KEY.findall(text))
        return {key: originals[key] for key in keys if key in originals}

    def answer(self, arguments: Any) -> str:
        """The answer to a call with these arguments."""
        return answer_to(arguments, dict(self._originals.items()), MAX_TOKENS)
