"""Counts how often each word of a query or of a call occurs in each segment.

Most words of a text are not in the query. In ASCII text, numpy picks the words that may be: a word's first eight
letters and its length give a place in a table, and only words whose place is taken are compared one by one. Text with
a few other signs, such as arrows and dashes, is read in the same way. All other text is cut into words.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise
from typing import TYPE_CHECKING, NamedTuple

from ..types import Query
from . import weights as tuning
from .document import Document
from .term_counts import TermCounts
from .terms import STOP_WORDS, parts, plain, words
from .word_forms import MIN_PREFIX, MIN_STEM, abbreviated, beginnings, inflections, stem_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Places = NDArray[np.intp]
    Shape = NDArray[np.uint8]

CALL_TERMS = 24  # different words of a call that are looked for, which bounds the time
CALL_CHARACTERS = 600  # characters of a call that are read, which bounds the time
_AT_ONCE = 60_000  # characters: the memory of small arrays is used again, that of larger ones is the system's each time
_COUNTED_AT_ONCE = 4_000  # words that are counted together, for the same reason
_LOWER = bytes(ord(chr(code).lower()) if code < 128 and chr(code).isalnum() else 32 for code in range(256))
_UNDERSCORE, _CAPITAL, _SMALL, _DIGIT = 1, 2, 3, 4
_SHAPE = bytes(
    _CAPITAL if 65 <= code <= 90 else _SMALL if 97 <= code <= 122 else _DIGIT if 48 <= code <= 57 else code == ord("_")
    for code in range(256)
)
_HEAD = 8  # letters that a key is made of
_PLACES = 17  # bits of a place in the table
_FIRST = (1 << 8 * MIN_PREFIX) - 1  # the letters of a head by which words begin alike
_MAX_PREFIX = 8  # letters of a beginning that is looked for
_MIN_REST = 3  # letters that a word has more than its short form, minimum
# Suffixes of terms that name their other forms: an abbreviation or the word that it abbreviates, the first letters of
# the term, a longer word that begins with it, and a word with another ending.
_SHORT, _BEGINNING, _LONGER, _STEM = "~", "<", ">", "*"
_AND = "&"  # between the terms of a pair
_JOINED = re.compile(r"[^\W_]+(?:_[^\W_]+)+")
_GOLDEN = 0x9E3779B97F4A7C15  # 2^64 / golden ratio: Fibonacci hashing (Knuth, TAOCP 3, 6.4)


def base_of(term: str) -> str:
    """The term of the query that a counted term stands for.

    >>> base_of("authentication~"), base_of("authentication")
    ('authentication', 'authentication')
    """
    return term.rstrip(_SHORT + _BEGINNING + _LONGER + _STEM)


class Readings(NamedTuple):
    """Counts of segments: of each term of the query, of all words, and of the words of its call that occur in it."""

    counts: TermCounts
    lengths: list[int]
    called: list[int]


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
        self._calls: dict[str, frozenset[str]] = {"": frozenset()}

    def terms_of(self, call: str) -> frozenset[str]:
        """The words of a call, in the spelling in which its result may contain them."""
        call = call[:CALL_CHARACTERS]
        if call not in self._calls:
            found = dict.fromkeys(word for word in words(call) if word.lower() not in STOP_WORDS and len(word) > 1)
            self._calls[call] = frozenset(list(found)[:CALL_TERMS])
        return self._calls[call]

    def hits(self, text: str) -> dict[str, int]:
        """The number of times that each term of the query occurs in a text."""
        told = self._told
        found = Counter(chain.from_iterable(map(told.__getitem__, words(text))))
        return {told.names[number]: times for number, times in found.items() if number < told.single}

    def read(self, documents: Sequence[Document]) -> Readings:
        """What every segment of every document has, in order.

        The words of a segment's name count as its own. Many texts are read at once.
        """
        vocabulary = self._table(documents), self._beginnings()
        found = _Found(self._told)
        waiting: list[_Said] = []  # texts in ASCII that are read together
        size = 0
        for document in documents:
            simple = plain(document.text)
            if simple is not None and simple is not document.text:
                document = document._replace(text=simple)
            call = self.terms_of(document.call)
            for text in _said(document):
                said = _Said(found.place(), text, call)
                if not text.isascii():
                    self._read_words(said, found)
                    continue
                waiting.append(said)
                size += len(text)
                if size > _AT_ONCE:
                    self._read_plain(waiting, vocabulary, found)
                    waiting, size = [], 0
        self._read_plain(waiting, vocabulary, found)
        return found.readings()

    def _table(self, documents: Sequence[Document]) -> NDArray[np.bool_]:
        """The places of the table that words of the query or of a call take."""
        import numpy as np

        called = (self.terms_of(call) for call in {document.call for document in documents})
        known = {word.lower() for word in set(self._told.terms).union(*called) if word.isascii()}
        table = np.zeros(1 << _PLACES, dtype=np.bool_)
        if known:
            said = f" {' '.join(known)} "
            lower, starts, ends = _plain_words(said)
            table[_places(_heads(lower, starts), ends - starts)] = True
        return table

    def _beginnings(self) -> NDArray[np.bool_] | None:
        """The places of a table that the first letters of terms take, for words that begin alike."""
        import numpy as np

        known = {prefix[:MIN_PREFIX] for prefix in self._told.prefixes if prefix.isascii()}
        if not known:
            return None
        table = np.zeros(1 << _PLACES, dtype=np.bool_)
        said = f" {' '.join(known)} "
        lower, starts, _ = _plain_words(said)
        table[_first_places(_heads(lower, starts))] = True
        return table

    def _read_plain(
        self,
        said: Sequence[_Said],
        tables: tuple[NDArray[np.bool_], NDArray[np.bool_] | None],
        found: _Found,
    ) -> None:
        """Reads ASCII texts."""
        import numpy as np

        table, beginnings = tables
        if not said:
            return
        text = " ".join(("", *(one.text for one in said), ""))
        lower, starts, ends = _plain_words(text)
        heads, sizes = _heads(lower, starts), ends - starts
        telling = table[_places(heads, sizes)]
        shape = np.frombuffer(text.encode().translate(_SHAPE), dtype=np.uint8)
        capitals = np.flatnonzero(shape == _CAPITAL)
        number_of, part_starts, part_ends = _compounds(shape, capitals, starts, ends)
        part_heads = _heads(lower, part_starts)
        telling[number_of[table[_places(part_heads, part_ends - part_starts)]]] = True
        if beginnings is not None:
            telling |= beginnings[_first_places(heads)] & (sizes > MIN_PREFIX)
            telling[number_of[beginnings[_first_places(part_heads)]]] = True
        telling[_numbered(shape, capitals, starts)] = True
        joined = _joined(shape, starts[telling], ends[telling])
        bounds = np.cumsum([len(one.text) + 1 for one in said])
        lengths = np.diff(np.searchsorted(starts, bounds), prepend=0).tolist()
        starts, ends = starts[telling], ends[telling]
        chosen = [text[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
        first = 0
        for one, last, length in zip(said, np.searchsorted(starts, bounds).tolist(), lengths, strict=True):
            own = joined[bisect_left(joined, first) : bisect_left(joined, last)]
            pairs = [f"{chosen[place]}_{chosen[place + 1]}" for place in own]
            found.add(one, chosen[first:last] + pairs, length)
            first = last

    def _read_words(self, said: _Said, found: _Found) -> None:
        """Reads a text in any script."""
        every = words(said.text)
        pairs = map("_".join, chain.from_iterable(pairwise(name.split("_")) for name in _JOINED.findall(said.text)))
        found.add(said, [*every, *pairs], len(every))


class _Said(NamedTuple):
    """The text of a segment with its name, its number, and the words of its call."""

    number: int
    text: str
    call: frozenset[str]


class _Found:
    """What is found in segments, which are read in any order."""

    def __init__(self, told: _Told) -> None:
        self._told = told
        self._lengths: list[int] = []
        self._called: list[int] = []
        self._words: list[str] = []  # words of the latest segments that are not counted yet
        self._owners: list[int] = []  # the segments, and the number of words of each
        self._sizes: list[int] = []
        # of each term of a segment: the segment, the term, and how often it is there
        self._texts, self._numbers, self._times = array("q"), array("q"), array("q")

    def place(self) -> int:
        """The number of the next segment."""
        self._lengths.append(0)
        self._called.append(0)
        return len(self._lengths) - 1

    def add(self, said: _Said, found: Sequence[str], length: int) -> None:
        """Adds a segment: those of its words and pairs that may be terms or words of its call, and how many it has."""
        self._words += found
        self._owners.append(said.number)
        self._sizes.append(len(found))
        self._lengths[said.number] = length
        self._called[said.number] = len(said.call.intersection(found)) if said.call else 0
        if len(self._words) > _COUNTED_AT_ONCE:
            self._count()

    def _count(self) -> None:
        """Counts the terms of the latest segments."""
        import numpy as np

        numbers = list(map(self._told.__getitem__, self._words))
        times = np.fromiter(map(len, numbers), np.int64, len(numbers))
        texts = np.repeat(np.repeat(self._owners, self._sizes), times)
        every = max(1, len(self._told.numbers))
        pairs = texts * every + np.fromiter(chain.from_iterable(numbers), np.int64, len(texts))
        pairs, counts = np.unique(pairs, return_counts=True)
        for column, values in ((self._texts, pairs // every), (self._numbers, pairs % every), (self._times, counts)):
            column.frombytes(values.tobytes())
        self._words, self._owners, self._sizes = [], [], []

    def readings(self) -> Readings:
        import numpy as np

        if self._words:
            self._count()
        columns = (np.frombuffer(each, dtype=np.int64) for each in (self._texts, self._numbers, self._times))
        counts = TermCounts.summed(len(self._lengths), list(self._told.names), *columns)
        return Readings(counts, self._lengths, self._called)


def _said(document: Document) -> Iterator[str]:
    """The texts of a document's segments with their names."""
    times = tuning.WEIGHTS.segment_name_times
    for start, end, name in document.segments:
        text = document.text[start:end]
        yield text + f" {name}" * times if name else text


def _plain_words(text: str) -> tuple[bytes, Places, Places]:
    """The text in lower case, and where its words start and end. It begins and ends with a space."""
    import numpy as np

    lower = text.encode().translate(_LOWER)
    inside = np.frombuffer(lower, dtype=np.uint8) != ord(" ")
    edges = np.flatnonzero(inside[1:] != inside[:-1]) + 1
    return lower, edges[::2], edges[1::2]


def _compounds(shape: Shape, capitals: Places, starts: Places, ends: Places) -> tuple[Places, Places, Places]:
    """The parts of words such as getUserName: the word that each is of, where it starts and where it ends.

    A part starts at a capital behind a small letter or a digit, and at one behind a capital and before a small letter.
    """
    import numpy as np

    before = shape[capitals - 1]  # a text begins and ends with a space
    cuts = capitals[(before > _CAPITAL) | ((before == _CAPITAL) & (shape[capitals + 1] == _SMALL))]
    begins = np.zeros(len(shape), dtype=np.bool_)
    begins[cuts] = begins[starts[np.searchsorted(starts, cuts, side="right") - 1]] = (
        True  # also of the words that are cut
    )
    part_starts = np.flatnonzero(begins)
    number_of = np.searchsorted(starts, part_starts, side="right") - 1
    part_ends = np.minimum(np.append(part_starts[1:], len(shape)), ends[number_of])
    return number_of, part_starts, part_ends


def _joined(shape: Shape, starts: Places, ends: Places) -> list[int]:
    """The words that an underscore alone parts from the next one."""
    import numpy as np

    return np.flatnonzero((starts[1:] == ends[:-1] + 1) & (shape[ends[:-1]] == _UNDERSCORE)).tolist()


def _numbered(shape: Shape, capitals: Places, starts: Places) -> Places:
    """The words in which a digit follows two capitals: where their parts start depends on more."""
    import numpy as np

    seconds = capitals[(shape[capitals - 1] == _CAPITAL) & (shape[capitals + 1] == _DIGIT)]
    words: Places = np.searchsorted(starts, seconds, side="right") - 1
    return words


def _heads(lower: bytes, starts: Places) -> NDArray[np.uint64]:
    """The first eight letters of each word, and what is behind a shorter one."""
    import numpy as np

    padded = lower + bytes(_HEAD)
    heads: NDArray[np.uint64] = np.ndarray(len(lower), dtype="<u8", buffer=padded, strides=(1,))[starts]
    return heads


def _first_places(heads: NDArray[np.uint64]) -> Places:
    """The place of each word by its first four letters alone."""
    import numpy as np

    places: Places = (((heads & np.uint64(_FIRST)) * np.uint64(_GOLDEN)) >> np.uint64(64 - _PLACES)).astype(np.intp)
    return places


def _places(heads: NDArray[np.uint64], lengths: Places) -> Places:
    """The place in the table of each word: of its first letters and its length."""
    import numpy as np

    masks = np.array([(1 << 8 * size) - 1 for size in range(_HEAD + 1)], dtype=np.uint64)
    keys = (heads & masks[np.minimum(lengths, _HEAD)]) ^ (lengths.astype(np.uint64) << np.uint64(56))
    places: Places = ((keys * np.uint64(_GOLDEN)) >> np.uint64(64 - _PLACES)).astype(np.intp)
    return places
