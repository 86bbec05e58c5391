"""LangChain, LangGraph and deepagents: ``CompressMiddleware`` for agents, ``CompressedChatModel`` for everything else.

Both need the extra ``langchain``, and are imported at first use.
"""

from ..._lazy import loader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .middleware import CompressMiddleware
    from .model import CompressedChatModel

__all__ = ["CompressMiddleware", "CompressedChatModel"]

__getattr__ = loader(__name__, {"CompressMiddleware": "middleware", "CompressedChatModel": "model"})


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
