"""Entities: the ids, numbers, paths and identifiers of a conversation, and how likely each is needed again.

The next action of an agent names things of its history. Nobody knows which ones, so a text is also worth the facts
that no other kept text shows. The weights were measured on agent runs (`python -m evals agent-points`): an agent needs
a fact that the assistant or the user said far more often than one that only a tool printed, and a fact of two to four
messages more often than one of a single message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from functools import partial

from ..types import Block, Turn
from . import weights as tuning
from .entity_names import DATE, spelled, tells
from .terms import plain

_WORDS = re.compile(r"[\w./~-]+")
_BLANK = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) in "_./~-")}
_DIGIT = re.compile(r"\d")
_COMPOUND = re.compile(r"\w[_./-]\w|[a-z][A-Z]")
_IDS = re.compile(r"_\w*\d{3}")
_NAMED = re.compile(r"/.*[^\W\d_]{2}|[^\W\d_]{2}_|_[^\W\d_]{2}")  # a path, or an identifier, with a number in it
_LONGEST = 200  # characters of a fact that is looked at closely, which bounds the time
_DASHES = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)+")
_NONE: frozenset[int] = frozenset()
_NO_FACT = frozenset({0})  # the number of ordinary words
_SPEAKING_CHARACTERS = 4_000  # characters of each of the latest texts that speak of ids, which bounds the time
_LETTERS = re.compile(r"[^\W\d_]{3,}")


def _words_of(text: str) -> list[str]:
    """The words of a text with the signs that facts have inside.

    >>> words = _words_of("open src/app.py for mia_li_3668: $250, 3 bags. getUser from JFK")
    >>> [fact for word in words if (fact := _fact(word))]
    ['src/app.py', 'mia_li_3668', '250', 'getUser', 'JFK']
    """
    simple = plain(text)
    return _WORDS.findall(text) if simple is None else simple.translate(_BLANK).split()


def _fact(word: str) -> str:
    """The fact that a word is, without its punctuation; "" for an ordinary word."""
    if word.isalpha():
        if word.islower() or word.istitle():
            return ""
        return word if (word.isupper() and len(word) > 2) or _COMPOUND.search(word) else ""
    word = word.strip("./~-")
    return word if len(word) > 1 and (_COMPOUND.search(word) or _DIGIT.search(word)) else ""


def _prior(tuned: tuning.RelevanceWeights, fact: str) -> float:
    """How likely a fact of this kind is needed again, against a name.

    >>> facts = ("card_4421486", "HAT223", "2024-05-20", "get_user", "250", "17", "well-known")
    >>> [_prior(tuning.WEIGHTS, fact) for fact in facts]
    [3.0, 1.5, 2.0, 1.0, 0.3, 0.1, 0.1]
    """
    if fact.replace("_", "").isalpha():  # most of them
        return tuned.name_prior
    if len(fact) > _LONGEST:
        return tuned.mixed_prior
    numbers = tuned.number_priors
    if fact.isdigit():
        return numbers[min(len(fact), len(numbers)) - 1]
    if not _DIGIT.search(fact):
        return tuned.dashed_prior if "-" in fact and _DASHES.fullmatch(fact) else tuned.name_prior
    if fact.lower() == fact.upper():
        return tuned.date_prior if DATE.fullmatch(fact) else numbers[min(len(fact), len(numbers)) - 1]
    if _IDS.search(fact):
        return tuned.id_prior
    if _NAMED.search(fact):
        return tuned.name_prior
    return tuned.code_prior if fact.isalnum() and fact.isupper() else tuned.mixed_prior


class _Numbers(dict[str, int]):
    """The number of the fact that a word is, from 1 on; 0 for none. Each different word is looked at once."""

    def __init__(self) -> None:
        self.facts: dict[str, int] = {}
        self.words = [""]  # the first word that says each fact, by number

    def __missing__(self, word: str) -> int:
        fact = _fact(word)
        number = 0
        if fact:
            number = self.facts.setdefault(fact, len(self.words))
            if number == len(self.words):
                self.words.append(word)
        self[word] = number
        return number


class _Names(dict[int, str]):
    """The name by which a marker mentions a fact; "" if it means nothing by itself. Few names are needed."""

    def __init__(self, words: Sequence[str], ties: Set[int]) -> None:
        self._words = words  # by number
        self._ties = ties  # facts that only tie calls and results

    def __missing__(self, number: int) -> str:
        name = spelled(self._words[number])
        name = self[number] = name if tells(name) and number not in self._ties else ""
        return name


class Facts:
    """The facts of all texts of a conversation by number, with their weights.

    There are none before the assistant has acted: nothing shows then which facts an action needs, so the question alone
    decides.
    """

    def __init__(self, turns: Sequence[Turn]) -> None:
        self.weights: list[float] = []
        self.names: Mapping[int, str] = {}  # by number; "" for the facts that say nothing by themselves
        self._turns = turns
        self._acting = any(turn.role == "assistant" for turn in turns)
        self._numbers = _Numbers()

    def numbers(self, text: str) -> frozenset[int]:
        """The facts of a text. They are numbered as they come, whatever the seed of hashes is."""
        if not self._acting or not text:
            return _NONE
        return frozenset(map(self._numbers.__getitem__, _words_of(text))) - _NO_FACT

    def weigh(self, blocks: Sequence[tuple[Block, frozenset[int]]]) -> None:
        """Sets the weights by the speakers of the facts, the number of their messages, and their age.

        Args:
            blocks: every block with its facts, in order.
        """
        said: set[int] = set()
        of_turn: dict[int, set[int]] = {}
        for block, numbers in blocks:
            turn = self._turns[block.message]
            of_turn.setdefault(turn.index, set()).update(numbers)
            if turn.role == "assistant" or (turn.human and not block.call):
                said |= self.numbers(block.instruction) if block.data else numbers
        for turn in self._turns:
            for text in turn.fixed:
                of_turn.setdefault(turn.index, set()).update(self.numbers(text))
        self.weights = self._weights(said, of_turn)

    def _weights(self, said: set[int], of_turn: dict[int, set[int]]) -> list[float]:
        import numpy as np

        tuned = tuning.WEIGHTS
        facts = self._numbers.facts
        times = np.zeros(len(facts) + 1, dtype=np.int64)
        for numbers in of_turn.values():
            times[list(numbers)] += 1
        weights = np.fromiter(map(partial(_prior, tuned), ("", *facts)), np.float64)
        ties = frozenset().union(*(self.numbers(text) for turn in self._turns for text in (*turn.calls, *turn.answers)))
        self.names = _Names(self._numbers.words, ties)
        spoken = self._spoken_of(np.flatnonzero(weights == tuned.id_prior).tolist())
        weights[spoken] *= tuned.spoken_of_factor
        weights[list(said)] *= tuned.said_factor
        weights *= np.asarray(tuned.message_factors)[np.clip(times, 1, len(tuned.message_factors) - 1)]
        found: list[float] = weights.tolist()
        return found

    def _spoken_of(self, ids: list[int]) -> list[int]:
        """Those of the ids all of whose words the user or the assistant lately said, also as plurals."""
        said: set[str] = set()
        for turn in self._turns[max(0, len(self._turns) - tuning.WEIGHTS.spoken_of_messages) :]:
            texts = [block.text for block in turn.blocks if not block.call and turn.role != "tool"]
            for text in (*texts, *turn.fixed):
                said.update(_LETTERS.findall(text[:_SPEAKING_CHARACTERS].lower()))
        names = ["", *self._numbers.facts]
        found = []
        for number in ids:
            words = _LETTERS.findall(names[number].lower())
            if words and all(word in said or word + "s" in said for word in words):
                found.append(number)
        return found
