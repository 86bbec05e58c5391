"""Splits the texts of a conversation into segments, or their compact forms if these pay, within limits of time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from functools import partial
from itertools import islice

from ..content import (
    LOSSLESS,
    MARKER,
    REWORDED,
    Detected,
    MadeForms,
    Segment,
    Short,
    Split,
    detect,
    forms_of,
    is_utf8,
    labels,
    segments_of,
    shorten,
    split,
)
from ..markers import weights as marker_tuning
from ..markers.wording import SHORTENED
from ..messages.parts import CHARACTERS_PER_TOKEN
from ..tokens.measure import Measure
from ..types import Block, Place, Query, Treatment, Turn
from . import weights as tuning
from .candidates import WHOLE, Candidate
from .nesting import balanced, elements_of
from .part_labels import HEADED, headings_of

# Limits of time
_MAX_SEGMENTS = 20_000  # segments of one conversation: larger ones are cut more coarsely
_SHORT_CHARACTERS = 600_000  # characters of the texts that get compact forms, newest first
_HEADED_CHARACTERS = 600_000  # characters of the texts that are searched for headings, newest first
_ASKED_TERMS = 64  # words of the question that are looked for in a text


def split_all(
    turns: Sequence[Turn],
    staying: Mapping[Place, str],
    quoted: Set[int],
    measure: Measure,
    room: int,
    query: Query,
    rules: Mapping[Place, Treatment],
    own_form: Callable[[Block], str],
    made: MadeForms,
    together: Set[int] = frozenset(),
) -> list[Candidate]:
    """All blocks in order, with the segments of those that may change and are large enough.

    Small texts of messages in ``together`` are one segment each: the many texts of an exchange may share one stub.
    """
    splitter = _Splitter(turns, quoted, measure, room, query, own_form, made)
    blocks = [block for turn in turns for block in turn.blocks]
    reasons = [staying.get(block.place, "") for block in blocks]
    treatments = [rules.get(block.place) for block in blocks] if rules else [None] * len(blocks)
    candidates = [Candidate(*each) for each in zip(blocks, reasons, treatments, strict=True)]
    small = marker_tuning.WEIGHTS.small_text_characters
    for number in reversed(range(len(candidates))):  # the newest texts get compact forms first
        one = candidates[number]
        if not one.protected and len(one.block.text) >= small:
            candidates[number] = splitter.split(one)
        elif not one.protected and one.block.message in together and one.block.text.strip():
            candidates[number] = one._replace(split=Split("text", [Segment(0, len(one.block.text), "")]))
    return candidates


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
        made: MadeForms,
    ) -> None:
        tuned = tuning.WEIGHTS
        characters = sum(len(block.text) for turn in turns for block in turn.blocks)
        enough = min(characters // tuned.enough_segments, room // tuned.room_tokens_per_segment_character)
        self._coarse = max(characters // _MAX_SEGMENTS, enough)
        self._short_left, self._headed_left = _SHORT_CHARACTERS, _HEADED_CHARACTERS
        self._quoted, self._measure, self._room, self._own_form, self._made = quoted, measure, room, own_form, made
        self._asked = query.asked if _wants_own_words(characters, room, query.explicit) else {}

    def split(self, one: Candidate) -> Candidate:
        """A text with its segments, and with its compact form if it has one that pays."""
        block, rule, tuned = one.block, one.rule, tuning.WEIGHTS
        room = self._room if rule is None or rule.max_tokens is None else min(self._room, rule.max_tokens)
        most = max(_most_characters(block.text, self._measure, room), 4 * self._coarse)
        least = max(min(tuned.min_segment_characters, most // 4), self._coarse)
        if form := self._own(block, rule):
            parts = split(form, hint=block.call, min_chars=least, max_chars=most)
            return one._replace(split=parts, form=SHORTENED, short=form)
        kind = None if block.must else detect(block.text, block.call)
        if kind and (found := self._compact(block, kind, rule)):
            form, short = found
            if block.message in self._quoted:
                least = min(least, tuned.min_quoted_segment_characters)
            parts = segments_of(short, least, most)
            must = frozenset(range(len(parts.segments)) if rule is not None and rule.complete else ())
            return one._replace(split=parts, must=must, form=form, short=short.body, head=short.head, lines=short.lines)
        if rule is not None and rule.complete:
            return one._replace(protected=f"rule: {rule.title}")
        cut = partial(split, hint=block.call, min_chars=least, max_chars=most)
        elements = elements_of(block.text)
        parts, must = _around(block, cut) if block.must else (cut(block.text, found=kind), one.must)
        if must:
            shown = balanced(parts.segments, must, elements)
            parts, must = parts._replace(segments=list(shown.segments)), shown.kept
        return one._replace(split=self._labelled(parts, block.text), must=must, elements=elements)

    def _labelled(self, parts: Split, text: str) -> Split:
        """A split with the labels of its whole text: a label may stand in a range that must stay."""
        if len(parts.segments) < 2:
            return parts
        found = labels(text, parts.kind)
        if not found and parts.kind in HEADED:
            fits = len(text) <= self._headed_left
            self._headed_left -= len(text) * fits
            found = headings_of(text, parts.kind) if fits else found
        return parts._replace(labels=tuple(found))

    def _own(self, block: Block, rule: Treatment | None) -> str:
        """The caller's own form of a text; "" if it has none, or if only its own words may stay."""
        if block.must or block.message in self._quoted or (rule and (rule.in_own_words or rule.complete)):
            return ""
        form = self._own_form(block)
        return form if len(form) + MARKER < len(block.text) and is_utf8(form) else ""

    def _compact(self, block: Block, kind: Detected, rule: Treatment | None) -> tuple[str, Short] | None:
        """The compact form of a text, if it has one that pays."""
        forms = () if self._short_left <= 0 else _forms_of(block, kind, rule)
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
        found = shorten(block.text, forms, 0 if within else MARKER, self._made)
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
    longest = WHOLE
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
    tuned, factor = tuning.WEIGHTS, measure.factor
    wanted = int(room / factor) // tuned.min_segments_in_room
    tokens = max(tuned.min_segment_tokens, min(tuned.max_segment_tokens, wanted))
    size = min(tuned.density_sample_characters, len(text) // 2)
    middle = (len(text) - size) // 2
    sample = text[middle : middle + size]
    spaces = sample.count(" ") + sample.count("\n")
    # for words of English or code, the tokens per character are known
    plain = sample.isascii() and spaces * tuned.max_plain_word_characters >= size
    per_token = tuned.plain_token_characters if plain else factor * size / max(1, measure.count(sample))
    return max(tuned.min_segment_characters, min(tuned.max_segment_characters, int(tokens * per_token)))
