"""Names of a package that are imported when they are first used (PEP 562), and files of packages that are not imported.

It imports nothing when it is loaded.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def lazy(package: str, names: Mapping[str, str]) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """The ``__getattr__``, the ``__dir__`` and the ``__all__`` of a package.

    The package imports the same names for type checkers, each ``as`` itself, which says that it is public.

    Args:
        package: The name of the package.
        names: The public names of each of its modules, with blanks between them.
    """
    homes = {name: module for module, listed in names.items() for name in listed.split()}

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

    return load, listed_names, sorted(homes)


def path_in(package: str, *parts: str) -> str | None:
    """A file or a folder of another package, which is not imported; None if it is not there."""
    import os
    from importlib.util import find_spec

    spec = find_spec(package)
    places = (spec.submodule_search_locations or ()) if spec else ()
    return next((path for place in places if os.path.exists(path := os.path.join(place, *parts))), None)
