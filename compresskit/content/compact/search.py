"""The compact forms of search results and of listings: each path or folder is written once.

A form is used only if the original can be made from it again, character for character.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from ..segment import Mark, Short, line_marks

_HIT = re.compile(r"(?=[^\s:]{0,300}?[A-Za-z_])((?:[A-Za-z]:)?[^\s:]{1,300}?)(?::(?=\d+:)|-(?=\d+-))")
_REST = re.compile(r"\d+([:-])")
# The numbers were chosen by hand.
_REPEAT = 500  # characters of hits after which the path is written again, so that it is near in any excerpt
_UNCUT = 1_600  # characters up to which hits are not cut from their path
_REPEAT_APART = 200  # as _REPEAT, if the next hits are at another place of the file
_LINE_END = 3  # characters that a line end costs more than a space, since it has more tokens
_PATH = re.compile(r"(\.{0,2}/?(?:[^\s/:]+/)+)([^\s/:]+/?)")
_MIN_LISTING = 4_000  # characters of a list of paths, minimum; a model copies whole paths from a shorter one
_FOLDER = re.compile(r"\S+:")


def short_search(text: str) -> Short | None:
    r"""The hits of a search by file. None if the original could not be made from them again.

    >>> print(short_search("a/b.py:1:x\na/b.py:7:y\nc/d.py:2:z\nc/d.py-3-\n").body, end="")
    a/b.py
    1:x
    7:y
    c/d.py
    2:z
    3-
    """
    out: list[str] = []
    marks: list[Mark] = []
    path = ""
    at = since = 0
    for line in text.split("\n"):
        found, rest = _parted(line, path)
        if found and (found != path or since > _REPEAT or (since > _REPEAT_APART and out[-1] == "--")):
            path, since = found, 0
            marks.append(Mark(at, found, len(marks)))
            out.append(found)
            at += len(found) + 1
        out.append(rest)
        at += len(rest) + 1
        since += len(rest) + 1
    body = "\n".join(out)
    return Short("search", "", body, marks, len(body), uncut=_UNCUT) if marks and expand_search(body) == text else None


def _parted(line: str, path: str) -> tuple[str, str]:
    """The path of a hit and the text behind it; "" and the whole line if the line is no hit."""
    if path and line.startswith(path + "-") and _REST.match(line, len(path) + 1):
        return path, line[len(path) + 1 :]  # "a-1-b.py-7-": the path is the one above, not its first half
    match = _HIT.match(line)
    return (match[1], line[match.end() :]) if match else ("", line)


def expand_search(body: str) -> str:
    """The lines from which ``short_search`` made a text.

    >>> expand_search("a/b.py\\n1:x\\n2-y\\n--\\n9:z")
    'a/b.py:1:x\\na/b.py-2-y\\n--\\na/b.py:9:z'
    """
    lines = body.split("\n")
    out: list[str] = []
    path = ""
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        rest = _REST.match(line)
        if rest and path:
            out.append(path + rest[1] + line)
        elif line and line != "--" and _REST.match(following):
            path = line
        else:
            out.append(line)
    return "\n".join(out)


def short_listing(text: str) -> Short | None:
    r"""The paths of a listing by folder. None if the original could not be made from them again.

    >>> print(short_listing("src:\na.py\nb.py\nx\n\nsrc/x:\nc.py\n").body, end="")
    src : a.py b.py x
    src/x : c.py
    """
    headed = "\n\n" in text
    if not headed and len(text) < _MIN_LISTING:
        return None
    lines = list(_by_heading(text) if headed else _by_folder(text))
    body = "\n".join(lines)
    spared = _LINE_END * (text.count("\n") - body.count("\n"))
    if len(body) - spared >= len(text) or expand_listing(body) != text:
        return None
    return Short("search", "", body, line_marks(lines), len(body) - spared, uncut=_UNCUT)


def _by_folder(text: str) -> Iterator[str]:
    """The lines for the output of `find`: one path per line."""

    def folder(line: str) -> str:
        match = _PATH.fullmatch(line)
        return match[1] if match else ""

    for place, group in groupby(text.split("\n"), folder):
        if place:
            yield from _rows(place, [line[len(place) :] for line in group])
        else:
            yield from group


def _by_heading(text: str) -> Iterator[str]:
    """The lines for the output of `ls -R`: a folder with a colon, then one name per line, then an empty line."""
    for part in text.split("\n\n"):
        heading, *names = part.split("\n")
        trailing = names.pop() if names and not names[-1] else None
        if _FOLDER.fullmatch(heading) and names and not any(" " in name or not name for name in names):
            yield from _rows(heading[:-1] + " ", names)
        else:
            yield from ([heading, *names] if heading or names else [])
        if trailing is not None:
            yield ""


def _rows(place: str, names: list[str]) -> Iterator[str]:
    """A folder with its names on one line, or on several lines if there are many."""
    if len(names) == 1 and place.endswith("/"):
        yield place + names[0]
        return
    row: list[str] = []
    size = 0
    for name in names:
        if size > _REPEAT:
            yield f"{place}: {' '.join(row)}"
            row, size = [], 0
        row.append(name)
        size += len(name) + 1
    yield f"{place}: {' '.join(row)}"


def expand_listing(body: str) -> str:
    """The lines from which ``short_listing`` made a text.

    >>> expand_listing("src/: a.py b.py\\nREADME")
    'src/a.py\\nsrc/b.py\\nREADME'
    """
    out: list[str] = []
    heading = ""
    for line in body.split("\n"):
        place, colon, names = line.partition(": ")
        if colon and place.endswith("/") and " " not in place:
            out += [place + name for name in names.split(" ")]
        elif colon and place.endswith(" ") and place.count(" ") == 1:
            if heading != place:
                out += ["", place[:-1] + ":"] if out else [place[:-1] + ":"]
            out += names.split(" ")
            heading = place
        else:
            out.append(line)
    return "\n".join(out)
