"""From turns to what the budget chooses among: texts split into segments, with measured costs and values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from .atoms import Atom
from .content import Segment, Split, compact, describe, head_of, rows, split
from .fit import Fit, Group, Piece
from .markers import Gap, Keys, Wording
from .relevance import Document, score
from .relevance.facts import Facts
from .shapes.parts import MESSAGE_TOKENS
from .tokens import Measure
from .types import Block, Query, Turn

_LEAST_GAIN = 16  # tokens that a stub has to save: the reader pays for every indirection
_LEAST_STUB = 12  # tokens; no stub is smaller
_SMALL_CHARACTERS = 160  # not worth splitting
_MOST_SEGMENTS = 20_000  # of one conversation: larger ones are cut more coarsely, so that time stays linear
_LEAST_CHARACTERS = 120  # of a segment
_MOST_CHARACTERS = 1_600
_MOST_TOKENS = 400  # which dense text (base64, Han) has in far fewer characters
_LEAST_TOKENS = 60
_SEGMENTS_IN_ROOM = 8  # at least so many segments should fit a small target
_SAMPLE_CHARACTERS = 400  # whose tokens tell how dense a text is
_DEEP_CHARACTERS = 24_000  # that are parsed; what is older is cut by indentation, which takes a tenth of the time
_FACT_CHARACTERS = 200_000  # of the newest text, whose facts are looked for; older ones are seldom needed again
_NO_FACTS: frozenset[int] = frozenset()
_JSON_CHARACTERS = 400_000  # that are rewritten in short form, newest first
_SHORTER = 0.85  # of its characters, at most, for JSON to be rewritten
_SHORT_MARKER = 60  # characters
_SLACK = 2  # tokens by which a marker may cost more where it stands than by itself
_WIDE_KEY = "bcdfghjklmnp"
_WHOLE = Split("text", [])


@dataclass(slots=True)
class Entry:
    """One block with everything that the plan and the writer need of it."""

    block: Block
    protected: str  # why it may not be touched, "" where it may
    split: Split = _WHOLE
    values: Sequence[float] = ()
    short: str = ""  # JSON in short form, which the segments are then of, without its head
    head: str = ""  # the definitions of the short form
    tokens: int = 0
    stub: str = ""
    facts: Sequence[frozenset[int]] = ()  # of the segments
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
    shown: frozenset[int]  # what protected messages show


@dataclass(slots=True)
class Layout:
    """All blocks of a conversation in order, and the groups that the budget decides about."""

    entries: list[Entry]
    groups: list[Group]
    fold_cost: int

    def fit(self, judged: Judged) -> Fit:
        return Fit(self.groups, self.fold_cost, judged.weights, judged.shown)


def judge(
    turns: list[Turn], bound: list[Atom], protected: Sequence[str], query: Query, measure: Measure, room: int
) -> Judged:
    """Every block, split into segments that are scored; but for samples nothing is counted yet.

    Small texts and tool calls are scored together, an atom at a time.
    """
    entries = _split_all(turns, protected, measure, room)
    last = max(len(turns) - 1, 1)
    large = [entry for entry in entries if entry.split.segments]
    documents = [
        Document(entry.source, entry.split.segments, entry.block.call, entry.block.message / last) for entry in large
    ]
    texts = ["\n".join(_small_texts(turns[atom.first : atom.last + 1])) for atom in bound]
    small = []
    for number, (atom, text) in enumerate(zip(bound, texts, strict=True)):
        if text and atom.foldable:
            small.append(number)
            documents.append(Document(text, [Segment(0, len(text), "")], "", atom.last / last))
    scores = score(documents, query)
    worth = [0.0] * len(bound)
    for entry, values in zip(large, scores, strict=False):
        entry.values = values
    for number, values in zip(small, scores[len(large) :], strict=True):
        worth[number] = values[0]
    home = {index: number for number, atom in enumerate(bound) for index in range(atom.first, atom.last + 1)}
    for entry in entries:
        if not entry.protected and not entry.values:
            entry.values = (worth[home[entry.block.message]],)
    facts = Facts(turns)
    beside, shown = _facts_of(facts, turns, bound, texts, entries)
    return Judged(entries, worth, beside, facts.weights, shown)


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
        entry.facts = [facts.numbers(source[start:end]) if left > 0 else _NO_FACTS for start, end, _ in segments]
        blocks.append((entry.block, entry.facts[0].union(*entry.facts[1:])))
        if entry.protected:
            shown |= blocks[-1][1]
    beside = [facts.numbers(text) for text in texts]
    for atom, numbers in zip(bound, beside, strict=True):
        if numbers:
            members = turns[atom.first : atom.last + 1]
            speaker = next((block for turn in members for block in turn.blocks if not block.call), None)
            blocks += [(speaker, numbers)] if speaker else []
    facts.weigh(blocks)
    return beside, shown


def _small_texts(turns: list[Turn]) -> list[str]:
    texts = [text for turn in turns for text in turn.fixed]
    return texts + [block.text for turn in turns for block in turn.blocks if len(block.text) < _SMALL_CHARACTERS]


def _split_all(turns: list[Turn], protected: Sequence[str], measure: Measure, room: int) -> list[Entry]:
    blocks = [block for turn in turns for block in turn.blocks]
    coarse = sum(len(block.text) for block in blocks) // _MOST_SEGMENTS
    deep_left, json_left = _DEEP_CHARACTERS, _JSON_CHARACTERS
    entries = []
    for block in reversed(blocks):  # what is newest is cut with the most care
        entry = Entry(block, protected[block.message])
        entries.append(entry)
        if not entry.protected and len(block.text) >= _SMALL_CHARACTERS:
            most = max(_most_characters(block.text, measure, room), 4 * coarse)
            least = max(min(_LEAST_CHARACTERS, most // 4), coarse)
            if len(block.text) <= json_left and block.text.startswith(("{", "[")):
                json_left -= len(block.text)
                if _shorten(entry):
                    entry.split = rows(entry.short, least, most)
                    continue
            deep = len(block.text) <= deep_left
            deep_left -= len(block.text) if deep else 0
            entry.split = split(block.text, block.call, deep=deep, min_chars=least, max_chars=most)
    return entries[::-1]


def _shorten(entry: Entry) -> bool:
    """Puts JSON into its short form where that is worth a marker."""
    short = compact(entry.block.text)
    if short is None or len(short) + _SHORT_MARKER > _SHORTER * len(entry.block.text):
        return False
    end = head_of(short)
    entry.head, entry.short = short[:end], short[end:]
    return bool(entry.short)


def _most_characters(text: str, measure: Measure, room: int) -> int:
    """Characters of the largest segment: about 400 tokens, fewer where the room is small."""
    tokens = max(_LEAST_TOKENS, min(_MOST_TOKENS, room // _SEGMENTS_IN_ROOM))
    middle = max(0, len(text) - _SAMPLE_CHARACTERS) // 2
    sample = text[middle : middle + _SAMPLE_CHARACTERS]
    return max(_LEAST_CHARACTERS, min(_MOST_CHARACTERS, tokens * len(sample) // max(1, measure.count(sample))))


def lay_out(
    judged: Judged,
    turns: list[Turn],
    bound: list[Atom],
    measure: Measure,
    keys: Keys,
    wording: Wording,
    stay: frozenset[int],
    bare: bool,
) -> Layout:
    """Prices every block in all its forms.

    Args:
        stay: the numbers of atoms that must not fold after all.
        bare: stubs are as short as can be, whatever the segments are: what remains is the floor.
    """
    groups = []
    entries = iter(judged.entries)
    entry = next(entries, None)
    for number, atom in enumerate(bound):
        fixed = 0
        pieces = []
        for turn in turns[atom.first : atom.last + 1]:
            fixed += turn.extra
            for text in turn.fixed:
                fixed += measure.count(text)
        while entry is not None and entry.block.message <= atom.last:
            _price(entry, measure, keys, wording, bare)
            if entry.piece is None:
                fixed += entry.tokens
            else:
                pieces.append(entry.piece)
            entry = next(entries, None)
        groups.append(
            Group(fixed, judged.worth[number], judged.facts[number], pieces, atom.foldable and number not in stay)
        )
    fold = wording.fold(99_999, _WIDE_KEY)
    return Layout(judged.entries, groups, MESSAGE_TOKENS + measure.count(fold) + _SLACK)


def _price(entry: Entry, measure: Measure, keys: Keys, wording: Wording, bare: bool) -> None:
    """Gives an entry its piece, with the cost of every form; none where a marker would not be worth it."""
    text, segments, source = entry.block.text, entry.split.segments, entry.source
    count = entry.tokens = measure.count(text)
    entry.piece = None
    if not segments or count < _LEAST_GAIN + _LEAST_STUB or keys.exhausted(text):
        return
    key = keys.name(text)
    lines = text.count("\n") + (not text.endswith("\n"))
    marks = measure.tally(source).at([segment.start for segment in segments] + [len(source)])
    costs = [after - before for before, after in pairwise(marks)]
    head = gap = more = 0
    if entry.short:
        head = measure.count(f"{wording.short(key)}\n{entry.head}") + _SLACK
        gap = more = _SLACK
        whole = head + marks[-1]
    else:
        widest = Gap(lines, lines) if lines > 1 else Gap(len(text), len(text), "characters")
        gap = measure.count(wording.gap(widest, key) + "\n") + _SLACK
        more = measure.count(wording.gap(widest, "") + "\n") + _SLACK
        whole = count
    # a stub says in a few words what it stands for, as long as it stays the cheapest form
    least = min(whole, head + gap + min(costs)) - _SLACK
    stubs = [wording.gap(Gap(1, lines) if lines > 1 else Gap(0, len(text), "characters"), key)]
    if not bare:
        stubs.insert(0, wording.stub(lines, count, describe(text, entry.split, entry.block.call), key))
    tokens = 0
    for stub in stubs:
        tokens = measure.count(stub)
        if tokens <= min(least, count - _LEAST_GAIN):
            break
    if count - tokens >= _LEAST_GAIN:
        entry.stub = stub
        entry.piece = Piece(whole, tokens, head, gap, more, costs, entry.values, entry.facts)
