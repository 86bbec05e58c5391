"""OpenAI's Agents SDK with any model: a filter of what the model is sent, and the retrieval tool.

With models of OpenAI, ``compresskit.clients.AsyncOpenAI`` is simpler: retrievals are then answered inside.
"""

from __future__ import annotations

from typing import Any

from agents import FunctionTool, RunContextWrapper
from agents.run_config import CallModelData, ModelInputData

from ..clients.options import Settings
from ..messages.retrieval_tool import TOOL_NAME
from ._answering import Answering, without_tool_budget


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
        self._settings = without_tool_budget(Settings().changed(options)).stored()
        self._answering = Answering()
        self.tool = FunctionTool(
            name=TOOL_NAME,
            description=self._answering.description,
            params_json_schema=self._answering.parameters,
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
        changes, _ = self._answering.prepared(self._settings, "responses", kwargs, beside)
        return ModelInputData(input=changes.get("messages", given.input), instructions=given.instructions)

    async def _answer(self, _context: RunContextWrapper[Any], arguments: str) -> str:
        return self._answering.answer(arguments)
