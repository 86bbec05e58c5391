"""Reads stack traces: what was thrown, what caused it, and which frames are of the program's own code.

It knows how the runtimes of Java, .NET, Python, Ruby, Go, Node, PHP and Rust write a frame, and where packages of
others lie: a folder of packages, or the names of platforms. It does not ask what a program does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from ..content.alarm import alarms, level_of
from . import weights as tuning
from .rows import Row

_CHARACTERS = 400  # characters of a line that are read, which bounds the time
_MAX_MESSAGE_LINES = 4  # lines above the first frame that say what was thrown, maximum
_MIN_FRAMES = 3  # frames in succession that are a trace, minimum
_NOTHING = -1.0  # value of frames that say little
_MAX_BETWEEN = 3  # lines between the frames of one trace that are none themselves, maximum
_PLACE = r"[^\s():\"'`|]*[^\s():\"'`|.]\.\w{1,6}"  # the path of a file
_FRAME = re.compile(
    rf"(?P<script>(?:\bat |❯ )[^\n]*?(?P<spot>(?:node:|file:|webpack|<anonymous>|[\w@./~\\-])[^\s()]*):\d+:\d+\)?$)"
    rf"|(?P<dotted>\bat (?:[\w.@-]+//?)*(?P<name>[A-Za-z_]\w*\.[^\n(]{{1,200}})\((?P<file>[^\n]*))"  # Java, .NET
    rf"|(?P<python>File \"(?P<module>[^\"\n]+)\", line \d+)"
    rf"|(?P<ruby>(?<!\S)(?P<source>{_PLACE}):\d+:in [`'])"
    rf"|(?P<go>^\s+(?P<unit>/?{_PLACE}|[A-Z]:[^\s:]+):\d+(?: \+0x[\da-f]+)?$)"
    rf"|(?P<numbered>^\s*#\d+ +(?P<script_file>{_PLACE})[(:]\d+\)?)"  # PHP
    rf"|(?P<native>^\s*#\d+ [^\n]*? at (?P<unit_file>{_PLACE}):\d+$)"  # gdb
    rf"|(?P<rust>^\s+at (?P<crate>{_PLACE}):\d+:\d+$)"
)
# One of them is in each frame, and few lines of other texts have one. Plain beginnings make the search fast.
_SIGN = re.compile(r"a(?<!\wa)t (?:[^\s(:]+ ){0,9}\S*?[(:]|File \"|:in [`']|\.go:\d|#\d+ |❯ ")
_SPOTS = ("spot", "module", "source", "unit", "script_file", "unit_file", "crate")
# Where the packages of others lie: folders of package managers and of the runtimes themselves.
_PACKAGES = re.compile(
    r"site-packages|dist-packages|node_modules|/gems/|/vendor/|/pkg/mod/|^/usr/(?:local/)?(?:lib|go|share)"
    r"|/lib/(?:python|ruby)|/rustc/|\.cargo/registry|^node:|^internal/|^<|/deps/|/hostedtoolcache/|/x86_64|^\.\./sysdeps|webpack/|\.jar\b"
)
# The platforms of Java, Kotlin, Scala and .NET, and what most programs there are built on, by the first names.
_PLATFORMS = re.compile(
    r"(?:java|javax|jakarta|jdk|sun|com\.sun|kotlin|kotlinx|scala|groovy|clojure|android|androidx|akka|reactor|play"
    r"|org\.(?:springframework|apache|hibernate|junit|jboss|eclipse|gradle|codehaus|mockito|slf4j|testng|opentest4j"
    r"|glassfish|scalatest|postgresql|aspectj)"
    r"|io\.(?:netty|vertx|quarkus|micronaut|grpc|reactivex|smallrye|opentelemetry|micrometer)"
    r"|com\.(?:google|fasterxml|zaxxer|mysql|oracle|android|intellij|sun)|okhttp3|retrofit2|worker\.org|ch\.qos"
    r"|System|Microsoft|Windows|Xunit|NUnit|Newtonsoft|Castle|Moq|lambda_method)\b"
)
_BUILT = re.compile(r"\.jar[!:/\]]|\[na:")  # behind a frame of Java, if it is of a library: [spring-core-6.1.jar!/:6.1]
_CAUSES = re.compile(
    r"\s*(?:Caused by:|Suppressed:|---> |\[cause\]:|\[errors\]:|[|+ ]*\w*Error:|During handling of the above"
    r"|The above exception was|goroutine \d+ \[running\]|panic:|thread '[^'\n]*' panicked)"
)
_TOLD = re.compile(r":in [`'][^'\n]{1,200}': \S")  # Ruby says in the first frame what was thrown
_THROWN = re.compile(r"[ \t|+]*[A-Za-z_][\w.]{0,150}(?::[ \t]|[ \t\r]*\Z)")  # an exception of Python
_MORE = re.compile(r"\s*\.\.\. \d+ (?:more|common frames)")
_POINTER = re.compile(r"[\s|]*[~^]+\s*")
_NUMBERS = re.compile(r"0x[\da-f]+|\d+")
_ROOT = re.compile(r"[a-z_]\w*\.\w+|\w+")  # com.acme of Java, Shop of .NET


class _Frame(NamedTuple):
    first: int  # the number of its first line
    last: int  # the number behind its last line
    root: str  # the package that it is of, by name or by path
    own: bool | None  # whether it is of the program's own code; None if its name alone does not say


def trace_rows(text: str) -> list[Row]:
    r"""The lines of the stack traces in a text that say what went wrong and where in the program, with their values.

    >>> library = "".join(f"\tat org.apache.Chain.run(Chain.java:{n})\n" for n in range(9))
    >>> trace = f"Error: no rate\n{library}\tat shop.Tax.of(Tax.java:7)\n{library}Caused by: gone\n{library}"
    >>> [trace[row.start:row.end].strip() for row in trace_rows(trace) if row.share > 0]
    ['Error: no rate', 'at shop.Tax.of(Tax.java:7)', 'Caused by: gone']
    """
    if sum(1 for _ in islice(_SIGN.finditer(text), _MIN_FRAMES)) < _MIN_FRAMES:
        return []
    lines = text.split("\n")
    frames = list(_frames(lines))
    if len(frames) < _MIN_FRAMES:
        return []
    values: dict[tuple[int, int], float] = {}
    for trace in _traces(frames):
        # Python writes what was thrown below the frames
        _add_frames(trace if lines[trace[0].first].find('File "') < 0 else trace[::-1], values)
        _add_messages(lines, trace, values)
    return _rows(lines, values)


def is_frame_of_others(line: str) -> bool:
    """Whether a line is a frame of a library, which says little beside a failure.

    >>> is_frame_of_others("  at Module._compile (node:internal/modules/cjs/loader:1554:14)")
    True
    """
    frame = _frame(line[:_CHARACTERS], 0)
    return frame.own is False if frame else _MORE.match(line) is not None


def _frames(lines: Sequence[str]) -> Iterator[_Frame]:
    """The frames of all traces, in order."""
    number = 0
    while number < len(lines):
        frame = _frame(lines[number][:_CHARACTERS], number)
        if frame is None:
            number += 1
            continue
        first, last = number, number + 1
        line = lines[number]
        if 'File "' in line:  # the code follows, and perhaps a line that points at it
            depth = _depth(line)
            while last < len(lines) and last - first < 4 and _depth(lines[last]) > depth:
                last += 1
            pointing = last - 1 > first and _POINTER.fullmatch(lines[last - 1]) is not None
            if pointing:  # it costs as much as what it points at
                yield frame._replace(first=first, last=last - 1)
                yield frame._replace(first=last - 1, last=last, own=False)
                number = last
                continue
        elif line[:1].isspace() and not line.lstrip().startswith(("at ", "#", "from ")) and first:
            above = lines[first - 1]  # the function, of which this is the place
            if above.strip().endswith(")") and _depth(above) < _depth(line):
                first -= 1
        yield frame._replace(first=first, last=last)
        number = last


def _frame(line: str, number: int) -> _Frame | None:
    """A line as a frame; None if it is none."""
    match = _FRAME.search(line) if _SIGN.search(line) else None
    if match is None:
        return None
    if match["dotted"]:
        name, file = match["name"], match["file"]
        root = _ROOT.match(name)
        if ") in " in file:  # .NET has the source of a program alone
            return _Frame(
                number, number + 1, root[0] if root else name, not _PACKAGES.search(file.partition(") in ")[2])
            )
        others = _PLATFORMS.match(name) is not None or _BUILT.search(file) is not None
        return _Frame(number, number + 1, root[0] if root else name, False if others else None)
    path = next(path for spot in _SPOTS if (path := match[spot]))
    return _Frame(number, number + 1, path.rpartition("/")[0], _PACKAGES.search(path) is None)


def _depth(line: str) -> int:
    """The columns before the first word. A frame of a group of exceptions begins with a bar."""
    return len(line) - len(line.lstrip(" \t|+"))


def _traces(frames: Sequence[_Frame]) -> Iterator[list[_Frame]]:
    """The frames of each run of frames with a few other lines between them."""
    run: list[_Frame] = []
    for frame in frames:
        if run and frame.first - run[-1].last > _MAX_BETWEEN:
            yield run
            run = []
        run.append(frame)
    yield run


def _add_frames(trace: Sequence[_Frame], values: dict[tuple[int, int], float]) -> None:
    """Adds the values of frames: the program's own ones have more, the nearer they are to what was thrown."""
    tuned = tuning.WEIGHTS
    known = any(frame.own for frame in trace)
    roots = Counter(frame.root for frame in trace if frame.own is None)
    place, last = 0, -1
    for frame in trace:
        place = place if last in (frame.first, frame.last) else 0  # behind a message, such as that of a cause
        last = frame.last if trace[0].first < trace[-1].first else frame.first
        alike = 1 if frame.own or len(roots) == 1 else roots[frame.root]  # a program may call itself
        value = _NOTHING
        if (frame.own or (frame.own is None and not known)) and alike <= tuned.max_telling_lines:
            value = tuned.own_frame / ((1 + place) * alike) ** tuned.alike_exponent
            place += 1
        key = (frame.first, frame.last)
        values[key] = max(values.get(key, _NOTHING), value)


def _add_messages(lines: Sequence[str], trace: Sequence[_Frame], values: dict[tuple[int, int], float]) -> None:
    """Adds the value of the lines that say what was thrown: those above, between and, in Python, below the frames."""
    told: list[int] = []
    blank = False
    above = trace[0].first
    for number in range(above - 1, max(-1, above - 1 - _MAX_MESSAGE_LINES), -1):
        line = lines[number][:_CHARACTERS]
        if not line.strip():
            if blank:
                break
            blank = True
            continue
        told.append(number)
        if alarms(line) or level_of(line) is not None:
            break
    else:
        told = told[:1]
    values.update({(one.first, one.last): tuning.WEIGHTS.thrown for one in trace if _TOLD.search(lines[one.first])})
    covered = {number for frame in trace for number in range(frame.first, frame.last)}
    told += [n for n in range(above, trace[-1].last) if n not in covered]
    below = trace[-1].last
    told += [n for n in range(below, min(below + 2, len(lines))) if alarms(lines[n][:_CHARACTERS]) or _depth(lines[n])]
    if below < len(lines) and 'File "' in lines[above] and _THROWN.match(lines[below]):
        values[below, below + 1] = tuning.WEIGHTS.thrown  # whatever the name of the exception
    for number in told:
        line = lines[number][:_CHARACTERS]
        if line.strip() and (alarms(line) or _CAUSES.match(line) or len(line.split()) > 3):
            key = (number, number + 1)
            values[key] = max(values.get(key, 0.0), tuning.WEIGHTS.thrown)


def _rows(lines: Sequence[str], values: dict[tuple[int, int], float]) -> list[Row]:
    """Rows of lines, each worth less if the text says it several times, whatever its numbers are."""
    said = {key: _NUMBERS.sub("0", "\n".join(lines[slice(*key)])) for key in values}
    counts = Counter(said.values())
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    end = starts[-1] - 1
    exponent = tuning.WEIGHTS.alike_exponent
    rows: list[Row] = []
    for (first, last), value in sorted(values.items()):
        share = max(value, 0.0) / counts[said[first, last]] ** exponent
        row = Row(starts[first], min(starts[last], end), share if share >= tuning.WEIGHTS.min_telling else _NOTHING)
        if rows and row.share == rows[-1].share == _NOTHING and row.start == rows[-1].end:
            rows[-1] = rows[-1]._replace(end=row.end)
        elif row.start < row.end:
            rows.append(row)
    return rows
