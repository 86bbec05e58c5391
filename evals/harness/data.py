"""Finding and reading the data: JSON, JSONL and either of them gzipped. What the rows mean is each eval's
own affair; what comes from the hub is in `hub.py`."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ENVIRONMENT = "COMPRESSKIT_DATA"
SAMPLES = Path(__file__).parents[1] / "samples"
_BESIDE_THE_PROJECT = Path(__file__).resolve().parents[3] / "shared" / "data"


class DataError(Exception):
    """Data that is missing or is not what was expected; the message says what to do."""


class Source(NamedTuple):
    """Rows that come from no file of this machine."""

    name: str
    digest: str  # SHA-256 of their JSON
    rows: list[dict[str, Any]]


def find(names: Iterable[str], given: str | None = None) -> list[Path]:
    """The files to read: `given` itself when it is a file, else the named files in the data folder.

    The folder is `given` ("sample": the small cases of this package), or $COMPRESSKIT_DATA, or ../shared/data beside
    the project.
    """
    if given == "hub":
        raise DataError("there is no public set for this on the hub: give a file or a folder with --data.")
    place = folder(given)
    if place.is_file():
        return [place]
    found = [place / name for name in names if (place / name).is_file()]
    if not found:
        raise DataError(
            f"no data at {place}: expected a file, or a folder with {' or '.join(names)}. "
            f"Give one with --data, or set {ENVIRONMENT}."
        )
    return found


def folder(given: str | None = None) -> Path:
    """The folder of data, or the file, that `find` looks at."""
    given = str(SAMPLES) if given == "sample" else given
    return Path(given or os.environ.get(ENVIRONMENT) or _BESIDE_THE_PROJECT)


def there(names: Iterable[str]) -> bool:
    """Whether the data folder has one of the named files."""
    place = Path(os.environ.get(ENVIRONMENT) or _BESIDE_THE_PROJECT)
    return place.is_file() or any((place / name).is_file() for name in names)


def rows(path: Path | Source) -> list[dict[str, Any]]:
    """The objects of a source, or of a .json (a list, or an object of objects) or .jsonl file, gzipped or not."""
    if isinstance(path, Source):
        return path.rows
    found = value(path)
    listed = list(found.values()) if isinstance(found, dict) else found
    if not isinstance(listed, list) or not all(isinstance(row, dict) for row in listed):
        raise DataError(f"{path} should hold a list of objects; see the eval's --help for their fields.")
    return listed


def value(path: Path) -> Any:
    """What a .json file holds, or the list of what the lines of a .jsonl file hold."""
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
    try:
        if path.name.removesuffix(".gz").endswith("l"):
            return [json.loads(line) for line in text.split("\n") if line.strip()]
        return json.loads(text)
    except ValueError as error:
        raise DataError(f"{path} is not valid JSON: {error}") from error


def save(path: Path, value: Any) -> None:
    """Writes gzipped JSON, the same bytes for the same value."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    path.write_bytes(gzip.compress(text.encode("utf-8"), mtime=0))


def digest(path: Path) -> str:
    """SHA-256 of a file, for records."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def digests(sources: Sequence[Path | Source]) -> dict[str, str]:
    """Name and SHA-256 of each, without the places of files."""
    return {source.name: source.digest if isinstance(source, Source) else digest(source) for source in sources}


def field(row: Mapping[str, Any], name: str, where: str) -> Any:
    """A field that must be there."""
    if name not in row:
        raise DataError(f"{where}: a row without {name!r} (it has {', '.join(sorted(row)) or 'nothing'}).")
    return row[name]
