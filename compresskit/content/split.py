"""split(): the kind of a text and its segments. Only this file knows every splitter."""

import re
from collections.abc import Callable, Iterable, Iterator

from .detect import Detected, detect, detect_part
from .guard import guarded
from .line_numbers import moved_back, without_numbers
from .parts import Part, parts_of
from .segment import Mark, Segment, Split
from .sizing import sized
from .splitters import code, diff, log, manual, markdown, prose, python, records, search, table
from .splitters.sentences import with_sentences

_LONG_LINE = 400  # characters of a line that is not cut between its sentences, maximum

_BLANK = re.compile(r"(?:[ \t\r]*+\n)*+")
_ROWS = frozenset({"table", "jsonl"})  # kinds whose rows are segments of their own, however short they are
_MIN_PART = 40  # characters of a part of a text on average, minimum; shorter parts are only lines
_RECORDS = _ROWS | {"json"}  # kinds with records that are segments of their own; members of an object are not
_UNCUT = 600  # characters up to which a row or record is one segment: half of one does not say what it is about
_MAX_ROWS = 1000  # rows of a text that are segments of their own, maximum, which bounds the time
_RUNNING = frozenset({"prose", "markdown"})
_RUNNING_FACTOR = 3  # minimum size of a segment of prose, in sizes of code: prose needs more context; chosen by hand


def split(
    text: str,
    hint: str = "",
    min_chars: int = 120,
    max_chars: int = 1600,
    found: Detected | None = None,
) -> Split:
    """Cuts a text into segments that make sense by themselves. No text makes it fail.

    Args:
        text: The text.
        hint: Its origin: a path, a command, or the arguments of the call that returned it.
        min_chars: The characters below which a segment joins a neighbour that belongs to it.
        max_chars: The characters of a segment, maximum.
        found: The result of ``detect`` for this text, if it is known already.

    >>> split("def f():\\n    return 1\\n\\n\\ndef g():\\n    return 2\\n", "a.py", min_chars=10).segments
    [Segment(start=0, end=24, name='f'), Segment(start=24, end=46, name='g')]
    """
    found = found or detect(text, hint)
    # marks are generators, so a splitter may fail only here
    made = guarded(lambda: _segments(text, found, min_chars, max_chars, 0), None)
    if made is None:
        return Split(found.kind, sized(text, [], min_chars, max_chars))
    segments, starts = made
    return Split(found.kind, segments, tuple(starts))


def _segments(
    text: str, found: Detected, min_chars: int, max_chars: int, depth: int
) -> tuple[list[Segment], list[int]]:
    """The segments, and where the texts begin that the text holds."""
    if found.container and (parts := parts_of(text, found.container)) and len(parts) * _MIN_PART <= len(text):
        return _of_parts(text, parts, min_chars, max_chars, depth + 1)
    apart = min(min_chars, len(text) // _MAX_ROWS + 1) if found.kind in _RECORDS else min_chars
    if found.kind in _ROWS:
        min_chars = apart
    if found.kind in _RECORDS:
        max_chars = max(max_chars, _UNCUT)
    if found.kind in _RUNNING:
        min_chars = min(_RUNNING_FACTOR * min_chars, max_chars // 2)
    starts: list[int] = []
    marks = _opening(_marks(found, text, max_chars), starts)
    return sized(text, marks, min_chars, max_chars, apart), starts


def _opening(marks: Iterable[Mark], starts: list[int]) -> Iterator[Mark]:
    """The marks; ``starts`` gets those at which a text of its own begins."""
    for mark in marks:
        if mark.opens:
            starts.append(mark.start)
        yield mark


def _of_parts(
    text: str, parts: list[Part], min_chars: int, max_chars: int, depth: int
) -> tuple[list[Segment], list[int]]:
    """The segments of each part by what it is; its label is in the first one of them, and its title names them."""
    segments: list[Segment] = []
    starts: list[int] = []
    for part in parts:
        starts.append(part.start)
        blank = _BLANK.match(text, part.body, part.close)
        part = part._replace(body=blank.end() if blank else part.body)
        body = text[part.body : part.close]
        found = detect_part(body, part.title, depth)
        inner, opened = _segments(body, found, min_chars, max_chars, depth) if body.strip() else ([], [])
        if not inner:
            alone = sized(text[part.start : part.end], [], 1, max_chars)
            segments += [Segment(*each[:2], part.title) for each in _shifted(alone, part.start, part.start, part.end)]
            continue
        starts += [part.body + start for start in opened if start]
        for number, (start, end, name) in enumerate(_shifted(inner, part.body, part.start, part.end)):
            segments.append(Segment(start, end, _titled(part.title, name, number == 0)))
    return segments, starts


def _shifted(segments: list[Segment], by: int, start: int, end: int) -> Iterator[Segment]:
    """Segments at their offsets in the whole text. The first and the last one reach to the ends of the part."""
    last = len(segments) - 1
    for number, segment in enumerate(segments):
        yield Segment(
            start if number == 0 else segment.start + by, end if number == last else segment.end + by, segment.name
        )


def _titled(title: str, name: str, first: bool) -> str:
    if not title or title in name:
        return name
    return f"{title}, {name}" if name and first else name or title


def _marks(found: Detected, text: str, max_chars: int) -> Iterable[Mark]:
    """The marks of the splitter for a text. The splitter sees the lines without their numbers."""
    if not found.numbered:
        return _marks_of_kind(found, text, max_chars)
    bare = without_numbers(text)
    return moved_back(_marks_of_kind(found, bare, max_chars), bare, text)


def _marks_of_kind(found: Detected, text: str, max_chars: int) -> Iterable[Mark]:
    kind = found.kind
    if kind == "python":
        return python.marks(text)
    if kind == "code":
        return code.marks(text, max_chars)
    if kind in ("json", "jsonl"):
        return (records.marks if kind == "json" else records.line_marks)(text, max_chars)
    if kind == "lines":
        return with_sentences(log.marks(text), text, _LONG_LINE)
    other: dict[str, Callable[[str], Iterable[Mark]]]
    other = {"diff": diff.marks, "search": search.marks, "markdown": markdown.marks, "prose": prose.marks}
    other |= {"manual": manual.marks, "table": table.marks}
    return other.get(kind, log.marks)(text)
