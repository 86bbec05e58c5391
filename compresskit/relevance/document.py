"""The input of scoring: a text with its segments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..content import Segment

JSON = frozenset({"json", "jsonl"})  # kinds of text
EXCHANGE = "exchange"  # a call with small results
RECORDS = JSON | {"table"}  # kinds that consist of records


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
