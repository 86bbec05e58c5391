"""Reads a file: all of it, its signatures, its outline, some lines, or what has changed since the last read."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Any

from ..content import split
from ..content.guard import guarded
from ..plan.signatures import NO_SEGMENTS, signatures_in
from ..retrieval import retrieve
from ..shortening import shorten
from ..tokens.measure import measure_for
from .memory import Memory
from .roots import Refused, Roots, Unreadable, text_of
from .settings import Settings

_UNCHANGED = "unchanged since the last read: "
_HEADING = re.compile(r"#{1,6}\s+\S")
_FENCE = re.compile(r"\s*(```|~~~)")
_MAX_TITLE = 72  # characters of a line of an outline


def read(path: str, mode: str, lines: str, query: str, roots: Roots, memory: Memory, settings: Settings) -> str:
    """The answer to a read, of at most ``settings.max_tokens`` tokens.

    Raises:
        Refused: The path is outside of the folders, or does not exist; or an argument is missing.
    """
    found = roots.find(path)
    try:
        text = text_of(found)
    except Unreadable as why:
        return str(why)
    mode = "lines" if lines else mode
    if mode == "lines" and not lines:
        raise Refused('mode="lines" needs lines, such as "13-57".')
    file, how = (str(found),), (str(found), mode, lines, query)
    before = memory.last(*(file if mode == "diff" else how))
    seen = memory.last(*file)
    key = memory.remember(text, file, how)
    if before == text and memory.originals.get(key) == text:
        handle = _UNCHANGED + key
        short = settings.max_tokens >= len(text) and _tokens(text) <= _tokens(handle)
        return text if short and mode == "full" else handle
    if mode == "lines":
        return retrieve({key: text}, key, lines=lines, max_tokens=settings.counted_tokens)
    if mode == "diff":
        if seen is None:
            return shortened(f"There is no earlier read. All of it:\n{text}", memory, settings, query, path=path)
        return shortened(_diff(seen, text, roots.name(found)), memory, settings, query, command="git diff")
    if mode == "full":
        return shortened(text, memory, settings, query, path=path)
    view = _signatures(text, path) if mode == "signatures" else _outline(text, path)
    return shortened(view, memory, settings, query)


def shortened(
    text: str,
    memory: Memory,
    settings: Settings,
    query: str | None = None,
    command: str | None = None,
    path: str | None = None,
    room: int | None = None,
) -> str:
    """A text within ``room`` tokens, or those of the settings. The memory has the original if something is missing."""
    most = settings.max_tokens if room is None else room
    options: dict[str, Any] = {"rules": settings.rules, "token_factor": settings.token_factor}
    result = shorten(text, most, query or None, command, path, **options)
    for key, original in result.cache.items():
        memory.originals.keep(original, key)
    return result.text


def _tokens(text: str) -> int:
    return measure_for("", None).count(text)


def _diff(before: str, after: str, name: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), name, name, "last read", "now", lineterm="")
    return "\n".join(lines) or "Only line ends have changed."


def _signatures(text: str, path: str) -> str:
    found = split(text, path, min_chars=1)
    named = [
        words for number in range(len(found.segments)) for words in signatures_in(text, found, NO_SEGMENTS, number)
    ]
    if found.kind not in ("python", "code") or not named:
        return f"There are no signatures; its outline:\n{_outline(text, path)}"
    return "\n".join(named)


def _outline(text: str, path: str) -> str:
    """One line for each part of a text, behind its first line: headings, definitions, or the first words."""
    nothing: list[str] = []
    found = guarded(lambda: list(_parts(text, path)), nothing)
    return "\n".join(found) or "The file is empty."


def _parts(text: str, path: str) -> Iterator[str]:
    cut = split(text, path)
    if cut.kind == "markdown":
        fenced = False
        for number, line in enumerate(text.split("\n"), 1):
            fenced ^= bool(_FENCE.match(line))
            if not fenced and _HEADING.match(line):
                yield f"{number} {line.rstrip()[:_MAX_TITLE]}"
        return
    number = 1
    for start, end, name in cut.segments:
        first = next((line for line in text[start:end].split("\n") if line.strip()), "")
        title = name or " ".join(first.split())
        if title:
            yield f"{number} {title[:_MAX_TITLE]}"
        number += text.count("\n", start, end)
