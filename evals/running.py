"""Runs every compressor over every case, in this process or in several, and catches what fails.

A compressor that raises gives a row with its error; the row has no figures, and the tables count it apart.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from typing import Any

from .baselines import compressor as named
from .cases import Case, Row, measured
from .tables import progress


def run(cases: Sequence[Case], compressors: Sequence[str], jobs: int = 1) -> list[Row]:
    """A row for every case and compressor, in the order of the cases."""
    return measure(list(product(cases, compressors)), run_one, jobs, "compressing")


def measure(
    work: Sequence[tuple[Any, ...]], one: Callable[..., Row], jobs: int, title: str, chunk: int = 8
) -> list[Row]:
    """`one(*item)` for every item of the work, with a progress bar, in this process or in several."""
    return list(progress(_results(work, one, jobs, chunk), total=len(work), title=title))


def run_one(case: Case, compressor: str) -> Row:
    """One row. Panics of extension modules are no `Exception`, so all but an interrupt is caught."""
    place = {"case": case.name, "group": case.group, "unit": case.unit, "compressor": compressor}
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


def _results(work: Sequence[tuple[Any, ...]], one: Callable[..., Row], jobs: int, chunk: int) -> Iterator[Row]:
    if jobs == 1:
        yield from (one(*item) for item in work)
        return
    with ProcessPoolExecutor(max_workers=jobs) as pool:
        yield from pool.map(one, *zip(*work, strict=True), chunksize=chunk)
