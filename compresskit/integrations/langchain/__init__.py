"""LangChain, LangGraph and deepagents: ``CompressMiddleware`` for agents, ``CompressedChatModel`` for everything else.

Both need the extra ``langchain``, and are imported at first use.
"""

from ..._lazy import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .middleware import CompressMiddleware as CompressMiddleware
    from .model import CompressedChatModel as CompressedChatModel

__getattr__, __dir__, __all__ = lazy(__name__, {"middleware": "CompressMiddleware", "model": "CompressedChatModel"})
