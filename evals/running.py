"""Runs every compressor over every case, in this process or in several, and catches what fails.

A compressor that raises gives a row with its error; the row has no figures, and the tables count it apart.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import product

from .baselines import compressor as named
from .cases import Case, Row, measured
from .tables import progress


def run(cases: Sequence[Case], compressors: Sequence[str], jobs: int = 1) -> list[Row]:
    """A row for every case and compressor, in the order of the cases."""
    work = list(product(cases, compressors))
    return list(progress(_results(work, jobs), total=len(work), title="compressing"))


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


def _results(work: Sequence[tuple[Case, str]], jobs: int) -> Iterator[Row]:
    if jobs == 1:
        yield from (run_one(case, compressor) for case, compressor in work)
        return
    with ProcessPoolExecutor(max_workers=jobs) as pool:
        yield from pool.map(run_one, *zip(*work, strict=True), chunksize=8)
