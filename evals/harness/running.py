"""Runs every compressor over every case, and catches what fails.

A compressor that raises gives a row with its error; the row has no figures, and the tables count it apart.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from itertools import product
from pathlib import Path

from . import engine
from .baselines import compressor as named
from .cases import Case, Row, measured
from .data import Source


def run(
    cases: Sequence[Case], compressors: Sequence[str], given: argparse.Namespace, data: Sequence[Path | Source] = ()
) -> list[Row]:
    """A row for every case and compressor, in the order of the cases."""
    items = [
        engine.Item(f"{case.group} | {case.name} | {compressor}", (case, compressor), _place(case, compressor))
        for case, compressor in product(cases, compressors)
    ]
    return engine.execute(items, run_one, given, title="compressing", data=data)


def run_one(case: Case, compressor: str) -> Row:
    """One row. Panics of extension modules are no `Exception`, so all but an interrupt is caught."""
    place = _place(case, compressor)
    try:
        compress = named(compressor)  # loads its model: that is not timed
        start = time.perf_counter()
        outcome = compress(case.request)
        seconds = time.perf_counter() - start
        return {**place, "seconds": round(seconds, 4), **measured(case, outcome)}
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        return {**place, "error": f"{type(error).__name__}: {error}"[:500]}


def _place(case: Case, compressor: str) -> dict[str, str]:
    return {"case": case.name, "group": case.group, "unit": case.unit, "compressor": compressor}
