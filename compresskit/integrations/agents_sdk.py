"""OpenAI's Agents SDK with any model: a filter of what the model is sent, and the retrieval tool.

With models of OpenAI, ``compresskit.clients.AsyncOpenAI`` is simpler: retrievals are then answered inside.
"""

from __future__ import annotations

from typing import Any

from agents import FunctionTool, RunContextWrapper
from agents.run_config import CallModelData, ModelInputData

from ..chat.report import new_report
from ..clients.following import followed
from ..clients.options import Settings
from ..errors import InvalidArgument
from ..messages.retrieval_tool import TOOL_NAME, schema
from ..retrieval import MAX_TOKENS, answer_to
from ..stores import MemoryStore
from ..types import Cache

_MAX_ORIGINALS = 10_000  # originals that the tool can still answer with, the newest ones


class Compressing:
    """Compresses the items of a run before each call of the model. Sessions keep the items as they were.

    Args:
        **options: The options of a client; see ``compresskit.clients.Options``.

    Raises:
        InvalidArgument: An option does not exist, or its value is wrong.

    Examples:
        >>> compressing = Compressing(trigger=100_000)
        >>> compressing.tool.name  # one of the agent's tools; the filter is RunConfig(call_model_input_filter=…)
        'compresskit_retrieve'
    """

    def __init__(self, **options: Any) -> None:
        self._settings = Settings().changed(options)
        if self._settings.tool_budget is not None:
            raise InvalidArgument(
                "tool_budget is no option here, because the filter does not see the agent's tools. Give the agent a "
                "client of compresskit.clients instead, which defers tools."
            )
        self._store = MemoryStore()
        self._originals: dict[str, str] = {}
        function = schema("openai")["function"]
        self.tool = FunctionTool(
            name=TOOL_NAME,
            description=function["description"],
            params_json_schema=function["parameters"],
            on_invoke_tool=self._answer,
            strict_json_schema=False,
        )

    def filter(self, data: CallModelData[Any]) -> ModelInputData:
        """The value of ``call_model_input_filter`` of a ``RunConfig``."""
        given = data.model_data
        model = data.agent.model
        name = model if isinstance(model, str) else str(getattr(model, "model", "") or "unknown")
        beside = [given.instructions] if given.instructions else []
        kwargs = {"model": name, "messages": list(given.input)}
        changes, loop = followed(self._settings, self._store, "responses", kwargs, new_report(), beside=beside)
        if loop is not None:
            self._keep(loop.cache)
        return ModelInputData(input=changes.get("messages", given.input), instructions=given.instructions)

    def _keep(self, cache: Cache) -> None:
        self._originals.update({key: cache[key] for key in cache})
        for key in list(self._originals)[: max(0, len(self._originals) - _MAX_ORIGINALS)]:
            del self._originals[key]

    async def _answer(self, _context: RunContextWrapper[Any], arguments: str) -> str:
        return answer_to(arguments, self._originals, MAX_TOKENS)
