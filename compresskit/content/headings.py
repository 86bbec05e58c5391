"""headings(): the headings of a text, in Markdown, HTML, LaTeX and wiki markup, and as numbered or underlined lines.

A line end may also be written as in a string of JSON. Nothing is rendered, and the text of a section is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from .parts import is_commented, is_fenced

_END = r"(?:\n|\\n)"
_LINE = r"(?:(?!\\n)[^\n])"  # a sign that ends no line
_LATEX = ("part", "chapter", "section", "subsection", "subsubsection", "paragraph", "subparagraph")
_LABEL = (
    r"§+|(?:Article|Section|Sec\.|Clause|Chapter|Part|Step|Appendix|Annex|Schedule|Rule|Question|Version|Release|Artikel"
    r"|Art\.|Kapitel|Abschnitt|Anlage|Capítulo|Artículo|Sección|Chapitre|Титул|Глава|Статья|Раздел|Madde|Bölüm)"
)
_NUMBER = r"\d{1,3}(?:\.\d{1,3}){0,4}"
_STOP = rf"(?={_END}|\Z)"
_APART = rf"(?={_END}[ \t\r]*{_END}|\Z)"  # before a blank line
_KINDS = (
    r"<h(?P<html>[1-6])(?=[\s>])[^<>]{0,300}>(?P<html_title>.{1,400}?)</h(?P=html)>",
    rf"\\(?P<latex>{'|'.join(_LATEX)})\*?\{{(?P<latex_title>{_LINE}{{1,200}}?)\}}(?=\s|\\|\Z)",
)
_KINDS_OF_LINES = (
    r"(?P<fence>[ ]{0,3}(?:`{3,}|~{3,}))",
    rf"(?P<mark>\#{{1,6}})[ \t]+(?P<marked>{_LINE}{{1,200}})",
    rf"(?P<wiki>={{2,6}})[ \t]*(?P<wiki_title>[^=\s]{_LINE}{{0,118}}?)[ \t]*=*(?={_END})",
    rf"(?P<lined>[^\s#*|<>{{}}\-=]{_LINE}{{0,118}}){_END}(?P<line>={{3,}}|-{{3,}}|~{{3,}}|\^{{3,}})[ \t\r]*{_STOP}",
    rf"[ \t]{{0,3}}(?P<label>(?:{_LABEL})[ ]?(?:\d[\w.]*|[IVXLC]+\b){_LINE}{{0,90}}){_STOP}",
    rf"(?P<number>{_NUMBER})[.)]?[ \t]+(?P<numbered>[^\W\d_a-z]{_LINE}{{2,78}}[^\s.,;:!?])[ \t\r]*{_APART}",
    rf"\*\*(?P<bold>[^*\n]{{2,80}})\*\*:?[ \t]*(?={_END})",
    r"=head(?P<pod>[1-6])[ \t]+(?P<pod_title>[^\n]{1,200})",
    rf"[ \t]{{0,8}}(?P<question>[^\W_a-z](?:(?!\\n)[^\n:]){{10,200}}[?？])[ \t\r]*{_STOP}",
)
# Lines that say where a text is, and too often have a word of a question by chance to speak for their section.
_LOOSE = (
    rf"(?P<capitals>[^\W\d_a-z](?:(?!\\n)[^a-z\n|=;{{}}<>,]){{2,58}}[^\W\d_a-z][)]?)[ \t\r]*(?={_END})",
    rf"[ \t]{{0,4}}(?P<clause>{_NUMBER}[.)]?[ \t]+[^\W\d_a-z]{_LINE}{{2,78}}[^\s,;:!?])[ \t\r]*{_APART}",
)
_HEADING, _LOOSE_HEADING = (
    re.compile(rf"{'|'.join(_KINDS)}|{_END}(?:{'|'.join((*_KINDS_OF_LINES, *more))})") for more in ((), _LOOSE)
)
_MARKUP = re.compile(r"<[^<>]{0,200}>|[`*_{}$]|&\w{1,8};")
_LINES = {"=": 1, "-": 2, "~": 3, "^": 3}
_OF_CAPITALS, _NUMBERED, _BOLD, _QUESTION = 6, 7, 12, 13  # levels below those of markup
_BLANK = re.compile(r"\n[ \t\r]*\n\Z")
_WRAPPED = re.compile(r"[\w,][ \t\r]*\n\Z")  # a line end within a sentence
_BEFORE = 20  # characters before a question or a label that say whether it begins a paragraph
_REACH = 2_000  # characters of an answer below its question, maximum
MARKED_ONLY = frozenset({"code", "table"})  # kinds in which only markup that nothing else looks like has headings
_MARKED = frozenset({"html_title", "latex_title", "pod_title"})  # headings in that markup


class Heading(NamedTuple):
    """A heading at [start, end), and where its section ends."""

    start: int
    end: int
    close: int
    level: int
    title: str


def headings(text: str, kind: str, loose: bool = False) -> list[Heading]:
    r"""The headings of a text of a kind, in order, each with the end of its section.

    Args:
        text: The text.
        kind: Its kind, as ``detect`` reports it.
        loose: Whether lines in capitals, as in manual pages, and indented ones with a number are headings too.

    >>> headings("# A\n\nOne.\n\n## B\n\nTwo.\n\n# C\n\nThree.\n", "markdown")[0]
    Heading(start=0, end=3, close=23, level=1, title='A')
    >>> [(each.level, each.title) for each in headings("<h2>A</h2><p>x</p>\n\\section{B}\n§ 3 C\n", "lines")]
    [(2, 'A'), (2, 'B'), (7, '§ 3 C')]
    >>> [each.title for each in headings("# a comment\n\n=head1 Files of Perl\n\nSome text.\n", "code")]
    ['Files of Perl']
    """
    found = list(_found(text, kind, loose))
    closes = [len(text)] * len(found)
    open_: list[int] = []
    for number, (start, _, level, _) in enumerate(found):
        while open_ and found[open_[-1]][2] >= level:
            closes[open_.pop()] = start
        open_.append(number)
    return [
        Heading(start, end, min(close, end + _REACH) if level == _QUESTION else close, level, title)
        for (start, end, level, title), close in zip(found, closes, strict=True)
    ]


def _found(text: str, kind: str, loose: bool) -> Iterator[tuple[int, int, int, str]]:
    fenced = False
    whole = is_fenced(text)  # a fence around all of the text hides none of its headings
    commented = is_commented(text)
    # a line end before the text makes a pattern of plain beginnings enough, which are searched for fast
    for match in (_LOOSE_HEADING if loose else _HEADING).finditer(f"\n{text}"):
        found = match.lastgroup
        if found == "fence":
            fenced = not fenced and not whole
            continue
        if found not in _MARKED and (fenced or kind in MARKED_ONLY):
            continue
        if found == "marked" and commented:
            continue
        start = match.start() - (match[0][0] != "\n")
        if found == "question" and not _BLANK.search(text, max(0, start - _BEFORE), start):
            continue
        if found == "label" and _WRAPPED.search(text, max(0, start - _BEFORE), start):
            continue  # "as described in", and "Section 2.3" on the next line
        title = _plain(match["lined" if found == "line" else found or ""]).strip(" #")
        if found == "numbered":
            title = f"{match['number']} {title}"
        yield start, match.end() - 1, _level(match), title


def _level(match: re.Match[str]) -> int:
    """How deep a heading is."""
    found = match.lastgroup
    if found in ("html_title", "pod_title"):
        return int(match[found.partition("_")[0]])
    if found == "latex_title":
        return _LATEX.index(match["latex"])
    if found in ("marked", "wiki_title"):
        return len(match["mark"] or match["wiki"])
    if found == "line":
        return _LINES[match["line"][0]]
    if found == "clause":
        return _NUMBERED + match["clause"].partition(" ")[0].rstrip(".").count(".")
    if found in ("label", "numbered"):
        return _NUMBERED + (match["number"] or "").count(".")
    return {"question": _QUESTION, "capitals": _OF_CAPITALS}.get(found or "", _BOLD)


def _plain(title: str) -> str:
    return _MARKUP.sub(" ", title).strip(" \t\r:")
