"""From turns to what the budget chooses among: texts split into segments that have their values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from ..content import LOSSLESS, MARKER, Segment, Split, detect, forms_of, quiet_of, segments_of, shorten, split
from ..markers import weights as marker_tuning
from ..markers.fold_quotes import always_told
from ..relevance import Document, score
from ..relevance import weights as relevance_tuning
from ..relevance.duplicates import again, outdated
from ..relevance.entities import Facts
from ..relevance.rows import cut, picked
from ..tokens.measure import Measure
from ..types import Block, Query, Turn
from . import weights as tuning
from .groups import Atom
from .knapsack import Piece

# Limits of time
_MAX_SEGMENTS = 20_000  # segments of one conversation: larger ones are cut more coarsely
_DEEP_SHARE = 4  # characters for each one that is parsed, minimum
_DEEP_ALL = 200_000  # characters of a conversation above which none is parsed
_FACT_CHARACTERS = 100_000  # characters of the newest text that are searched for facts; older ones are seldom needed
_SHORT_CHARACTERS = 600_000  # characters of which compact forms are made, newest first
_PICKED_CHARACTERS = 600_000  # characters that are searched for rows that the question picks out, newest first
NO_FACTS: frozenset[int] = frozenset()
_WHOLE = Split("text", [])


@dataclass(slots=True)
class Entry:
    """One block with everything that the plan and the writer need of it."""

    block: Block
    protected: str  # why it may not be touched, "" where it may
    split: Split = _WHOLE
    values: Sequence[float] = ()
    form: str = ""  # the name of the short form that the text is said in
    short: str = ""  # the text in short form, which the segments are then of, without its head
    head: str = ""  # what the short form begins with, whatever stays of it
    quiet: frozenset[int] = frozenset()  # the segments that say nothing new
    shares: Sequence[float] = ()  # how surely the question means each segment; none where it picks out no row
    picked: frozenset[int] = frozenset()  # the segments that it means the most surely
    again: str = ""  # says that all of it stands in later texts too, or that it is out of date
    stale: int = 0  # from 1 for the newest text that is out of date
    tokens: int = 0
    described: tuple[str, int] = ("", 0)  # the stub that says what it stands for, and its tokens
    bare: tuple[str, int] = ("", 0)  # the shortest stub
    stub: str = ""  # the one of them that is used
    facts: Sequence[frozenset[int]] = ()  # of the segments
    within: bool = False  # what is kept of it stands within a fold
    told: dict[int, list[str]] = field(default_factory=dict)  # segment left out -> signatures told in the gap
    piece: Piece | None = None  # None where the text stands as it is whenever its message does

    @property
    def source(self) -> str:
        """The text that the segments are of."""
        return self.short or self.block.text


@dataclass(slots=True)
class Judged:
    """Every block in order, and the worth of what each atom holds beside its larger texts."""

    entries: list[Entry]
    worth: list[float]
    facts: list[frozenset[int]]  # of what each atom shows beside its larger texts
    weights: list[float]  # of the facts, by number
    names: Mapping[int, str]  # of those that say something by themselves, by number; "" for the others
    shown: frozenset[int]  # what protected messages show


def judge(
    turns: list[Turn], bound: list[Atom], protected: Sequence[str], query: Query, measure: Measure, room: int
) -> Judged:
    """Every block, split into segments that are scored; but for samples nothing is counted yet.

    Small texts and tool calls are scored together, an atom at a time.
    """
    told = frozenset(index for atom in bound if atom.told for index in range(atom.first, atom.last + 1))
    entries = _split_all(turns, protected, told, measure, room)
    last = max(len(turns) - 1, 1)
    large = [entry for entry in entries if entry.split.segments]
    _pick([entry for entry in large if turns[entry.block.message].role != "assistant"], query)
    documents = [
        Document(entry.source, entry.split.segments, entry.block.call, entry.block.message / last, entry.split.kind)
        for entry in large
    ]
    texts = ["\n".join(_beside(turns[atom.first : atom.last + 1], atom.told)) for atom in bound]
    small = []
    for number, (atom, text) in enumerate(zip(bound, texts, strict=True)):
        if text and atom.foldable:
            small.append(number)
            documents.append(Document(text, [Segment(0, len(text), "")], "", atom.last / last))
    scores = score(documents, query)
    worth = [0.0] * len(bound)
    most = relevance_tuning.WEIGHTS.picked_row
    for entry, values in zip(large, scores, strict=False):
        entry.values = values
        if entry.shares:
            entry.values = [value + most * share for value, share in zip(values, entry.shares, strict=True)]
    _discount(entries)
    for number, values in zip(small, scores[len(large) :], strict=True):
        worth[number] = values[0]
    number = 0
    for entry in entries:
        while bound[number].last < entry.block.message:
            number += 1
        if not entry.protected and not entry.values:
            entry.values = (worth[number],)
    facts = Facts(turns)
    beside, shown = _facts_of(facts, turns, bound, texts, entries)
    return Judged(entries, worth, beside, facts.weights, facts.names, shown)


def _pick(entries: list[Entry], query: Query) -> None:
    """Gives the rows of listings that the question picks out segments of their own."""
    sure = relevance_tuning.WEIGHTS.sure_share
    left = _PICKED_CHARACTERS
    for entry in reversed(entries):
        left -= len(entry.source)
        if left < 0:
            return
        rows = picked(entry.source, entry.split.kind, query.asked)
        if rows:
            entry.split, entry.shares, origins = cut(entry.split, rows)
            entry.quiet = frozenset(
                number
                for number, (origin, share) in enumerate(zip(origins, entry.shares, strict=True))
                if origin in entry.quiet and not share
            )
            entry.picked = frozenset(number for number, share in enumerate(entry.shares) if share >= sure)


def _discount(entries: list[Entry]) -> None:
    """Takes most of their worth from segments that a later text shows too; what is all there stays whole or not.

    Reads that are out of date are worth nothing: they go before everything else, the oldest of them first.
    """
    tuned, least = tuning.WEIGHTS, marker_tuning.WEIGHTS.small_text_characters
    large = [entry for entry in entries if len(entry.source) >= least]
    found = [[False] * len(entry.split.segments) for entry in large]
    if tuned.discounts_repeats:
        found = again([(entry.source, entry.split.segments) for entry in large])
    changed = [False] * len(large)
    if tuned.drops_outdated:
        changed = outdated([(entry.block.text, entry.block.call) for entry in large])
    left = tuned.repeated_share
    stale = 0
    for entry, stands, old in reversed(list(zip(large, found, changed, strict=True))):
        if not entry.split.segments or not (old or any(stands)):
            continue
        entry.values = [value * left if later else value for value, later in zip(entry.values, stands, strict=True)]
        entry.picked = frozenset(number for number in entry.picked if not stands[number])
        if old or all(stands):
            names = ", ".join(segment.name for segment in entry.split.segments if segment.name)
            entry.split = Split(entry.split.kind, [Segment(0, len(entry.source), names)])
            entry.values, entry.picked = [max(entry.values)], frozenset()
            entry.again = "changed, read again below" if old else "again below"
            if old:
                stale += 1
                entry.values, entry.stale = [0.0], stale


def _facts_of(
    facts: Facts, turns: list[Turn], bound: list[Atom], texts: list[str], entries: list[Entry]
) -> tuple[list[frozenset[int]], frozenset[int]]:
    """Finds and weighs all facts: those beside the larger texts of each atom, and those of protected texts."""
    shown: frozenset[int] = frozenset()
    blocks = []
    left = _FACT_CHARACTERS
    for entry in reversed(entries):
        source = entry.source
        left -= len(source)
        if not entry.protected and not entry.split.segments:
            continue  # small: found with its atom below
        segments = entry.split.segments or [Segment(0, len(source), "")]
        entry.facts = [
            facts.numbers(source[start:end]) if left > 0 and number not in entry.quiet else NO_FACTS
            for number, (start, end, _) in enumerate(segments)
        ]
        blocks.append((entry.block, entry.facts[0].union(*entry.facts[1:])))
        if entry.protected:
            shown |= blocks[-1][1]
    left = _FACT_CHARACTERS
    beside = [NO_FACTS] * len(texts)
    for number in reversed(range(len(texts))):
        left -= len(texts[number])
        if left > 0:
            beside[number] = facts.numbers(texts[number])
    for atom, numbers in zip(bound, beside, strict=True):
        if numbers:
            members = turns[atom.first : atom.last + 1]
            speaker = next((block for turn in members for block in turn.blocks if not block.call), None)
            blocks += [(speaker, numbers)] if speaker else []
    facts.weigh(blocks)
    return beside, shown


def _beside(turns: list[Turn], told: bool) -> list[str]:
    """What an atom shows beside its larger texts."""
    if told:
        return [text for turn in turns for block in turn.blocks for text in always_told(block, turn.role)]
    least = marker_tuning.WEIGHTS.small_text_characters
    texts = [text for turn in turns for text in turn.fixed]
    return texts + [block.text for turn in turns for block in turn.blocks if len(block.text) < least]


def _split_all(turns: list[Turn], protected: Sequence[str], told: Set[int], measure: Measure, room: int) -> list[Entry]:
    tuned, small = tuning.WEIGHTS, marker_tuning.WEIGHTS.small_text_characters
    blocks = [block for turn in turns for block in turn.blocks]
    characters = sum(len(block.text) for block in blocks)
    enough = min(characters // tuned.enough_segments, room // tuned.room_tokens_per_segment_character)
    coarse = max(characters // _MAX_SEGMENTS, enough)
    deep_left = min(tuned.parsed_characters, characters // _DEEP_SHARE) if characters <= _DEEP_ALL else 0
    short_left = _SHORT_CHARACTERS
    entries = []
    for block in reversed(blocks):  # what is newest is cut with the most care
        entry = Entry(block, protected[block.message])
        entries.append(entry)
        if not entry.protected and len(block.text) >= small:
            most = max(_most_characters(block.text, measure, room), 4 * coarse)
            least = max(min(tuned.min_segment_characters, most // 4), coarse)
            kind = detect(block.text, block.call)
            if short_left > 0 and (forms := forms_of(block.text, kind)):
                short_left -= len(block.text)
                within = block.message in told
                if within:  # a form that leaves things out says so in its marker, which is not told
                    forms = tuple(form for form in forms if form in LOSSLESS)
                found = shorten(block.text, forms, 0 if within else MARKER) if short_left >= 0 else None
                if found and found[0] in tuned.compact_forms:
                    entry.form, short = found
                    entry.head, entry.short = short.head, short.body
                    if within:
                        least = min(least, tuned.min_quoted_segment_characters)
                    entry.split = segments_of(short, least, most)
                    entry.quiet = quiet_of(short, entry.split)
                    continue
            deep = len(block.text) <= deep_left
            deep_left -= len(block.text) if deep else 0
            entry.split = split(block.text, block.call, deep=deep, min_chars=least, max_chars=most, found=kind)
    return entries[::-1]


def _most_characters(text: str, measure: Measure, room: int) -> int:
    """Characters of the largest segment: about 400 tokens, fewer where the room is small."""
    tuned = tuning.WEIGHTS
    tokens = max(tuned.min_segment_tokens, min(tuned.max_segment_tokens, room // tuned.min_segments_in_room))
    size = min(tuned.density_sample_characters, len(text) // 2)
    middle = (len(text) - size) // 2
    sample = text[middle : middle + size]
    spaces = sample.count(" ") + sample.count("\n")
    # words of English or code: what they come to is known
    plain = sample.isascii() and spaces * tuned.max_plain_word_characters >= size
    per_token = tuned.plain_token_characters if plain else size / max(1, measure.count(sample))
    return max(tuned.min_segment_characters, min(tuned.max_segment_characters, int(tokens * per_token)))
