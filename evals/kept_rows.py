"""Rows kept as they come, a line of JSON each, so that a long run can go on where it was stopped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .cases import Row
from .data import DataError


def begin(path: Path, settings: dict[str, Any]) -> dict[tuple[str, str], Row]:
    """The rows that are there, by case and compressor; what failed is to be measured again.

    Raises:
        DataError: the file is of a run with other settings, or no such file.
    """
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    found = [value for line in lines if isinstance(value := _value(line), dict)]
    if lines and found[:1] != [settings]:
        raise DataError(f"{path} is of a run with other settings ({lines[0][:200]}): delete it, or name another.")
    rows = {(row["case"], row["compressor"]): row for row in found[1:] if row["error"] is None}
    path.write_text("".join(map(_line, [settings, *rows.values()])), encoding="utf-8")
    return rows


def add(path: Path, row: Row) -> None:
    """One more row."""
    with path.open("a", encoding="utf-8") as file:
        file.write(_line(row))


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"


def _value(line: str) -> Any:
    """None for the half line of a run that was killed."""
    try:
        return json.loads(line)
    except ValueError:
        return None
