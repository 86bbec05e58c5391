"""Reads a ledger: its entries, and whether it still is what was written."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from ..errors import InvalidLedger
from .chain import START, links
from .entry import Entry, entry_from, may_be_torn


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a ledger is as it was written.

    Attributes:
        entries: The number of entries that are intact.
        head: The hash of the last intact line.
        line: The line with the problem, counted from 1, or None.
        problem: What is wrong, or None.
    """

    entries: int
    head: str
    line: int | None = None
    problem: str | None = None


def entries(path: str | os.PathLike[str]) -> Iterator[Entry]:
    """Returns the entries of a ledger, in order. An unfinished last line is skipped.

    Raises:
        InvalidLedger: A line was changed. It is raised at the first such line.
        OSError: The file cannot be read.
    """
    with _reading(path) as file:
        for number, link in enumerate(links(file)):
            yield entry_from(link.record, number)


def verify(path: str | os.PathLike[str], head: str | None = None) -> Verdict:
    """Checks that every line is as it was written and in its place, and that the last line is complete.

    A person who can write to the file can also cut lines off its end, or make the whole file anew. To detect that, keep
    the ``head`` of an earlier verdict elsewhere and pass it: it must be among the hashes.
    """
    count, last, seen = 0, START, head in (None, START)
    with _reading(path) as file:
        end = 0
        try:
            for link in links(file):
                entry_from(link.record, count)
                count, last, end = count + 1, link.hash, link.end
                seen = seen or last == head
        except InvalidLedger as error:
            return Verdict(count, last, count + 1, str(error))
        torn = os.pread(file.fileno(), os.fstat(file.fileno()).st_size - end, end)
    if not may_be_torn(torn, count):
        return Verdict(count, last, count + 1, "it is no line of a ledger: this is another file.")
    if torn:
        why = f"it has no end ({len(torn)} bytes): its writer was stopped, or it was cut. The next entry replaces it."
        return Verdict(count, last, count + 1, why)
    if not seen:
        return Verdict(count, last, None, f"no line has the hash {head}: lines were cut off, or all was made anew.")
    return Verdict(count, last)


@contextmanager
def _reading(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    with open(path, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield file
