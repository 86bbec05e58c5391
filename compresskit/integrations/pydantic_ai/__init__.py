"""pydantic-ai: ``CompressedModel`` around any model, and ``CompressCapability`` with a retrieval tool that is seen.

Both need the extra ``pydantic-ai``, and are imported at first use.
"""

from ..._lazy import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .capability import CompressCapability as CompressCapability
    from .model import CompressedModel as CompressedModel

__getattr__, __dir__, __all__ = lazy(__name__, {"capability": "CompressCapability", "model": "CompressedModel"})
