"""Compresses the context of a model call, and gives everything taken out back on request.

Names are imported when they are first used: `import compresskit` itself costs a program about a millisecond.
"""

from ._lazy import lazy

TYPE_CHECKING = False  # type checkers take it for true; importing typing would cost more than all the rest
if TYPE_CHECKING:
    from .chat.completion import acompletion, completion
    from .chat.conversation import Conversation
    from .compression import compress
    from .embedders.cross_encoder import CrossEncoder
    from .embedders.hosted import LiteLLMEmbedder
    from .embedders.hosted_reranker import LiteLLMReranker
    from .embedders.static import StaticEmbedder
    from .errors import (
        CompresskitError,
        EmbedderFailed,
        HookFailed,
        InvalidArgument,
        InvalidMessages,
        RerankerFailed,
        StoreError,
    )
    from .markers.restore import restore
    from .messages.retrieval_tool import TOOL_NAME
    from .result import Compressed, Decision, ToolDecision
    from .retrieval import answer, own_calls, retrieve
    from .shortening import Shortened, shorten
    from .types import About, After, Before, Counter, Embedder, Reranker, Store

__all__ = [
    "TOOL_NAME",
    "About",
    "After",
    "Before",
    "Compressed",
    "CompresskitError",
    "Conversation",
    "Counter",
    "CrossEncoder",
    "Decision",
    "Embedder",
    "EmbedderFailed",
    "HookFailed",
    "InvalidArgument",
    "InvalidMessages",
    "LiteLLMEmbedder",
    "LiteLLMReranker",
    "Reranker",
    "RerankerFailed",
    "Shortened",
    "StaticEmbedder",
    "Store",
    "StoreError",
    "ToolDecision",
    "acompletion",
    "answer",
    "completion",
    "compress",
    "own_calls",
    "restore",
    "retrieve",
    "shorten",
]
__version__ = "0.1.0"

__getattr__, __dir__ = lazy(
    __name__,
    {
        "chat.completion": ("acompletion", "completion"),
        "chat.conversation": ("Conversation",),
        "compression": ("compress",),
        "embedders.cross_encoder": ("CrossEncoder",),
        "embedders.hosted": ("LiteLLMEmbedder",),
        "embedders.hosted_reranker": ("LiteLLMReranker",),
        "embedders.static": ("StaticEmbedder",),
        "errors": (
            "CompresskitError",
            "EmbedderFailed",
            "HookFailed",
            "InvalidArgument",
            "InvalidMessages",
            "RerankerFailed",
            "StoreError",
        ),
        "markers.restore": ("restore",),
        "messages.retrieval_tool": ("TOOL_NAME",),
        "result": ("Compressed", "Decision", "ToolDecision"),
        "retrieval": ("answer", "own_calls", "retrieve"),
        "shortening": ("Shortened", "shorten"),
        "types": ("About", "After", "Before", "Counter", "Embedder", "Reranker", "Store"),
    },
)
