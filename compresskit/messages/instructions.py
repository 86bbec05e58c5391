"""Separates instruction and data within one text of a human: a request, and the material that it is about.

The material is recognised by its layout: a fence, a pair of tags, a long run of paragraphs or lines between short
paragraphs. The instruction is the short text at either end, or beside the material in a part of its own. No word list
decides alone, because people write in every language. Words only help if the layout leaves a choice.

It does not judge how relevant a text is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from itertools import accumulate, islice
from typing import NamedTuple

from ..content import detect, introduces
from ..types import Block, Path, Span, Turn
from . import weights as tuning
from .asking import (
    ends_like_a_question,
    gives_orders,
    gives_rules,
    gives_task,
    is_doubtful,
    is_list,
    is_question,
    lists_orders,
)
from .json_prompts import asking_fields
from .own_parts import with_own_parts
from .paragraphs import Unit, tag_of, units_of
from .request_ends import lone_questions, without_last_lines, without_request, without_unrecognised_request
from .requests import asks_surely, requests_among, shortest
from .spans import complement, merged, united

_MAX_INNER = 400  # paragraphs far from both ends that are searched for lists, which bounds the time
_LABEL_CHARACTERS = 80  # of a line such as "Text:" that introduces the material, maximum
_AT_END = 2  # paragraphs at an end of a text of rules in which a question about it is looked for
_OWN_WORDS = 3  # steps of the longest path to a text that a human's message holds itself: ("content", 0, "text")
_WORDLESS = frozenset({"json", "jsonl", "table", "python", "diff"})  # kinds of which no paragraph asks anything
_KEEP = re.compile(r"<(/?)keep>", re.IGNORECASE)


class Cut(NamedTuple):
    """A text of a human, cut into instruction and data.

    Attributes:
        must: The ranges of the instruction, in order. Empty if the whole text is data.
        data: The ranges of the data, in order. Empty if the whole text is an instruction.
    """

    must: tuple[Span, ...]
    data: tuple[Span, ...]


def cut(text: str, newest: bool = True, last: bool = True, handbook: bool = False) -> Cut:
    r"""Returns the instruction and the data of one text.

    Args:
        text: A text of a human.
        newest: Whether the text is the present request. Then a short paragraph at an end is an instruction even if no
            word of it is recognised. In an earlier text, only recognised requests count.
        last: Whether no human speaks behind it. Then its first and last lines stay if no request is recognised at all.
        handbook: Whether it is a part of long rules about which another text asks. Then its rules are data.

    Examples:
        >>> document = "The bridge was built in 1932 by local workers.\n" * 60
        >>> text = f"About a bridge:\n\n{document}\nWho built it?"
        >>> found = cut(text)
        >>> [text[start:end] for start, end in found.must], len(found.data)
        (['About a bridge:\n\n', 'Who built it?'], 1)
    """
    least, data = tuning.WEIGHTS.min_data_characters, list[Span]()
    if len(text) >= least:
        fields = asking_fields(text)
        data = complement(fields, text) if fields else _data(text, list(units_of(text)), newest, last, handbook)
        data = [span for span in data if span[1] - span[0] >= tuning.WEIGHTS.min_region_characters]
    if sum(end - start for start, end in data) < max(1, least // 2):
        return Cut(((0, len(text)),), ())
    return Cut(tuple(complement(data, text)), tuple(data))


def marked(turns: Sequence[Turn], asking: Sequence[int]) -> list[Turn]:
    """The turns with ``must`` and ``data`` of the texts of humans.

    Args:
        turns: The conversation.
        asking: The indices of the messages that hold the present request: the newest one of a human, and the task.
    """
    newest, most = frozenset(asking), tuning.WEIGHTS.max_middle_instructions
    found = list(turns)
    for turn in turns:
        if turn.human and (len(turn.blocks) > most or not all(map(_is_talk, turn.blocks))):
            answered = turn.index + 1 < len(turns) and turns[turn.index + 1].role == "assistant"
            divides = turn.index in newest or answered  # else it is context that the caller sends ahead of the question
            last = turn.index == max(newest, default=-1)
            blocks = list(_divided(turn.blocks, turn.index in newest, last) if divides else map(_ahead, turn.blocks))
            if any(new is not old for new, old in zip(blocks, turn.blocks, strict=True)):
                found[turn.index] = replace(turn, blocks=blocks)
    return found


def _is_talk(block: Block) -> bool:
    """Whether a text is short talk, which is neither data nor holds tags, as most texts of a long conversation."""
    short = len(block.text) < tuning.WEIGHTS.min_region_characters and len(block.path) <= _OWN_WORDS
    return short and "<" not in block.text and not (block.call or block.must or block.data)


def _with_tags(block: Block) -> Block:
    """A text of a human of which only the tags of its author must stay. A result is left as it is."""
    must = () if block.call else kept_tags(block)
    return block if block.call or (must == block.must and not block.data) else replace(block, must=must, data=False)


def _ahead(block: Block) -> Block:
    """A text that a caller sends ahead of the question: instructions between tags that say so stay in it."""
    block = _with_tags(block)
    orders = [] if block.call else [(unit.start, unit.end) for unit in units_of(block.text) if unit.order]
    if not orders:
        return block
    data = complement(merged(orders, block.text), block.text)
    return replace(block, must=united(orders, block.must) if data else ((0, len(block.text)),), data=bool(data))


def _divided(blocks: Sequence[Block], newest: bool, last: bool) -> Iterator[Block]:
    """The texts of one message; those that are long enough to hold data are cut into instruction and data."""
    least = tuning.WEIGHTS.min_data_characters
    own = [block for block in blocks if not block.call]
    handbook = _handbook(own)
    chunks = _chunks(own, newest, handbook)
    asks = newest and (bool(chunks) or any(len(block.text) >= least for block in own))
    asking = sum(is_question(block.text) for block in own) if asks else 0
    for block in map(_with_tags, blocks):
        if not block.call and len(block.text) >= least:
            alone = newest and asking == is_question(block.text)  # no other text of the message asks
            found = cut(block.text, newest=alone, last=last, handbook=block.path in handbook)
            if found.data:
                block = replace(block, must=united(found.must, block.must), data=True)
        elif not block.call and (block.path in chunks or len(block.path) > _OWN_WORDS):
            block = replace(block, data=True)  # a part of a text, of a document or of a search result
        yield block


def _handbook(own: Sequence[Block]) -> frozenset[Path]:
    """The paths of the texts of one message that are long rules together, about which another of its texts asks."""
    tuned = tuning.WEIGHTS
    if sum(len(block.text) for block in own) <= tuned.max_orders_characters or len(own) == 1:
        return frozenset()
    rules = [block for block in own if len(block.text) >= tuned.min_region_characters and gives_orders([block.text])]
    paths = frozenset(block.path for block in rules)
    long = sum(len(block.text) for block in rules) > tuned.max_orders_characters
    return paths if long and any(block.path not in paths and gives_task(block.text) for block in own) else frozenset()


def _chunks(own: Sequence[Block], newest: bool, handbook: Set[Path]) -> frozenset[Path]:
    """The paths of the texts of one message that are too short to hold data, but are data that was sent in parts.

    They ask nothing, give no orders, and do not stand alone between tags of their name. Very short texts are no data,
    unless there are too many of them for instructions.
    """
    tuned = tuning.WEIGHTS
    asking = {own[number].path for number in requests_among([block.text for block in own])} if newest else frozenset()
    short = [block for block in own if len(block.text) < tuned.min_data_characters and block.path not in asking]
    ends = {own[0].path, own[-1].path} if own else set()
    tags = Counter(_tag_around(block.text) for block in short)
    alone = {tag for tag, count in tags.items() if tag and count < tuned.min_chunks}
    found = [
        block
        for block in short
        if block.path in handbook
        or not (_instructs(block.text, block.path in ends) or _tag_around(block.text) in alone)
    ]
    large = [block for block in found if len(block.text) >= tuned.min_region_characters]
    small = [block for block in found if len(block.text) < tuned.min_region_characters]
    characters = sum(len(block.text) for block in small)
    if len(small) <= tuned.max_middle_instructions and characters <= tuned.max_instruction_characters:
        found = large
    if len(found) < tuned.min_chunks or sum(len(block.text) for block in found) < tuned.min_data_characters:
        return frozenset()
    return frozenset(block.path for block in found)


def _instructs(text: str, at_end: bool) -> bool:
    """Whether a short text asks something, or gives orders or rules.

    A text that is not at an end of its message must do more than begin like a request.
    """
    units = list(units_of(text))
    orders = any(unit.order or lists_orders(text[unit.start : unit.end]) for unit in units)
    asks = is_question(text) if at_end else asks_surely(text)
    return orders or asks or gives_orders([text])


def _tag_around(text: str) -> str:
    """The name of the tags around a whole text; "" if there are none."""
    units = list(islice(units_of(text), 2))
    return tag_of(text, units[0]) if len(units) == 1 else ""


def carried(turns: Sequence[Turn], others: Sequence[Turn]) -> list[Turn]:
    """``others``, the same messages read again, with what ``turns`` say of humans, results, instructions and data."""
    return [
        replace(
            other,
            human=turn.human,
            blocks=[
                replace(again, call=block.call, must=block.must, data=block.data)
                if again.text == block.text
                else replace(again, call=block.call)
                for block, again in zip(turn.blocks, other.blocks, strict=True)
            ],
        )
        for turn, other in zip(turns, others, strict=True)
    ]


def kept_tags(block: Block) -> tuple[Span, ...]:
    """The ranges of a text from <keep> to </keep>, including the tags, which its author wants to keep.

    Only texts of a human or of the program count, because a tool's result must not protect itself.
    """
    found: list[Span] = []
    opened = None
    for match in () if block.call or "<" not in block.text else _KEEP.finditer(block.text):
        if not match[1]:
            opened = match.start() if opened is None else opened
        elif opened is not None:
            found.append((opened, match.end()))
            opened = None
    return tuple(found)


def _data(text: str, units: Sequence[Unit], newest: bool, last: bool, handbook: bool) -> list[Span]:
    """The ranges of data among units."""
    tuned = tuning.WEIGHTS
    units = _without_words(text, with_own_parts(text, units) if newest else units)
    plain = [unit for unit in units if not unit.region]
    # a long text of rules beside a question is a handbook, about which the question asks
    beside = [unit for unit in (*units[:_AT_END], *units[-_AT_END:]) if _is_short(text, unit)]
    asked = any(_asks(text, unit) and not is_list(text[unit.start : unit.end]) for unit in beside)
    if not (handbook or (asked and len(text) > tuned.max_orders_characters)) and gives_orders(
        text[unit.start : unit.end] for unit in plain
    ):
        return merged([(unit.start, unit.end) for unit in units if unit.region and not unit.order], text)
    head, tail, recognised, sure = _ends(text, units, newest, last, handbook)
    middle = units[len(head) : len(units) - len(tail)]
    between = [
        unit
        for at, unit in enumerate(middle)
        if not unit.region and _is_between_regions(text, middle, at) and _is_short(text, unit)
    ]
    if len(between) > tuned.max_middle_instructions:
        between = []
    lone: list[Span] = []
    if newest and not recognised and not between:  # a question between two documents
        between = _asking_between(text, middle)
        lone = [] if between else lone_questions(text)
        between = between if between or lone else _unlike(text, middle)
    spans = merged([(unit.start, unit.end) for unit in middle if not unit.order and unit not in between], text)
    if spans and lone:
        parts = complement(sorted([*complement(spans, text), *lone]), text)
        # what is above a question near the beginning, or below one near the end, belongs to it
        most = tuned.max_instruction_characters
        parts = [part for part in parts if part[1] - part[0] > most or not _is_edge(text, part)]
        return without_last_lines(text, parts, True, True) if parts else parts
    if spans:
        found = without_request(text, spans, bool(head), bool(tail), sure)
        at_start, at_end = not head and not middle[0].region, not tail and not middle[-1].region
        if newest and last and not recognised and found == spans:
            found = without_unrecognised_request(text, spans, at_start, at_end)
        elif newest and (last or recognised):
            same_start, same_end = found[0][0] == spans[0][0], found[-1][1] == spans[-1][1]
            found = without_last_lines(text, found, at_start and same_start, at_end and same_end)
        spans = found
    return spans


def _without_words(text: str, units: Sequence[Unit]) -> list[Unit]:
    """The units, with long paragraphs of records or code at the ends as regions: they hold no request."""
    found = list(units)
    for at in (0, -1) if len(units) > 1 else ():
        if not (found[at].region or _is_short(text, found[at])) and _is_wordless(text, found[at]):
            found[at] = found[at]._replace(region=True)
    return found


def _is_wordless(text: str, unit: Unit) -> bool:
    """Whether a paragraph is of records or code, beside which no line asks for anything."""
    paragraph = text[unit.start : unit.end]
    kind = detect(paragraph).kind
    if kind not in _WORDLESS or is_list(paragraph):
        return False
    first, *_, last = paragraph.strip().splitlines() * 2
    asks = is_question(first) or (is_question(last) and not last[0].isspace())
    return not (asks or (introduces(first) and kind != "python"))


def _ends(
    text: str, units: Sequence[Unit], newest: bool, last: bool, handbook: bool
) -> tuple[list[Unit], list[Unit], bool, bool]:
    """The units at both ends that are an instruction; whether one of them asks; whether a question ends the text."""
    # behind a question that ends a text, words such as "you" no longer make an instruction of a paragraph
    ends = bool(units) and not units[-1].region and ends_like_a_question(text[units[-1].start : units[-1].end].strip())
    sure = handbook or ends
    listing = handbook or _holds_lists(text, units)
    tail = _beginning(text, units[::-1], sure, listing, first=False)[::-1]
    head = _beginning(text, units[: len(units) - len(tail)], sure, listing, first=True)
    recognised = any(_asks(text, unit) for unit in (*head, *tail))
    if newest and (last or recognised):  # a short paragraph at an end may be a request that is not recognised
        head = head or _brief(units[: len(units) - len(tail)])
        tail = tail or _brief(units[len(head) :][::-1])[::-1]
    if newest and not listing:
        if first := _laid_out(text, units[: len(units) - len(tail)], first=True)[len(head) :]:
            head = [*head, *first]
        tail = [*_laid_out(text, units[len(head) :][::-1], first=False)[len(tail) :][::-1], *tail]
    if newest and not recognised:
        head = head or [unit for unit in units[:1] if _is_short(text, unit)]
        tail = tail or [unit for unit in units[len(head) :][-1:] if _is_short(text, unit)]
    return head, tail, recognised, sure


def _is_edge(text: str, span: Span) -> bool:
    """Whether a range is at an end of a text."""
    return not (text[: span[0]].strip() and text[span[1] :].strip())


def _asks(text: str, unit: Unit) -> bool:
    return unit.order or (not unit.region and is_question(text[unit.start : unit.end]))


def _is_short(text: str, unit: Unit) -> bool:
    return not unit.region and len(text[unit.start : unit.end].strip()) <= tuning.WEIGHTS.max_instruction_characters


def _introduces(text: str, unit: Unit) -> bool:
    return introduces(text[unit.start : unit.end])


def _labels(text: str, unit: Unit) -> bool:
    """Whether a paragraph ends with a line such as "Text:". A longer line is a sentence of the material."""
    line = text[unit.start : unit.end].rstrip().rpartition("\n")[2]
    return len(line) <= _LABEL_CHARACTERS and introduces(line)


def _brief(units: Sequence[Unit]) -> list[Unit]:
    """The first paragraphs, if they are so short that a request may be there that is not recognised."""
    most = tuning.WEIGHTS.max_end_characters
    sizes = accumulate(most + 1 if unit.region else unit.end - unit.start for unit in units[:_AT_END])
    return list(units[: sum(size <= most for size in sizes)])


def _holds_lists(text: str, units: Sequence[Unit]) -> bool:
    """Whether the material holds lists of rules itself, as a handbook does: there are some far from both ends."""
    ends = tuning.WEIGHTS.max_instruction_paragraphs
    inner = (text[unit.start : unit.end] for unit in units[ends : len(units) - ends] if not unit.region)
    return any(map(lists_orders, islice(inner, _MAX_INNER)))


def _beginning(text: str, units: Sequence[Unit], sure: bool, listing: bool, first: bool) -> list[Unit]:
    """The units at the beginning that ask something, with the short ones before them.

    Args:
        text: The text.
        units: Its units from one of its ends on.
        sure: Whether a question ends the text. Then a paragraph must do more than begin like a request.
        listing: Whether the material holds lists of rules. Then a list needs a line above it that gives it to the
            reader, as "Rules:" does.
        first: Whether they are from its beginning on. Then a paragraph such as "Text:" behind a request ends it.
    """
    found = 0
    rules = tuning.WEIGHTS.max_rules_characters
    for at, unit in enumerate(units[: tuning.WEIGHTS.max_instruction_paragraphs]):
        size = unit.end - unit.start
        listed = not unit.region and size <= rules and lists_orders(paragraph := text[unit.start : unit.end])
        if unit.order or (listed and (not listing or gives_rules(paragraph))):
            rules -= size * (not unit.order)
            found = at + 1
            continue
        if not _is_short(text, unit):
            if listing or size > rules or not is_list(text[unit.start : unit.end]):
                break
            continue  # a long list may hold rules that no word shows, if an instruction follows
        if listing and is_list(text[unit.start : unit.end]):
            continue
        beside = units[at + 1].region and not units[at + 1].order if at + 1 < len(units) else False
        order = any(one.order for one in units[max(0, at - 1) : at + 2])
        labels = first and _labels(text, unit) and any(_asks(text, one) for one in units[:at])
        introduces = labels or (order and _introduces(text, unit))
        asks = _asks(text, unit) and (not sure or not is_doubtful(text[unit.start : unit.end]))
        if beside or introduces or asks:
            found = at + 1
    return list(units[:found])


def _laid_out(text: str, units: Sequence[Unit], first: bool) -> Sequence[Unit]:
    """The units at an end that its layout shows to be an instruction, if the material is laid out in another way.

    They are a list, with what is between it and the end, or end with a line such as "Text:".

    Args:
        text: The text.
        units: Its units from one of its ends on.
        first: Whether they are from its beginning on.
    """
    tuned = tuning.WEIGHTS
    ends = tuned.max_instruction_paragraphs
    if any(_is_laid_out(text, unit) for unit in islice(units, ends, _MAX_INNER)):
        return []
    found, left = 0, min(tuned.max_rules_characters, int(tuned.max_own_share * len(text)))
    for at, unit in enumerate(units[:ends]):
        left -= unit.end - unit.start
        laid_out = _is_laid_out(text, unit)
        if left < 0 or not (laid_out or _is_short(text, unit)):
            break
        if laid_out and (first or found == at or not _introduces(text, unit)):
            found = at + 1
    return units[:found]


def _is_laid_out(text: str, unit: Unit) -> bool:
    """Whether a paragraph is a list, with or without a line above it, or introduces what follows."""
    if unit.region:
        return False
    paragraph = text[unit.start : unit.end]
    first, _, rest = paragraph.partition("\n")
    return _labels(text, unit) or is_list(paragraph) or (introduces(first) and is_list(rest))


def _unlike(text: str, middle: Sequence[Unit]) -> list[Unit]:
    """The paragraphs between others that may be a request in words that are not known.

    These are the short ones, if they are few and all the others are regions; else the one that is by far the shortest.
    """
    if len(middle) <= _AT_END:
        return []
    plain = [unit for unit in middle if not unit.region]
    if len(plain) <= min(len(middle) // 2, tuning.WEIGHTS.max_middle_instructions):
        plain = [unit for unit in plain if not _is_wordless(text, unit)]
        if len(plain) <= tuning.WEIGHTS.max_lone_questions and all(_is_short(text, unit) for unit in plain):
            return plain
    number = shortest([unit.end - unit.start for unit in middle])
    return [] if number is None or middle[number].region else [middle[number]]


def _asking_between(text: str, middle: Sequence[Unit]) -> list[Unit]:
    """The paragraphs between others that are a request; none if there are many, as in a text of questions.

    A question within a paragraph counts only if few paragraphs have one. Behind "Fix this in the files above:" the next
    paragraph says what is asked for.
    """
    most = tuning.WEIGHTS.max_lone_questions
    asking = [at for at, unit in enumerate(middle) if not unit.region and gives_task(text[unit.start : unit.end])]
    if len(asking) > most:
        asking = [at for at in asking if not is_doubtful(text[middle[at].start : middle[at].end])]
    if len(asking) > most:
        return []
    following = [at + 1 for at in asking if _introduces(text, middle[at]) and at + 1 < len(middle)]
    return [middle[at] for at in sorted({*asking, *(at for at in following if _is_short(text, middle[at]))})]


def _is_between_regions(text: str, middle: Sequence[Unit], at: int) -> bool:
    """Whether a paragraph between two regions asks something or introduces the second."""
    if not 0 < at < len(middle) - 1:
        return False
    if not (middle[at - 1].region and middle[at + 1].region):
        return False
    return _introduces(text, middle[at]) or is_question(text[middle[at].start : middle[at].end])
