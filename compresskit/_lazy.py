"""Names of a package that are imported when they are first used (PEP 562). Imports nothing itself."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def lazy(package: str, names: Mapping[str, Sequence[str]]) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """The ``__getattr__`` and the ``__dir__`` of a package: ``names`` has those of each of its modules."""
    homes = {name: module for module, listed in names.items() for name in listed}

    def load(name: str) -> object:
        import sys
        from importlib import import_module

        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value: object = getattr(import_module(f"{package}.{homes[name]}"), name)
        setattr(sys.modules[package], name, value)
        return value

    def listed_names() -> list[str]:
        import sys

        return sorted({*vars(sys.modules[package]), *homes})

    return load, listed_names
