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
from .asking import TASK, is_list

# They begin with the line end before them, which makes the search fast.
# A line that gives the question its name, as the templates of frameworks do: "Query: …" above "Answer:".
_NAMED_LINE = re.compile(
    r"\n[ \t>#*]*(?:\w+ ){0,3}(?:(?:question|query|task|instruction|request|prompt|input)s?"
    r"|q|frage|pregunta|вопрос|问题|問題|سؤال)\b[* ]*[:：]\s*\S[^\n]{0,600}(?=\n|\Z)",
    re.IGNORECASE,
)
_QUESTION_LINE = re.compile(r"\n[^\n?？؟]{3,300}[?？؟][\"'”’»)\]*_ ]*(?=\n|\Z)")
_TASK_LINE = re.compile(rf"\n{TASK.pattern}[^\n]{{3,300}}[.:：](?=\n|\Z)", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s+|(?<=[。！？])")


def without_ends(text: str, spans: Sequence[Span], at_start: bool, at_end: bool, recognised: bool) -> list[Span]:
    """Data without their short first or last line, in which a request may be.

    Args:
        text: The text.
        spans: The data, in order.
        at_start, at_end: Whether a request may be at the beginning, or at the end, of the data.
        recognised: Whether there is a request elsewhere. If not, the first or last sentence of a longer line may be
            one, in a language without a list of words and without a question mark.
    """
    tuned = tuning.WEIGHTS
    most = tuned.max_end_characters if recognised else tuned.max_instruction_characters
    start, end = spans[0][0], spans[-1][1]
    if at_end:
        end = _end(text, spans[-1][0], start + len(text[start:end].rstrip()), most, recognised) or end
    if at_start:
        first = text[start : start + most]
        sentence = None if recognised else _SENTENCE_END.search(first)
        ends = [first.find("\n") + 1, sentence.end() if sentence else 0]
        ends += [] if recognised else [first.find(" ", most // 4, most // 2) + 1, most // 4]
        start += next(filter(None, ends), 0)
    found = [(max(one, start), min(other, end)) for one, other in spans]
    return found if all(one < other for one, other in found) else list(spans)


def _end(text: str, start: int, stop: int, most: int, recognised: bool) -> int:
    """The offset at which a list at the end, the last line, or the last sentence of a long line begins; 0: none does.

    A script without sentence ends has spaces between its sentences.
    """
    line = max(start, text.rfind("\n", start, stop) + 1)
    if last := _last_list(text, start, stop):
        return last
    if stop - line <= most:
        return _with_line_above(text, start, line, stop)
    if recognised:
        return 0
    tail = text[stop - most : stop]
    cuts = [match.end() for match in _SENTENCE_END.finditer(tail) if match.end() < len(tail)]
    if cuts:
        return stop - len(tail) + cuts[-1]
    return text.rfind(" ", stop - most // 2, stop - most // 4) + 1 or stop - most // 4


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
