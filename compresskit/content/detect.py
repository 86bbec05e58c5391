"""detect(): guesses the kind of a text from its origin and its first few thousand characters.

A wrong guess costs good places to cut, and never the text.
"""

import re
from itertools import islice
from typing import NamedTuple

from .guard import guarded
from .line_numbers import is_numbered, without_numbers
from .parts import LABEL, container_of, is_fenced, parts_of, structure_of
from .source_path import path_of
from .splitters.manual import looks_manual
from .splitters.search import looks_like_hits, looks_like_paths
from .splitters.table import looks_csv, looks_html, looks_markdown

_SAMPLE = 4096  # characters at the beginning that decide about the kind
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_LARGER = 16384  # characters that are searched for definitions if the sample may be only a comment
_PARTS = 4  # parts of a text that decide about the kind of all, maximum
_DEPTH = 2  # levels of texts within texts, maximum
_LINES = 40  # lines that are compared one by one, maximum
_UNSURE = frozenset({"prose", "lines", "markdown", "search"})  # kinds that a line above other data may lead to
_DATA = frozenset({"json", "jsonl", "table", "diff"})
_EXTENSIONS = {
    "python": "py pyi pyx pyw",
    "json": "json ipynb geojson har webmanifest",
    "jsonl": "jsonl ndjson",
    "markdown": "md mdx markdown rst",
    "diff": "diff patch",
    "log": "log",
    "code": "js jsx ts tsx mjs cjs java c h cc cpp cxx hpp hh cs go rs rb php swift kt kts scala ex exs heex erl"
    " lua pl pm sh bash zsh fish ps1 sql r jl css scss sass less html htm xml svg vue svelte yaml yml toml ini cfg"
    " conf tf proto graphql dart hs ml clj el vim cmake gradle groovy zig nim m mm asm s f90",
}
_KINDS = {extension: kind for kind, names in _EXTENSIONS.items() for extension in names.split()}

# Patterns begin with a line end, which makes the search fast. So a line end is put before each sample.
_DIFF = re.compile(r"\n(?:diff --(?:git|cc|combined) |@@ -\d+(?:,\d+)? \+\d|--- [^\n]+\n\+\+\+ |Index: )")
_SCALAR = r"(?:\"(?:[^\"\\]|\\.){0,400}\"|-?\d[\d.eE+-]*|true|false|null)"
# an array of one value is all of the text: "[    0.000000] usb 1-1" is a line of a log
_JSON = re.compile(
    rf"\s*(?:\{{\s*(?:\}}|\"(?:[^\"\\]|\\.){{0,200}}\"\s*:)|\[\s*(?:[\[{{\]]|{_SCALAR}\s*(?:,|\]\s*\Z)))"
)
_RECORD_LINES = re.compile(r"\s*\{\s*\"[^\n]*\}[ \t\r]*\n(?:\s*|[^\n]*\n)\{")
_LOG = re.compile(
    r"\n(?:\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\[?\d{1,2}:\d\d:\d\d\b|\w{3} [ \d]\d \d\d:\d\d:\d\d |\d{10}[. ]"
    r"|\[?(?:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|CRITICAL|FATAL|[DIWE]\d{4})\b|[0-9a-f]{7,12} (?=\S)"
    r"|[\d.:a-f]{3,40} \S{1,40} \S{1,40} \[\d\d/\w{3}/\d{4}:"
    # a time, or a date in digits and a level, behind other fields; a colon before them is that of a search hit
    r"|[^\n:]{1,60}[ T_=\"-]\d\d[:.]\d\d[:.]\d\d\b|\d{6,8} [^\n:]{1,40}\b(?:DEBUG|INFO|WARN(?:ING)?|ERROR|FATAL)\b)"
)
_RUN = re.compile(
    r"\n(?:Traceback \(most recent|={3,} (?:test session|FAILURES|ERRORS)|_{5,} \S[^\n]* _{5,}\r?\n"
    r"|-{20,}\nRan \d+ test|=== RUN |Collecting |Requirement already|Compiling |Running |npm (?:ERR|WARN)"
    r"|commit [0-9a-f]{40}\b"
    r"|test result: |Tests: |[\w/.]+\.py [.FEsx]{3,}|E {3}+\S)"
)
_PYTHON = re.compile(
    r"\n[ \t]*+(?:(?:async )?def \w+\(|class \w+[(:]|import \w[\w., ]*(?=\r?\n)|from [\w.]+ import |@\w[\w.]*[(\n]"
    r"|(?:if|elif|while|for|with|try|except|else)\b[^\n{;]*:[ \t]*(?=[\r\n#])|return\b(?![^\n]*;)"
    r"|self\.\w|raise \w|\"\"\"|>>> )"
)
_PYTHON_SURE = re.compile(
    r"\n[ \t]*+(?:(?:async )?def \w+\(|class \w+[^\n{]*:\r?\n|import \w[\w., ]*\r?\n|from [\w.]+ import [^\n;]+\r?\n)"
)
_OPENING = re.compile(r"[rub]?\"\"\"|[rub]?\'\'\'|#|import |from |def |class |@|__\w+__ = ")
_NATURAL = re.compile(r"(?!import |from |def |class |async )[^#@=:(\s][^=\s]*(?: [^=\s]+){3,}\s*$")
_CODE = re.compile(
    r"[;{}][ \t\r]*\n|\n[ \t]*+(?:</?\w|//|/\*|#include|#define"
    r"|(?:export |pub |public |private |static |async )*(?:function|class|interface|struct|fn|func"
    r"|impl|const|let|var|package|import|use|using|defmodule|defp?|module|end)\b"
    r"|(?:- )?[\w.-]{1,60}:(?: [^\n]{0,60}(?<![.?!]))?(?=\n)|\[[\w.\"-]+\]\r?\n)"  # speech ends in a stop
)
# The number and times of a subtitle, or the time of a turn of a chat or a transcript, before what is said or behind the
# speaker's name. Lines of a log have times, too, but name processes or levels.
_TIME = r"\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d{1,6})?(?: ?[AaPp]\.?[Mm]\b\.?)?"
_DATE = r"(?:\d{1,4}[-./]\d{1,2}[-./]\d{1,4}[ ,T]{1,2})?"
_WHEN = re.compile(
    rf"\n(?:\d{{1,6}}[ \t\r]*\n)?(?:\d{{1,2}}:)?\d\d:\d\d[.,]\d{{3}} --> [^\n]*"
    rf"|\n[\[(]?{_DATE}{_TIME}[\])]?(?=[ \t\r\n])[ \t]*(?:[-–—|][ \t]+)?"
    rf"|\n[^\n\d]{{2,40}}[ \t\[(]{_DATE}{_TIME}[\])]?[ \t\r]*(?=\n)"
)
_PROCESS = re.compile(r"\b[\w.-]+\[\d+\]:|\b(?:TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|FATAL)\b")
# A heading has a blank line on one side, and most comments of a script have none.
_HEADING = re.compile(
    r"\n(?:#{1,6} +\S[^\n]*(?=\n[ \t\r]*\n)|[ \t\r]*\n#{1,6} +\S|[^\n]{3,100}\n(?:={4,}|-{4,})\r?(?=\n))"
)
_MARKUP = re.compile(r"\n[ \t]*+(?:[-*+•] |\d{1,3}[.)] |\||> |```|~~~)|\*\*[^*\n]{1,200}\*\*")
_PLAIN = re.compile("[ 0-9A-Za-z\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\U0010ffff]+")  # letters and spaces
# It begins with the stop, which makes the search fast.
_SENTENCE = re.compile(r"[.!?。！？؟।](?:(?<=[。！？؟।])|(?<=[\w)\"'].)[\"')\]]?(?:\s|$))")

_PARAGRAPH = re.compile(r"<(?:p|h[1-6]|li|dd|blockquote)[\s>]")
_MIN_PARAGRAPHS = 3  # paragraphs and sentences of a page, minimum
_TAG = re.compile(r"<[^<>]*>|\s+")
_VIEWED = re.compile(r"(?:<[\w-]+[^\n]*>[ \t\r]*\n[ \t]*){1,4}\d")  # tags of a viewer above numbered lines
_SENTENCE_CHARACTERS = 200  # characters of a sentence of speech, maximum on average
_STOP = re.compile(r"[.!?](?=\s)|[。！？؟।]")


class Detected(NamedTuple):
    """The kind of a text, and how to read it.

    Attributes:
        kind: The kind. If the text holds others, the kind of all of them, or "documents" if they differ.
        numbered: Whether each line begins with its number.
        path: The path that the text was read from; "" if it is not known.
        container: How the text holds others, in the words of ``parts``; "" if it holds none.
    """

    kind: str
    numbered: bool
    path: str
    container: str = ""


def introduces(text: str) -> bool:
    """Whether a text ends with a colon, of Latin or of East Asian scripts: something follows that it introduces.

    >>> introduces("Text: "), introduces("材料："), introduces("at 12:30")
    (True, True, False)
    """
    return text.rstrip().endswith((":", "："))


def detect(text: str, hint: str = "") -> Detected:
    """Returns the kind of a text, whether its lines are numbered, and the path it was read from.

    >>> detect("   1→import re\\n   2→\\n   3→x = 1\\n", "a.py")
    Detected(kind='python', numbered=True, path='a.py', container='')
    """
    return guarded(lambda: _detected(text, hint, 0), Detected("lines", False, ""))


def detect_part(text: str, title: str, depth: int) -> Detected:
    """As ``detect``, for a part of a text. It may hold other texts itself."""
    return guarded(lambda: _detected(text, title if "/" in title else "", depth), Detected("lines", False, ""))


def _detected(text: str, hint: str, depth: int) -> Detected:
    told = path_of("", hint)
    may_hold = depth < _DEPTH and _kind_of(told) in ("", "markdown")
    if may_hold and (container := container_of(text[:_SAMPLE])):
        return _held(text, container, told, "documents", depth)
    if may_hold and is_fenced(text):
        return _held(text, "fenced", told, "lines", depth)
    if may_hold and (label := LABEL.match(text)) and _JSON.match(text, label.end(), _SAMPLE):
        return _held(text, "headed", told, "json", depth)
    found = _plain(text, hint)
    if may_hold and found.kind in _UNSURE and (label := LABEL.match(text)):
        below = _plain(text[label.end() : label.end() + _LARGER], "", by_lines=False)
        announced = below.kind == "python" and introduces(label[1])
        if (below.kind in _DATA or announced) and not below.numbered:
            return _held(text, "headed", told, below.kind, depth)
    may_hold = may_hold and not found.numbered and (_kind_of(found.path) in ("", "markdown"))
    if may_hold and (container := structure_of(text[:_SAMPLE], found.kind)):
        return _held(text, container, found.path, found.kind, depth)
    return found


def _kind_of(path: str) -> str:
    return _KINDS.get(path.rpartition(".")[2].lower(), "")


def _held(text: str, container: str, path: str, kind: str, depth: int) -> Detected:
    """The kind of a text that holds others, by the kinds of its first parts."""
    parts = [
        part
        for part in parts_of(text if container == "fenced" else text[:_LARGER], container)
        if text[part.body : part.close].strip()
    ]
    kinds = {detect_part(text[part.body : part.close], part.title, depth + 1).kind for part in parts[:_PARTS]}
    if kinds <= {"prose", "markdown", "lines"} and len(kinds) > 1:
        kinds = {"prose"} if kind == "documents" and "markdown" not in kinds else {"markdown"}
    return Detected(kinds.pop() if len(kinds) == 1 else kind, False, path, container)


def _plain(text: str, hint: str, by_lines: bool = True) -> Detected:
    """The kind of a text that does not hold others. Without ``by_lines``, "lines" if only its lines could tell it."""
    if "\x1b[" in text[:_SAMPLE]:  # colours of a terminal: an output, whatever it looks like
        found = _plain(_COLOUR.sub("", text[:_LARGER]).replace("\x1b", ""), hint, by_lines)
        return found._replace(kind="lines") if found.kind in ("markdown", "prose") else found
    sample = "\n" + text[:_SAMPLE]
    path = path_of(text, hint)
    begins = sample.lstrip()[:1]
    tagged = begins == "<" and _VIEWED.match(sample.lstrip()) is None
    numbered = begins != "{" and not tagged and is_numbered(sample[1:])
    if numbered and not sample.lstrip()[:1].isdigit() and looks_csv(sample[1:], len(text) <= _SAMPLE):
        numbered = False  # it is the first column of a table
    told = _kind_of(path)
    if numbered:
        sample = "\n" + without_numbers(sample[1:])
        kind = told or _guess(sample, sample, by_lines)
        return Detected("code" if kind in ("lines", "search") else kind, True, path)
    return Detected(_fitting(told, sample, text[:_LARGER], by_lines), False, path)


def _fitting(told: str, sample: str, larger: str, by_lines: bool) -> str:
    """The kind by the path, unless the text is clearly of another kind."""
    if told in ("python", "code", "markdown") and not _is_output(sample):
        return "prose" if told == "code" and _is_page(sample) else told
    if told == "jsonl" or (told in ("json", "diff") and _form(sample)):
        return told
    return _guess(sample, larger, by_lines) if told != "log" else "log"


def _is_output(sample: str) -> bool:
    """Whether the text is the output of a tool about a file rather than the file itself."""
    head = [line for line in sample[:1200].split("\n") if line][:12]
    return looks_like_hits(head) or looks_like_paths(head) or bool(_DIFF.search(sample) or _RUN.search(sample[:600]))


def _form(sample: str) -> str:
    """The kind of a text by its notation: JSON or a diff; "" for all others."""
    if sample.lstrip()[:1] in ("{", "[") and _JSON.match(sample):
        return "jsonl" if _RECORD_LINES.match(sample) else "json"
    if _DIFF.search(sample):
        return "diff"
    return ""


def _guess(sample: str, larger: str, by_lines: bool) -> str:
    if form := _form(sample) or _laid_out(sample):
        return form
    lines = [line for line in sample.split("\n") if line.strip()]
    if not lines:
        return "lines"
    if lines[0].startswith("#!"):
        return "python" if "python" in lines[0] else "code"
    if len(sample) > _SAMPLE and len(lines) > 1:
        lines.pop()  # the sample cuts the last line off
    fenced = "```" in sample
    if not fenced and _OPENING.match(lines[0]) and len(_PYTHON_SURE.findall(larger)) >= 3:
        return "python"
    if not fenced and _RUN.search(sample):
        return "log"
    if not fenced and _is_python(sample, lines):
        return "python"
    kind = _by_lines(sample, lines, fenced) if by_lines else "lines"
    late = kind in ("prose", "lines") and len(larger) > _SAMPLE  # of a manual page, options come late
    return "manual" if late and looks_manual("\n" + larger) else kind


def _laid_out(sample: str) -> str:
    """The kind of a text by its layout: a manual page or a table; "" for all others."""
    if looks_manual(sample):
        return "manual"
    rows = sample[1:]
    if looks_markdown(rows) or looks_html(rows):
        return "table"
    # the lines of many logs have one comma each, before the milliseconds
    return "table" if not _LOG.match(sample) and looks_csv(rows, len(sample) <= _SAMPLE) else ""


def _by_lines(sample: str, lines: list[str], fenced: bool) -> str:
    """The kind by what most lines are."""
    count = len(lines)
    if _is_spoken(sample, count):
        return "prose"
    if len(_LOG.findall(sample)) * 10 >= count * 3:  # before hits, since a time can look like a path with a line number
        return "log"
    if looks_like_hits(lines[:_LINES]) or looks_like_paths(lines[:_LINES]):
        return "search"
    headings, markup = len(_HEADING.findall(sample)), len(_MARKUP.findall(sample))
    code = len(_CODE.findall(sample))
    if code >= 3 and code * 10 >= count * 4 and not (fenced and headings):
        return "prose" if _is_page(sample) else "code"
    if fenced or headings or markup * 4 >= count:
        return "markdown"
    return "prose" if _reads(sample, count) else "lines"


def _is_python(sample: str, lines: list[str]) -> bool:
    """Whether enough lines are Python. More are needed if the first line reads like a sentence or a title."""
    if _PYTHON_SURE.search(sample) is None:
        return False
    return len(_PYTHON.findall(sample)) >= len(lines) // (2 if _NATURAL.match(lines[0]) else 8)


def _reads(sample: str, lines: int) -> bool:
    """Whether the text consists of sentences: words, spaces and full stops, in lines of some length."""
    least = max(1, -(-lines // 4))  # sentences
    plain = sum(map(len, _PLAIN.findall(sample, 0, 1000)))
    return plain * 100 >= min(len(sample), 1000) * 86 and (
        sum(1 for _ in islice(_SENTENCE.finditer(sample), least)) == least
    )


def _is_spoken(sample: str, lines: int) -> bool:
    """Whether a text consists of sentences with the times at which they were said or shown."""
    said, times = _WHEN.subn("\n", sample)
    if times * 5 < lines or len(_PROCESS.findall(sample)) * 5 >= lines:
        return False
    plain = sum(map(len, _PLAIN.findall(said)))
    return len(_STOP.findall(said)) * _SENTENCE_CHARACTERS >= len(said) and plain * 100 >= len(said) * 86


def _is_page(sample: str) -> bool:
    """Whether a text is a page of HTML that consists of sentences for the most part."""
    if len(_PARAGRAPH.findall(sample)) < _MIN_PARAGRAPHS:
        return False
    shown = _TAG.sub(" ", sample)
    plain = sum(map(len, _PLAIN.findall(shown)))
    return len(_STOP.findall(shown)) >= _MIN_PARAGRAPHS and plain * 100 >= max(len(shown) * 80, len(sample) * 40)
