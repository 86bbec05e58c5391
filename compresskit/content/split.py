"""split(): a text's kind, and its segments. The one place that knows every splitter."""

from collections.abc import Callable, Iterable

from .detect import Detected, detect
from .guard import guarded
from .line_numbers import moved_back, without_numbers
from .segment import Mark, Split
from .sizing import sized
from .splitters import code, diff, grammar, log, markdown, prose, python, records, search
from .splitters.sentences import with_sentences

_LONG_LINE = 400  # characters of a line beyond which it is cut between its sentences, if it has any

_RUNNING = frozenset({"prose", "markdown"})
_RUNNING_FACTOR = 3  # running text needs more context than code to make sense


def split(
    text: str,
    hint: str = "",
    deep: bool = True,
    min_chars: int = 120,
    max_chars: int = 1600,
    found: Detected | None = None,
) -> Split:
    """The text cut into segments that make sense by themselves.

    `hint` is a path, a command or a tool call's arguments the text came from, `found` what `detect` made of it
    already. `deep=False` does
    without costly parsers. Segments below `min_chars` join a neighbour where one is akin; none is
    longer than `max_chars`. Any text gives a result, even where a splitter fails; the same text gives the same.

    >>> split("def f():\\n    return 1\\n\\n\\ndef g():\\n    return 2\\n", "a.py", min_chars=10).segments
    [Segment(start=0, end=24, name='f'), Segment(start=24, end=46, name='g')]
    """
    found = found or detect(text, hint)
    if found.kind in _RUNNING:
        min_chars = min(_RUNNING_FACTOR * min_chars, max_chars // 2)
    # marks are made as they are asked for: a splitter may fail as late as here
    segments = guarded(lambda: sized(text, _marks(found, text, deep, max_chars), min_chars, max_chars), None)
    return Split(found.kind, sized(text, [], min_chars, max_chars) if segments is None else segments)


def _marks(found: Detected, text: str, deep: bool, max_chars: int) -> Iterable[Mark]:
    """The marks of a text's splitter, which sees its lines without their numbers."""
    if not found.numbered:
        return _marks_of_kind(found, text, deep, max_chars)
    bare = without_numbers(text)
    return moved_back(_marks_of_kind(found, bare, deep, max_chars), bare, text)


def _marks_of_kind(found: Detected, text: str, deep: bool, max_chars: int) -> Iterable[Mark]:
    kind = found.kind
    if kind == "python":
        return python.marks(text, deep)
    if kind == "code":
        marks = grammar.marks(text, found.path, max_chars) if deep else None
        return code.marks(text, max_chars) if marks is None else marks
    if kind in ("json", "jsonl"):
        return (records.marks if kind == "json" else records.line_marks)(text, max_chars)
    if kind == "lines":
        return with_sentences(log.marks(text), text, _LONG_LINE)
    other: dict[str, Callable[[str], Iterable[Mark]]]
    other = {"diff": diff.marks, "search": search.marks, "markdown": markdown.marks, "prose": prose.marks}
    return other.get(kind, log.marks)(text)
