"""Compresses the context of a model call, and gives everything taken out back on request.

Names are imported when they are first used: `import compresskit` itself costs a program about a millisecond.
"""

from ._lazy import lazy

TYPE_CHECKING = False  # type checkers take it for true; importing typing would cost more than all the rest
if TYPE_CHECKING:
    from .chat.completion import acompletion as acompletion
    from .chat.completion import completion as completion
    from .chat.conversation import Conversation as Conversation
    from .compression import compress as compress
    from .embedders.cross_encoder import CrossEncoder as CrossEncoder
    from .embedders.hosted import LiteLLMEmbedder as LiteLLMEmbedder
    from .embedders.hosted import LiteLLMReranker as LiteLLMReranker
    from .embedders.static import StaticEmbedder as StaticEmbedder
    from .errors import CompresskitError as CompresskitError
    from .errors import EmbedderFailed as EmbedderFailed
    from .errors import HookFailed as HookFailed
    from .errors import InvalidArgument as InvalidArgument
    from .errors import InvalidMessages as InvalidMessages
    from .errors import RerankerFailed as RerankerFailed
    from .errors import StoreError as StoreError
    from .markers.restore import restore as restore
    from .messages.retrieval_tool import TOOL_NAME as TOOL_NAME
    from .result import Compressed as Compressed
    from .result import Decision as Decision
    from .result import ToolDecision as ToolDecision
    from .retrieval import answer as answer
    from .retrieval import own_calls as own_calls
    from .retrieval import retrieve as retrieve
    from .shortening import Shortened as Shortened
    from .shortening import shorten as shorten
    from .types import About as About
    from .types import After as After
    from .types import Before as Before
    from .types import Counter as Counter
    from .types import Embedder as Embedder
    from .types import Reranker as Reranker
    from .types import Store as Store

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "chat.completion": "acompletion completion",
        "chat.conversation": "Conversation",
        "compression": "compress",
        "embedders.cross_encoder": "CrossEncoder",
        "embedders.hosted": "LiteLLMEmbedder LiteLLMReranker",
        "embedders.static": "StaticEmbedder",
        "errors": "CompresskitError EmbedderFailed HookFailed InvalidArgument InvalidMessages RerankerFailed "
        "StoreError",
        "markers.restore": "restore",
        "messages.retrieval_tool": "TOOL_NAME",
        "result": "Compressed Decision ToolDecision",
        "retrieval": "answer own_calls retrieve",
        "shortening": "Shortened shorten",
        "types": "About After Before Counter Embedder Reranker Store",
    },
)
