"""The input of scoring: a text with its segments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..content import Segment

JSON = frozenset({"json", "jsonl"})  # kinds of text
EXCHANGE = "exchange"  # a call with small results
RECORDS = JSON | {"table"}  # kinds that consist of records
_RUNNING = frozenset({"prose", "lines", "markdown"})  # kinds of running text
_CELL = '"cell_type":'  # the key of each cell in a Jupyter notebook, which reads like running text


def is_running(text: str, kind: str) -> bool:
    """Whether a text of a kind reads like running text."""
    return kind in _RUNNING or (kind == "json" and _CELL in text)


class Document(NamedTuple):
    """A text and its segments; ``age`` runs from 0 (oldest) to 1 (newest).

    ``kind`` is what the splitter of the text says, or ``EXCHANGE``.
    ``parts`` are the offsets at which the texts begin that the text holds; empty if it is one text. ``head`` is what
    stands before every excerpt of the text, such as the names of its columns.
    """

    text: str
    segments: Sequence[Segment]
    call: str
    age: float
    kind: str = ""
    parts: Sequence[int] = ()
    head: str = ""
