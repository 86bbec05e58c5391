"""labels(): the lines that say which document, file or page of a text the lines below them are of.

A line is a label if others in the text have the same form: "Document 2:", "=== a.py ===", "[3] …", a tag with its
name, the header of a file in a diff. It does not say what kind of text a part is, and it cuts nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from .guard import guarded
from .parts import TAGS, WORDS
from .segment import Label

_PATH = r"(?:[\w@~.+-]{0,80}[\w-]\.[A-Za-z]\w{0,9}|[\w@~.+:-]{0,80}(?:[/\\][\w@~.+-]{1,80}){1,20})"
_END = r"[ \t\r]*(?=\n|\Z)"
_LEAD = r"(?:#{1,6}[ \t]+|\*\*|`|-[ \t]+)?"
_WORD = r"[^\W\d]{1,24}+"
_WORDS = rf"(?:{_WORD}[ \t]){{0,3}}+"
_IN_BRACKETS = r"\([^)\n]{1,120}\)"
_TAIL = rf"[`:*]{{0,4}}{_END}"
_NAMED = r"(?:name|path|title|file|filename|file_path|source|url|uri|index|id|number|page)"
_HTML = (
    r"(?:div|span|p|a|b|i|img|ul|ol|li|t[adhr]|table|form|input|button|label|meta|link|script|style|svg|g|use|h[1-6])"
)
_CHILD = re.compile(r"\s*<(?:source|title|name|path|url|id|filename)>([^<\n]{1,300})</")
# A line end comes first, since the search for a plain character is fast; so one is put before the text, too.
_FORMS = (
    rf"</(?P<closed>[\w.:-]{{1,40}})>{_END}",
    rf"(?P<ended>(?:[=\-*#~_<\[【(]{{1,9}}[ \t]*(?:The )?(?:END|End|end)\b|END {_WORD})[^\n]{{0,98}}{_END})",
    r"(?P<wrap>[=\-*#~_<>+]{2,})[ \t]*(?P<wrapped>[\[(@./`]?[^\W_][^\n]{0,97}?)[ \t]*[=\-*#~_<>+]{2,}" + _END,
    rf"[\[【](?P<bracketed>[^\W\d_][^\n\[\]【】,;{{}}]{{1,97}})[\]】]:?{_END}",
    r"(?P<entry>[\[【](?:[^\W\d_]{1,12}[ _-]?)?\d{1,4}[\]】])(?=:?[ \t]+\S)",
    rf"{_LEAD}(?P<passage>{WORDS}) ?#?(?:(?:\d{{1,4}}|[A-Z])\b(?: ?{_IN_BRACKETS})?|{_IN_BRACKETS})[ \t]?[:：]",
    rf"{_LEAD}(?P<count>{_WORD}(?: {_WORD})?)(?:[ \t]#?|: ?)(?:\d{{1,4}}|[A-Z])(?:[:：.)][^\n]{{0,60}})?{_END}",
    rf"{_LEAD}(?P<file>(?:{_WORDS}{_WORD}:[ \t]*|[^\W\da-z]{_WORD}[ \t]{_WORDS})[@`]?){_PATH}{_TAIL}",
    rf"(?P<path>(?:\#{{1,6}}|//|--|;|\*\*|`)?)[ \t]*{_PATH}{_TAIL}",
    rf"(?P<spoken>{_PATH}):[ \t]+(?=\S)",
    rf"<(?P<tag>(?!{_HTML}[\s>])[A-Za-z][\w.:-]{{0,30}})(?=[^<>\n]{{0,200}}[ \t]{_NAMED}=)[^<>\n]{{1,300}}>",
    rf"<(?P<plain>{TAGS})>{_END}",
    r"(?P<diff>diff --(?:git|cc)[ \t]+\S+|Index:[ \t]+\S+|--- \S+(?=[^\n]*\n\+\+\+ ))[^\n]*",
    r"(?P<commit>commit [0-9a-f]{40})\b[^\n]*",
    rf"(?P<mark>\#{{1,6}})[ \t]+[^\n]{{1,200}}{_END}",
)
_END_WORDS = re.compile(r"\b(?:the|end|of)\b|[^\w./-]|-{2,}")
_LINE = re.compile(rf"\n[ \t]{{0,3}}+(?=[^\s])(?:{'|'.join(_FORMS)})")
_ALONE = frozenset({"count", "path", "spoken"})  # forms that need a blank line above
_TOLD = frozenset({"mark", "tag", "passage", "count", "file", "path"})  # forms of which the words count
_TAGS = frozenset(TAGS.split("|"))
_UNLABELLED = frozenset({"jsonl", "table", "search"})  # kinds whose lines are records
_RECORD = re.compile(r"\n([ \t]+)\{[ \t\r]*(?=\n)")  # the first line of an object in a list
_RECORD_NAME = re.compile(
    r'"(?:_?id|key|name|title|path|file|uu?id|slug|sku|number|code|\w{1,30}_(?:id|number))"\s*:\s*'
    r'(?:"[^"\\\n]{1,60}"|-?\d{1,20})',
    re.IGNORECASE,
)
_RECORD_HEAD = 400  # characters of a record that are looked at for its name
_UNHEADED = frozenset({"code", "python", "log", "diff", "lines"})  # kinds in which "# x" is no heading
_MIN_PART = 250  # characters of a part on average, minimum; shorter parts are lines
_MIN_SECTION = 1_500  # characters of a section on average, minimum, whose heading is the label of a document
_MAX_WORDS = 100  # characters of a label in a marker
_PREFACE = 400  # characters before the first label, maximum, unless the parts are longer
_MAX_LEVELS = 2  # labels within labels
_MAX_LABELS = 2_000  # of a text


class _Line(NamedTuple):
    start: int
    series: str  # "" if it ends a part
    words: str


def labels(text: str, kind: str) -> list[Label]:
    r"""The labels of a text of a kind, in order, each with the end of its part.

    >>> labels("=== a.py ===\n" + "x = 1\n" * 50 + "=== b.py ===\n" + "y = 2\n" * 50, "lines")[1]
    Label(start=313, end=626, words='=== b.py ===', line=52, above=-1)
    """
    none: list[Label] = []
    return none if kind in _UNLABELLED else guarded(lambda: _labels(text, kind), none)


def _labels(text: str, kind: str) -> list[Label]:
    if kind == "json":
        return _of_records(text)
    lines = list(_lines(text, kind))
    levels = _levels(lines, len(text))
    return _nested(text, [line for line in lines if line.series in levels or not line.series], levels)


def _of_records(text: str) -> list[Label]:
    """The names of the objects in the outermost list of a JSON text with one member on each line."""
    opened = list(_RECORD.finditer(text))
    least = min((len(match[1]) for match in opened), default=0)
    starts = [match.start() + 1 for match in opened if len(match[1]) == least]
    if not 1 < len(starts) <= _MAX_LABELS or (len(text) - starts[0]) / len(starts) < _MIN_PART:
        return []
    found: list[Label] = []
    number, at = 1, 0
    for start, end in pairwise([*starts, len(text)]):
        if name := _RECORD_NAME.search(text, start, min(end, start + _RECORD_HEAD)):
            number, at = number + text.count("\n", at, name.start()), name.start()
            found.append(Label(name.start(), end, _shown(name[0]), number))
    names = {label.words for label in found}
    return found if 2 * len(names) > len(starts) else []  # a type such as "stdout" names no record


def _levels(lines: Sequence[_Line], size: int) -> list[str]:
    """The forms of the labels: of the parts of a text, and of parts that these begin with."""
    series: dict[str, list[int]] = {}
    for line in lines:
        if line.series:
            series.setdefault(line.series, []).append(line.start)
    found: list[str] = []
    outer = [0]
    for name, starts in series.items():
        least = _MIN_SECTION if name.startswith("mark") else _MIN_PART
        mean = (size - starts[0]) / len(starts)
        if not 1 < len(starts) <= _MAX_LABELS or mean < least:
            continue
        if not found:
            fits = starts[0] <= max(_PREFACE, mean)
        else:  # the first one in each outer part is at its beginning
            parts = [bisect_right(outer, start) for start in starts]
            firsts = [start for start, part, before in zip(starts, parts, [-1, *parts], strict=False) if part != before]
            fits = all(
                part and start - outer[part - 1] <= _PREFACE
                for start, part in zip(firsts, dict.fromkeys(parts), strict=True)
            )
        if fits:
            found.append(name)
            outer = starts
        if len(found) == _MAX_LEVELS:
            break
    return found


def _lines(text: str, kind: str) -> Iterator[_Line]:
    """The lines that may be labels or ends of parts."""
    for found in _LINE.finditer(f"\n{text}"):
        form, start = found.lastgroup or "", found.start()
        if form in ("closed", "ended"):
            yield _Line(start, "", found[form].lower())
            continue
        if form in _ALONE and start > 1 and text[start - 2 : start] != "\n\n":
            continue
        if form == "mark" and kind in _UNHEADED:
            continue
        words = found[0].strip()
        if form in ("tag", "plain") and (child := _CHILD.match(text, found.end() - 1)):
            words = f"{words} {child[1].strip()}"
        yield _Line(start, _series(found, form), words)


def _series(found: re.Match[str], form: str) -> str:
    """The name of the form that other labels of a text share."""
    if form == "wrapped":
        return found["wrap"][0] * 2
    if form in ("entry", "bracketed"):
        words = re.sub(rf"{_PATH}|[\d.]+", "", found[form].strip("[]【】").lower())
        return f"[{words if words != found[form].lower() else ''}"
    return f"{form} {found[form].lower()}" if form in _TOLD else form


def _nested(text: str, lines: Sequence[_Line], levels: Sequence[str]) -> list[Label]:
    """Labels of lines, of which those of a later level are within the parts of the earlier ones."""
    made: list[Label] = []
    open_: list[tuple[int, int]] = []  # the level of each label that is open, and its number
    number, at = 1, 0
    for line in lines:
        if line.series == "diff" and open_ and "\n@@ " not in text[made[-1].start : line.start]:
            continue  # the next line of the same header
        level = levels.index(line.series) if line.series else -1
        while open_ and (
            open_[-1][0] >= level if line.series else _closes(line.words, made[open_[-1][1]], levels[open_[-1][0]])
        ):
            last = open_.pop()[1]
            made[last] = made[last]._replace(end=line.start)
            if not line.series:
                break
        if line.series:
            number, at = number + text.count("\n", at, line.start), line.start
            made.append(Label(line.start, len(text), _shown(line.words), number, open_[-1][1] if open_ else -1))
            open_.append((level, len(made) - 1))
    return made


def _closes(line: str, label: Label, series: str) -> bool:
    """Whether a line ends the part of a label: a closing tag, or an end without other words than those of the label."""
    if line.isidentifier():
        return series == f"tag {line}" or (series == "plain" and line in _TAGS)
    rest = _END_WORDS.sub(" ", line).split()
    return set(rest) <= set(_END_WORDS.sub(" ", label.words.lower()).split())


def _shown(words: str) -> str:
    """A label as a marker has it."""
    if not words.isprintable():
        words = "".join(each if each.isprintable() else " " for each in words)
    words = " ".join(words.split()).rstrip(" :：")
    return words if len(words) <= _MAX_WORDS else words[:_MAX_WORDS].rstrip() + "…"
