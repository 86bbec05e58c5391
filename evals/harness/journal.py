"""The journal of a run: a line of JSON for every row as it comes, behind a line that says of which run.

A run that was stopped, in whatever way, goes on from its journal. Rows with an error are there to be counted as
spent; they are measured again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from .cases import Row
from .data import DataError

try:
    import fcntl
except ImportError:  # pragma: no cover  (no POSIX: two runs on one journal are then not seen)
    fcntl = None  # type: ignore[assignment]

FORMAT = "compresskit-journal"
VERSION = 1


class Journal:
    """A context around an open journal; `rows` are the good ones that are there, by key. Without a path: none.

    Raises:
        DataError: the file is no journal, is of a run with other settings, or another run writes to it.
    """

    def __init__(self, path: str | Path | None, settings: dict[str, Any]) -> None:
        self.rows: dict[str, Row] = {}
        self.costs: list[float] = []  # dollars, of everything that was tried
        self._path = Path(path) if path else None
        self._header = {"format": FORMAT, "version": VERSION, **settings}
        self._file: IO[bytes] | None = None

    def read(self) -> Journal:
        """Reads the rows of a journal that another run may be writing to; it is not opened for writing."""
        if self._path and self._path.is_file():
            header, *entries = _values(self._path, self._path.read_bytes().split(b"\n")[:-1])
            _agree(self._path, header, self._header)
            self._take(entries)
        return self

    def __enter__(self) -> Journal:
        if self._path:
            try:
                self._file = open(self._path, "a+b", opener=_private)
            except OSError as error:
                raise DataError(f"no journal can be kept at {self._path}: {error.strerror}.") from error
            try:
                self._open(self._path, self._file)
            except BaseException:
                self._file.close()
                raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._file:
            self._file.close()

    def add(self, key: str, row: Row) -> None:
        """One more row. It is the system's when this returns: a killed process loses none."""
        if self._file:
            self._file.write(_line({"key": key, "row": row}))
            self._file.flush()

    def _open(self, path: Path, file: IO[bytes]) -> None:
        _lock(path, file)
        file.seek(0)
        whole = file.read()
        *lines, half = whole.split(b"\n")  # half: of a run that was killed while it wrote, else nothing
        if not lines and _line(self._header).startswith(half):
            file.truncate(0)
            file.write(_line(self._header))
            file.flush()
            return
        header, *entries = _values(path, lines or [half])
        _agree(path, header, self._header)
        file.truncate(len(whole) - len(half))
        self._take(entries)

    def _take(self, entries: Sequence[dict[str, Any]]) -> None:
        for entry in entries:
            self.costs.append(entry["row"].get("cost") or 0.0)
            if entry["row"]["error"] is None:
                self.rows[entry["key"]] = entry["row"]


def _agree(path: Path, there: dict[str, Any], wanted: dict[str, Any]) -> None:
    if there.get("format") != FORMAT:
        raise DataError(f"{path} is no journal of a run: name another file, or one that does not exist yet.")
    old, new = _flat(there), _flat(wanted)
    differing = [name for name in sorted({**old, **new}) if old.get(name) != new.get(name)]
    if differing:
        told = ", ".join(f"{name} {old.get(name)!r}, now {new.get(name)!r}" for name in differing)
        raise DataError(f"{path} is of a run with other settings ({told[:300]}): delete it, or name another.")


def _flat(header: dict[str, Any]) -> dict[str, Any]:
    """The settings one by one.

    >>> _flat({"eval": "a", "options": {"seed": 0}})
    {'eval': 'a', 'seed': 0}
    """
    parts = [value.items() if isinstance(value, dict) else [(name, value)] for name, value in header.items()]
    return {name: value for part in parts for name, value in part}


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)  # rows may quote what models said


def _lock(path: Path, file: IO[bytes]) -> None:
    if fcntl is None:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise DataError(f"another run writes to {path}: wait for it, or name another file.") from error


def _line(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False) + "\n").encode()


def _values(path: Path, lines: Sequence[bytes]) -> list[dict[str, Any]]:
    return [_value(path, number, line) for number, line in enumerate(lines or [b""], 1)]


def _value(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError as error:
        raise DataError(f"{path}, line {number} is not valid JSON: {error}") from error
    if not isinstance(value, dict) or (number > 1 and not isinstance(value.get("row"), dict)):
        raise DataError(f"{path}, line {number} is no row of a journal: delete the file, or name another.")
    return value
