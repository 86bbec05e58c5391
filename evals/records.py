"""The record of a run: one JSON file with a version, the options, the figures and a row for every case.

The same run gives the same record but for its times: no clock, no paths of this machine, digests of the data.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .cases import Row
from .data import digest
from .figures import Column, Line

FORMAT = "compresskit-eval"
VERSION = 1
_PACKAGES = ("compresskit", "litellm", "tiktoken", "numpy", "rank-bm25", "wordllama")


def record(
    name: str,
    options: dict[str, Any],
    data: Iterable[Path],
    columns: Sequence[Column],
    lines: Sequence[Line],
    rows: Sequence[Row],
) -> dict[str, Any]:
    """A run as JSON-like data."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "eval": name,
        "options": options,
        "data": {path.name: digest(path) for path in data},
        "python": platform.python_version(),
        "packages": {package: _version(package) for package in _PACKAGES},
        "figures": [_figures(line, columns) for line in lines],
        "rows": list(rows),
    }


def write(path: Path, value: dict[str, Any]) -> None:
    """Writes a record, one that people can read and compare."""
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _figures(line: Line, columns: Sequence[Column]) -> dict[str, Any]:
    found = {
        column.heading: None if figure is None else figure._asdict()
        for column, figure in zip(columns, line.figures, strict=True)
    }
    place = {"group": line.group, "compressor": line.compressor, "cases": line.cases, "errors": line.errors}
    return {**place, "figures": found}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
