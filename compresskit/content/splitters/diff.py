"""Cuts diffs and patches into hunks. The header of a file stays with its first hunk.

It reads positions and paths only, and does not check whether a patch applies.
"""

import re

from ..segment import Mark

_PLACE = re.compile(
    r"\n(?:diff --(?:git|cc|combined) (?P<git>[^\n]*)|Index: (?P<index>[^\n]*)"
    r"|--- (?P<old>[^\n\t]*+)[^\n]*+\n\+\+\+ (?P<new>[^\n\t]*)|(?P<hunk>@@@?@? -)|(?P<commit>commit [0-9a-f]{7,40}\b))"
)


def marks(text: str) -> list[Mark]:
    """Marks at each hunk with the path of the file as name, and at the message of a commit above them.

    >>> marks("--- a/x.py\\n+++ b/x.py\\n@@ -1 +1 @@\\n-a\\n+b\\n@@ -9 +9 @@\\n-c\\n+d\\n")[1]
    Mark(start=40, name='x.py', group=1, opens=False)
    """
    found: list[Mark] = []
    group, path, opened = 0, "", False  # opened: the header of a file was read, and its first hunk was not
    for match in _PLACE.finditer("\n" + text):
        start, kind = match.start(), match.lastgroup
        if kind == "hunk":
            if not opened:
                found.append(Mark(start, path, group))
            opened = False
        elif kind == "commit":
            group, path, opened = group + 1, "", False
            found.append(Mark(start, match["commit"][:14], group))
        elif kind == "new" and opened:
            path = _path(match["new"], match["old"])
            found[-1] = found[-1]._replace(name=path)
        else:
            path = _path(match["new"] or match["git"] or match["index"] or "", match["old"] or "")
            group, opened = group + 1, True
            found.append(Mark(start, path, group))
    return found


def _path(new: str, old: str) -> str:
    """The path of the file in the tree: that of the new side, or of the old side if the file was deleted."""
    new, old = new.strip(), old.strip()
    chosen = old if new == "/dev/null" else new
    if " b/" in chosen:  # the line "diff --git a/x b/x" has both paths
        chosen = "b/" + chosen.split(" b/", 1)[1]
    return chosen[2:] if chosen.startswith(("a/", "b/")) else chosen
