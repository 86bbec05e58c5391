"""The plan carried out: messages with markers where text was taken out, the cache, and the decisions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from .._json import clone, exactly
from ..markers.excerpts import excerpt_parts, short_excerpt
from ..markers.keys import Keys, bond
from ..markers.places import Position
from ..markers.restore import ShortTexts, folded, is_beside_fold, issued
from ..markers.wording import BESIDE_FOLD, Wording, looks_issued
from ..messages import SHAPES
from ..messages.parts import MESSAGE_TOKENS, replace
from ..result import Action, Decision
from ..tokens.measure import Measure
from ..tokens.tiktoken_counter import SLICE_CHARACTERS
from ..types import Message, Turn
from .candidates import Entry
from .costs import Layout
from .folds import beside_cost, told_lines
from .groups import Atom
from .knapsack import Piece

_SHORTER = "says the same in fewer tokens"


class _Form(NamedTuple):
    """What stands instead of a text, and why."""

    action: Action
    text: str
    key: str
    why: str
    tokens: int | None = None  # where they are known


class Excerpt(NamedTuple):
    """An excerpt as it was written, for what may take its place."""

    entry: Entry
    kept: frozenset[int]
    key: str
    tokens: int
    message: Message  # where it stands
    decision: int  # its number


class Writer:
    """Writes the forms that a layout's pieces and groups have now. Costs are counted on what was written.

    Afterwards ``messages``, ``decisions`` and ``tokens`` (of the messages, without tools) hold the outcome,
    and ``unfoldable`` the numbers of atoms that do not survive a round trip through JSON.
    """

    def __init__(self, measure: Measure, keys: Keys, wording: Wording, shape: str) -> None:
        keys.cache = {}
        self._shape = SHAPES[shape]
        self.cache = keys.cache  # what was taken out
        self.messages: list[Message] = []
        self.decisions: list[Decision] = []
        self.tokens = 0
        self.excerpts: list[Excerpt] = []  # of texts, not of short forms
        self.unfoldable: frozenset[int] = frozenset()
        self.issued: list[Position] = []  # where forms stand in the messages that were written
        self.written: dict[int, int] = {}  # the index there of each message that does not fold, by its own
        self._suspects: list[tuple[str, str | None]] = []  # texts that could be misread, and their true keys
        self._suspect_messages: list[Message] = []
        self._forms: dict[int, _Form] = {}  # by number of the entry
        self._measure = measure
        self._keys = keys
        self._wording = wording

    def write(self, messages: list[Message], turns: list[Turn], bound: list[Atom], layout: Layout) -> Writer:
        runs = dict(_folds(turns, bound, layout))
        self._count_ahead(runs.items(), bound, layout)
        entries = layout.entries
        upcoming = [0]

        def until(last: int) -> list[tuple[int, Entry]]:
            """The entries up to and including a message's, with their numbers."""
            first = stop = upcoming[0]
            while stop < len(entries) and entries[stop].block.message <= last:
                stop += 1
            upcoming[0] = stop
            return [(number, entries[number]) for number in range(first, stop)]

        number = 0
        while number < len(bound):
            first = bound[number].first
            stop = runs.get(number)
            if stop is None:
                for index in range(first, bound[number].last + 1):
                    self._message(messages[index], turns[index], until(index))
                number += 1
                continue
            last = bound[stop - 1].last
            text = exactly(messages[first : last + 1])
            covered = until(last)
            told = {
                turn.index: turn.role
                for run, group in zip(bound[number:stop], layout.groups[number:stop], strict=True)
                if group.open
                for turn in turns[run.first : run.last + 1]
            }
            beside = _beside(turns, first, last)
            if text is None or self._is_misread(beside, messages[last + 1 : last + 2]):
                self.unfoldable |= frozenset(range(number, stop))
            if text is not None:
                names = [name for group in layout.groups[number:stop] for name in group.named.get(0, ())]
                self._fold(text, last + 1 - first, covered, told, names, beside)
            number = stop
        return self

    def _is_misread(self, beside: tuple[bool, bool], following: list[Message]) -> bool:
        """Whether a message of the conversation would be taken for one that stands beside a fold."""
        before, behind = beside
        above = any(map(is_beside_fold, self.messages[-1:])) and not before
        return above or (any(map(is_beside_fold, following)) and not behind)

    def _fold(
        self,
        text: str,
        count: int,
        entries: Sequence[tuple[int, Entry]],
        told: dict[int, str],
        names: Sequence[str],
        beside: tuple[bool, bool],
    ) -> None:
        key = self._keys.issue(text)
        lines = told_lines([entry for _, entry in entries], told)
        marker = "\n".join([self._wording.naming(self._wording.fold(count, key, bool(lines)), names), *lines])
        if lines and folded(self._shape.tell("user", marker), {key: text}) != key:
            # the messages are no plain JSON: what is told would be a text
            marker = self._wording.naming(self._wording.fold(count, key), names)
        before, behind = beside
        tell = self._shape.tell
        around = [tell("assistant", BESIDE_FOLD) for _ in range(before + behind)]
        self.messages += [*around[:before], tell("user", marker), *around[before:]]
        self.issued.append((len(self.messages) - behind - 1, self._shape.text_at))
        cost = MESSAGE_TOKENS + self._measure.count(marker) + (before + behind) * beside_cost(self._measure)
        self.tokens += cost
        why = f"one of {count} neighbouring messages that matter least"
        for _, entry in entries:
            kept = entry.block.message in told and entry.piece is not None and len(entry.piece.kept)
            told_of = f"{kept} of {len(entry.split.segments)} segments are told within a fold"
            self._decide(entry, "fold", key, cost, told_of if kept else why)
            cost = 0

    def _count_ahead(self, folds: Iterable[tuple[int, int]], bound: list[Atom], layout: Layout) -> None:
        """Writes the new forms of texts, and lets threads count them."""
        folded = {index for first, stop in folds for index in range(bound[first].first, bound[stop - 1].last + 1)}
        for number, entry in enumerate(layout.entries):
            if entry.piece is not None and entry.block.message not in folded:
                if not entry.piece.whole or entry.piece.full < entry.tokens:
                    self._forms[number] = self._form(entry, entry.piece)
        self._measure.begin(form.text for form in self._forms.values() if form.tokens is None)

    def _message(self, message: Message, turn: Turn, entries: Sequence[tuple[int, Entry]]) -> None:
        copy = clone(message, f"messages[{turn.index}]")
        self.written[turn.index] = len(self.messages)
        self.messages.append(copy)
        self.tokens += self._measure.constant(turn)
        for number, entry in entries:
            form = self._forms.get(number)
            if form is not None:
                self._replace(copy, entry, form)
                continue
            if entry.protected:
                self._decide(entry, "protected", None, entry.tokens, entry.protected)
            elif entry.piece is None:
                self._decide(entry, "kept", None, entry.tokens, "a marker would cost as much")
            else:
                self._decide(entry, "kept", None, entry.tokens, "relevant")
            self.tokens += entry.tokens
            if looks_issued(entry.block.text):
                self._suspects.append((entry.block.text, None))
                self._suspect_messages.append(message)

    def _form(self, entry: Entry, piece: Piece) -> _Form:
        """The text that stands instead of an entry's."""
        kept, segments = piece.kept, entry.split.segments
        key = self._keys.issue(entry.block.text)
        why = f"{len(kept)} of {len(segments)} segments are relevant"
        names = [name for number in sorted(piece.named) for name in piece.named[number]]
        if not kept:
            return _Form("stub", self._wording.naming(entry.stub, names), key, entry.again or "matters least")
        if not entry.short:
            text, tokens = self._excerpt(entry, piece, key)
            return _Form("excerpt", text, key, why, tokens)
        marker = self._wording.naming(self._wording.short(entry.form, key), names)
        text = f"{marker}\n{entry.head}{short_excerpt(entry.short, segments, kept)}"
        return _Form("compact", text, key, _SHORTER) if piece.whole else _Form("excerpt", text, key, why)

    def _excerpt(self, entry: Entry, piece: Piece, key: str) -> tuple[str, int | None]:
        """An excerpt, and its tokens where the count of the whole text tells them."""
        source = entry.block.text
        parts, stretches, markers = excerpt_parts(
            source, entry.split.segments, piece.kept, key, self._wording, entry.told, piece.named
        )
        text = "".join(parts)
        known = self._measure.tally(source).of(stretches) if len(text) <= SLICE_CHARACTERS else None
        return text, None if known is None else known + sum(map(self._measure.count, markers))

    def _replace(self, copy: Message, entry: Entry, form: _Form) -> None:
        replace(copy, entry.block.path, form.text)
        self.issued.append((self.written[entry.block.message], entry.block.path))
        if looks_issued(entry.block.text) or looks_issued(entry.short):
            self._suspects.append((form.text, form.key))
        tokens = self._measure.count(form.text) if form.tokens is None else form.tokens
        self.tokens += tokens
        if form.action == "excerpt" and not entry.short and entry.piece is not None:
            kept = frozenset(entry.piece.kept)
            self.excerpts.append(Excerpt(entry, kept, form.key, tokens, copy, len(self.decisions)))
        self._decide(entry, form.action, form.key, tokens, form.why)

    def shorten(self, excerpt: Excerpt, shrunk: str, tokens: int) -> None:
        """Puts a shrunk text, which costs so many tokens with its marker, where an excerpt was written."""
        text = self._wording.shortened(excerpt.key, shrunk)
        replace(excerpt.message, excerpt.entry.block.path, text)
        self._keys.issue(bond(excerpt.key, shrunk))
        self._suspects.append((text, excerpt.key))
        self.tokens += tokens - excerpt.tokens
        row = self.decisions[excerpt.decision]
        self.decisions[excerpt.decision] = row._replace(action="shrunk", tokens_after=tokens, why="said in fewer words")

    def explain(self, excerpt: Excerpt, reason: str) -> None:
        """Adds to an excerpt's decision why nothing shorter took its place."""
        row = self.decisions[excerpt.decision]
        self.decisions[excerpt.decision] = row._replace(why=f"{row.why}; not shrunk: {reason}")

    def mistaken(self) -> set[str]:
        """Cached texts whose keys stand in the input so that restore would take them for issued ones."""
        cache = self.cache
        short = ShortTexts()
        found = [(issued(text, cache, short), true) for text, true in self._suspects]
        wrong = {key for key, true in found if key is not None and key != true}
        wrong.update(key for message in self._suspect_messages if (key := folded(message, cache, short)))
        return {cache[key] for key in wrong}

    def _decide(self, entry: Entry, action: Action, key: str | None, tokens: int, why: str) -> None:
        block = entry.block
        values = entry.values
        score = round(max(values) if len(values) > 1 else values[0] if values else 0.0, 4)
        self.decisions.append(Decision(block.message, block.path, action, key, entry.tokens, tokens, score, why))


def _folds(turns: list[Turn], bound: list[Atom], layout: Layout) -> Iterator[tuple[int, int]]:
    """The runs of atoms that fold, as (first, one past the last).

    A single message is replaced by none of another role: one of the assistant stands for itself, as a stub.
    """
    number = 0
    for folds, run in groupby(layout.groups, key=lambda group: group.folded):
        first, number = number, number + sum(1 for _ in run)
        if folds:
            start, end = bound[first].first, bound[number - 1].last
            if start < end or turns[start].role == "user":
                yield first, number


def _beside(turns: list[Turn], first: int, last: int) -> tuple[bool, bool]:
    """Whether the assistant has to speak before and behind a fold, so that user and assistant go on taking turns.

    Args:
        first, last: the messages that fold.
    """

    def says(turn: Turn | None) -> bool:
        """Whether the assistant says something, and calls nothing."""
        return turn is not None and turn.role == "assistant" and not turn.calls

    def spoken(places: range) -> Turn | None:
        """The first message there that is none of the system."""
        return next((turns[index] for index in places if turns[index].role != "system"), None)

    above, below = spoken(range(first - 1, -1, -1)), spoken(range(last + 1, len(turns)))
    before = turns[first].role == "assistant" and above is not None and not says(above)
    called = turns[last].role == "assistant" and turns[last].calls
    behind = below is not None and below.role == "user" if called else says(turns[last])
    return before, behind
