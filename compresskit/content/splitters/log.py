"""Cuts logs, test output and other lines into episodes, by blank lines, indentation and known frames.

Lines with a deeper indentation stay with the line above them, and a traceback stays with the line that announces it.
The failure report of a test is one piece with the name of the test, and a commit is one with its hash. Lines with a
word of failure are pieces of their own; several in succession are one. Levels and times are not read.
"""

import re
from collections.abc import Iterator

from ..alarm import alarms
from ..segment import ALONE, Mark

_TRACE = r"(?P<trace>[^\n]{0,200}?Traceback \(most recent call last\):)|"
# The blank lines above a line, then its kind. It matches at every line end, so that blank lines are read once.
_PATTERN = (
    r"\n((?:[ \t\r]*+\n)*+)(?:"
    r"(?P<section>={3,}+ [^\n]*? ={3,}[ \t\r]*$|-{20,}+[ \t\r]*\nRan \d+ test)"
    r"|(?P<report>_{3,}+ (?P<pytest>[^\n]*?) _{3,}[ \t\r]*$|={20,}+[ \t\r]*\n(?:FAIL|ERROR): (?P<unittest>[^\n(]*)"
    r"|---- (?P<cargo>\S+) stdout ----)"
    r"|(?P<indented_report>--- FAIL: (?P<go>\S+)|[ \t]++\d+\) (?P<numbered>[^\n]*)|  ● (?P<jest>[^\n]*))"
    r"|%s(?P<chain>During handling of the above exception|The above exception was|Caused by: )"
    r"|(?P<indented>[ \t]+)|)"
)
_LINE = re.compile(_PATTERN % "", re.MULTILINE)
_LINE_OR_TRACE = re.compile(_PATTERN % _TRACE, re.MULTILINE)
_COMMIT = re.compile(r"^commit ([0-9a-f]{7,12})[0-9a-f]{0,52}\b", re.MULTILINE)
_FIRST_COMMIT = re.compile(r"(?:\A|\n)commit [0-9a-f]{7,64}\b[^\n]*\n(?:Merge: [^\n]*\n)?Author: ")
_INDENTATION = re.compile(r"\n([ \t]*+)[^\s]")
_SAMPLE = 4000  # characters at the beginning that are searched for the smallest indentation
_HEAD = 300  # characters of a line that are searched for a word of failure
_RUNNERS = ("pytest", "unittest", "cargo", "go", "numbered", "jest")


def marks(text: str) -> Iterator[Mark]:
    """Marks at the lines that begin an episode.

    >>> text = "start\\n\\nTraceback (most recent call last):\\n  File x\\nValueError: no\\nend\\n"
    >>> [text[mark.start:].split("\\n")[0] for mark in marks(text)]
    ['start', 'Traceback (most recent call last):', 'end']
    """
    if _COMMIT.match(text) or _FIRST_COMMIT.search(text, 0, _SAMPLE):  # the rest of another may come before
        return (Mark(match.start(), match[1], number) for number, match in enumerate(_COMMIT.finditer(text)))
    return _marks(text, _LINE_OR_TRACE if "Traceback (most" in text else _LINE)


def _marks(text: str, pattern: re.Pattern[str]) -> Iterator[Mark]:
    group = 0
    flush = min(map(len, _INDENTATION.findall("\n" + text[:_SAMPLE])), default=0)
    report = ""  # the kind of the failure report that is open
    trace = False  # whether a traceback is open
    alarmed = False  # whether the line before has a word of failure
    for match in pattern.finditer("\n" + text):
        start, kind, apart = match.end(1) - 1, match.lastgroup, bool(match[1])
        if start >= len(text):
            return
        if kind in ("section", "report", "indented_report"):
            report, trace, group = "" if kind == "section" else kind, False, group + 1
            yield Mark(start, _test(match), group)
        elif kind == "chain":
            trace = True
        elif report == "report" or (kind == "indented" and (report or not apart) and len(match["indented"]) > flush):
            continue
        elif trace and (kind == "trace" or not apart):
            trace = kind == "trace"
        else:
            if apart or report or kind != "trace" or start == 0:
                group += apart or bool(report)
                alarming = kind == "trace" or _alarms(text, start)
                yield Mark(start, "", ALONE - group if alarming else group)
                group += alarming != alarmed and not alarming
                alarmed = alarming
            report, trace = "", kind == "trace"


def _test(match: re.Match[str]) -> str:
    """The test that a failure report is about."""
    return next((match[runner].strip() for runner in _RUNNERS if match[runner]), "")


def _alarms(text: str, start: int) -> bool:
    end = text.find("\n", start, start + _HEAD)
    return alarms(text[start : start + _HEAD if end < 0 else end])
