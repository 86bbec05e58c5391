"""Second hops: a text about something that the best hits name is relevant too, even if the query does not name it.

A hit on "Rush" that mentions Neil Peart makes the passage about Neil Peart relevant. What a text is about is what it
begins with, in any layout: as its title, in a tag, in the first field of a record, or in its first sentence. A function
that the issue is about makes those relevant that it calls. It knows names by their capitals, so it follows none in
scripts that have no capitals.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate

from . import weights as tuning
from .document import Document
from .terms import STOP_WORDS

_HEAD_CHARACTERS = 160  # characters of a segment's beginning that say what it is about, wrappers among them
_SOURCE_CHARACTERS = 8_000  # characters of a hit that are read for names, which bounds the time
_CODE = frozenset(
    {"python", "code", "diff", "log", "search", "lines"}
)  # kinds that begin with no names, and in which one capitalised word is none
_IDENTIFIER = re.compile(r"\w+")
_BLANK = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "_")}
_WORD = r"[^\W\d_a-zß-öø-ÿ][\w'’]*\.?"  # begins with a capital, or is of a script without them
_SMALL = r"(?:of|the|and|in|on|for|to|a|de|da|di|du|del|des|la|le|von|van|der|y|e|i)"  # occur inside of names
_NAME = re.compile(rf"{_WORD}(?:[ _-](?:{_SMALL}[ _]){{0,2}}(?:{_WORD}|\d+))*")
_BETWEEN = re.compile(r"[ _-]")
_SENTENCE = ".!?:\n"  # signs behind which every word has a capital


def hop(documents: Sequence[Document], values: Sequence[float], explicit: float = 1.0) -> list[float]:
    """The values of all segments of all documents in a row, raised where better ones name them.

    Args:
        explicit: how surely the query asks about the texts, from 0 to 1. An agent's next step needs what it did last,
            and not what that names.

    >>> from compresskit.content import Segment
    >>> rush, peart = "Rush's drummer was Neil Peart.", "Passage: Neil Peart (1952-2020) wrote lyrics."
    >>> documents = [Document(text, [Segment(0, len(text), "")], "", 0.0) for text in (rush, peart, "Toto is a band.")]
    >>> hop(documents, [1.0, 0.1, 0.1])
    [1.0, 0.6, 0.1]
    """
    hits = tuning.WEIGHTS.hop_hits
    raised = list(values)
    index = _Index(documents, explicit)
    seen: set[int] = set()
    for _ in range(tuning.WEIGHTS.hop_rounds):
        ranked = sorted(range(len(raised)), key=raised.__getitem__, reverse=True)  # stable: the first of equals leads
        best = [number for number in ranked[: hits + len(seen)] if number not in seen][:hits]
        seen.update(best)
        gained: dict[int, float] = {}
        for number in best:
            for target, share in index.named_by(number):
                if raised[target] < raised[number]:
                    gained[target] = max(gained.get(target, 0.0), share * raised[number])
        for target, gain in gained.items():
            raised[target] = values[target] + max(gain, raised[target] - values[target])
    return raised


class _Index:
    """What the segments define, and the words of the names that they begin with."""

    def __init__(self, documents: Sequence[Document], explicit: float) -> None:
        self._documents = documents
        self._ends = list(accumulate(len(document.segments) for document in documents))
        self._title_share = explicit * tuning.WEIGHTS.title_share
        self._defined: dict[str, list[int]] = {}
        self._heads: dict[str, dict[int, int]] = {}  # word -> segment -> which name of its beginning has it, from 0
        number = 0
        for document in documents:
            for start, end, name in document.segments:
                for definition in _definitions(name) if name else ():
                    self._defined.setdefault(definition, []).append(number)
                if self._title_share and document.kind not in _CODE:
                    head = document.text[start : min(end, start + _HEAD_CHARACTERS)]
                    for place, found in enumerate(_NAME.findall(head)):
                        for word in _words(found):
                            self._heads.setdefault(word, {}).setdefault(number, place)
                number += 1
        self._most = max(tuning.WEIGHTS.min_name_segments, int(tuning.WEIGHTS.max_name_share * number))

    def named_by(self, number: int) -> Iterator[tuple[int, float]]:
        """The segments that one segment names, each with its share of the value: less if many have the name."""
        at = bisect_right(self._ends, number)
        document = self._documents[at]
        start, end, _ = document.segments[number - self._ends[at]]  # from the end of the document's own
        text = document.text[start : min(end, start + _SOURCE_CHARACTERS)]
        exponent, of_definition = -tuning.WEIGHTS.name_exponent, tuning.WEIGHTS.definition_share
        for name in self._defined.keys() & _identifiers(text) if self._defined else ():
            targets = self._defined[name]
            yield from ((target, of_definition * len(targets) ** exponent) for target in targets)
        if self._heads:
            yield from self._about(text, document.kind in _CODE, number)

    def _about(self, text: str, code: bool, number: int) -> Iterator[tuple[int, float]]:
        tuned = tuning.WEIGHTS
        done: set[tuple[str, ...]] = set()
        for match in _NAME.finditer(text):
            words = _words(match[0])
            if not words or words in done or not all(word in self._heads for word in words):
                continue
            if len(words) == 1 and (
                code or len(words[0]) < tuned.min_name_characters or _begins_sentence(text, match.start())
            ):
                continue
            done.add(words)
            first, *others = sorted((self._heads[word] for word in words), key=len)
            targets = [target for target in first if target != number and all(target in other for other in others)]
            if not 0 < len(targets) <= self._most:
                continue
            share = self._title_share * len(targets) ** -tuned.name_exponent
            for target in targets:
                place = min(first[target], *(other[target] for other in others)) if others else first[target]
                yield target, share * (1.0 if place < tuned.leading_names else tuned.later_name_share)


def _identifiers(text: str) -> set[str]:
    return set(text.translate(_BLANK).split() if text.isascii() else _IDENTIFIER.findall(text))


@lru_cache(maxsize=4_096)
def _words(name: str) -> tuple[str, ...]:
    """The telling words of a name, without small words, possessives and dots.

    >>> _words("The Tale of Neil Peart's")
    ('tale', 'neil', 'peart')
    """
    found = []
    for word in _BETWEEN.split(name):
        word = word.rstrip(".'’").removesuffix("'s").removesuffix("’s").lower()
        if len(word) > 1 and word not in STOP_WORDS:
            found.append(word)
    return tuple(found)


def _begins_sentence(text: str, at: int) -> bool:
    before = text[max(0, at - 2) : at].rstrip(" ")
    return not before or before[-1] in _SENTENCE


def _definitions(name: str) -> list[str]:
    """The last parts of the names of definitions."""
    least = tuning.WEIGHTS.min_name_characters
    found = []
    for part in name.split(", "):
        last = part[part.rfind(".") + 1 :]
        if len(last) >= least and last.isidentifier() and not last.startswith("__"):
            found.append(last)
    return found
