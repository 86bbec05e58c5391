"""LlamaIndex: ``CompressedLLM`` for agents and engines, ``CompressPostprocessor`` for what a retriever found.

Both need the extra ``llamaindex``, and are imported at first use.
"""

from ..._lazy import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .llm import CompressedLLM
    from .postprocessor import CompressPostprocessor

__all__ = ["CompressPostprocessor", "CompressedLLM"]

__getattr__, __dir__ = lazy(__name__, {"llm": ("CompressedLLM",), "postprocessor": ("CompressPostprocessor",)})
