"""Stores: where originals live that have to outlast one call.

Nothing is stored unless a caller chose one of these. A store knows nothing of conversations: ``scoped`` gives it
names that only one conversation of one tenant can make. Backends are imported when they are first used.
"""

from .._lazy import lazy
from ..types import Store as Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .disk import DiskStore as DiskStore
    from .memory import MemoryStore as MemoryStore
    from .redis import RedisStore as RedisStore
    from .scope import scoped as scoped

__getattr__, __dir__, __all__ = lazy(
    __name__, {"disk": "DiskStore", "memory": "MemoryStore", "redis": "RedisStore", "scope": "scoped"}
)
__all__ += ["Store"]
