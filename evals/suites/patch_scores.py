"""How near a patch that a model wrote is to the one that was merged, as litellm's documentation of compress() has it.

file overlap         share of the gold patch's files that are in the written patch
exact file match     whether both touch exactly the same files
hunk overlap         share of the gold hunks, as ranges of lines of the old file, that a written hunk of that file meets
content similarity   Jaccard similarity of the changed (added and removed) lines, spaces around them apart

Ranges up to 10 lines apart meet, as in litellm's own script. Other than there, gold hunks of files that the written
patch leaves alone count as not met. Models miscount: a written hunk lies where its old side stands in the file, where
it does, and only else where its header says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

TOLERANCE = 10  # lines
_HEADER = re.compile(r"^@@ -(\d+)(?:,\d+)? \+\d+(?:,\d+)? @@")
_LOOSE_HEADER = re.compile(r"^@@")  # "@@ def f():" or "@@": no lines are said
_FENCE = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_BEGIN = re.compile(r"^(diff --git |--- )", re.MULTILINE)


class Change(NamedTuple):
    """One hunk: from which line of the old file on (1 is the first, 0 not said), its old side, what goes and comes."""

    path: str
    start: int
    old: tuple[str, ...]
    changed: tuple[str, ...]


def patch_in(reply: str) -> str:
    """The unified diff in a reply: the fenced block that has one, else all from its first line on; or nothing.

    >>> patch_in("Here:\\n```diff\\n--- a/x\\n+++ b/x\\n```\\nDone")
    '--- a/x\\n+++ b/x\\n'
    """
    blocks = [block[1] for block in _FENCE.finditer(reply) if _BEGIN.search(block[1])]
    text = blocks[0] if blocks else reply
    begin = _BEGIN.search(text)
    return text[begin.start() :] if begin else ""


def changes(patch: str) -> list[Change]:
    """The hunks of a unified diff, whatever its headers count.

    >>> changes("--- a/x.py\\n+++ b/x.py\\n@@ -3,2 +3,2 @@\\n a\\n-b\\n+c\\n")
    [Change(path='x.py', start=3, old=('a', 'b'), changed=('b', 'c'))]
    """
    return list(_changes(patch.split("\n")))


def _changes(lines: Sequence[str]) -> Iterator[Change]:
    path, start, body = "", 0, None
    for place, line in enumerate(lines):
        following = lines[place + 1] if place + 1 < len(lines) else ""
        header = line.startswith("--- ") and following.startswith("+++ ")
        if header or line.startswith("diff --git ") or _LOOSE_HEADER.match(line):
            if body is not None:
                yield _change(path, start, body)
            body = None
        if header:
            path = _path(following[4:]) or _path(line[4:])
        elif _LOOSE_HEADER.match(line):
            said = _HEADER.match(line)
            start, body = int(said[1]) if said else 0, []
        elif body is not None:
            body.append(line)
    if body is not None:
        yield _change(path, start, body)


def _path(said: str) -> str:
    path = said.split("\t")[0].strip()
    return "" if path == "/dev/null" else re.sub(r"^[ab]/", "", path)


def _change(path: str, start: int, body: Sequence[str]) -> Change:
    while body and not body[-1]:  # the end of the text, not a blank line of the file
        body = body[:-1]
    old = tuple(line[1:] for line in body if not line.startswith(("+", "\\")))
    return Change(path, start, old, tuple(line[1:] for line in body if line.startswith(("+", "-"))))


def scores(written: str, gold: str, files: Mapping[str, str]) -> dict[str, float]:
    """The measures of one written patch; `files` are the texts, by path, that it was written for."""
    ours, theirs = changes(written), changes(gold)
    said, wanted = {one.path for one in ours}, {one.path for one in theirs}
    places = [place(one, files) for one in ours]
    met = [
        any(one.path == other.path and _meet(_range(one, one.start), _range(other, at or other.start)) for other, at in
            zip(ours, places, strict=True))
        for one in theirs
    ]  # fmt: skip
    new, known = _lines(ours), _lines(theirs)
    return {
        "patch": float(bool(ours)),
        "applies": float(bool(ours) and all(at is not None for at in places)),
        "file_overlap": len(said & wanted) / len(wanted) if wanted else 0.0,
        "exact_file_match": float(said == wanted),
        "hunk_overlap": sum(met) / len(met) if met else 0.0,
        "content_similarity": len(new & known) / len(new | known) if new | known else 0.0,
    }


def place(change: Change, files: Mapping[str, str]) -> int | None:
    """The line of the old side of a hunk, the nearest to the one in its header; None if the file does not have it."""
    if change.path not in files:
        return change.start if not change.old else None  # a new file has no old side
    if not change.old:
        return change.start
    lines = files[change.path].split("\n")
    size = len(change.old)
    found = [n + 1 for n in range(len(lines) - size + 1) if tuple(lines[n : n + size]) == change.old]
    return min(found, key=lambda line: abs(line - change.start), default=None)


def _range(change: Change, start: int) -> tuple[int, int]:
    return start, start + len(change.old)


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return other[0] - TOLERANCE <= one[1] and one[0] <= other[1] + TOLERANCE


def _lines(found: Sequence[Change]) -> set[str]:
    return {line.strip() for one in found for line in one.changed if line.strip()}
