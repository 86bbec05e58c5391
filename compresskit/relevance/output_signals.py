"""What matters in the output of a command by itself, whatever was asked for: failures, odd lines, totals, the ends.

It compares each line with the other lines of the same text. It knows no tool by name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate, chain, islice

from ..content import Segment
from ..content.alarm import alarms
from ..content.compact.log import cleaned
from ..content.compact.templates import templates
from ..content.outcomes import has_outcome
from ..content.source_path import path_of
from ..types import Query
from . import weights as tuning
from .columns import is_table, odd_rows
from .document import JSON, RECORDS, is_running
from .outliers import (
    LINE_CHARACTERS,
    Lines,
    is_alarming,
    is_formal,
    lines_of,
    of_lines,
    of_members,
    of_own_words,
    of_records,
    severities,
)
from .query import derive
from .quoted_lines import as_lines
from .rows import Row, answered, merged
from .stack_traces import is_frame_of_others, trace_rows
from .terms import ASKING, terms
from .word_forms import inflections

SCORED_CHARACTERS = 600_000  # characters of outputs, and of others, newest first, that are read, which bounds the time
_CHARACTERS = 5_000_000  # characters of a text that is looked through, which bounds the time
_READ = frozenset({"python", "prose", "manual", "documents", "diff"})  # kinds in which no line is an event
_FILES = frozenset({"code", "markdown"})  # kinds that outputs look like at times: "> Task :build", "+ resource {"
_LISTED = frozenset({"lines", "log", "search"})  # kinds whose paragraphs begin with what they are about
_PLACE = re.compile(r"\S{1,300}?[:(]\d+(?:[:,]\d+)?[):]*\s+")  # file.c:7:3: or file.ts(7,3):
_QUOTED = re.compile(r"([`'\"‘“«])(?<!\w.)[^`'\"’”»\n]{1,200}([`'\"’”»])")
_SAMPLE = 20_000  # characters at the beginning of a text that say whether its lines are alike
_COUNTED_CHARACTERS = 200_000  # characters that are searched for lines that count, which bounds the time


def output_query(query: Query, command: str, text: str = "") -> Query:
    """What an output is judged against: a query, with little weight for the words of the command that gave it.

    The command speaks for its output as a whole. Nor does a word tell its parts apart that most counts in it have, such
    as "changed" in ``git log --stat``.

    >>> found = output_query(derive([], "Is tax in the diff?"), "git diff")
    >>> found.weights["tax"] > found.weights["diff"], "diff" in found.asked
    (True, False)
    >>> found = output_query(derive([], "Which change is about tax?"), "", " 3 files changed\\n" * 9)
    >>> found.weights["tax"] > found.weights["change"]
    True
    """
    called = derive([], command)
    share = tuning.WEIGHTS.command_share
    common = _counted_words(text) | called.asked.keys()
    own = {term: weight * (share if term in common else 1.0) for term, weight in query.weights.items()}
    names = {name: weight * (share if name in called.mentions else 1.0) for name, weight in query.mentions.items()}
    weights = {term: share * weight for term, weight in called.weights.items()} | own
    mentions = {name: share * weight for name, weight in called.mentions.items()} | names
    asked = {term: weight for term, weight in query.asked.items() if term not in common | ASKING}
    return query._replace(weights=weights, mentions=mentions, asked=asked)


def _counted_words(text: str) -> frozenset[str]:
    """The words, in all their forms, of most lines that count how it went, if a text has several of them."""
    counting = [line for line in text[:_COUNTED_CHARACTERS].split("\n") if has_outcome(line[:LINE_CHARACTERS])]
    if len(counting) < tuning.WEIGHTS.min_counting_lines:
        return frozenset()
    found = Counter(term for line in counting for term in terms(line[:LINE_CHARACTERS]))
    return frozenset(form for word, n in found.items() if 2 * n > len(counting) for form in (word, *inflections(word)))


_FAILURE_ASKED = re.compile(
    r"\b(?:wrong|br(?:eak|oke)\w*|stop(?:s|ped)?|outage|trouble|problems?|issues?)\b"
    r"|\bwhy\b[^?.]{0,80}(?:n['o]t\b|\bnot?\b|\bcannot\b|\bnever\b)"
)


def told_by_words(text: str, kind: str, query: Query) -> float:
    """How much of a question the words of a text say, from 0 to 1: the rest is left to what the text says by itself.

    A text whose lines are unlike each other, and no rows, says nothing by itself.

    >>> log = "".join(f"{n} ok, 0 failed\\n" for n in range(40)) + "7: no route to host\\n"
    >>> [told_by_words(log, "lines", derive([], asked)) for asked in ("What failed?", "Which host has no route?")]
    [0.0, 1.0]
    """
    if kind in RECORDS:
        alike = not is_running(text, kind)
    else:
        alike = _is_repetitive(text) or is_table(text[:_SAMPLE].splitlines())
    if (alike or kind in _LISTED) and asks_for_failures(query.newest):
        return 0.0
    if not alike:
        return 1.0
    return 1.0 if kind == "code" else answered(text, query.asked)


def asks_for_failures(question: str) -> bool:
    """Whether a question is about failures in general: what failed answers it, whatever its own words are found in.

    >>> [asks_for_failures(each) for each in ("What failed?", "Why does it not start?", "Which host has no route?")]
    [True, True, False]
    """
    return alarms(question) or _FAILURE_ASKED.search(question.lower()) is not None


def has_events(text: str, kind: str, ran: bool) -> bool:
    """Whether the lines of a text of a kind are events, which may report failures: not those of files and of prose.

    What a command writes reads like prose at times: "Determining projects to restore...". It is none if most of its
    lines are alike. So is a file: it is no code then, but a report as XML, or a dump of a database.

    >>> has_events("", "log", False), has_events("", "code", True), has_events("", "code", False)
    (True, True, False)
    >>> lines = "".join(f"shop.cs({n},9): warning: the variable is never used.\\n" for n in range(40))
    >>> has_events(lines, "prose", True), has_events(lines, "prose", False), has_events("Once. Upon.", "prose", True)
    (True, False, False)
    """
    if (kind in ("prose", "markdown") and ran) or (kind == "code" and not ran):
        return _is_repetitive(text)
    return kind not in _READ and (ran or kind not in _FILES)


def _is_repetitive(text: str) -> bool:
    """Whether most of the first lines of a text are like others."""
    lines = [line[:LINE_CHARACTERS] for line in text[:_SAMPLE].splitlines() if line.strip()]
    counts = Counter(templates([_message(line) for line in lines]))
    return 2 * sum(count for count in counts.values() if count >= tuning.WEIGHTS.min_counting_lines) > len(lines)


def telling_rows(text: str, kind: str, ran: bool) -> list[Row]:
    """The lines that are worth a segment of their own, with their values: what traces say, and odd rows of tables.

    Rows with a negative value are worth nothing, such as frames of libraries.

    >>> pods = "".join(f"web-{n:02} 1/1 Running {n}d\\n" for n in range(40)) + "mail-0 0/1 Pending 3h\\n"
    >>> [pods[row.start : row.end] for row in telling_rows(pods, "lines", True)]
    ['mail-0 0/1 Pending 3h\\n']
    """
    if len(text) > _CHARACTERS:
        return []
    text, kind = as_lines(text, kind)
    traces = trace_rows(text)
    if kind in RECORDS or not has_events(text, kind, ran):
        return traces
    lines = text.splitlines(keepends=True)
    starts = accumulate(map(len, lines), initial=0)
    odd = _scarce(odd_rows([line[:LINE_CHARACTERS] for line in lines]))
    rows = zip(starts, lines, odd, strict=False)
    return merged(
        traces, [Row(start, start + len(line), odd) for start, line, odd in rows if odd >= tuning.WEIGHTS.min_telling]
    )


def was_run(text: str, call: str) -> bool:
    """Whether a text is the result of a call that read no file."""
    return bool(call) and not path_of(text, call)


def output_share(text: str, kind: str, ran: bool, explicit: float) -> float:
    """The share of its ``output_values`` that a text has in its score.

    Lines and results of calls may also be speakers or cells. So the more surely the query asks about the texts, the
    more its words decide alone. A log is an output in any case.
    """
    if len(text) > SCORED_CHARACTERS:
        return 0.0
    return tuning.WEIGHTS.output_share * (1.0 if kind == "log" else (ran or kind == "lines") * (1 - explicit))


def with_heads(text: str, segments: Sequence[Segment], kind: str, ran: bool, values: list[float]) -> list[float]:
    r"""The values, with more for the first segment of each paragraph of an output: it says what the others are of.

    A row of ``ls -lR`` tells little without the line of its folder.

    >>> text = "/etc:\nhosts\n\n/usr:\nbin\n"
    >>> with_heads(text, [Segment(0, 6, ""), Segment(6, 13, ""), Segment(13, 23, "")], "lines", True, [0.0, 1.0, 0.0])
    [0.7, 1.0, 0.0]
    """
    share = tuning.WEIGHTS.head_share
    if not share or not (kind in _LISTED or (kind == "code" and ran)):
        return values
    heads = {place for place, (start, _, _) in enumerate(segments) if text.endswith("\n\n", 0, start)}
    if not heads:
        return values
    found, head = list(values), 0
    for place, value in enumerate(values):
        head = place if place in heads else head
        found[head] = max(found[head], share * value)
    return found


def output_values(text: str, segments: Sequence[Segment], kind: str, ran: bool = True) -> list[float]:
    """A value for every segment, to be added to its relevance.

    Args:
        ran: Whether a command wrote the text, rather than that it is the content of a file.

    >>> lines = [f"{n}/90 compiled part_{n}.c\\n" for n in range(90)]
    >>> lines[40] = "part_40.c:7: error: no such field\\n"
    >>> text, starts = "".join(lines), [0]
    >>> for line in lines: starts.append(starts[-1] + len(line))
    >>> values = output_values(text, [Segment(a, b, "") for a, b in zip(starts, starts[1:])], "lines")
    >>> values.index(max(values))
    40
    """
    tuned = tuning.WEIGHTS
    values = [0.0] * len(segments)
    if not segments or len(text) > _CHARACTERS:
        return values
    text, kind = as_lines(text, kind)
    parts = [cleaned(text[start:end]) for start, end, _ in segments]
    if has_events(text, kind, ran):
        lines = lines_of(parts) if kind not in JSON else None
        odd = of_members(parts) if kind in JSON else of_lines(lines) if lines and kind != "table" else of_records(parts)
        unlike = [_scarce(odd)]
        if kind not in RECORDS:
            unlike.append(of_own_words(parts))
        if kind in JSON:
            failing = [is_alarming(part, False) for part in parts]
            worth = tuned.failure / max(1, sum(failing)) ** tuned.alike_exponent
            values = [worth * each for each in failing]
        if lines:
            values = _telling(lines)
            unlike.append(_of_parts(odd_rows(list(chain.from_iterable(lines.texts))), lines.texts))
        for each in unlike:
            values = [max(value, tuned.odd_line * odd) for value, odd in zip(values, each, strict=True)]
        if lines is None or not lines.levelled:
            lent = _lent(values, tuned.beside_failure)
            values = [own if _is_apart(part) else more for own, more, part in zip(values, lent, parts, strict=True)]
        last = next((number for number in reversed(range(len(parts))) if parts[number].strip()), len(parts) - 1)
        if not all(map(is_frame_of_others, parts[last].splitlines())):
            values[last] += tuned.last_lines
    values[0] += tuned.first_lines
    return values


def _telling(lines: Lines) -> list[float]:
    """For each part, the value of its lines of failure and its counts: less, the more lines are like them."""
    tuned = tuning.WEIGHTS
    every = list(chain.from_iterable(lines.texts))
    severe = severities(lines)
    counting = [has_outcome(line) for line in every]
    messages = [_message(line) for line in every]
    levelled = lines.levelled  # it looks at all lines
    # a linter quotes what it remarks on: a docstring about an error is none
    severe = [
        0.0 if share and line != told and _PLACE.match(line) and not is_alarming(told, levelled) else share
        for line, told, share in zip(every, messages, severe, strict=True)
    ]
    if messages == every:
        kinds = lines.kinds
    else:
        kinds = templates(messages, [share or counts for share, counts in zip(severe, counting, strict=True)])
    failures = Counter(kind for kind, share in zip(kinds, severe, strict=True) if share)
    total = tuned.total / max(1, sum(counting)) ** tuned.alike_exponent  # however each of them is worded
    values = []
    number = 0
    for part in lines.texts:
        found: dict[int, float] = {}  # by kind
        for _ in part:
            kind = kinds[number]
            if severe[number]:
                value = tuned.failure * severe[number] / failures[kind] ** tuned.alike_exponent
                found[kind] = max(found.get(kind, 0.0), value)
            if counting[number]:
                found[kind] = max(found.get(kind, 0.0), total)
            number += 1
        ordered = sorted(found.values(), reverse=True)[: tuned.max_telling_lines]
        values.append(sum(value * tuned.next_share**place for place, value in enumerate(ordered)))
    return values


def _of_parts(values: Sequence[float], parts: Sequence[Sequence[str]]) -> list[float]:
    """The highest value of the lines of each part."""
    each = iter(values)
    return [max(islice(each, len(part)), default=0.0) for part in parts]


def _is_apart(part: str) -> bool:
    """Whether all lines say that a test passed, or are titles between rules, or frames of libraries.

    They tell nothing of a failure nearby.

    >>> _is_apart("test_a PASSED\\n=== FAILURES ===\\n"), _is_apart("x = 5\\n")
    (True, False)
    """
    lines = [line for line in part.splitlines() if line.strip()]
    return bool(lines) and all(is_formal(line) or is_frame_of_others(line) for line in lines)


def _message(line: str) -> str:
    """A line without the place in a file that it begins with, and without the names that it quotes: what it says.

    >>> _message("src/tax.py:2:20: F821 Undefined name `rate`"), _message("it isn't 'x'")
    ('F821 Undefined name ``', "it isn't ''")
    """
    place = _PLACE.match(line)
    return "".join(_QUOTED.split(line[place.end() :] if place else line))  # a split keeps the quotes


def _scarce(values: list[float]) -> list[float]:
    """The values, which are lower if more parts have one: if every second part is odd, none is.

    >>> [round(value, 2) for value in _scarce([1.0, 0.0, 0.0, 0.0, 0.4])]
    [0.41, 0.0, 0.0, 0.0, 0.05]
    """
    exponent = tuning.WEIGHTS.scarce_exponent
    ordered = sorted(values, reverse=True)
    last = {value: number for number, value in enumerate(ordered)}
    return [value * (1 - (last[value] + 1) / len(values)) ** exponent if value else 0.0 for value in values]


def _lent(values: list[float], share: float) -> list[float]:
    """Each value, or a share of a neighbour's that is worth more: a failure has lines before and behind it.

    >>> _lent([0.0, 0.0, 1.0, 0.0], 0.5)
    [0.25, 0.5, 1.0, 0.5]
    """
    found = values[:]
    for order in (range(1, len(found)), range(len(found) - 2, -1, -1)):
        step = order.step
        for number in order:
            found[number] = max(found[number], share * found[number - step])
    return found
