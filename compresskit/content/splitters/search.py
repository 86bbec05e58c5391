"""Cuts the output of searches (`path:line:text`, with lines of context) and lists of paths.

Lines of one file, or of one folder in a list, are a group. The words that were searched for are not known here.
"""

import re
from collections.abc import Iterator

from ..segment import Mark

_PATH = r"(?=[^\s:]{0,300}?[A-Za-z_])(?:[A-Za-z]:)?[^\s:]{1,300}?"
_HIT = re.compile(
    rf"\n(?:({_PATH}):\d+:|({_PATH})-\d+-|(--)[\r]?$|(\d+)[:-](?!\d\d[:,.-])|([^\s:]{{1,300}}+)[\r]?$)", re.MULTILINE
)
_LINE_HIT = re.compile(rf"{_PATH}(?::\d+:|-\d+-)|--$|\d+[:-](?!\d\d[:,.-])")
_LISTED = re.compile(r"(?:\.{0,2}/|[A-Za-z]:\\)?[\w.@+~%,=-]+(?:[/\\][\w.@+~%,=-]+)+[/\\]?|\.{0,2}/[\w.@+-]+/?")


def looks_like_hits(lines: list[str]) -> bool:
    """Whether nearly all lines are hits of a search or lines of context."""
    hits = sum(1 for line in lines if _LINE_HIT.match(line))
    return hits >= 2 and hits * 10 >= len(lines) * 8


def looks_like_paths(lines: list[str]) -> bool:
    """Whether nearly all lines are a path and nothing else."""
    paths = sum(1 for line in lines if _LISTED.fullmatch(line.rstrip()))
    return paths >= 3 and paths * 10 >= len(lines) * 8


def marks(text: str) -> list[Mark]:
    """Marks at hits, with the file as name, and at listed paths, with the folder as name.

    >>> marks("a.py:1:x\\na.py-2-y\\n--\\nb.py:9:z\\n")[2]
    Mark(start=21, name='b.py', group=2, opens=False)
    """
    return list(_marks(text))


def _marks(text: str) -> Iterator[Mark]:
    group, path, number, parted = 0, "", 0, False
    for match in _HIT.finditer("\n" + text):
        hit, context, separator, line, listed = match.groups()
        start = match.start()
        if separator:
            parted = True
            continue
        if line:  # hits of one file; if they are far apart, they are different groups
            at = int(line[:9])
            group += parted or not 0 < at - number <= 3
            number = at
            yield Mark(start, path, group)
        else:
            if context and path and text.startswith(path + "-", start):
                context = path  # "a-1-b.py-7-": the path is the one above, not its first half
            found = hit or context or _folder(listed or "")
            group += found != path
            path = found
            yield Mark(start, path, group)
        parted = False


def _folder(path: str) -> str:
    """The folder of a listed path without the slash. A heading of `rg`, which has none, is returned as it is."""
    return path.rstrip("/\\").rpartition("/")[0] or path
