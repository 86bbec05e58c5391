"""Compresses the context of a model call, and gives everything taken out back on request.

Names are imported when they are first used: `import compresskit` itself costs a program about a millisecond.
"""

TYPE_CHECKING = False  # type checkers take it for true; importing typing would cost more than all the rest
if TYPE_CHECKING:
    from .completions import acompletion, completion
    from .compression import compress
    from .conversation import Conversation
    from .embedders.hosted import LiteLLMEmbedder
    from .embedders.static import StaticEmbedder
    from .errors import CompresskitError, EmbedderFailed, InvalidArgument, InvalidMessages, StoreError
    from .markers import restore
    from .result import Compressed, Decision
    from .retrieval import answer, retrieve
    from .tool import TOOL_NAME
    from .types import Counter, Embedder, Store

__all__ = [
    "TOOL_NAME",
    "Compressed",
    "CompresskitError",
    "Conversation",
    "Counter",
    "Decision",
    "Embedder",
    "EmbedderFailed",
    "InvalidArgument",
    "InvalidMessages",
    "LiteLLMEmbedder",
    "StaticEmbedder",
    "Store",
    "StoreError",
    "acompletion",
    "answer",
    "completion",
    "compress",
    "restore",
    "retrieve",
]
__version__ = "0.1.0"

_HOMES = {
    "completions": ("acompletion", "completion"),
    "compression": ("compress",),
    "conversation": ("Conversation",),
    "embedders.hosted": ("LiteLLMEmbedder",),
    "embedders.static": ("StaticEmbedder",),
    "errors": ("CompresskitError", "EmbedderFailed", "InvalidArgument", "InvalidMessages", "StoreError"),
    "markers": ("restore",),
    "result": ("Compressed", "Decision"),
    "retrieval": ("answer", "retrieve"),
    "tool": ("TOOL_NAME",),
    "types": ("Counter", "Embedder", "Store"),
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    for home, names in _HOMES.items():
        if name in names:
            value: object = getattr(import_module(f"{__name__}.{home}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
