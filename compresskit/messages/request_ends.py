"""Finds the request on the first or last line, or in the first or last sentence, of data.

It is for texts whose request does not stand in a paragraph of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from ..content import introduces
from ..types import Span
from . import weights as tuning
from .asking import ASKS, TASK, ends_like_a_question, is_doubtful, is_list, is_question

_LABELLED = re.compile(r"[ \t>#*]*\w[\w -]{0,30}[* ]*[:：]")
# A line that gives the question its name, as the templates of frameworks do: "Query: …" above "Answer:".
_NAMED = re.compile(
    r"[ \t>#*]*(?:\w+ ){0,3}(?:(?:question|query|task|instruction|request|prompt|input)s?"
    r"|q|frage|pregunta|вопрос|问题|問題|سؤال)\b[* ]*[:：]\s*\S",
    re.IGNORECASE,
)
# They begin with the line end before them, which makes the search fast.
_NAMED_LINE = re.compile(rf"\n{_NAMED.pattern}[^\n]{{0,600}}(?=\n|\Z)", re.IGNORECASE)
_QUESTION_LINE = re.compile(r"\n[^\n?？؟]{3,300}[?？؟][\"'”’»)\]*_ ]*(?=\n|\Z)")
_TASK_LINE = re.compile(rf"\n{TASK.pattern}[^\n]{{3,300}}[.:：](?=\n|\Z)", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s+|(?<=[。！？])")


def without_request(text: str, spans: list[Span], has_head: bool, has_tail: bool, sure: bool) -> list[Span]:
    """Data without a recognised request at their beginning (the first line or sentence) or end (the last one)."""
    if not has_tail:
        start, end = spans[-1]
        at = _last_question(text, start, end)
        spans = [*spans[:-1], (start, at)] if at > start else spans
    if not has_head:
        start, end = spans[0]
        at = _first_request(text, start, end)
        if at < end and not (sure and is_doubtful(text[start:at])):
            spans = [(at, end), *spans[1:]]
    return spans


def _last_question(text: str, start: int, end: int) -> int:
    """The offset at which a question at the end of data begins; ``end`` if there is none."""
    stop = start + len(text[start:end].rstrip())
    last = _last_part(text, start, stop)
    if start < last < stop and ends_like_a_question(text[last:stop]):
        return last
    return _last_named(text, start, stop) or end


def _last_named(text: str, start: int, stop: int) -> int:
    r"""The offset of one of the last lines, if it names a question and only labelled lines follow; else 0.

    >>> text = "The bridge is old.\nQuery: Who built it?\nOld answer: Bob.\nNew answer:"
    >>> text[_last_named(text, 0, len(text)) :]
    'Query: Who built it?\nOld answer: Bob.\nNew answer:'
    """
    position = stop
    while position > max(start, stop - tuning.WEIGHTS.max_instruction_characters):
        line = max(start, text.rfind("\n", start, position) + 1)
        if line == start or not _LABELLED.match(text, line, position):
            break
        if _NAMED.match(text, line, position):
            return line
        position = line - 1
    return 0


def _last_part(text: str, start: int, stop: int) -> int:
    """The offset at which the last line begins, or the last sentence of a long line; ``stop`` if that is long too."""
    most = tuning.WEIGHTS.max_instruction_characters
    line = max(start, text.rfind("\n", start, stop) + 1)
    if stop - line <= most:
        return line
    tail = text[max(line, stop - most) : stop]
    cuts = [match.end() for match in _SENTENCE_END.finditer(tail) if match.end() < len(tail)]
    return stop - len(tail) + cuts[-1] if cuts else stop


def without_unrecognised_request(text: str, spans: Sequence[Span], at_start: bool, at_end: bool) -> list[Span]:
    """Data without their first or last line or sentence, which may be a request.

    A request is not recognised if it is in a language without a list of words and has no question mark.
    """
    most = tuning.WEIGHTS.max_instruction_characters
    start, end = spans[0][0], spans[-1][1]
    stop = start + len(text[start:end].rstrip())
    if at_end and (last := _last_list(text, spans[-1][0], stop)):
        end = last
    elif at_end:
        last = _last_part(text, spans[-1][0], stop)
        # a script without sentence ends has spaces between its sentences
        last = _with_line_above(text, spans[-1][0], last, stop)
        end = last if last < stop else text.rfind(" ", stop - most // 2, stop - most // 4) + 1 or stop - most // 4
    if at_start:
        first = text[start : start + most]
        sentence = _SENTENCE_END.search(first)
        ends = [first.find("\n") + 1, sentence.end() if sentence else 0, first.find(" ", most // 4, most // 2) + 1]
        start += next(filter(None, ends), most // 4)
    found = [(max(one, start), min(other, end)) for one, other in spans]
    return found if all(one < other for one, other in found) else list(spans)


def without_last_lines(text: str, spans: Sequence[Span], at_start: bool, at_end: bool) -> list[Span]:
    """Data without their short first line, their short last one, or both: a request may be there."""
    most = tuning.WEIGHTS.max_end_characters
    start, end = spans[0][0], spans[-1][1]
    if at_start and (stop := text.find("\n", start, start + most)) >= 0:
        start = stop + 1
    if at_end:
        stop = start + len(text[start:end].rstrip())
        line = text.rfind("\n", start, stop) + 1
        if line and stop - line <= most:
            end = _with_line_above(text, start, line, stop)
        end = _last_list(text, start, stop) or end
    found = [(max(one, start), min(other, end)) for one, other in spans]
    return found if all(one < other for one, other in found) else list(spans)


def _with_line_above(text: str, start: int, line: int, stop: int) -> int:
    r"""The offset of the last line; that of a short line above it if it is only the place for an answer to that.

    >>> text = "It is old.\nHuman: Who built it?\nAI:"
    >>> text[_with_line_above(text, 0, 32, len(text)) :]
    'Human: Who built it?\nAI:'
    """
    if not introduces(text[line:stop]):
        return line
    above = text.rfind("\n", start, max(start, line - 1)) + 1
    return above if above and line - above <= tuning.WEIGHTS.max_end_characters else line


def _last_list(text: str, start: int, stop: int) -> int:
    r"""The offset of a line that introduces a list at the end of data without other lists; 0 if there is none.

    >>> text = "The bridge is old.\nRegeln:\n- Kurz.\n- Ohne Namen."
    >>> text[_last_list(text, 0, len(text)) :]
    'Regeln:\n- Kurz.\n- Ohne Namen.'
    """
    first = max(start, stop - tuning.WEIGHTS.max_rules_characters)
    lines = text[first:stop].split("\n")
    at = len(lines)
    while at and is_list(lines[at - 1]):
        at -= 1
    introduced = 0 < at < len(lines) - 1 and introduces(lines[at - 1])
    if not introduced or any(map(is_list, lines[: at - 1])):
        return 0
    return stop - len("\n".join(lines[at - 1 :]))


def lone_questions(text: str) -> list[Span]:
    r"""The lines of a text that ask something, if they are few: lines that name a question, or else whole questions.

    >>> text = "It rained.\nWho built it?\nIt was dry."
    >>> [text[start:end] for start, end in lone_questions(text)]
    ['Who built it?\n']
    """
    for form in (_NAMED_LINE, _QUESTION_LINE, _TASK_LINE):
        lines = list(islice(form.finditer(f"\n{text}"), tuning.WEIGHTS.max_lone_questions + 1))
        if 0 < len(lines) <= tuning.WEIGHTS.max_lone_questions:
            return [(line.start(), min(line.end(), len(text))) for line in lines]
    return []


def _first_request(text: str, start: int, end: int) -> int:
    """The offset behind a request on the first line, or in the first sentence, of data; ``start`` if there is none."""
    most = tuning.WEIGHTS.max_instruction_characters
    stop = text.find("\n", start, min(end, start + most + 1))
    line = text[start : stop + 1] if stop >= 0 else ""
    if line and is_question(line) and (introduces(line) or line.rstrip().endswith(("?", "？", "."))):
        return stop + 1
    if not line:
        head = text[start : min(end, start + most)]
        match = re.search(r"[:：?？](?:\s+|(?<=[：？]))", head)
        if match and ASKS.match(head):
            return start + match.end()
    return start
