"""The retrieval tool as a function of an agent, for adapters whose agent sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..chat.report import new_report
from ..clients.following import followed
from ..clients.options import Settings
from ..errors import InvalidArgument
from ..messages.retrieval_tool import schema
from ..retrieval import MAX_TOKENS, answer_to
from ..types import Cache

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
        self._originals: dict[str, str] = {}
        function: dict[str, Any] = schema("openai")["function"]
        self.description: str = function["description"]
        self.parameters: dict[str, Any] = function["parameters"]

    def _keep(self, cache: Cache) -> None:
        for key in cache:
            self._originals.pop(key, None)  # it is one of the newest again
            self._originals[key] = cache[key]
        for key in list(self._originals)[: max(0, len(self._originals) - _MAX_ORIGINALS)]:
            del self._originals[key]

    def prepared(
        self, settings: Settings, shape: str, kwargs: Mapping[str, Any], beside: Sequence[Any]
    ) -> tuple[dict[str, Any], Cache]:
        """What changes in the arguments of a call of the model ({}: nothing), and the originals of what is left out."""
        try:
            changes, loop = followed(settings, shape, kwargs, new_report(), beside)
        except Exception:
            if not settings.sends:
                raise
            return {}, {}
        cache = loop.cache if loop else {}
        self._keep(cache)
        return changes, cache

    def answer(self, arguments: Any) -> str:
        """The answer to a call with these arguments."""
        return answer_to(arguments, self._originals, MAX_TOKENS)
