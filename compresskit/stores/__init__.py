"""Stores: where originals live that have to outlast one call.

Nothing is stored unless a caller chose one of these. A store knows nothing of conversations: ``scoped`` gives it
names that only one conversation of one tenant can make. Backends are imported when they are first used.
"""

from ..types import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .disk import DiskStore
    from .memory import MemoryStore
    from .redis import RedisStore
    from .scope import scoped

__all__ = ["DiskStore", "MemoryStore", "RedisStore", "Store", "scoped"]

_HOMES = {"DiskStore": "disk", "MemoryStore": "memory", "RedisStore": "redis", "scoped": "scope"}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
