"""Texts that hold other texts: documents in tags, passages under labels or numbers, sections, texts between rules.

Finds where each part begins, what its own text is, and its title; the label, tag or title belongs to the part. It does
not say what kind of text a part is, and it reads no text twice.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from .splitters.sentences import with_indentation
from .splitters.table import tables

_PREAMBLE = 400  # characters that may come before the first part
_TITLE_LIMIT = 120  # characters of a title
_MIN_TITLED = 2  # paragraphs under a title line in a text that nothing else parts
_MOST = 0.8  # of the paragraphs begin with a title if that is how they are told apart, or of a text are in its fence
_LONG = 60  # characters of a line that is no label or heading

# --- documents in tags
TAGS = "document|doc|passage|chunk|context|article|file|page|result|search_result|source|snippet|excerpt|item|entry"
_FIRST_TAG = re.compile(rf"(?:\A|(?<=\n))[ \t]*+(?:<(?:{TAGS}|example|reference|text)e?s>\s*+)?<({TAGS})(?=[\s>])")
_INNER = r"(?:document_contents?|contents?|text|body|passage)"
_ATTRIBUTE = re.compile(r"\b(?:title|name|path|source|file|filename|url|id)=(?:\"([^\"\n]{1,120})\"|'([^'\n]{1,120})')")
_LABELS = re.compile(
    r"(?:\s*+<(source|title|name|path|url|id|filename|date|author)>[^<\n]{0,300}</\1>)*+"
    rf"(?:\s*+<{_INNER}>)?+[ \t\r]*+\n?+"
)
_LABEL = re.compile(r"<(?:source|title|name|path|filename|url)>([^<\n]{1,300})</")
_WRAPPED_UP = re.compile(r"\s*+(?:</\w{1,30}>\s*+)?+")

# --- passages with a number or a word in front
WORDS = "Passage|Document|Source|Result|Context|Article|Snippet|Excerpt|Chunk|Paragraph|Doc"
_NUMBER = r"(?: ?#?\[?\d{1,4}\]?)"
_NUMBERED = (
    rf"(?:(?:{WORDS}) ?)?\[\d{{1,4}}\][ \t]*+\((?:Title|title|Source|source):?[ \t]*+(?P<title>[^\n]{{0,200}}?)\)"
)
_STARTS = {
    "numbered": re.compile(rf"(?:\A|(?<=\n)){_NUMBERED}(?=[ \t\r\n:]):?[ \t\r]*+\n?+"),
    "worded": re.compile(
        rf"(?:\A|(?<=\n))(?:{WORDS}){_NUMBER}(?: ?\((?P<title>[^)\n]{{1,120}})\))?[ \t]?[:：][ \t\r]*+\n?+"
    ),
    "labelled": re.compile(
        rf"(?:\A|(?<=\n\n))(?P<word>{WORDS}|Title|File){_NUMBER}?[ \t]?[:：]"
        r"[ \t]*+(?P<title>[^\n]{1,120})\n(?=[^\n])"
    ),
    "counted": re.compile(r"(?:\A|(?<=\n))\[(?P<number>\d{1,4})\][ \t]++(?=[^\s\[(])"),
}

# --- one text of data below a line that names it, or within a fence
LABEL = re.compile(r"\s*+([^\s{\[<|][^\n]{0,200})\n\s*+")
_FENCE = re.compile(r"(?:\A|\n)(`{3,}|~{3,})[ \t]*+[\w.+#-]{0,40}[ \t\r]*+\n")

# --- sections, and texts between rules
# It begins with the line end before, which is put before a text, too: the search for a plain character is fast.
_COMMENT = re.compile(r"\n\#{1,6}[ \t][^\n]*(?=(\n\#(?:[ \t\n]|\Z))?)")
_HEADING = re.compile(r"\n(?:(#{1,6})[ \t]++([^\n]*)|[ \t]*+(?:`{3,}|~{3,}))")
_RULE = re.compile(r"(?<=\n\n)(?:-{3,12}|={3,12}|\*{3,12}|_{3,12}|—{3,12})[ \t\r]*+\n(?=[ \t\r]*\n)")
_BREAK = re.compile(r"\n[ \t\r]*+\n\s*+")
_TITLE = re.compile(r"[ \t]*+([^\s{}<>|=;#\-*][^\n{}<>|=;]{0,98}[^\s.!?,;:。！？{}<>|=])[ \t\r]*+\n(?=[^\n]{60})")
_INLINE = re.compile(r"([^\s:：{}<>|=;#\-*][^\n:：{}<>|=;.!?。！？]{0,80}):[ ](?=[^\n]{60})")
_ABOVE = re.compile(r"(?:\A|\n|(?<=\n))([^\s.!?][^\n]*[^\s.!?])[ \t\r]*\n(?:[ \t\r]*\n)?\Z")
_UNTABLED = frozenset({"code", "python", "log", "search", "diff", "table", "manual"})  # that have no tables in them
_UNSURE = frozenset({"code", "python", "log", "search", "diff"})  # kinds in which "# x" is no heading


class Part(NamedTuple):
    """A part of a text, [start, end), of which [body, close) is its own text and the rest its label."""

    start: int
    body: int
    close: int
    end: int
    title: str


def container_of(sample: str) -> str:
    r"""How a text holds others, if its first characters leave no doubt about it; "" if they do.

    >>> container_of('<documents>\n<document index="1">'), container_of("[1] (Title: A) One."), container_of("One.")
    ('tagged', 'numbered', '')
    """
    lines = list(_line_starts(sample, _PREAMBLE))
    if any(_FIRST_TAG.match(sample, at, _PREAMBLE) and "<" not in sample[:at] for at in lines):
        return "tagged"
    for name in ("numbered", "worded"):
        if any(_STARTS[name].match(sample, at, _PREAMBLE) for at in lines):
            return name
    if first := _STARTS["labelled"].match(sample):
        words = Counter(each["word"] for each in _STARTS["labelled"].finditer(sample))
        if words[first["word"]] > 1 or len(sample[first.end() :].partition("\n")[0]) > _LONG:
            return "labelled"
    if not sample.startswith("[") and "\n[" not in sample:
        return ""
    numbers = [int(each["number"]) for each in _STARTS["counted"].finditer(sample)]
    return "counted" if len(numbers) > 1 and numbers == list(range(numbers[0], numbers[0] + len(numbers))) else ""


def _line_starts(text: str, end: int) -> Iterator[int]:
    """The offsets before `end` at which lines start. Few are tried, while a search would try every offset."""
    at = 0
    while 0 <= at < end:
        yield at
        at = text.find("\n", at, end) + 1 or -1


def structure_of(sample: str, kind: str) -> str:
    r"""How a text of this kind holds others, by its headings, rules and titles; "" if it does not.

    >>> structure_of("## A\n\nOne.\n\n## B\n\nTwo.\n", "markdown")
    'sections'
    """
    if "#" in sample and _level(sample, 2 if kind in _UNSURE else 1):
        return "sections"
    if (kind not in _UNTABLED or (kind == "code" and "<table" in sample)) and any(tables(sample)):
        return "tables"
    if kind in _UNSURE:
        return ""
    if "\n\n" in sample and _RULE.search(sample):
        return "ruled"
    if kind == "prose":
        starts = _paragraphs(sample)
        for name, pattern in (("titled", _TITLE), ("inline", _INLINE)):
            found = sum(pattern.match(sample, start) is not None for start in starts)
            if found >= _MIN_TITLED and (name == "titled" or found >= _MOST * len(starts)):
                return name
    return ""


def parts_of(text: str, container: str) -> list[Part]:
    r"""The parts of a text that holds others in this way: consecutive, and together the whole text.

    >>> text = "[1] (Title: A) One.\n\n[2] (Title: B) Two.\n"
    >>> [(part.title, text[part.body : part.close]) for part in parts_of(text, "numbered")]
    [('A', 'One.\n\n'), ('B', 'Two.\n')]
    """
    if container == "tagged":
        found = list(_tagged(text))
    elif container == "sections":
        found = _closed(text, _sections(text))
    elif container == "tables":
        found = list(_beside(text))
    elif container == "ruled":
        found = _closed(text, ((rule.start(), rule.end(), "") for rule in _RULE.finditer(text)))
    elif container == "headed":
        first = LABEL.match(text)
        found = [Part(0, first.end(), len(text), len(text), first[1].strip(" #*:\t\r"))] if first else []
    elif container == "fenced":
        found = _fenced(text)
    elif container in ("titled", "inline"):
        pattern = _TITLE if container == "titled" else _INLINE
        titles = (pattern.match(text, start) for start in _paragraphs(text))
        # a title on its own line is no text; one before a colon is part of the first sentence
        found = _closed(
            text,
            ((each.start(), each.end() if pattern is _TITLE else each.start(), each[1]) for each in titles if each),
        )
    elif container:
        found = _closed(text, _labelled(text, container))
    else:
        return []
    if found and found[0].start:
        found.insert(0, Part(0, 0, found[0].start, found[0].start, ""))
    return found


def is_fenced(text: str) -> bool:
    r"""Whether one fence holds the text, apart from a few words before and behind it.

    >>> is_fenced("Here:\n```csv\na,b\n" + "1,2\n" * 20 + "```\n"), is_fenced("```\n1\n```\n```\n2\n```\n")
    (True, False)
    """
    return bool(_fenced(text))


def _fenced(text: str) -> list[Part]:
    fenced = text.find("```", 0, _PREAMBLE) >= 0 or text.find("~~~", 0, _PREAMBLE) >= 0
    opening = _FENCE.search(text, 0, _PREAMBLE) if fenced else None
    if opening is None:
        return []
    close = text.find(f"\n{opening[1]}", opening.end() - 1) + 1
    if (close - opening.end()) < _MOST * len(text) or f"\n{opening[1]}" in text[close + 1 :]:
        return []
    return [Part(0, opening.end(), close, len(text), text[: opening.start()].strip(" #*:\t\r\n")[:_TITLE_LIMIT])]


def _beside(text: str) -> Iterator[Part]:
    """Tables, each with the one line above it that names it, and what is between them."""
    at = 0
    for start, end in tables(text):
        heading = _ABOVE.search(text, max(at, start - _TITLE_LIMIT), start)
        first = heading.start(1) if heading else start
        if first > at:
            yield Part(at, at, first, first, "")
        yield Part(first, start, end, end, heading[1].strip(" #*:\t\r") if heading else "")
        at = end
    if at < len(text):
        yield Part(at, at, len(text), len(text), "")


def _closed(text: str, starts: Iterator[tuple[int, int, str]]) -> list[Part]:
    """Parts that each end where the next one begins."""
    marks = [
        *((with_indentation(text, start), body, title) for start, body, title in starts),
        (len(text), len(text), ""),
    ]
    return [
        Part(start, min(body, end), end, end, title.strip()[:_TITLE_LIMIT])
        for (start, body, title), (end, _, _) in pairwise(marks)
        if start < end
    ]


def _tagged(text: str) -> Iterator[Part]:
    first = _FIRST_TAG.search(text, 0, _PREAMBLE)
    if not first:
        return
    tag = re.compile(rf"<{first[1]}(?=[\s>])(?P<attributes>[^<>\n]{{0,400}})>|(?:</{_INNER}>\s*+)?+</{first[1]}>")
    opening: re.Match[str] | None = None
    start = 0
    for found in tag.finditer(text, first.start()):
        if found["attributes"] is None:
            if opening:
                closed = _WRAPPED_UP.match(text, found.end())
                start, end = closed.end() if closed else found.end(), start
                yield _document(text, opening, end, found.start(), start)
                opening = None
            continue
        if opening:  # never closed
            yield _document(text, opening, start, found.start(), found.start())
            start = found.start()
        opening = found
    if opening:
        yield _document(text, opening, start, len(text), len(text))
    elif 0 < start < len(text):
        yield Part(start, start, len(text), len(text), "")


def _document(text: str, opening: re.Match[str], start: int, close: int, end: int) -> Part:
    labels = _LABELS.match(text, opening.end(), close)
    body = labels.end() if labels else opening.end()
    label = _LABEL.search(text, opening.end(), body)
    attribute = _ATTRIBUTE.search(opening["attributes"])
    title = label[1] if label else (attribute[1] or attribute[2]) if attribute else ""
    return Part(start, body, close, end, title.strip()[:_TITLE_LIMIT])


def _labelled(text: str, container: str) -> Iterator[tuple[int, int, str]]:
    word = ""
    for found in _STARTS[container].finditer(text):
        named = found.groupdict()
        word = word or named.get("word") or ""
        if named.get("word", word) == word:
            yield found.start(), found.end(), named.get("title") or ""


def is_commented(text: str) -> bool:
    """Whether lines of a text that begin as headings are comments: most of them stand right above another one.

    >>> is_commented("# How long\\n# a client may idle.\\ntimeout 0\\n"), is_commented("# A\\n\\n## B\\nTwo.\\n")
    (True, False)
    """
    marks = _COMMENT.findall(f"\n{text}")
    return 2 * sum(map(bool, marks)) >= max(1, len(marks))


def _headings(text: str) -> Iterator[tuple[int, int, int, str]]:
    """Start, end, level and words of the headings outside of fences."""
    fenced = False
    commented = is_commented(text)
    for found in _HEADING.finditer(f"\n{text}"):
        if not found[1]:
            fenced = not fenced
        elif not fenced and not commented:
            yield found.start(), min(found.end(), len(text)), len(found[1]), found[2].strip(" #*\t\r")


def _level(text: str, least: int) -> int:
    """The highest level with several headings, or with one that the text begins with; 0 if there is none."""
    levels: Counter[int] = Counter()
    for start, end, level, _ in _headings(text):
        if level >= least and (not start or text[start - 2 : start] == "\n\n" or text[end : end + 1] == "\n"):
            levels[level] += 1 if start else 2  # what a text begins with is a heading by itself
    return min((level for level, count in levels.items() if count > 1), default=0)


def _sections(text: str) -> Iterator[tuple[int, int, str]]:
    level = _level(text, 1)
    for start, end, depth, words in _headings(text):
        if depth <= level:
            yield start, end, words


def _paragraphs(text: str) -> list[int]:
    return [0, *(found.end() for found in _BREAK.finditer(text) if found.end() < len(text))]
