"""The words of splitting: a segment, a split, and the mark a splitter sets.

Nothing here looks at text.
"""

from collections.abc import Sequence
from itertools import accumulate, chain, islice
from typing import NamedTuple


class Segment(NamedTuple):
    """A run of characters that makes sense by itself.

    `name` says what it stands for (a definition, a heading, a path, a record); several, when small
    neighbours were put together, are joined by ", ". It is "" where there is nothing to name.
    """

    start: int  # offset of the first character in the text
    end: int  # one past the last
    name: str


ALONE = -2  # groups from here down are put together with nothing else, however small they are


class Split(NamedTuple):
    """A text's kind and its segments: consecutive, none empty, from 0 to the text's length.

    `parts` are the offsets at which the texts begin that the text holds: documents, sections, tables, long records.
    Empty if it is one text.
    """

    kind: str
    segments: list[Segment]
    parts: tuple[int, ...] = ()


class Mark(NamedTuple):
    """A place where a splitter would cut: something called `name` starts there.

    Marks of one `group` belong together (the methods of a class, the hunks of a file): what is too
    small to stand alone joins its own group first. A group at or below `ALONE` joins no other. `opens` says that a
    text of its own begins here, such as a table among others.
    """

    start: int
    name: str
    group: int
    opens: bool = False


class Short(NamedTuple):
    """A text in short form.

    `head` stands before whatever is shown of `body`, which may be cut at its `marks`. `telling` are the
    characters of the body that say something new: the other rows are like one that is there already, and
    are read only where the query asks for them. They are `quiet`: where they start in the body, and where they end.
    """

    kind: str
    head: str
    body: str
    marks: list[Mark]
    telling: int
    apart: bool = False  # what lies between two marks is never put together with its neighbours,
    uncut: int = 0  # and not cut either up to so many characters
    quiet: tuple[Sequence[int], Sequence[int]] = ((), ())


def line_marks(lines: Sequence[str]) -> list[Mark]:
    """A mark at the start of each of some lines, as they stand joined by line ends.

    >>> [mark.start for mark in line_marks(["one", "two"])]
    [0, 4]
    """
    ends = accumulate(len(line) + 1 for line in lines)
    return [Mark(start, "", 0) for start in islice(chain((0,), ends), len(lines))]
