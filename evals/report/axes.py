"""Axes: from values to places in a drawing, and the marks in between."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .numbers import short


@dataclass(frozen=True)
class Axis:
    """What an axis says and from where to where it goes; `write` is how its marks read."""

    title: str
    low: float
    high: float
    marks: tuple[float, ...]
    log: bool = False
    write: Callable[[float], str] = short

    def place(self, value: float) -> float:
        """The place of a value, from 0 at the low end to 1 at the high one. A value outside is at the nearer end."""
        low, high, value = (math.log10(max(one, 1e-9)) if self.log else one for one in (self.low, self.high, value))
        return min(1.0, max(0.0, (value - low) / ((high - low) or 1)))


def shares(title: str) -> Axis:
    """0 to 1.

    >>> shares("kept").place(0.25)
    0.25
    """
    return Axis(title, 0.0, 1.0, (0.0, 0.25, 0.5, 0.75, 1.0))


def linear(title: str, values: Iterable[float], wanted: int = 5, write: Callable[[float], str] = short) -> Axis:
    """From 0 to a round number at or above the largest value.

    >>> linear("turn", [3, 180]).marks
    (0.0, 50.0, 100.0, 150.0, 200.0)
    """
    marks = ticks(max(values, default=1.0), wanted)
    return Axis(title, 0.0, marks[-1], tuple(marks), write=write)


def powers(title: str, values: Iterable[float]) -> Axis:
    """Powers of ten around all positive values.

    >>> powers("tokens", [9_000, 1_100_000]).marks
    (1000.0, 10000.0, 100000.0, 1000000.0, 10000000.0)
    """
    there = [value for value in values if value > 0] or [1.0]
    low, high = math.floor(math.log10(min(there)) + 1e-9), math.ceil(math.log10(max(there)) - 1e-9)
    high = max(high, low + 1)
    return Axis(title, 10.0**low, 10.0**high, tuple(10.0**power for power in range(low, high + 1)), log=True)


def ticks(largest: float, wanted: int = 5) -> list[float]:
    """Round numbers from 0 to at least `largest`, about as many as wanted.

    >>> ticks(23_000)
    [0.0, 5000.0, 10000.0, 15000.0, 20000.0, 25000.0]
    """
    rough = max(largest, 1e-9) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * (1 - 1e-9))
    return [step * number for number in range(math.ceil(largest / step - 1e-9) + 1)]
