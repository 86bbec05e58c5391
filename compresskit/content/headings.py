"""headings(): the headings of a text, in Markdown, HTML, LaTeX and wiki markup, and as numbered or underlined lines.

A line end may also be written as in a string of JSON. Nothing is rendered, and the text of a section is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_END = r"(?:\n|\\n)"
_LINE = r"(?:(?!\\n)[^\n])"  # a sign that ends no line
_LATEX = ("part", "chapter", "section", "subsection", "subsubsection", "paragraph", "subparagraph")
_LABEL = (
    r"§+|(?:Article|Section|Sec\.|Clause|Chapter|Part|Step|Appendix|Annex|Schedule|Rule|Question|Version|Release|Artikel"
    r"|Art\.|Kapitel|Abschnitt|Anlage|Capítulo|Artículo|Sección|Chapitre|Титул|Глава|Статья|Раздел|Madde|Bölüm)"
)
_NUMBER = r"\d{1,3}(?:\.\d{1,3}){0,4}"
_STOP = rf"(?={_END}|\Z)"
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
    rf"(?P<number>{_NUMBER})[.)]?[ \t]+(?P<numbered>[^\W\d_a-z]{_LINE}{{2,78}}[^\s.,;:!?])[ \t\r]*(?={_END}{_END}|\Z)",
    rf"\*\*(?P<bold>[^*\n]{{2,80}})\*\*:?[ \t]*(?={_END})",
)
_HEADING = re.compile(rf"{'|'.join(_KINDS)}|(?:{_END}|\A)(?:{'|'.join(_KINDS_OF_LINES)})")
_MARKUP = re.compile(r"<[^<>]{0,200}>|[`*_{}$]|&\w{1,8};")
_LINES = {"=": 1, "-": 2, "~": 3, "^": 3}
_NUMBERED, _BOLD = 7, 12  # levels below those of markup
MARKED_ONLY = frozenset({"code", "table"})  # kinds in which only HTML and LaTeX have headings


class Heading(NamedTuple):
    """A heading at [start, end), and where its section ends."""

    start: int
    end: int
    close: int
    level: int
    title: str


def headings(text: str, kind: str) -> list[Heading]:
    r"""The headings of a text of a kind, in order, each with the end of its section.

    >>> headings("# A\n\nOne.\n\n## B\n\nTwo.\n\n# C\n\nThree.\n", "markdown")[0]
    Heading(start=0, end=3, close=23, level=1, title='A')
    >>> [(each.level, each.title) for each in headings("<h2>A</h2><p>x</p>\n\\section{B}\n§ 3 C\n", "lines")]
    [(2, 'A'), (2, 'B'), (7, '§ 3 C')]
    """
    found = list(_found(text, kind))
    closes = [len(text)] * len(found)
    open_: list[int] = []
    for number, (start, _, level, _) in enumerate(found):
        while open_ and found[open_[-1]][2] >= level:
            closes[open_.pop()] = start
        open_.append(number)
    return [
        Heading(start, end, close, level, title)
        for (start, end, level, title), close in zip(found, closes, strict=True)
    ]


def _found(text: str, kind: str) -> Iterator[tuple[int, int, int, str]]:
    fenced = False
    for match in _HEADING.finditer(text):
        if match["fence"]:
            fenced = not fenced
            continue
        start = match.start() + (text[match.start()] == "\n")
        if match["html"]:
            yield start, match.end(), int(match["html"]), _plain(match["html_title"])
        elif match["latex"]:
            yield start, match.end(), _LATEX.index(match["latex"]), _plain(match["latex_title"])
        elif fenced or kind in MARKED_ONLY:
            continue
        elif match["mark"]:
            yield start, match.end(), len(match["mark"]), _plain(match["marked"]).strip(" #")
        elif match["wiki"]:
            yield start, match.end(), len(match["wiki"]), _plain(match["wiki_title"])
        elif match["lined"]:
            yield start, match.end(), _LINES[match["line"][0]], _plain(match["lined"])
        elif match["label"]:
            yield start, match.end(), _NUMBERED, _plain(match["label"])
        elif match["number"]:
            title = f"{match['number']} {_plain(match['numbered'])}"
            yield start, match.end(), _NUMBERED + match["number"].count("."), title
        else:
            yield start, match.end(), _BOLD, _plain(match["bold"])


def _plain(title: str) -> str:
    return _MARKUP.sub(" ", title).strip(" \t\r:")
