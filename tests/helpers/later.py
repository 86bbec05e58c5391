"""Modules that are imported when they are first used: each worker collects all tests, and needs few of the modules."""

from importlib import import_module
from typing import Any


class Later:
    """Stands for a module."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._name), name)
