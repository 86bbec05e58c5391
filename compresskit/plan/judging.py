"""Judges a conversation: each text becomes a candidate, and each of its segments gets a value.

How a text is split is decided in ``segmenting``, and what a segment is worth in ``relevance``. What text is worth
beside others of the same conversation is decided here: rows that the question picks out, repeated text, entities.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate

from ..content import MadeForms, Segment, Split
from ..content.alarm import alarms
from ..markers import weights as marker_tuning
from ..markers.fold_quotes import quoted_always
from ..markers.restore import ShortTexts
from ..relevance import Document, score
from ..relevance import weights as relevance_tuning
from ..relevance.document import EXCHANGE, JSON
from ..relevance.duplicates import again, outdated
from ..relevance.entities import Facts
from ..relevance.extremes import asks_for_extremes, extremes
from ..relevance.output_signals import has_events, output_query, output_share, told_by_words, was_run
from ..relevance.quoted_lines import as_lines, with_line_ends
from ..relevance.rows import merged, picked, widened
from ..relevance.stack_traces import trace_rows
from ..tokens.measure import Measure
from ..types import NO_RULES, Block, Message, Place, Query, Treatment, Turn
from . import weights as tuning
from .candidates import NO_ENTITIES, Candidate, Judged, with_rows
from .groups import Atom
from .outputs import as_output, with_traces_in
from .segmenting import split_all

_ENTITY_CHARACTERS = 100_000  # characters of the newest text that are searched for entities; older ones matter little
_PICKED_CHARACTERS = 600_000  # characters that are searched for rows that the question picks out, newest first


def _no_form(_block: Block) -> str:
    return ""


def judge(
    messages: list[Message],
    turns: Sequence[Turn],
    atoms: Sequence[Atom],
    staying: Mapping[Place, str],
    query: Query,
    measure: Measure,
    room: int,
    rules: Mapping[Place, Treatment] = NO_RULES,
    own_form: Callable[[Block], str] = _no_form,
    made: MadeForms | None = None,
) -> Judged:
    """The conversation with every block split into scored segments. So far only samples of texts are counted.

    Small texts and tool calls are scored together, one atom at a time. ``staying`` are the reasons why texts must stay,
    and ``rules`` the rules of the caller, both by place. ``own_form`` gives the caller's own form of a text, "" if
    there is none. ``made`` has the compact forms of texts that were judged before.
    """
    made = {} if made is None else made
    quoted = frozenset(index for atom in atoms if atom.quoted for index in range(atom.first, atom.last + 1))
    together = frozenset(index for atom in atoms if atom.many for index in range(atom.first, atom.last + 1))
    candidates = split_all(turns, staying, quoted, measure, room, query, rules, own_form, made, together)
    large = {number: one for number, one in enumerate(candidates) if one.split.segments}
    if (sole := _sole(large, turns, query)) is not None:
        query = output_query(query, large[sole].block.call, large[sole].block.text)
    large = _with_picked_rows(large, turns, query, sole)
    texts = ["\n".join(_beside(turns[atom.first : atom.last + 1], atom)) for atom in atoms]
    small = [number for number, (atom, text) in enumerate(zip(atoms, texts, strict=True)) if text and atom.foldable]
    documents = _documents(large, [(atoms[number], texts[number]) for number in small], turns, query)
    scores = score(documents, query, None if sole is None else list(large).index(sole))
    of_messages = [one.block.message for one in large.values()] + [atoms[number].last for number in small]
    scores = _with_answers(scores, of_messages, turns, query.explicit)
    values = [0.0] * len(atoms)
    for number, (value,) in zip(small, scores[len(large) :], strict=True):
        values[number] = value
    large = _with_values(large, scores)
    if sole is not None:
        large[sole] = as_output(large[sole], query)
    large = with_traces_in(large, sole, query.explicit)
    for number, one in _with_discounts(large, candidates).items():
        candidates[number] = with_best_segment(one)
    firsts = array("q", accumulate((len(turn.blocks) for turn in turns), initial=0))
    relevance = [
        _shown(max(one.values)) if one.values else 0.0 if one.protected else value
        for atom, value in zip(atoms, map(_shown, values), strict=True)
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
    # an answer needs what the question asks about, an agent's next step what it has seen
    acts = 1 - query.explicit if sole is None else 0.0
    return Judged(
        messages,
        turns,
        atoms,
        candidates,
        firsts,
        relevance,
        values,
        beside,
        facts.weights,
        facts.names,
        shown,
        acts,
        ShortTexts(made),
    )


def _documents(
    large: Mapping[int, Candidate], small: Sequence[tuple[Atom, str]], turns: Sequence[Turn], query: Query
) -> list[Document]:
    """The larger texts, and the small texts of an atom as one, as they are scored."""
    last = max(len(turns) - 1, 1)
    found = [
        Document(
            with_line_ends(_unasked(one, turns, query)),
            one.optional,
            one.block.call,
            one.block.message / last,
            one.split.kind,
            one.split.parts,
            one.head,
        )
        for one in large.values()
    ]
    for atom, text in small:
        kind = EXCHANGE if turns[atom.first].calls else ""
        found.append(Document(text, [Segment(0, len(text), "")], "", atom.last / last, kind))
    return found


def _with_answers(
    scores: list[list[float]], messages: Sequence[int], turns: Sequence[Turn], explicit: float
) -> list[list[float]]:
    """The scores, with more for the answers to messages of the user that are like the new question.

    Args:
        scores: The values of the segments of each text.
        messages: The number of the message that each text is of.
    """
    share = tuning.WEIGHTS.answer_share * explicit
    if not share:
        return scores
    asked: dict[int, float] = {}
    for message, values in zip(messages, scores, strict=True):
        if turns[message].human:
            asked[message + 1] = max(asked.get(message + 1, 0.0), max(values, default=0.0))
    return [
        [value + share * asked[message] for value in values]
        if turns[message].role == "assistant" and message in asked
        else values
        for message, values in zip(messages, scores, strict=True)
    ]


def _unasked(one: Candidate, turns: Sequence[Turn], query: Query) -> str:
    """A text without the question, if a human has asked it beside the text before: it has all words of the answer.

    This is for questions that only their repetition tells from data. The offsets of the other text stay the same.
    """
    source, question = one.source, query.newest.strip()
    if one.block.call or not question or not turns[one.block.message].human:
        return source
    start, end = len(source) - len(source.lstrip()), len(source.rstrip())
    asked = source.startswith(question, start) or source.endswith(question, 0, end)
    if end - start <= len(question) or not asked:
        return source
    blank = "".join("\n" if character == "\n" else " " for character in question)
    if source.startswith(question, start):
        source = source[:start] + blank + source[start + len(question) :]
    if source.endswith(question, 0, end):
        source = source[: end - len(question)] + blank + source[end:]
    return source


def _shown(value: float) -> float:
    """A value as decisions tell it."""
    return round(value, 4)


def _with_picked_rows(
    large: dict[int, Candidate], turns: Sequence[Turn], query: Query, sole: int | None
) -> dict[int, Candidate]:
    """Gives each row of a listing that the question picks out a segment of its own."""
    sure = relevance_tuning.WEIGHTS.sure_share
    left = _PICKED_CHARACTERS
    total = sum(len(one.source) for one in large.values())
    # the words of a long task are in many rows of what an agent reads on its way
    asks = query.explicit or len(query.newest) <= tuning.WEIGHTS.max_question_characters
    least = 0 if asks else tuning.WEIGHTS.sole_share * total
    superlative = asks_for_extremes(query.newest)
    failures = alarms(query.newest)
    found = dict(large)
    for number, one in reversed(large.items()):
        if turns[one.block.message].role == "assistant" or len(one.source) < least:
            continue
        left -= len(one.source)
        if left < 0:
            break
        source = _unasked(one, turns, query)
        for start, end, _ in map(one.split.segments.__getitem__, one.must):  # otherwise the question picks itself out
            source = source[:start] + "\n" * (end - start) + source[end:]
        # what failed is known by what an output says itself, and not by the rows of a column of failures
        rows = [] if failures and number == sole else picked(*as_lines(source, one.split.kind), query.asked)
        explicit = query.explicit * len(source) / total
        ends = extremes(source, one.split, one.head, query.newest, explicit) if superlative else []
        if turns[one.block.message].human:  # what was thrown, in a text that a human pastes among others
            ends = merged(ends, [row for row in trace_rows(source) if row.share >= sure])
        if rows := merged(rows, ends):
            one = with_rows(one, widened(rows, one.split))
            found[number] = one._replace(
                picked=frozenset(segment for segment, share in enumerate(one.shares) if share >= sure)
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


def _sole(large: Mapping[int, Candidate], turns: Sequence[Turn], query: Query) -> int | None:
    """The number of the output that a conversation mostly consists of, if there is one.

    Where no human speaks, as in ``shorten()``, it may be any text.
    """
    least = tuning.WEIGHTS.sole_share * sum(len(one.source) for one in large.values())
    number, one = max(large.items(), key=lambda item: len(item[1].source), default=(0, None))
    if one is None or len(one.source) < least:
        return None
    if not any(turn.human for turn in turns):
        return number
    ran, (_, kind) = was_run(one.block.text, one.block.call), as_lines(one.source, one.split.kind)
    # a log, or a report such as JUnit's, is an output if it was read from a file, too
    events = has_events(one.source, kind, ran)
    report = not ran and kind == "code" and events
    wrote = (events if query.explicit else kind not in JSON) if ran else kind == "log" or report
    if not wrote:
        return None
    explicit = query.explicit and query.explicit * told_by_words(_unasked(one, turns, query), kind, query)
    return number if output_share(one.source, kind, ran or report, explicit) else None


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
        reads = [(one.block.text, one.block.call, one.block.message) for one in texts.values()]
        changed = outdated(reads, ruled)
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
            source = with_line_ends(source)
            entities = [
                facts.numbers(source[start:end]) if left > 0 else NO_ENTITIES
                for start, end, _ in one.split.segments or [Segment(0, len(source), "")]
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


def _beside(turns: Sequence[Turn], atom: Atom) -> list[str]:
    """The texts that an atom shows besides its larger texts."""
    if atom.quoted and atom.many:
        return []
    if atom.quoted:
        return [text for turn in turns for block in turn.blocks for text in quoted_always(block, turn.role)]
    least = marker_tuning.WEIGHTS.small_text_characters
    texts = [text for turn in turns for text in turn.fixed]
    return texts + [block.text for turn in turns for block in turn.blocks if len(block.text) < least]
