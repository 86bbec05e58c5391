"""pydantic-ai: ``CompressedModel`` around any model, and ``CompressCapability`` with a retrieval tool that is seen.

Both need the extra ``pydantic-ai``, and are imported at first use.
"""

from ..._lazy import loader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .capability import CompressCapability
    from .model import CompressedModel

__all__ = ["CompressCapability", "CompressedModel"]

__getattr__ = loader(__name__, {"CompressCapability": "capability", "CompressedModel": "model"})


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
