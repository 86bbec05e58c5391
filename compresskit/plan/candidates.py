"""Candidates: the texts that the budget chooses among, split into segments that have values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from functools import partial
from itertools import accumulate, islice, pairwise
from typing import NamedTuple

from ..content import (
    LOSSLESS,
    MARKER,
    REWORDED,
    Detected,
    Segment,
    Short,
    Split,
    detect,
    forms_of,
    is_utf8,
    quiet_of,
    segments_of,
    shorten,
    split,
)
from ..markers import weights as marker_tuning
from ..markers.fold_quotes import quoted_always
from ..markers.wording import SHORTENED
from ..messages.parts import CHARACTERS_PER_TOKEN
from ..relevance import Document, score
from ..relevance import weights as relevance_tuning
from ..relevance.duplicates import again, outdated
from ..relevance.entities import Facts
from ..relevance.extremes import extremes
from ..relevance.rows import cut, merged, picked
from ..tokens.measure import Measure
from ..types import NO_RULES, Block, Message, Place, Protection, Query, Treatment, Turn
from . import weights as tuning
from .groups import Atom

# Limits of time
_MAX_SEGMENTS = 20_000  # segments of one conversation: larger ones are cut more coarsely
_DEEP_SHARE = 4  # characters of a conversation for each one that is parsed, minimum
_DEEP_ALL = 200_000  # characters of a conversation above which none is parsed
_ENTITY_CHARACTERS = 100_000  # characters of the newest text that are searched for entities; older ones matter little
_SHORT_CHARACTERS = 600_000  # characters of the texts that get compact forms, newest first
_PICKED_CHARACTERS = 600_000  # characters that are searched for rows that the question picks out, newest first
_ASKED_TERMS = 64  # words of the question that are looked for in a text
CODE = frozenset({"python", "code"})  # kinds of text with signatures
NO_ENTITIES: frozenset[int] = frozenset()
_WHOLE = Split("text", [])


def _no_form(_block: Block) -> str:
    return ""


class Candidate(NamedTuple):
    """One block with all its properties besides costs."""

    block: Block
    protected: str  # the reason why it must not change; "" if it may
    split: Split = _WHOLE  # without segments if the block is protected or small
    must: frozenset[int] = frozenset()  # segments that are kept whenever the block is shown
    values: Sequence[float] = ()  # values of the segments
    entities: Sequence[frozenset[int]] = ()  # numbers of the entities of each segment
    form: str = ""  # name of the compact form
    short: str = ""  # text of the compact form without its head: the segments are segments of it
    head: str = ""  # beginning of the compact form, which precedes any kept part of it
    quiet: frozenset[int] = frozenset()  # segments without new information
    shares: Sequence[float] = ()  # certainty, for each segment, that the question means it; empty if it picks no row
    picked: frozenset[int] = frozenset()  # segments that the question means with the highest certainty
    again: str = ""  # a note for the stub if later texts repeat the whole text, or if it is out of date
    stale: int = 0  # 0 = current; stale texts are numbered from 1 (newest)
    rule: Treatment | None = None  # what a rule of the caller says about the block

    @property
    def most(self) -> int | None:
        """The tokens of its form, at most, besides what must stay of it; None without a rule that bounds them."""
        rule = self.rule
        if rule is None:
            return None
        if rule.action == "stub" or self.outlined or (rule.action == "drop_when_stale" and self.stale):
            return 0
        return rule.max_tokens

    @property
    def outlined(self) -> bool:
        """Whether a rule makes it code of which only the signatures are shown."""
        return self.rule is not None and self.rule.action == "signatures" and self.split.kind in CODE

    @property
    def source(self) -> str:
        """The text that the segments are segments of."""
        return self.short or self.block.text

    def segment_tokens(self, measure: Measure) -> list[int]:
        """Tokens of each segment."""
        offsets = [segment.start for segment in self.split.segments] + [len(self.source)]
        return [after - before for before, after in pairwise(measure.tally(self.source).at(offsets))]

    @property
    def optional(self) -> Sequence[Segment]:
        """The segments that may be left out."""
        return [segment for number, segment in enumerate(self.split.segments) if number not in self.must]


class Judged(NamedTuple):
    """A conversation as candidates, in order, and the value of each atom apart from its larger texts."""

    messages: list[Message]
    turns: Sequence[Turn]
    atoms: Sequence[Atom]
    candidates: Sequence[Candidate]
    firsts: Sequence[int]  # the first candidate of each message, and the number of candidates
    relevance: Sequence[float]  # for each candidate, the best value of its segments, or the value of its atom
    values: Sequence[float]  # value of each atom, apart from its larger texts
    entities: Sequence[frozenset[int]]  # entities of each atom, apart from its larger texts
    weights: Sequence[float]  # weights of the entities, by number
    names: Mapping[int, str]  # names of the entities, by number; "" for those that mean nothing by themselves
    shown: frozenset[int]  # entities in protected texts
    acts: float  # how surely an agent's next step follows, which needs the entities, from 0 to 1

    def of(self, first: int, last: int) -> range:
        """The numbers of the candidates in messages ``first`` to ``last``."""
        return range(self.firsts[first], self.firsts[last + 1])


def judge(
    messages: list[Message],
    turns: Sequence[Turn],
    atoms: Sequence[Atom],
    protection: Protection,
    query: Query,
    measure: Measure,
    room: int,
    rules: Mapping[Place, Treatment] = NO_RULES,
    own_form: Callable[[Block], str] = _no_form,
) -> Judged:
    """The conversation with every block split into scored segments. So far only samples of texts are counted.

    Small texts and tool calls are scored together, one atom at a time. ``rules`` are the caller's, by block, and
    ``own_form`` gives the caller's own form of a text, "" if there is none.
    """
    quoted = frozenset(index for atom in atoms if atom.quoted for index in range(atom.first, atom.last + 1))
    candidates = _split_all(turns, protection, quoted, measure, room, query, rules, own_form)
    large = {number: one for number, one in enumerate(candidates) if one.split.segments}
    large = _with_picked_rows(large, turns, query)
    last = max(len(turns) - 1, 1)
    documents = [
        Document(
            one.source,
            one.optional,
            one.block.call,
            one.block.message / last,
            one.split.kind,
            one.split.parts,
            one.head,
        )
        for one in large.values()
    ]
    texts = ["\n".join(_beside(turns[atom.first : atom.last + 1], atom.quoted)) for atom in atoms]
    small = [number for number, (atom, text) in enumerate(zip(atoms, texts, strict=True)) if text and atom.foldable]
    documents += [
        Document(texts[number], [Segment(0, len(texts[number]), "")], "", atoms[number].last / last) for number in small
    ]
    scores = score(documents, query)
    values = [0.0] * len(atoms)
    for number, (value,) in zip(small, scores[len(large) :], strict=True):
        values[number] = value
    for number, one in _with_discounts(_with_values(large, scores), candidates).items():
        candidates[number] = with_best_segment(one)
    firsts = [0, *accumulate(len(turn.blocks) for turn in turns)]
    relevance = [
        max(one.values) if one.values else 0.0 if one.protected else value
        for atom, value in zip(atoms, values, strict=True)
        for one in candidates[firsts[atom.first] : firsts[atom.last + 1]]
    ]
    facts = Facts(turns)
    found, blocks, shown = _find_entities(facts, candidates)
    for number, one in found.items():
        candidates[number] = one
    beside = _entities_beside(facts, texts)
    for atom, numbers in zip(atoms, beside, strict=True):
        members = turns[atom.first : atom.last + 1] if numbers else ()
        blocks += [(block, numbers) for turn in members for block in turn.blocks if not block.call][:1]
    facts.weigh(blocks)
    acts = 1 - query.explicit  # an answer needs what the question asks about, an agent's next step what it has seen
    return Judged(
        messages, turns, atoms, candidates, firsts, relevance, values, beside, facts.weights, facts.names, shown, acts
    )


def _with_picked_rows(large: dict[int, Candidate], turns: Sequence[Turn], query: Query) -> dict[int, Candidate]:
    """Gives each row of a listing that the question picks out a segment of its own."""
    sure = relevance_tuning.WEIGHTS.sure_share
    left = _PICKED_CHARACTERS
    total = sum(len(one.source) for one in large.values())
    found = dict(large)
    for number, one in reversed(large.items()):
        if turns[one.block.message].role == "assistant":
            continue
        left -= len(one.source)
        if left < 0:
            break
        source = one.source
        for start, end, _ in map(one.split.segments.__getitem__, one.must):  # otherwise the question picks itself out
            source = source[:start] + "\n" * (end - start) + source[end:]
        rows = picked(source, one.split.kind, query.asked)
        if rows := merged(
            rows, extremes(source, one.split, one.head, query.newest, query.explicit * len(source) / total)
        ):
            parts, shares, origins = cut(one.split, rows)
            segments = list(enumerate(zip(origins, shares, strict=True)))
            found[number] = one._replace(
                split=parts,
                shares=shares,
                must=frozenset(segment for segment, (origin, _) in segments if origin in one.must),
                quiet=frozenset(segment for segment, (origin, share) in segments if origin in one.quiet and not share),
                picked=frozenset(segment for segment, share in enumerate(shares) if share >= sure),
            )
    return found


def _with_values(large: Mapping[int, Candidate], scores: Sequence[list[float]]) -> dict[int, Candidate]:
    """Gives segments their scores, and more if the question picks them out. Segments that must stay need no score."""
    most = relevance_tuning.WEIGHTS.picked_row
    found = {}
    for (number, one), values in zip(large.items(), scores, strict=False):
        if one.must:
            optional = iter(values)
            values = [0.0 if number in one.must else next(optional) for number in range(len(one.split.segments))]
        if one.shares:
            values = [value + most * share for value, share in zip(values, one.shares, strict=True)]
        found[number] = one._replace(values=values)
    return found


def with_best_segment(one: Candidate) -> Candidate:
    """Keeps the best segment of a text whenever it is shown, if a rule asks for an excerpt of it."""
    if one.rule is None or one.rule.action != "excerpt" or one.must or one.again or not one.values:
        return one
    return one._replace(must=frozenset([max(range(len(one.values)), key=one.values.__getitem__)]))


def _with_discounts(large: Mapping[int, Candidate], candidates: Sequence[Candidate]) -> dict[int, Candidate]:
    """Takes most of their value from segments that a later text repeats. If all are repeated, the text is one segment.

    Outdated reads have no value, so they are the first to go, the oldest before the others.
    """
    tuned, least = tuning.WEIGHTS, marker_tuning.WEIGHTS.small_text_characters
    texts = {number: large.get(number, one) for number, one in enumerate(candidates) if len(one.source) >= least}
    repeated = [[False] * len(one.split.segments) for one in texts.values()]
    if tuned.discounts_repeats:
        repeated = again([(one.source, one.split.segments) for one in texts.values()])
    changed = [False] * len(texts)
    if tuned.drops_outdated:
        ruled = frozenset(
            index for index, one in enumerate(texts.values()) if one.rule and one.rule.action == "drop_when_stale"
        )
        changed = outdated([(one.block.text, one.block.call) for one in texts.values()], ruled)
    left = tuned.repeated_share
    stale = 0
    found = dict(large)
    for (number, one), later, old in reversed(list(zip(texts.items(), repeated, changed, strict=True))):
        if not one.split.segments or not (old or any(later)):
            continue
        values = [value * left if there else value for value, there in zip(one.values, later, strict=True)]
        rows = frozenset(segment for segment in one.picked if not later[segment])
        found[number] = one._replace(values=values, picked=rows)
        if (old or all(later)) and not one.must:
            stale += old
            names = ", ".join(segment.name for segment in one.split.segments if segment.name)
            found[number] = one._replace(
                split=Split(one.split.kind, [Segment(0, len(one.source), names)]),
                values=[0.0 if old else max(values)],
                picked=frozenset(),
                again="changed, read again below" if old else "again below",
                stale=stale if old else 0,
            )
    return found


def _find_entities(
    facts: Facts, candidates: Sequence[Candidate]
) -> tuple[dict[int, Candidate], list[tuple[Block, frozenset[int]]], frozenset[int]]:
    """Larger and protected texts with their entities, newest first; the entities by block; those of protected texts."""
    shown: frozenset[int] = frozenset()
    blocks = []
    left = _ENTITY_CHARACTERS
    found = {}
    for number in range(len(candidates) - 1, -1, -1):
        one = candidates[number]
        source = one.source
        left -= len(source)
        if one.protected or one.split.segments:  # the entities of others are found with their atoms
            entities = [
                facts.numbers(source[start:end]) if left > 0 and segment not in one.quiet else NO_ENTITIES
                for segment, (start, end, _) in enumerate(one.split.segments or [Segment(0, len(source), "")])
            ]
            found[number] = one._replace(entities=entities)
            blocks.append((one.block, entities[0].union(*entities[1:])))
            if one.protected:
                shown |= blocks[-1][1]
    return found, blocks, shown


def _entities_beside(facts: Facts, texts: Sequence[str]) -> list[frozenset[int]]:
    """The entities of each atom, apart from its larger texts."""
    left = _ENTITY_CHARACTERS
    beside = [NO_ENTITIES] * len(texts)
    for number in reversed(range(len(texts))):
        left -= len(texts[number])
        if left > 0:
            beside[number] = facts.numbers(texts[number])
    return beside


def _beside(turns: Sequence[Turn], quoted: bool) -> list[str]:
    """The texts that an atom shows besides its larger texts."""
    if quoted:
        return [text for turn in turns for block in turn.blocks for text in quoted_always(block, turn.role)]
    least = marker_tuning.WEIGHTS.small_text_characters
    texts = [text for turn in turns for text in turn.fixed]
    return texts + [block.text for turn in turns for block in turn.blocks if len(block.text) < least]


def _split_all(
    turns: Sequence[Turn],
    protection: Protection,
    quoted: Set[int],
    measure: Measure,
    room: int,
    query: Query,
    rules: Mapping[Place, Treatment],
    own_form: Callable[[Block], str],
) -> list[Candidate]:
    """All blocks in order, with the segments of those that may change and are large enough."""
    splitter = _Splitter(turns, quoted, measure, room, query, own_form)
    reasons = [why for turn in turns for why in protection.blocks[turn.index]]
    blocks = [block for turn in turns for block in turn.blocks]
    candidates = [  # the newest texts are parsed first
        splitter.candidate(block, why, rules.get((block.message, block.path)))
        for block, why in zip(reversed(blocks), reversed(reasons), strict=True)
    ]
    return candidates[::-1]


class _Splitter:
    """Splits one text after another, within limits of time for all of them."""

    def __init__(
        self,
        turns: Sequence[Turn],
        quoted: Set[int],
        measure: Measure,
        room: int,
        query: Query,
        own_form: Callable[[Block], str],
    ) -> None:
        tuned = tuning.WEIGHTS
        characters = sum(len(block.text) for turn in turns for block in turn.blocks)
        enough = min(characters // tuned.enough_segments, room // tuned.room_tokens_per_segment_character)
        self._coarse = max(characters // _MAX_SEGMENTS, enough)
        self._deep_left = min(tuned.parsed_characters, characters // _DEEP_SHARE) if characters <= _DEEP_ALL else 0
        self._short_left = _SHORT_CHARACTERS
        self._quoted, self._measure, self._room, self._own_form = quoted, measure, room, own_form
        self._asked = query.asked if _wants_own_words(characters, room, query.explicit) else {}

    def candidate(self, block: Block, why: str, rule: Treatment | None) -> Candidate:
        """A block with its segments, and with its compact form if it has one that pays."""
        one = Candidate(block, why, rule=rule)
        if why or len(block.text) < marker_tuning.WEIGHTS.small_text_characters:
            return one
        tuned = tuning.WEIGHTS
        room = self._room if rule is None or rule.max_tokens is None else min(self._room, rule.max_tokens)
        most = max(_most_characters(block.text, self._measure, room), 4 * self._coarse)
        least = max(min(tuned.min_segment_characters, most // 4), self._coarse)
        if form := self._own(block, rule):
            parts = split(form, hint=block.call, min_chars=least, max_chars=most)
            return one._replace(split=parts, form=SHORTENED, short=form)
        kind = detect(block.text, block.call)
        if found := self._compact(block, kind, rule):
            form, short = found
            if block.message in self._quoted:
                least = min(least, tuned.min_quoted_segment_characters)
            parts = segments_of(short, least, most)
            must = frozenset(range(len(parts.segments)) if rule is not None and rule.complete else ())
            quiet = quiet_of(short, parts)
            return one._replace(split=parts, must=must, form=form, short=short.body, head=short.head, quiet=quiet)
        if rule is not None and rule.complete:
            return one._replace(protected=f"rule: {rule.title}")
        deep = len(block.text) <= self._deep_left
        self._deep_left -= len(block.text) if deep else 0
        cut = partial(split, hint=block.call, deep=deep, min_chars=least, max_chars=most)
        if not block.must:
            return one._replace(split=cut(block.text, found=kind))
        parts, must = _around(block, cut)
        return one._replace(split=parts, must=must)

    def _own(self, block: Block, rule: Treatment | None) -> str:
        """The caller's own form of a text; "" if it has none, or if only its own words may stay."""
        if block.must or block.message in self._quoted or (rule and (rule.in_own_words or rule.complete)):
            return ""
        form = self._own_form(block)
        return form if len(form) + MARKER < len(block.text) and is_utf8(form) else ""

    def _compact(self, block: Block, kind: Detected, rule: Treatment | None) -> tuple[str, Short] | None:
        """The compact form of a text, if it has one that pays."""
        forms = () if block.must or self._short_left <= 0 else _forms_of(block, kind, rule)
        if not forms:
            return None
        self._short_left -= len(block.text)
        if self._short_left < 0:
            return None
        within = block.message in self._quoted
        if within:  # only the marker shows that a form omits something, and a fold does not quote it
            forms = tuple(form for form in forms if form in LOSSLESS)
        if rule is None and _says_any(block.text, self._asked):
            forms = tuple(form for form in forms if form not in REWORDED)
        found = shorten(block.text, forms, 0 if within else MARKER)
        if found is None or found[0] not in tuning.WEIGHTS.compact_forms:
            return None
        pays = (rule is not None and rule.complete) or _pays(block.text, *found, self._room)
        return found if pays else None


def _forms_of(block: Block, kind: Detected, rule: Treatment | None) -> tuple[str, ...]:
    """The compact forms that a text may have."""
    if rule is None:
        return forms_of(block.text, kind)
    if rule.in_own_words:
        return ()
    return tuple(form for form in forms_of(block.text, kind) if not rule.complete or form in LOSSLESS)


def _wants_own_words(characters: int, room: int, explicit: float) -> bool:
    """Whether rows are kept in their own words, and not in a compact form that says all of them.

    A question about the texts is answered from a few rows, and their own words are easier to read and to quote. An
    agent's next step may need an id of any row. If the forms could bring everything into the room, nothing has to be
    chosen.
    """
    tuned = tuning.WEIGHTS
    short = tuned.max_excerpted_form_share * characters
    return explicit > tuned.max_explicit_of_forms and short > room * CHARACTERS_PER_TOKEN


def _says_any(text: str, asked: Mapping[str, float]) -> bool:
    """Whether a text has any word of the question."""
    lower = text.lower()
    return any(term in lower for term in islice(asked, _ASKED_TERMS))


def _pays(text: str, form: str, short: Short, room: int) -> bool:
    """Whether a compact form of JSON is worth more than the text's own words.

    If not even the form fits the room, most of the text goes either way. Its own words are easier to read and to quote.
    """
    characters = len(short.head) + len(short.body)
    if not form.startswith("JSON") or characters <= room * CHARACTERS_PER_TOKEN:
        return True
    minified = sum(len(line.strip()) for line in text.split("\n"))
    return characters <= tuning.WEIGHTS.max_excerpted_form_share * minified


def _around(block: Block, cut: Callable[[str], Split]) -> tuple[Split, frozenset[int]]:
    r"""The split of a text of which some ranges must stay: a segment for each of them; the texts between are cut alone.

    The kind is the kind of the longest text between them. Nothing is split if only small texts may be left out.

    >>> cut, must = _around(Block(0, ("content",), "Sum up:\n" + "one, two\n" * 30, must=((0, 8),)), split)
    >>> cut.kind, cut.segments[0], must
    ('lines', Segment(start=0, end=8, name=''), frozenset({0}))
    """
    text, small = block.text, marker_tuning.WEIGHTS.small_text_characters
    segments: list[Segment] = []
    must: list[int] = []
    parts: list[int] = []
    longest = _WHOLE
    size = last = 0
    for start, end in [*sorted(block.must), (len(text), len(text))]:
        start, end = max(start, last), min(end, len(text))
        if start - last >= small:
            part = cut(text[last:start])
            longest, size = (part, start - last) if start - last > size else (longest, size)
            segments += [Segment(last + first, last + stop, name) for first, stop, name in part.segments]
            parts += [last, *(last + first for first in part.parts if first)]
            last = start
        if end > last:
            if must and must[-1] == len(segments) - 1:
                segments[-1] = segments[-1]._replace(end=end)
            else:
                must.append(len(segments))
                segments.append(Segment(last, end, ""))
            last = end
    return Split(longest.kind, segments if size else [], tuple(parts)), frozenset(must if size else ())


def _most_characters(text: str, measure: Measure, room: int) -> int:
    """The characters of the largest segment: about 400 tokens, or fewer if the room is small."""
    tuned = tuning.WEIGHTS
    tokens = max(tuned.min_segment_tokens, min(tuned.max_segment_tokens, room // tuned.min_segments_in_room))
    size = min(tuned.density_sample_characters, len(text) // 2)
    middle = (len(text) - size) // 2
    sample = text[middle : middle + size]
    spaces = sample.count(" ") + sample.count("\n")
    # for words of English or code, the tokens per character are known
    plain = sample.isascii() and spaces * tuned.max_plain_word_characters >= size
    per_token = tuned.plain_token_characters if plain else size / max(1, measure.count(sample))
    return max(tuned.min_segment_characters, min(tuned.max_segment_characters, int(tokens * per_token)))
