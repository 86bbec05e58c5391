"""Messages written in the chosen forms, with the cache and the decisions. Their tokens are counted as written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from .._json import clone, exactly
from ..content import LOSSLESS
from ..markers.excerpts import excerpt_parts, short_excerpt
from ..markers.keys import bond, listed
from ..markers.places import Position
from ..markers.restore import ShortTexts, folded, is_beside_fold, issued
from ..markers.wording import BESIDE_FOLD, FOLLOWS, SHORTENED, looks_issued
from ..messages import SHAPES
from ..messages.parts import MESSAGE_TOKENS, replace
from ..result import Action, Decision
from ..tokens.tiktoken_counter import SLICE_CHARACTERS
from ..types import Message, Turn
from .candidates import Candidate
from .choice import FOLD, Choice
from .costs import Costs
from .folds import beside_cost, fold_marker, quoted_lines
from .nesting import balanced
from .part_labels import said_in_gaps

_SHORTER = "says the same in fewer tokens"
_OWN = "the form that after gives"


class Excerpt(NamedTuple):
    """An excerpt of a text (no compact form) as it was written, and the place of it."""

    candidate: Candidate
    kept: frozenset[int]
    key: str
    tokens: int
    message: int  # index in the written messages
    decision: int  # index in the decisions
    floor: int  # tokens of the shortest stub


class Written(NamedTuple):
    """Messages as they were written."""

    messages: list[Message]
    cache: Mapping[str, str]  # the originals that were taken out, by key
    decisions: Sequence[Decision]
    tokens: int  # of the messages, without tools
    issued: Sequence[Position]  # places of the forms in the messages
    places: Mapping[int, int]  # index in the messages of each given message that does not fold
    excerpts: Sequence[Excerpt]
    unfoldable: frozenset[int]  # atoms that do not survive a round trip through JSON
    suspects: Sequence[tuple[str, str | None]]  # texts that could be misread, with their true keys
    suspect_messages: Sequence[Message]
    needs_tool: bool  # whether something was left out that the model may ask for

    def mistaken(self) -> set[str]:
        """Cached texts for which ``restore`` would mistake a text of the input for an issued form."""
        short = ShortTexts()
        found = [(issued(text, self.cache, short), true) for text, true in self.suspects]
        wrong = {key for key, true in found if key is not None and key != true}
        wrong.update(key for message in self.suspect_messages if (key := folded(message, self.cache, short)))
        return {self.cache[key] for key in wrong}

    def shortened(self, excerpt: Excerpt, shrunk: str, tokens: int, costs: Costs) -> Written:
        """The messages with a shrunk text in the place of an excerpt; it has ``tokens`` with its marker."""
        text, bound = costs.wording.shortened(excerpt.key, shrunk), bond(excerpt.key, shrunk)
        messages = self.messages[:]
        messages[excerpt.message] = clone(messages[excerpt.message], "message")
        replace(messages[excerpt.message], excerpt.candidate.block.path, text)
        changed = self._decided(excerpt, action="shrunk", tokens_after=tokens, why="said in fewer words")
        return changed._replace(
            messages=messages,
            cache={**self.cache, costs.keys.name(bound): bound},
            suspects=[*self.suspects, (text, excerpt.key)],
            tokens=self.tokens + tokens - excerpt.tokens,
        )

    def explained(self, excerpt: Excerpt, reason: str) -> Written:
        """The messages with the reason, in an excerpt's decision, why no shrunk text replaced it."""
        return self._decided(excerpt, why=f"{self.decisions[excerpt.decision].why}; not shrunk: {reason}")

    def _decided(self, excerpt: Excerpt, **changes: object) -> Written:
        decisions = list(self.decisions)
        decisions[excerpt.decision] = decisions[excerpt.decision]._replace(**changes)  # type: ignore[arg-type]
        return self._replace(decisions=decisions)


class _Form(NamedTuple):
    """The text that replaces another, and why."""

    action: Action
    text: str
    key: str
    why: str
    tokens: int | None = None  # None if they are not yet counted


def write(costs: Costs, choice: Choice) -> Written:
    """Copies of the messages in the chosen forms."""
    return _Writing(costs, choice).written()


class _Writing:
    """One writing of all messages."""

    def __init__(self, costs: Costs, choice: Choice) -> None:
        self._costs, self._choice, self._judged = costs, choice, costs.judged
        self._measure, self._wording = costs.measure, costs.wording
        self._given, self._shape = costs.judged.messages, SHAPES[costs.shape]
        self._messages: list[Message] = []
        self._cache: dict[str, str] = {}
        self._decisions: list[Decision] = []
        self._tokens = 0
        self._issued: list[Position] = []
        self._places: dict[int, int] = {}
        self._excerpts: list[Excerpt] = []
        self._unfoldable: frozenset[int] = frozenset()
        self._suspects: list[tuple[str, str | None]] = []
        self._suspect_messages: list[Message] = []
        self._needs_tool = False
        self._forms: dict[int, _Form] = {}  # by candidate

    def written(self) -> Written:
        runs = dict(self._folds())
        self._count_ahead(runs)
        number = 0
        while number < len(self._judged.atoms):
            stop = runs.get(number, 0)
            if stop:
                self._fold(number, stop)
            else:
                atom = self._judged.atoms[number]
                for index in range(atom.first, atom.last + 1):
                    self._message(index)
            number = stop or number + 1
        return Written(
            self._messages, self._cache, self._decisions, self._tokens, self._issued, self._places, self._excerpts,
            self._unfoldable, self._suspects, self._suspect_messages, self._needs_tool,
        )  # fmt: skip

    def _folds(self) -> Iterator[tuple[int, int]]:
        """The runs of atoms that fold, as (first, one past the last)."""
        for folds, run in groupby(range(len(self._judged.atoms)), key=self._choice.folded.__contains__):
            first, *rest = run
            if folds:
                yield first, (rest[-1] if rest else first) + 1

    def _issue(self, text: str) -> str:
        """The key of a text that is taken out now."""
        key = self._costs.keys.name(text)
        self._cache[key] = text
        return key

    def _fold(self, start: int, stop: int) -> None:
        """Writes the fold of the atoms ``start`` to ``stop`` (exclusive)."""
        judged, choice = self._judged, self._choice
        first, last = judged.atoms[start].first, judged.atoms[stop - 1].last
        count = last + 1 - first
        text = exactly(self._given[first : last + 1])
        before, behind = _beside(judged.turns, first, last)
        if text is None:
            self._unfoldable |= frozenset(filter(self._is_no_json, range(start, stop)))
            return
        if self._is_misread(before, behind, last + 1):
            self._unfoldable |= frozenset(range(start, stop))
        key, self._needs_tool = self._issue(text), True
        quoted = [
            (judged.candidates[number], turn.role, choice.kept_of(number))
            for group in range(start, stop)
            if group in choice.opened
            for turn in judged.turns[judged.atoms[group].first : judged.atoms[group].last + 1]
            for number in judged.of(turn.index, turn.index)
            if choice.kept_of(number) or not judged.atoms[group].many
        ]
        named = choice.hints.names.get(FOLD, {})
        names = [name for group in range(start, stop) for name in named.get(group, ())]
        media = sum(turn.media for turn in judged.turns[first : last + 1])
        lines = quoted_lines(quoted)
        marker = "\n".join([fold_marker(self._wording, count, key, media, names, bool(lines)), *lines])
        if lines and folded(self._shape.text_message("user", marker), {key: text}, judged.short) != key:
            # the messages are not plain JSON, so restore() would not recognise the quoted lines
            marker = fold_marker(self._wording, count, key, media, names)
        around = [self._shape.text_message("assistant", BESIDE_FOLD) for _ in range(before + behind)]
        self._messages += [*around[:before], self._shape.text_message("user", marker), *around[before:]]
        self._issued.append((len(self._messages) - behind - 1, self._shape.TEXT_AT))
        cost = MESSAGE_TOKENS + self._measure.count(marker) + (before + behind) * beside_cost(self._measure)
        self._tokens += cost
        least = f"one of {count} neighbouring messages that matter least"
        for number in judged.of(first, last):
            why = least
            if kept := choice.kept.get(number):
                every = len(judged.candidates[number].split.segments)
                why = f"{len(kept)} of {every} segments are told within a fold"
            self._decide(number, "fold", key, cost, why)
            cost = 0

    def _is_no_json(self, number: int) -> bool:
        """Whether the messages of an atom do not survive a round trip through JSON."""
        atom = self._judged.atoms[number]
        return exactly(self._given[atom.first : atom.last + 1]) is None

    def _is_misread(self, before: bool, behind: bool, following: int) -> bool:
        """Whether a message of the conversation looks like the message of the assistant beside this fold."""
        above = any(map(is_beside_fold, self._messages[-1:])) and not before
        return above or (any(map(is_beside_fold, self._given[following : following + 1])) and not behind)

    def _count_ahead(self, folds: Mapping[int, int]) -> None:
        """Writes the new forms of texts, and lets threads count them."""
        folded = {number for first, stop in folds.items() for number in range(first, stop)}
        for number, group in enumerate(self._costs.groups):
            for place, forms in group.forms.items() if number not in folded else ():
                whole = len(self._choice.kept_of(place)) == len(forms.segments)
                if not whole or forms.full < self._costs.tokens[place]:
                    self._forms[place] = self._form(place, whole)
        self._share()
        self._measure.begin(form.text for form in self._forms.values() if form.tokens is None)

    def _share(self) -> None:
        """Lets stubs in succession share one marker, if stubs are the shortest ones."""
        if not self._choice.bare:
            return
        kept: set[str] = set()
        for run in self._costs.sharing:
            stubs = [place for place in run if place in self._forms and self._forms[place].action == "stub"]
            numbers = (place - number for number, place in enumerate(stubs))
            for _, together in groupby(zip(numbers, stubs, strict=True), key=lambda one: one[0]):
                kept |= self._share_one([place for _, place in together])
        for key in kept - {form.key for form in self._forms.values()}:
            del self._cache[key]

    def _share_one(self, run: Sequence[int]) -> set[str]:
        """Gives a run of stubs one marker. A text alone stays if a marker costs as much; its key is returned then."""
        if len(run) > 1:
            key = self._issue(listed([self._forms[place].key for place in run]))
            named = [self._choice.hints.names.get(place, {}) for place in run]
            names = [name for by_segment in named for each in by_segment.values() for name in each]
            for place in run:
                self._forms[place] = self._forms[place]._replace(text=FOLLOWS)
            marker = self._wording.naming(self._wording.shared(len(run), key), names)
            self._forms[run[0]] = self._forms[run[0]]._replace(text=marker)
        elif self._costs.tokens[run[0]] <= self._costs.stubs[run[0]].tokens:
            return {self._forms.pop(run[0]).key}
        return set()

    def _message(self, index: int) -> None:
        message = self._given[index]
        copy = clone(message, f"messages[{index}]")
        self._places[index] = len(self._messages)
        self._messages.append(copy)
        self._tokens += self._measure.constant(self._judged.turns[index])
        for number in self._judged.of(index, index):
            form = self._forms.get(number)
            if form is not None:
                self._replace(copy, number, form)
                continue
            one, tokens = self._judged.candidates[number], self._costs.tokens[number]
            if one.protected:
                self._decide(number, "protected", None, tokens, one.protected)
            elif number in self._costs.stubs:
                self._decide(number, "kept", None, tokens, "relevant")
            else:
                self._decide(number, "kept", None, tokens, "a marker would cost as much")
            self._tokens += tokens
            if looks_issued(one.block.text):
                self._suspects.append((one.block.text, None))
                self._suspect_messages.append(message)

    def _form(self, number: int, whole: bool) -> _Form:
        """The text that replaces a candidate's."""
        one = self._judged.candidates[number]
        kept, segments = self._choice.kept_of(number) or one.must, one.split.segments
        key = self._issue(one.block.text)
        why = f"{len(kept)} of {len(segments)} segments are relevant"
        by_segment = self._choice.hints.names.get(number, {})
        names = [name for segment in sorted(by_segment) for name in by_segment[segment]]
        if not kept:
            self._needs_tool = True
            stubs = self._costs.stubs[number]
            stub = stubs.bare if self._choice.bare else stubs.described
            return _Form("stub", self._wording.naming(stub, names), key, one.again or one.ruled_out or "matters least")
        if not one.short:
            self._needs_tool = True
            shown = balanced(segments, kept, one.elements)
            parts, stretches, markers = excerpt_parts(
                one.block.text,
                shown.segments,
                shown.kept,
                key,
                self._wording,
                shown.moved(self._choice.hints.signatures.get(number, {})),
                shown.moved(by_segment),
                shown.moved(said_in_gaps(one.split, kept), last=True),
            )
            text = "".join(parts)
            # the tokens of the parts often follow from the encoding of the whole text
            known = self._measure.tally(one.block.text).of(stretches) if len(text) <= SLICE_CHARACTERS else None
            tokens = None if known is None else known + sum(map(self._measure.count, markers))
            return _Form("excerpt", text, key, why, tokens)
        complete = whole and one.form in LOSSLESS
        self._needs_tool |= not complete
        marker = self._wording.naming(self._wording.short(one.form, key, complete), names)
        body = f"{one.head}{short_excerpt(one.short, segments, kept, numbers=one.lines)}"
        if one.form == SHORTENED:  # restore() cannot make it again
            self._issue(bond(key, body))
        text = f"{marker}\n{body}"
        if not whole:
            return _Form("excerpt", text, key, why)
        return _Form("compact", text, key, _OWN if one.form == SHORTENED else _SHORTER)

    def _replace(self, copy: Message, number: int, form: _Form) -> None:
        one = self._judged.candidates[number]
        place = self._places[one.block.message]
        replace(copy, one.block.path, form.text)
        self._issued.append((place, one.block.path))
        if looks_issued(one.block.text) or looks_issued(one.short):
            self._suspects.append((form.text, form.key))
        tokens = self._measure.count(form.text) if form.tokens is None else form.tokens
        self._tokens += tokens
        if form.action == "excerpt" and not one.short:
            kept, floor = self._choice.kept_of(number), self._costs.stubs[number].tokens
            self._excerpts.append(Excerpt(one, kept, form.key, tokens, place, len(self._decisions), floor))
        self._decide(number, form.action, form.key, tokens, form.why)

    def _decide(self, number: int, action: Action, key: str | None, tokens: int, why: str) -> None:
        one, before = self._judged.candidates[number], self._costs.tokens[number]
        score, block = self._judged.relevance[number], one.block
        rule = None if one.rule is None else one.rule.rule
        self._decisions.append(Decision(block.message, block.path, action, key, before, tokens, score, why, rule))


def _beside(turns: Sequence[Turn], first: int, last: int) -> tuple[bool, bool]:
    """Whether a fold needs a message of the assistant before it and behind it, so that roles still take turns.

    Args:
        turns: The conversation.
        first: The first message that folds.
        last: The last message that folds.
    """

    def says(turn: Turn | None) -> bool:
        """Whether it is a message of the assistant without calls."""
        return turn is not None and turn.role == "assistant" and not turn.calls

    def spoken(places: range) -> Turn | None:
        """The first message there that is not a system message."""
        return next((turns[index] for index in places if turns[index].role != "system"), None)

    above, below = spoken(range(first - 1, -1, -1)), spoken(range(last + 1, len(turns)))
    before = turns[first].role == "assistant" and above is not None and not says(above)
    called = turns[last].role == "assistant" and turns[last].calls
    behind = below is not None and below.role == "user" if called else says(turns[last])
    return before, behind
