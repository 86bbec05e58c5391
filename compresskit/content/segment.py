"""The values of splitting: segments, the split of a text, the marks of a splitter, and a compact form.

Nothing here reads text.
"""

from collections.abc import Sequence
from itertools import accumulate, chain, islice
from typing import NamedTuple


class Segment(NamedTuple):
    """A run of characters that makes sense by itself.

    `name` is what the segment is about: a definition, a heading, a path, a record. The names of small neighbours that
    were put together are joined by ", ". It is "" if there is nothing to name.
    """

    start: int  # the offset of the first character in the text
    end: int  # the offset behind the last character
    name: str


ALONE = -2  # the highest number of a group whose segments never join another group, however small they are


class Label(NamedTuple):
    """A line that says which document, file or page the text from `start` to `end` is of.

    `words` are its words for a marker, and `line` is the number of its line, from 1. `above` is the number of the label
    of the part that this part is within; -1 if it is within none.
    """

    start: int
    end: int
    words: str
    line: int
    above: int = -1


class Split(NamedTuple):
    """A text's kind and its segments: consecutive, none empty, from 0 to the text's length.

    `parts` are the offsets at which the texts begin that the text holds: documents, sections, tables, long records.
    Empty if it is one text. `labels` are the lines that name such texts, in order.
    """

    kind: str
    segments: list[Segment]
    parts: tuple[int, ...] = ()
    labels: tuple[Label, ...] = ()


class Mark(NamedTuple):
    """A place at which a splitter would cut: something called `name` starts there.

    Marks of one `group` belong together, such as the methods of a class or the hunks of a file. A segment that is too
    small joins a neighbour of its own group first. A group at or below `ALONE` joins no other. `opens` says that a text
    of its own begins here, such as a table among others.
    """

    start: int
    name: str
    group: int
    opens: bool = False


class Short(NamedTuple):
    """A text in a compact form.

    Attributes:
        kind: The kind of the text, as in ``Split``.
        head: The lines that are shown above any excerpt of the body, such as the names of columns.
        body: The other lines. It may be cut at the marks.
        marks: The places at which the body may be cut.
        telling: The characters of the body that say something new. The other rows resemble one that is there already.
        apart: Whether the text between two marks is never put together with its neighbours.
        uncut: The characters up to which the text between two marks is never cut.
        lines: For each line of the body, the number of that line in the text, from 1, or 0 if the form added it. Empty
            if the lines of the form are not those of the text.
    """

    kind: str
    head: str
    body: str
    marks: list[Mark]
    telling: int
    apart: bool = False
    uncut: int = 0
    lines: Sequence[int] = ()


def line_marks(lines: Sequence[str]) -> list[Mark]:
    """A mark at the start of each line of a text, whose lines are given without their line ends.

    >>> [mark.start for mark in line_marks(["one", "two"])]
    [0, 4]
    """
    ends = accumulate(len(line) + 1 for line in lines)
    return [Mark(start, "", 0) for start in islice(chain((0,), ends), len(lines))]
