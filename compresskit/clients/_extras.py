"""Imports of SDKs, which are extras."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType


def sdk(name: str, extra: str = "") -> ModuleType:
    """The module of an SDK.

    Raises:
        ImportError: It is not installed. The error names the extra that brings it.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as missing:
        if missing.name not in (name, name.partition(".")[0]):
            raise
        raise ImportError(
            f"compresskit.clients needs the package {name!r}, which is not installed. "
            f"Run: pip install 'compresskit[{extra or name}]'",
            name=name,
        ) from None
