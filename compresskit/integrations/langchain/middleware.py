"""A middleware for agents: their model compresses what it is sent. The state of the agent stays whole."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse

from ...clients.options import Settings
from .model import CompressedChatModel


class CompressMiddleware(AgentMiddleware):
    """Compresses the messages that an agent sends to its model, and answers the model's retrievals.

    The state of the agent, its checkpoints and its streams hold the messages as they were: what is left out and what is
    retrieved is between the middleware and the model. Put it last in the list of middleware, so that it sees the
    request as it goes out.

    Args:
        **options: The options of ``CompressedChatModel``.

    Raises:
        InvalidArgument: An option does not exist, or its value is wrong.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self._settings = Settings().changed(options).stored()

    def wrap_model_call(self, request: ModelRequest, handler: Callable[[ModelRequest], ModelResponse]) -> ModelResponse:
        return handler(request.override(model=self._compressed(request)))

    async def awrap_model_call(
        self, request: ModelRequest, handler: Callable[[ModelRequest], Awaitable[ModelResponse]]
    ) -> ModelResponse:
        return await handler(request.override(model=self._compressed(request)))

    def _compressed(self, request: ModelRequest) -> CompressedChatModel:
        return CompressedChatModel.of(request.model, self._settings)
