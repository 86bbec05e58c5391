"""Facts: the ids, numbers, paths and identifiers of a conversation, and how likely each is needed again.

What an agent does next names things that stand in its history. Which ones cannot be known, so a text is
also worth the facts that nothing else kept shows yet. What the weights say was measured on agent runs
(`python -m evals.agent_points`): whatever the assistant or the user said comes back far more often than
what only a tool printed, and so does what stands in two to four messages rather than in one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..types import Turn

_WORDS = re.compile(r"[\w./-]+")
_BLANK = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) in "_./-")}
_COMPOUND = re.compile(r"\w[_./-]\w|[a-z][A-Z]")
_SAID = 4.0  # by the assistant or the user
_NUMBER = 0.3
_REPEATED = (1.0, 1.0, 3.0, 3.5, 3.5)  # by the number of messages that have it; more say less again
_COMMON = 1.5
_FADE = 12.0  # messages after which a fact is half as likely to be needed as a new one; it never fades below a half


def facts_in(text: str) -> list[str]:
    """The facts of a text, in order, with repetitions.

    >>> facts_in("open src/app.py for mia_li_3668: $250, 3 bags. getUser from JFK")
    ['src/app.py', 'mia_li_3668', '250', 'getUser', 'JFK']
    """
    found = text.translate(_BLANK).split() if text.isascii() else _WORDS.findall(text)
    return [fact for word in found if (fact := _fact(word))]


def _fact(word: str) -> str:
    """The fact that a word is, without its punctuation; "" for an ordinary word."""
    if word.isalpha() and (word.islower() or word.istitle()):
        return ""
    word = word.strip("./-")
    if len(word) < 2:
        return ""
    if word.isalpha():
        return word if (word.isupper() and len(word) > 2) or _COMPOUND.search(word) else ""
    return word if any(sign.isdigit() for sign in word) or _COMPOUND.search(word) else ""


class Facts:
    """The facts of all texts of a conversation by number, with their weights."""

    def __init__(self) -> None:
        self.weights: list[float] = []
        self._numbers: dict[str, int] = {}
        self._known: dict[str, int] = {}  # word as it stands -> number of its fact, -1 for none

    def numbers(self, text: str) -> frozenset[int]:
        """The facts of a text."""
        found = set(text.translate(_BLANK).split() if text.isascii() else _WORDS.findall(text))
        for word in found - self._known.keys():
            fact = _fact(word)
            self._known[word] = self._numbers.setdefault(fact, len(self._numbers)) if fact else -1
        return frozenset(map(self._known.__getitem__, found)) - {-1}

    def weigh(self, turns: Sequence[Turn]) -> None:
        """Sets the weights by who said what, how often, and how long ago.

        Where the assistant has not acted yet, nothing shows what comes back, and the question alone decides.
        """
        if not any(turn.role == "assistant" for turn in turns):
            return
        times: dict[int, int] = {}
        said: set[int] = set()
        latest: dict[int, int] = {}
        for turn in turns:
            spoken = self._all(turn.fixed)
            results = self._all(block.text for block in turn.blocks if block.call)
            texts = self._all(block.text for block in turn.blocks if not block.call)
            if turn.role == "assistant" or turn.human:
                spoken |= texts
            said |= spoken
            for number in spoken | results | texts:
                times[number] = times.get(number, 0) + 1
                latest[number] = turn.index
        names = {number: fact for fact, number in self._numbers.items()}
        self.weights = [0.0] * len(names)
        for number, fact in names.items():
            age = len(turns) - latest.get(number, 0)
            count = times.get(number, 1)
            self.weights[number] = (
                (_NUMBER if not any(sign.isalpha() for sign in fact) else 1.0)
                * (_SAID if number in said else 1.0)
                * (_REPEATED[count] if count < len(_REPEATED) else _COMMON)
                * (0.5 + 0.5 * _FADE / (_FADE + age))
            )

    def _all(self, texts: Iterable[str]) -> set[int]:
        found: set[int] = set()
        for text in texts:
            found |= self.numbers(text)
        return found
