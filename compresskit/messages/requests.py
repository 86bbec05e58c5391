"""Finds the texts that ask something among several texts of humans, of which the others are material.

The texts are the messages that nobody has answered yet, or the parts of one message. A request may stand in front of
its material, behind it, or in between. Where a text stands and how long it is decides if no word of it is known.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from heapq import nsmallest

from ..content import detect
from . import weights as tuning
from .asking import gives_task, is_doubtful
from .paragraphs import requests_in

_LAST_QUESTION = re.compile(r".*[?？؟]", re.DOTALL)
_CODE = frozenset({"python", "code"})  # kinds of text of which a short one asks nothing, if no word says so
_ENDS = ("\n\n", "\n")  # what divides the first and the last paragraph, or line, from the rest of a text


def requests_among(texts: Sequence[str]) -> list[int]:
    """The numbers of the texts that may ask something, in order. At least one does.

    These are the texts that surely ask, and the first and the last one if they are shorter than most. If none surely
    asks, the last one counts in any case, and one that is by far the shortest.

    >>> page = "The bridge was built by workers of the town. " * 9
    >>> requests_among(["Who built it?", page, page]), requests_among([page, page, page, "Wie bouwde hem.", page])
    ([0], [3, 4])
    """
    tuned, last = tuning.WEIGHTS, len(texts) - 1
    if last < 1:
        return list(range(len(texts)))
    brief = [number for number in (0, last) if is_brief(texts[number]) and _is_shorter(texts, number)]
    inner = [number for number in range(1, last) if _is_request(texts[number])]
    sure = {
        number for number in (0, last) if _is_request(texts[number]) or (number in brief and gives_task(texts[number]))
    }
    sure.update(inner if len(inner) <= tuned.max_lone_questions else ())
    # a question may also begin or end a longer text, of which the first one is material if another text asks
    sure.update([number for number in ((last,) if sure else (0, last)) if asks_surely(texts[number])][-1:])
    found = {*sure, *brief}
    if not sure:
        number = shortest(list(map(len, texts)))
        found.update([last] if number is None or not is_brief(texts[number]) else [last, number])
    return sorted(found)


def asks_surely(text: str) -> bool:
    """Whether a text is a question or an order, or begins or ends with one in a paragraph or a line of its own."""
    tuned, text = tuning.WEIGHTS, text.strip()
    if len(text) <= tuned.max_instruction_characters and _is_request(text):
        return True
    head, tail = text[: tuned.max_rules_characters], text[-tuned.max_rules_characters :]
    ends = [end for joint in _ENDS for end in (head.partition(joint)[0], tail.rpartition(joint)[2])]
    return any(map(_is_request, ends)) or requests_in(f"{head}\n{tail}") != ""


def _is_request(text: str) -> bool:
    """Whether a text is an order, or a question with no longer text behind it. Names in code may end with "?"."""
    if not gives_task(text):
        return False
    asks = 2 * len(_LAST_QUESTION.sub("", text)) <= len(text) and detect(text).kind not in _CODE
    return asks or not is_doubtful(text)


def is_brief(text: str) -> bool:
    """Whether a text is as short as a request, and no code."""
    return len(text) <= tuning.WEIGHTS.max_end_characters and detect(text).kind not in _CODE


def _is_shorter(texts: Sequence[str], number: int) -> bool:
    """Whether one of the texts is shorter than most of the others."""
    others = sorted(len(text) for text in (*texts[:number], *texts[number + 1 :]))
    return not others or len(texts[number]) <= others[len(others) // 2]


def shortest(lengths: Sequence[int]) -> int | None:
    """The number of the length that is by far the shortest, and as short as a request; None if there is none.

    >>> shortest([900, 40, 800]), shortest([900, 700, 800])
    (1, None)
    """
    first, second = nsmallest(2, range(len(lengths)), key=lengths.__getitem__)
    alone = 2 * lengths[first] <= lengths[second]
    return first if alone and lengths[first] <= tuning.WEIGHTS.max_end_characters else None
