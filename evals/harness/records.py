"""The record of a run: one JSON file with a version, the options, the figures and a row for every case.

The same run gives the same record but for its times: no clock, no paths of this machine, digests of the data.

format, version   "compresskit-eval", 2
eval, options     what was measured and how; places on this machine are left out
data              file or data set -> SHA-256
python, packages  versions
seeds             name -> seed
cost              dollars of all rows; null where none says
tokens            {"prompt", "completion", "retrievals"}: sums over the rows that say, null where none does
complete          false where the budget ended before the items did
figures           a line for every group and compressor: cases, errors, and heading -> mean, 95 % interval, cases
rows              one for every case and compressor: case, group, unit, compressor, error, and the eval's own measures
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from . import peers
from .cases import Row
from .data import DataError, Source, digests
from .figures import Column, Line

FORMAT = "compresskit-eval"
VERSION = 2
_PACKAGES = ("compresskit", "litellm", "tiktoken", "numpy", "rank-bm25", "wordllama", "langchain")
_TOKENS = {"prompt": "prompt_tokens", "completion": "completion_tokens", "retrievals": "retrievals"}  # keys of rows


def record(
    name: str,
    options: dict[str, Any],
    data: Sequence[Path | Source],
    columns: Sequence[Column],
    lines: Sequence[Line],
    rows: Sequence[Row],
    *,
    complete: bool = True,
) -> dict[str, Any]:
    """A run as JSON-like data; see the top of this module."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "eval": name,
        "options": options,
        "data": digests(data),
        "python": platform.python_version(),
        "packages": packages(),
        "seeds": {"seed": options["seed"]} if "seed" in options else {},
        "cost": _sum(rows, "cost"),
        "tokens": {name: _sum(rows, key) for name, key in _TOKENS.items()},
        "complete": complete,
        "figures": [_figures(line, columns) for line in lines],
        "rows": list(rows),
    }


def write(path: Path, value: dict[str, Any]) -> None:
    """Writes a record, one that people can read and compare."""
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read(path: Path) -> dict[str, Any]:
    """A record of this version, or one of version 1 with what that did not have: no seeds, cost and tokens, complete.

    Raises:
        DataError: it is none, or one of a later version.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read as a record: {error}") from error
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise DataError(f"{path} is no record of an eval: its format should be {FORMAT!r}.")
    if value.get("version") not in (1, VERSION):
        raise DataError(f"{path} is of version {value.get('version')!r}: this reads 1 and {VERSION}; take a newer one.")
    return {"seeds": {}, "cost": None, "tokens": dict.fromkeys(_TOKENS), "complete": True, **value}


def packages() -> dict[str, str | None]:
    """The versions of what figures depend on; None where it is not installed."""
    others = {name: peers.version(name) for name in peers.NAMES} if os.environ.get(peers.ENVIRONMENT) else {}
    return {**{package: _version(package) for package in _PACKAGES}, **others}


def _sum(rows: Sequence[Row], key: str) -> float | None:
    values = [row[key] for row in rows if row.get(key) is not None]
    return sum(values) if values else None


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
