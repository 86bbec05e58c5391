"""Weights as data: the declaration of one weight, and the replacement of some of them for an eval.

A weight is a number that decides which text is kept. Each package declares its own in its ``weights.py``, as the fields
of one frozen dataclass, and reads them from the module's ``WEIGHTS`` at the time of the call.

Other numbers stay beside the code that uses them: limits of time and memory, estimates of tokens, and the numbers of
``content/``, which say what a text is and how a form of it is written. ``restore`` makes forms again to recognise them,
so a change of one of these is a change of a format.

This is private. ``compress()`` has no option for weights: cached prefixes would depend on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import field, fields, replace
from types import ModuleType
from typing import Any, NamedTuple

BY_HAND = "chosen by hand; `python -m evals ablate` shows its effect"


class Weight(NamedTuple):
    """A weight as it is listed."""

    name: str
    value: Any
    meaning: str
    source: str


def weight(value: Any, meaning: str, source: str = BY_HAND) -> Any:
    """A field of a dataclass of weights.

    Args:
        value: the default.
        meaning: a noun phrase with the unit.
        source: a paper, a provider's page, or the command that measured the value.
    """
    return field(default=value, metadata={"meaning": meaning, "source": source})


def listed(module: ModuleType) -> list[Weight]:
    """The weights of a module in the order of their declaration, with the values that they have now."""
    now = module.WEIGHTS
    return [Weight(each.name, getattr(now, each.name), **each.metadata) for each in fields(now)]


@contextmanager
def replaced(module: ModuleType, **values: Any) -> Iterator[None]:
    """Replaces weights of a module for a while, in the whole process: for evals and tests.

    The replacement holds in every thread, since ``compress`` judges texts in another thread than its caller's. So
    nothing else may compress in this process meanwhile. The weights before are restored, even after an error.

    Args:
        module: a ``weights`` module of a package.
        values: fields of its dataclass.

    Raises:
        TypeError: a field is unknown.

    >>> from compresskit.plan import weights
    >>> with replaced(weights, density_exponent=1.0):
    ...     weights.WEIGHTS.density_exponent
    1.0
    >>> weights.WEIGHTS.density_exponent
    0.5
    """
    before: Any = module.WEIGHTS
    module.WEIGHTS = replace(before, **values)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        module.WEIGHTS = before  # type: ignore[attr-defined]
