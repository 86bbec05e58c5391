"""Counts how often each word of a query occurs in each segment.

Most words of a text are not in the query. In ASCII text, numpy finds the words that are, by their first eight letters
and their length. Only long words and compounds that may be are compared one by one. Text with a few other signs, such
as arrows and dashes, is read in the same way. All other text is cut into words.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise, repeat
from typing import TYPE_CHECKING, NamedTuple

from ..types import Query
from . import weights as tuning
from .ascii_words import HEAD, AsciiText, places_of, table_of, words_of
from .document import Document
from .term_counts import TermCounts
from .terms import STOP_WORDS, parts, plain, words
from .word_forms import MIN_PREFIX, MIN_STEM, abbreviated, beginnings, inflections, stem_of

if TYPE_CHECKING:
    from .ascii_words import Flags, Numbers

_AT_ONCE = 120_000  # characters of texts that are read together; larger arrays are no faster, and take memory
_OVERHEAD = 20  # characters' worth of memory that a text takes besides its own
_MAX_PREFIX = 8  # letters of a beginning that is looked for
_MIN_REST = 3  # letters that a word has more than its short form, minimum
# Suffixes of terms that name their other forms: an abbreviation or the word that it abbreviates, the first letters of
# the term, a longer word that begins with it, and a word with another ending.
_SHORT, _BEGINNING, _LONGER, _STEM = "~", "<", ">", "*"
_AND = "&"  # between the terms of a pair
_JOINED = re.compile(r"(?<![^\W_])[^\W_]++(?:_[^\W_]++)+")


def base_of(term: str) -> str:
    """The term of the query that a counted term stands for.

    >>> base_of("authentication~"), base_of("authentication")
    ('authentication', 'authentication')
    """
    return term.rstrip(_SHORT + _BEGINNING + _LONGER + _STEM)


class Readings(NamedTuple):
    """Counts of segments: of each term of the query, and of all words."""

    counts: TermCounts
    lengths: list[int]


class _Told(dict[str, tuple[int, ...]]):
    """The numbers of the terms of the query that a word or its parts equal. Each different word is compared once.

    An inflection counts as the term itself. Abbreviations, and words that only begin alike, are less certain. They are
    counted under names of their own, which have lower weights in ``weights``. So are two terms that are neighbours in a
    name: of a text on reverse maps, ReverseMap or reverse_map says more than both words far from each other.
    """

    def __init__(self, query: Query) -> None:
        tuned = tuning.WEIGHTS
        self.terms = {term: term for term in query.weights}
        self.weights = dict(query.weights)
        self.prefixes: dict[str, str] = {}
        for term in query.weights:
            for form in inflections(term):
                self.terms.setdefault(form, term)
        related: dict[str, str] = {}
        for term, weight in query.weights.items():
            if tuned.abbreviation_share:
                self._relate(related, abbreviated(term), term, _SHORT, tuned.abbreviation_share * weight)
        for first, second in pairwise(query.asked):
            weight = min(query.weights.get(first, 0.0), query.weights.get(second, 0.0))
            if tuned.abbreviation_share and weight and len(first) >= MIN_STEM and len(second) >= MIN_STEM:
                self._relate(related, [first + second], first, _SHORT, tuned.abbreviation_share * weight)
        for term in query.asked:
            weight = query.weights.get(term, 0.0)
            if not weight:
                continue
            if tuned.beginning_share:
                self._relate(related, beginnings(term), term, _BEGINNING, tuned.beginning_share * weight)
                if len(term) >= MIN_PREFIX and term.isalpha() and len(term) <= _MAX_PREFIX:
                    self._relate(self.prefixes, [term], term, _LONGER, tuned.beginning_share * weight)
            if tuned.stem_share and (stem := stem_of(term)) and len(stem) <= _MAX_PREFIX:
                self._relate(self.prefixes, [stem], term, _STEM, tuned.stem_share * weight)
        self.terms |= {word: name for word, name in related.items() if word not in self.terms}
        self.names = list(self.weights)
        self.numbers = {name: number for number, name in enumerate(self.names)}
        self._pair_share = tuned.compound_share * query.explicit
        self.single = len(self.names)  # the numbers from here on are those of pairs
        self._longest = max(map(len, self.prefixes), default=0)
        self._firsts = {prefix[:MIN_PREFIX] for prefix in self.prefixes}

    def _relate(self, found: dict[str, str], words: Iterable[str], term: str, how: str, weight: float) -> None:
        for word in words:
            if word not in STOP_WORDS and word not in found:
                found[word] = term + how
                self.weights[term + how] = weight

    def _begun(self, part: str) -> str:
        """The name of the longest beginning of a word that is one of a term's."""
        if part[:MIN_PREFIX] not in self._firsts:
            return ""
        for end in range(min(self._longest, len(part) - 1), MIN_PREFIX - 1, -1):
            if name := self.prefixes.get(part[:end]):
                return name if name[-1] == _STEM or len(part) >= end + _MIN_REST else ""
        return ""

    def __missing__(self, word: str) -> tuple[int, ...]:
        if "_" in word:  # two words that an underscore joins
            self[word] = pair = self._joined(*map(self.__getitem__, word.split("_")))
            return pair
        terms = self.terms
        if word.islower():  # most of them are one part
            name = terms.get(word) or (self._begun(word) if self.prefixes else "")
            self[word] = whole_word = (self.numbers[name],) if name else ()
            return whole_word
        cut = parts(word)
        found = [terms.get(part) or (self._begun(part) if self.prefixes else "") for part in cut]
        neighbours = ((first, second) for first, second in pairwise(found) if first and second)
        together = [number for first, second in neighbours for number in self._pair(first, second)]
        if len(cut) > 1 and (whole := terms.get(word.lower())):
            found.append(whole)
        self[word] = result = (*(self.numbers[name] for name in found if name), *together)
        return result

    def _joined(self, before: Sequence[int], behind: Sequence[int]) -> tuple[int, ...]:
        """The number of the pair of the last term of a word and the first one of the next word."""
        one, other = ([number for number in each if number < self.single] for each in (before, behind))
        return self._pair(self.names[one[-1]], self.names[other[0]]) if one and other else ()

    def _pair(self, first: str, second: str) -> tuple[int, ...]:
        """The number of two terms that are neighbours in a compound; none if they are forms of the same term."""
        share = self._pair_share
        if not share or base_of(first) == base_of(second):
            return ()
        name = _AND.join(sorted((first, second)))
        if name not in self.numbers:
            self.numbers[name] = len(self.names)
            self.names.append(name)
            self.weights[name] = share * min(self.weights[first], self.weights[second])
        return (self.numbers[name],)


class Reader:
    """Finds the words of a query in texts. ``weights`` has the weights of its terms and of their other forms."""

    def __init__(self, query: Query) -> None:
        self._told = _Told(query)
        self.weights: Mapping[str, float] = self._told.weights

    def hits(self, text: str) -> dict[str, int]:
        """The number of times that each term of the query occurs in a text."""
        told = self._told
        found = Counter(chain.from_iterable(map(told.__getitem__, words(text))))
        return {told.names[number]: times for number, times in found.items() if number < told.single}

    def read(self, documents: Iterable[Document]) -> Readings:
        """What every segment of every document has, in order.

        The words of a segment's name count as its own. Many texts are read at once.
        """
        vocabulary = _Vocabulary(self._told)
        found = _Found(self._told)
        waiting: list[_Said] = []  # texts in ASCII that are read together
        size = 0
        for document in documents:
            for text in _said(document):
                said = _Said(found.place(), plain(text) or text)
                if not said.text.isascii():
                    found.read_words(said)
                    continue
                waiting.append(said)
                size += len(text) + _OVERHEAD
                if size > _AT_ONCE:
                    found.read_plain(waiting, vocabulary)
                    waiting, size = [], 0
        if waiting:
            found.read_plain(waiting, vocabulary)
        return found.readings()


class _Vocabulary:
    """Tells which words in ASCII may be terms of the query, by their places in tables."""

    def __init__(self, told: _Told) -> None:
        import numpy as np

        known = [term for term in told.terms if term.isascii()]
        keys = words_of(known).keys
        places = places_of(keys)
        self._terms = table_of(places)
        firsts = [prefix for prefix in told.prefixes if prefix.isascii()]
        self._beginnings = table_of(places_of(words_of(firsts).beginnings(MIN_PREFIX))) if firsts else None
        # a term that is no longer than a key is told from any other word by it
        short = [number for number, term in enumerate(known) if len(term) <= HEAD]
        self._keys = np.zeros(len(self._terms), dtype=np.uint64)
        self._keys[places[short]] = keys[short]
        self._numbers = np.zeros(len(self._terms), dtype=np.int64)
        self._numbers[places[short]] = [told.numbers[told.terms[known[number]]] for number in short]

    def terms_in(self, text: AsciiText) -> tuple[Flags, Flags, Numbers]:
        """Which words may be terms, which of them are one term and nothing else, and the numbers of these terms."""
        words, (parts, cut, doubtful) = text.words, text.compounds()
        places, part_places = places_of(words.keys), places_of(parts.keys)
        likely = self._terms[places]
        sizes = words.ends - words.starts
        sure = likely & (self._keys[places] == words.keys) & (sizes <= HEAD)
        sure[cut] = sure[doubtful] = False
        likely[doubtful] = True
        likely[cut[self._terms[part_places]]] = True
        if self._beginnings is not None:
            likely |= self._beginnings[places_of(words.beginnings(MIN_PREFIX))] & (sizes > MIN_PREFIX)
            likely[cut[self._beginnings[places_of(parts.beginnings(MIN_PREFIX))]]] = True
        return likely, sure, self._numbers[places[sure]]


class _Said(NamedTuple):
    """The text of a segment with its name, and its number."""

    number: int
    text: str


class _Found:
    """What is found in segments, which are read in any order."""

    def __init__(self, told: _Told) -> None:
        self._told = told
        self._lengths: list[int] = []
        # of each term of a segment: the segment, the term, and how often it is there
        self._texts, self._numbers, self._times = array("q"), array("q"), array("q")

    def place(self) -> int:
        """The number of the next segment."""
        self._lengths.append(0)
        return len(self._lengths) - 1

    def read_words(self, said: _Said) -> None:
        """Reads a text in any script."""
        every = words(said.text)
        names = _JOINED.findall(said.text) if "_" in said.text else []
        pairs = map("_".join, chain.from_iterable(pairwise(name.split("_")) for name in names))
        terms = Counter(chain.from_iterable(map(self._told.__getitem__, chain(every, pairs))))
        self._lengths[said.number] = len(every)
        self._texts.extend(repeat(said.number, len(terms)))
        self._numbers.extend(terms)
        self._times.extend(terms.values())

    def read_plain(self, said: Sequence[_Said], vocabulary: _Vocabulary) -> None:
        """Reads texts in ASCII."""
        import numpy as np

        text = AsciiText(" ".join(("", *(one.text for one in said), "")))
        bounds = np.searchsorted(text.words.starts, np.cumsum([len(one.text) + 1 for one in said]))
        lengths = np.diff(bounds, prepend=0)
        for one, length in zip(said, lengths.tolist(), strict=True):
            self._lengths[one.number] = length
        owners = np.repeat([one.number for one in said], lengths)
        likely, sure, numbers = vocabulary.terms_in(text)
        words = np.flatnonzero(likely & ~sure)
        firsts, lasts = text.joined(np.flatnonzero(likely))
        firsts, lasts = np.concatenate((words, firsts)), np.concatenate((words, lasts))
        order = np.argsort(owners[firsts], kind="stable")  # each segment's words, and then its pairs
        firsts, lasts = firsts[order], lasts[order]
        told = list(map(self._told.__getitem__, text.said(firsts, lasts)))
        others = np.repeat(owners[firsts], list(map(len, told)))
        self._count(
            np.concatenate((owners[sure], others)),
            np.concatenate((numbers, np.fromiter(chain.from_iterable(told), np.int64, len(others)))),
        )

    def _count(self, texts: Numbers, numbers: Numbers) -> None:
        """Counts the terms of segments, which are given with their numbers in any order."""
        import numpy as np

        every = max(1, len(self._told.numbers))
        pairs, counts = np.unique(texts * every + numbers, return_counts=True)
        for column, values in ((self._texts, pairs // every), (self._numbers, pairs % every), (self._times, counts)):
            column.frombytes(values.tobytes())

    def readings(self) -> Readings:
        import numpy as np

        columns = (np.frombuffer(each, dtype=np.int64) for each in (self._texts, self._numbers, self._times))
        counts = TermCounts.summed(len(self._lengths), list(self._told.names), *columns)
        return Readings(counts, self._lengths)


def _said(document: Document) -> Iterator[str]:
    """The texts of a document's segments with their names."""
    times = tuning.WEIGHTS.segment_name_times
    for start, end, name in document.segments:
        text = document.text[start:end]
        yield text + f" {name}" * times if name else text
