"""One number for every segment: how much it has to do with the query, on a scale common to all kinds.

Signals: BM25 against the query; names that the query mentions; the call that returned the text; texts about what the
best hits name; the neighbours and the region of a hit; the evidence for its document, or the source that the question
names; and recency, which decides alone if there is no other signal.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from heapq import nlargest
from itertools import accumulate, chain, islice, pairwise
from math import exp

from ..content import Segment
from ..types import Query
from . import weights as tuning
from .bm25 import bm25
from .document import EXCHANGE, JSON, RECORDS, Document, is_running
from .fusion import fuse
from .joins import joined
from .links import hop
from .outliers import of_members, of_own_words, of_records
from .output_signals import SCORED_CHARACTERS, output_share, output_values, was_run, with_heads
from .sections import of_sections
from .sources import named_sources, source_line, without_names
from .tables import of_tables
from .term_counts import TermCounts
from .term_matching import Reader
from .terms import parts, terms, words

_OPENING = frozenset("{[")  # of JSON
_CALL_CHARACTERS = 600  # characters of a call that are read, which bounds the time
_CALL_TERMS = 24  # words of a call, for BM25, however many it has


def score(documents: Sequence[Document], query: Query, apart: int | None = None) -> list[list[float]]:
    """The value of every segment of every document: 0 or more, commonly up to about 2.

    Args:
        apart: The number of a document whose values leave out what it says by itself.
    """
    tuned = tuning.WEIGHTS
    named = named_sources(documents, query.question)
    if named.names:
        query = without_names(query, named.names)
    reader = Reader(query)
    readings = reader.read(documents)
    strength = readings.counts.strongest(reader.weights)
    mentioned, defined = _Named(query).bonus(documents, readings.counts)
    values = _summed(
        _scaled(bm25(readings.counts, readings.lengths, reader.weights), strength),
        of_tables(documents, readings, reader, query.explicit * tuned.table * strength),
        _of_calls(documents, reader, query.explicit),
        mentioned,
        defined,
    )
    if query.near or query.rerank:
        texts = [document.text[start:end] for document in documents for start, end, _ in document.segments]
        values = fuse(values, query.near(texts, values)) if query.near else values
        values = query.rerank(texts, values) if query.rerank else values
    values = hop(documents, values, query.explicit)
    values = joined(documents, values, mentioned, query.explicit)
    each = [
        _with_neighbours(own, tuned.neighbour_share) if len(own) > 1 else own for own in _by_document(documents, values)
    ]
    evidence = _evidence(each, query.explicit)
    if named.names:
        length = tuned.exclusive_question_terms / max(1, len(terms(query.question)))
        evidence = _with_sources(evidence, documents, named.documents, query.explicit * min(1.0, length))
    values = _summed(
        chain.from_iterable(each),
        [
            tuned.region_share * value
            for document, own in zip(documents, each, strict=True)
            for value in _region(document, own)
        ],
        of_sections(documents, reader, query, query.explicit * tuned.section * (strength or 1.0)),
        [tuned.recency * document.age for document in documents for _ in document.segments],
    )
    found = _by_document(
        documents, (value * (1 - tuned.evidence_share * (1 - one)) for value, one in zip(values, evidence, strict=True))
    )
    _lift_outputs(documents, found, query.explicit, apart)
    return found


def _summed(*signals: Iterable[float]) -> list[float]:
    """The sum of the signals of each segment."""
    return [float(sum(added)) for added in zip(*signals, strict=True)]


def _by_document(documents: Sequence[Document], values: Iterable[float]) -> list[list[float]]:
    """The values of all segments in a row, as a list for each document."""
    remaining = iter(values)
    return [list(islice(remaining, len(document.segments))) for document in documents]


def _evidence(values: Sequence[Sequence[float]], explicit: float) -> list[float]:
    """For every segment the evidence for its document.

    It is the mean of the document's best segments, against that of the best document. So a single hit in a text that
    says nothing else of the query is worth less than one among others. Texts of one segment are compared with each
    other: the mean of one is no evidence against a file.

    >>> _evidence([[1.0, 1.0], [0.5, 0.5], [0.8]], 1.0)
    [1.0, 1.0, 0.5, 0.5, 1.0]
    """
    most = tuning.WEIGHTS.evidence_segments
    means = [sum(nlargest(most, each)) / (most if len(each) > 1 else 1) for each in values]
    best = [0.0, 0.0]  # of texts of one segment, and of more
    for each, mean in zip(values, means, strict=True):
        best[len(each) > 1] = max(best[len(each) > 1], mean)
    return [
        1 - explicit * (1 - mean / (best[len(each) > 1] or 1.0))
        for each, mean in zip(values, means, strict=True)
        for _ in each
    ]


def _with_sources(
    evidence: Sequence[float], documents: Sequence[Document], named: Sequence[bool], explicit: float
) -> list[float]:
    """The evidence, if the question names the sources of some documents: all for these, and little for the others."""
    other = 1 - explicit * (1 - tuning.WEIGHTS.other_source_share)
    shares = [
        other if not one and len(document.segments) > 1 else 1.0
        for document, one in zip(documents, named, strict=True)
        for _ in document.segments
    ]
    full = [one for document, one in zip(documents, named, strict=True) for _ in document.segments]
    return [1.0 if one else each * share for each, share, one in zip(evidence, shares, full, strict=True)]


def _scaled(scores: list[float], best: float) -> list[float]:
    """The scores with ``best`` for the highest of them."""
    scale = best / (max(scores, default=0.0) or 1.0)
    return [score * scale for score in scores]


def _of_calls(documents: Sequence[Document], reader: Reader, explicit: float) -> list[float]:
    """For every segment, what the call is worth that returned its text.

    The call speaks for the text as a whole. So for a question about texts a longer segment gets more of it: the budget
    compares values per token, and would otherwise buy the shortest segments of that text first, whatever they say.
    """
    tuned = tuning.WEIGHTS
    calls = [(document.call or source_line(document))[:_CALL_CHARACTERS] for document in documents]
    counts = TermCounts.of([reader.hits(call) if call else {} for call in calls])
    found = bm25(counts, [_CALL_TERMS] * len(calls), reader.weights)
    share = explicit * tuned.call_context + (1 - explicit) * tuned.call_context_of_agents
    scores = _scaled(found, share * counts.strongest(reader.weights))
    sizes = [end - start for document in documents for start, end, _ in document.segments]
    usual = sum(sizes) / max(1, len(sizes))
    exponent = explicit * tuned.call_size_exponent
    of = chain.from_iterable(
        [score] * len(document.segments) for score, document in zip(scores, documents, strict=True)
    )
    return [
        score and score * min(tuned.max_call_size, size / usual) ** exponent
        for score, size in zip(of, sizes, strict=True)
    ]


def _lift_outputs(documents: Sequence[Document], values: list[list[float]], explicit: float, apart: int | None) -> None:
    """Adds what the newest texts say by themselves: failures, odd lines and records, totals, the ends."""
    left = {True: SCORED_CHARACTERS, False: SCORED_CHARACTERS}  # of outputs and records, and of running text
    for number in reversed(range(len(documents))):
        if number == apart:
            continue
        text, segments, call, _, kind, *_ = documents[number]
        ran = was_run(text, call)
        reports = kind in RECORDS or output_share(text, kind, ran, explicit) > 0
        if len(segments) > 1 and len(text) <= left[reports]:
            left[reports] -= len(text)
            more = _said_by_itself(text, segments, kind, ran, explicit)
            values[number] = [value + each for value, each in zip(values[number], more, strict=True)]
        values[number] = with_heads(text, segments, kind, ran, values[number])
    for tool, numbers in _small_results(documents, apart).items():
        rows = [" ".join(documents[number].text.removeprefix(tool).split()) for number in numbers]
        kind = "jsonl" if all(row[:1] in _OPENING for row in rows) else "lines"
        ends = list(accumulate((len(row) + 1 for row in rows), initial=0))
        segments = [Segment(start, end, "") for start, end in pairwise(ends)]
        more = _said_by_itself("\n".join([*rows, ""]), segments, kind, True, explicit)
        for number, each in zip(numbers, more, strict=True):
            values[number] = [value + each for value in values[number]]


def _said_by_itself(text: str, segments: Sequence[Segment], kind: str, ran: bool, explicit: float) -> Sequence[float]:
    """For each segment of a text, what it says by itself."""
    share = output_share(text, kind, ran, explicit)
    if share:
        return [share * each for each in output_values(text, segments, kind, ran)]
    parts = [text[start:end] for start, end, _ in segments]
    if kind not in RECORDS:
        worth = explicit * tuning.WEIGHTS.own_words if is_running(text, kind) else 0.0
        return [worth * each for each in of_own_words(parts)] if worth else [0.0] * len(segments)
    found = of_members if kind in JSON and not is_running(text, kind) else of_records
    odd = found(parts)
    return [tuning.WEIGHTS.odd_record * each for each in odd]


def _small_results(documents: Sequence[Document], apart: int | None) -> dict[str, list[int]]:
    """The numbers of results that are not cut, by the name of the tool: each may be a line or a record of the whole."""
    found: dict[str, list[int]] = {}
    for number, (text, segments, call, _, kind, *_) in enumerate(documents):
        asked = text.partition("\n")[0] if kind == EXCHANGE else call
        if number != apart and len(segments) == 1 and asked and was_run(text, asked):
            found.setdefault(asked.split(maxsplit=1)[0], []).append(number)
    return {tool: numbers for tool, numbers in found.items() if len(numbers) >= tuning.WEIGHTS.min_outlier_lines}


def _with_neighbours(values: list[float], share: float) -> list[float]:
    """Each value with a share of the better of its neighbours'.

    >>> _with_neighbours([0.0, 1.0, 0.0], 0.25)
    [0.25, 1.0, 0.25]
    """
    lent = [0.0] * len(values)
    for number, (value, behind) in enumerate(pairwise(values)):
        more = share * (behind - value)
        if more > lent[number]:
            lent[number] = more
        elif -more > lent[number + 1]:
            lent[number + 1] = -more
    return [value + more for value, more in zip(values, lent, strict=True)]


def _region(document: Document, values: Sequence[float]) -> list[float]:
    """For each segment of running text, the mean value of the text around it, which counts less the farther it is.

    Speakers and clauses come to a point in several turns or sentences, and few of them have words of the question.
    """
    segments = document.segments
    if not is_running(document.text, document.kind) or len(segments) < tuning.WEIGHTS.min_region_segments:
        return [0.0] * len(values)
    sizes = [end - start for start, end, _ in segments]
    middles = [(start + end) / 2 for start, end, _ in segments]
    reach = tuning.WEIGHTS.region_characters
    fades = [exp((before - after) / reach) for before, after in pairwise(middles)]
    weighted = [value * size for value, size in zip(values, sizes, strict=True)]
    sums, weights = _faded(weighted, fades), _faded([float(size) for size in sizes], fades)
    return [total / weight for total, weight in zip(sums, weights, strict=True)]


def _faded(values: Sequence[float], fades: Sequence[float]) -> list[float]:
    """Each value with all others, which are multiplied by every fade between them.

    >>> _faded([1.0, 0.0, 4.0], [0.5, 0.5])
    [2.0, 2.5, 4.25]
    """
    ahead = list(values)
    for number in range(len(values) - 2, -1, -1):
        ahead[number] += fades[number] * ahead[number + 1]
    behind = list(values)
    for number, fade in enumerate(fades):
        behind[number + 1] += fade * behind[number]
    return [one + other - value for one, other, value in zip(ahead, behind, values, strict=True)]


class _Named:
    """Finds what the query names outright."""

    def __init__(self, query: Query) -> None:
        self._mentions = query.mentions
        # a mention is looked for only where all of its words are, so most segments cost nothing
        self._needs = {
            mention: {part for word in words(mention) for part in parts(word) if part in query.weights}
            for mention in query.mentions
        }
        self._names = {mention.rstrip("()").rsplit(".", 1)[-1]: weight for mention, weight in query.mentions.items()}

    def bonus(self, documents: Sequence[Document], counts: TermCounts) -> tuple[list[float], list[float]]:
        """For every segment, the value of the names in it, and the value of its definitions."""
        found, defines = [0.0] * counts.size, [0.0] * counts.size
        if not self._mentions:
            return found, defines
        tuned = tuning.WEIGHTS
        segments = [(document.text, *segment) for document in documents for segment in document.segments]
        for mention, weight in self._mentions.items():
            with_words = counts.texts_with(self._needs[mention])
            places = ((number, *segments[number]) for number in with_words)
            numbers = [number for number, text, start, end, _ in places if text.find(mention, start, end) >= 0]
            for number in numbers:
                found[number] += tuned.mentioned * weight / (1 + len(numbers)) ** tuned.mention_exponent
        names = [name for *_, name in segments]
        for number in self._naming(names):
            defines[number] += tuned.defined * self._defined(names[number])
        return found, defines

    def _naming(self, names: Sequence[str]) -> frozenset[int]:
        """The numbers of the segments whose names have one of these names anywhere; mostly none."""
        joined = "\n".join([*names, ""])
        ends = list(accumulate(len(name) + 1 for name in names))
        found = set()
        for name in filter(None, self._names):
            at = joined.find(name)
            while at >= 0:
                number = bisect_right(ends, at)
                found.add(number)
                at = joined.find(name, ends[number])
        return frozenset(found)

    def _defined(self, name: str) -> float:
        """How much the query means a definition: by its own name, or half by the name of what it is part of."""
        of_member = tuning.WEIGHTS.member_share
        best = 0.0
        for path in name.split(", "):
            parts_of = path.split(".")
            best = max(best, self._names.get(parts_of[-1], 0.0), of_member * self._names.get(parts_of[0], 0.0))
        return best
