"""Stores: where originals live that have to outlast one call.

Nothing is stored unless a caller chose one of these. A store knows nothing of conversations: ``scoped`` gives it
names that only one conversation of one tenant can make. Backends are imported when they are first used.
"""

from .._lazy import lazy
from ..types import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .disk import DiskStore
    from .memory import MemoryStore
    from .redis import RedisStore
    from .scope import scoped

__all__ = ["DiskStore", "MemoryStore", "RedisStore", "Store", "scoped"]

__getattr__, __dir__ = lazy(
    __name__, {"disk": ("DiskStore",), "memory": ("MemoryStore",), "redis": ("RedisStore",), "scope": ("scoped",)}
)
