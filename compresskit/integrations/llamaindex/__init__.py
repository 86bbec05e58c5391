"""LlamaIndex: ``CompressedLLM`` for agents and engines, ``CompressPostprocessor`` for what a retriever found.

Both need the extra ``llamaindex``, and are imported at first use.
"""

from ..._lazy import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .llm import CompressedLLM as CompressedLLM
    from .postprocessor import CompressPostprocessor as CompressPostprocessor

__getattr__, __dir__, __all__ = lazy(__name__, {"llm": "CompressedLLM", "postprocessor": "CompressPostprocessor"})
