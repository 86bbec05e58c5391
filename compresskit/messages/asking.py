"""Recognises texts that ask for something: questions, requests, and rules for the reader.

A question mark decides in every language. Lists of words add requests and orders in some of them.
It sees one text or paragraph, and does not know where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

from ..content import detect, introduces
from . import weights as tuning

_MIN_LISTED = 2  # items of a list of rules, and those that give an order or ask, minimum
_SAMPLED_LINES = 400  # lines that are searched for orders, which bounds the time
_SAMPLED_CHARACTERS = 20_000  # of each paragraph that are divided into these lines
_QUESTION = re.compile(r"[?？؟][\"'”’»)\]*_ ]*\Z")
_HOLDS_QUESTION = re.compile(r"[?？؟](?:[\s\"'”’»)]|\Z)")
ASKS = re.compile(
    r"\s*(?:[-*>#]+\s*|\d+[.)]\s*)?(?:\*\*)?"
    r"(?:(?:question|q|query|task|instructions?|request|prompt|note|answer|hint|goal|output|format|context|frage|pregunta"
    r"|вопрос|问题|質問|سؤال)\b\s*[0-9]*\s*(?:\*\*)?[:：]"
    r"|(?:please|summari[sz]e|explain|find|list|answer|tell|give|write|fix|translate|describe|compare|extract|identify"
    r"|review|analy[sz]e|look|read|using|use|based on|given|according|show|help|here\s+(?:is|are)|below|the following"
    r"|above|attached|i(?:'m|'ve| (?:want|need|have|am|would|ran|get|got))|can|could|would|what|why|how|which|who|when"
    r"|where|is|are|does|do|did|we(?:'re)?|our|you(?:'re|r)?|make|implement|add|create|return|respond|refactor|debug|check|classify|from)\b(?!\.\w))",
    re.IGNORECASE,
)
TASK = re.compile(
    r"(?:\*\*)?(?:(?:question|query|task|instructions?)\b\s*(?:\*\*)?[:：]"
    r"|(?:please|summari[sz]e|explain|answer|tell me|translate|describe|compare|extract|identify|review|analy[sz]e|fix"
    r"|write|find|classify|use the following|based on)\b)",
    re.IGNORECASE,
)
# It begins with the line end before it, and is searched for in lower case: both make the search fast.
_ORDER = re.compile(
    r"\n[^\S\n]*+(?:[-*•][^\S\n]*+|\d++[.)][^\S\n]*+|[a-z][\w ]{0,20}+:[^\S\n]*+)?(?:\*\*)?"
    r"(?:do not|don't|never|always|must|make sure|ensure|avoid|return|respond|reply|write|follow|keep|include|remember"
    r"|note that|if you|when you|you (?:must|should|are|will|can|need|may|have)"
    r"|your (?:task|job|goal|role|answer|response))\b"
)
_RULES = re.compile(
    r"[#*\s]*(?:(?:important|output|answer|response|general|additional|formatting|strict) ){0,2}"
    r"(?:rules?|requirements|guidelines|constraints|instructions?|notes?|important|remember|format)\b[^\n]{0,60}[:：]?\**\Z",
    re.IGNORECASE,
)
_LISTED = re.compile(r"[ \t]*(?:[-*•]|\d+[.)])[ \t]+(?=\S)")
_LISTED_LINE = re.compile(rf"\n{_LISTED.pattern}")


def gives_task(text: str) -> bool:
    """Whether a short text certainly asks for something: it holds a question, or it begins with an order."""
    short = text.strip()
    if len(short) > tuning.WEIGHTS.max_instruction_characters:
        return False
    return _HOLDS_QUESTION.search(short) is not None or TASK.match(short) is not None


def is_question(text: str) -> bool:
    """Whether a short text reads as a question or a request. In a language without a word list, a "?" decides.

    >>> is_question("Who wrote it?"), is_question("Summarise this:"), is_question("The report of 1932")
    (True, True, False)
    """
    short = text.strip()
    if not short:
        return False
    if ends_like_a_question(short):
        return True
    return len(short) <= 2 * tuning.WEIGHTS.max_instruction_characters and ASKS.match(short) is not None


def ends_like_a_question(text: str) -> bool:
    """Whether a question mark ends a text, in any script."""
    return _QUESTION.search(text[-200:]) is not None


def gives_orders(paragraphs: Iterable[str]) -> bool:
    """Whether the paragraphs of a text are rules for the reader."""
    sampled = (paragraph[:_SAMPLED_CHARACTERS] for paragraph in paragraphs)
    lines = list(islice((line for one in sampled for line in one.split("\n") if line.strip()), _SAMPLED_LINES))
    orders = _orders(lines)
    if not lines or orders < tuning.WEIGHTS.max_instruction_share * len(lines):
        return False
    return detect("\n".join(lines)).kind not in ("code", "python")  # whose short functions return in every third line


def gives_rules(paragraph: str) -> bool:
    r"""Whether a line above a list gives its rules to the reader.

    >>> gives_rules("Rules:\n- Never guess."), gives_rules("Drivers must:\n- Never park here.\n- Keep the keys.")
    (True, False)
    """
    first = paragraph.strip().partition("\n")[0]
    return not is_list(first) and (_orders([first]) > 0 or (_RULES.match(first) or ASKS.match(first)) is not None)


def is_list(paragraph: str) -> bool:
    """Whether a paragraph begins with an item of a list, and ends with no question."""
    return _LISTED.match(paragraph) is not None and not ends_like_a_question(paragraph.strip())


def is_doubtful(paragraph: str) -> bool:
    """Whether only the first word of a paragraph looks like a request."""
    short = paragraph.strip()
    return not (introduces(short) or ends_like_a_question(short) or TASK.match(short))


def _orders(lines: Iterable[str]) -> int:
    """How many lines begin with an order."""
    return len(_ORDER.findall("\n".join(["", *lines]).lower()))


def lists_orders(paragraph: str) -> bool:
    r"""Whether a paragraph is a list of rules or questions for the reader.

    >>> lists_orders("Now:\n1. Who built it?\n2. Reply as JSON."), lists_orders("- 3 eggs\n- milk\n- flour")
    (True, False)
    """
    if len(_LISTED_LINE.findall(f"\n{paragraph}")) < _MIN_LISTED:
        return False
    lines = [line for line in paragraph.split("\n") if line.strip()]
    listed = [line[match.end() :] for line in lines if (match := _LISTED.match(line))]
    if len(listed) < len(lines) - 1:  # the first line may introduce the list
        return False
    asking = _orders(listed) + sum(_HOLDS_QUESTION.search(line) is not None for line in listed)
    return asking >= max(_MIN_LISTED, tuning.WEIGHTS.max_instruction_share * len(lines))
