"""Lines of JSON, each with the hash of the line before: what was written cannot be changed unnoticed.

A line is one JSON object. Its last field, "hash", is the SHA-256 of all bytes of the line before that field;
its field "prev" is the hash of the line before, or zeros in the first line. Knows nothing of what the lines say.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

from ..errors import InvalidLedger

START = "0" * 64  # the "prev" of the first line
_SEAL = b',"hash":"'
_SEAL_BYTES = len(_SEAL) + 64 + len(b'"}')


class Link(NamedTuple):
    """One line that holds: what it says, its hash, and the offset in the file at which it ends."""

    record: dict[str, Any]
    hash: str
    end: int


def sealed(record: dict[str, Any], before: str) -> tuple[bytes, str]:
    r"""The line for a record behind the line with the hash ``before``, and its own hash.

    >>> line, own = sealed({"n": 0}, START)
    >>> line.startswith(b'{"n":0,"prev":"000'), line.endswith(own.encode() + b'"}\n')
    (True, True)
    """
    body = json.dumps({**record, "prev": before}, separators=(",", ":")).encode()[:-1]
    own = hashlib.sha256(body).hexdigest()
    return body + _SEAL + own.encode() + b'"}\n', own


def unsealed(line: bytes, before: str) -> tuple[dict[str, Any], str]:
    """The record of a line, and its hash.

    Raises:
        InvalidLedger: its bytes are not those that were written, or it does not follow ``before``.
    """
    body, seal = line[: -_SEAL_BYTES - 1], line[-_SEAL_BYTES - 1 :]
    own = hashlib.sha256(body).hexdigest()
    if not line.endswith(b"\n") or seal != _SEAL + own.encode() + b'"}\n':
        raise InvalidLedger("its hash is not that of its bytes: they were changed, or it is no line of a ledger.")
    try:
        record = json.loads(body + b"}")
    except ValueError:
        record = None
    if not isinstance(record, dict) or record.pop("prev", None) != before:
        raise InvalidLedger("it does not follow the line before: lines were changed, taken out or put in.")
    return record, own


def links(file: IO[bytes], before: str = START) -> Iterator[Link]:
    """The lines of a file from its present position to its end, or to a last line without a line end.

    Raises:
        InvalidLedger: at the first line that does not hold.
    """
    end = file.tell()
    for line in file:
        if not line.endswith(b"\n"):
            return
        record, before = unsealed(line, before)
        end += len(line)
        yield Link(record, before, end)
