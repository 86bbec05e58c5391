"""How numbers are written: in tables, at axes, and in the sentences behind a point."""

from __future__ import annotations

import math

from evals.harness.stats import Estimate

# Shares that are read as percentages; every other share of 0 to 1 is written 0.93.
PERCENT = frozenset(
    {
        "kept",
        "met",
        "missed",
        "invalid",
        "written",
        "needing",
        "losing",
        "copying",
        "failed",
        "asking",
        "as text",
        "of everything",
    }
)


def figure(heading: str, found: Estimate) -> str:
    """The mean of a figure, as a table shows it.

    >>> figure("kept", Estimate(0.2, 0.1, 0.3, 5)), figure("support", Estimate(0.996, 0.99, 1, 5))
    ('20 %', '0.996')
    """
    return percent(found.mean) if heading in PERCENT else number(found.mean)


def interval(heading: str, found: Estimate) -> str:
    """Its interval; nothing where there is none.

    >>> interval("support", Estimate(0.5, 0.25, 0.75, 9))
    '0.25–0.75'
    """
    if found.low == found.high == found.mean:
        return ""
    write = percent if heading in PERCENT else number
    return f"{write(found.low)}–{write(found.high)}"


def number(value: float) -> str:
    """Two digits behind the point, none from 100 on; what is nearly 1, or next to nothing, is not rounded to it.

    >>> [number(value) for value in (0.5, 0.9961, 12.34, 27_906.2, 0.00312, 0, 1)]
    ['0.50', '0.996', '12.3', '27,906', '0.003', '0', '1']
    """
    size = abs(value)
    if value == int(value):
        return f"{value:,.0f}"
    if size >= 100:
        return f"{value:,.0f}"
    if size >= 10:
        return f"{value:.1f}"
    if 0.99 < size < 1:
        return f"{value:.3f}"
    if size >= 0.01:
        return f"{value:.2f}"
    if size >= 0.0005:
        return f"{value:.3f}"
    return "< 0.001" if value > 0 else "> -0.001"


def percent(value: float) -> str:
    """As a percentage; what is not quite nothing or all is not shown as such.

    >>> percent(0.791), percent(0.004), percent(0.9996), percent(1.0)
    ('79 %', '0.4 %', '99.96 %', '100 %')
    """
    rest = min(abs(value), abs(1 - value))
    digits = 0 if rest == 0 or rest >= 0.01 else min(3, math.ceil(-math.log10(rest)) - 2)
    return f"{100 * value:.{digits}f} %"


def short(value: float) -> str:
    """A number at an axis.

    >>> [short(value) for value in (0, 0.25, 1500, 20_000, 1_000_000, 0.1)]
    ['0', '0.25', '1.5k', '20k', '1M', '0.1']
    """
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"
