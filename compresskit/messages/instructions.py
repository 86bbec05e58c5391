"""Separates instruction and data within one text of a human: a request, and the material that it is about.

The material is recognised by its layout: a fence, a pair of tags, a long run of paragraphs or lines between short
paragraphs. The instruction is the short text at either end, or beside the material in a part of its own. No word list
decides alone, because people write in every language. Words only help if the layout leaves a choice.

It does not judge how relevant a text is.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from ..content import detect
from ..types import Block, Span, Turn
from . import weights as tuning

_MAX_NESTING = 4  # tags around a whole text that are looked through
_MIN_LISTED = 2  # items of a list of rules, and those that give an order or ask, minimum
_MAX_FIELDS = 40  # short texts of a JSON object, which bounds the time
_SAMPLED_LINES = 400  # lines that are searched for orders, which bounds the time
_SAMPLED_CHARACTERS = 20_000  # of each paragraph that are divided into these lines

_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")
_OPENING = re.compile(r"[ \t]*<([A-Za-z][\w.:-]*)(?:\s[^<>\n]*)?>")
_LIKELY = re.compile(r"\n(?=[ \t]*+(?:<[A-Za-z]|`{3}|~{3}))")  # before a line that may open or close a region
_CLOSING = re.compile(r"</([A-Za-z][\w.:-]*)\s*>")
# Tags around a request of a person or a client, not around material.
_ASKING_TAGS = frozenset(
    {
        *("keep", "instruction", "instructions", "task", "question", "query", "prompt", "request", "user_request"),
        *("user_query", "goal", "rules", "requirements", "output_format", "format", "system-reminder"),
    }
)
_KEEP = re.compile(r"<(/?)keep>", re.IGNORECASE)
_QUESTION = re.compile(r"[?？؟][\"'”’»)\]*_ ]*\Z")
_HOLDS_QUESTION = re.compile(r"[?？؟](?:[\s\"'”’»)]|\Z)")
_ASKS = re.compile(
    r"\s*(?:[-*>#]+\s*|\d+[.)]\s*)?(?:\*\*)?"
    r"(?:(?:question|q|query|task|instructions?|request|prompt|note|answer|hint|goal|output|format|context|frage|pregunta"
    r"|вопрос|问题|質問|سؤال)\b\s*[0-9]*\s*(?:\*\*)?[:：]"
    r"|(?:please|summari[sz]e|explain|find|list|answer|tell|give|write|fix|translate|describe|compare|extract|identify"
    r"|review|analy[sz]e|look|read|using|use|based on|given|according|show|help|here\s+(?:is|are)|below|the following"
    r"|above|attached|i(?:'m|'ve| (?:want|need|have|am|would|ran|get|got))|can|could|would|what|why|how|which|who|when"
    r"|where|is|are|does|do|did|we(?:'re)?|our|you(?:'re|r)?|make|implement|add|create|return|respond|refactor|debug|check|classify|from)\b)",
    re.IGNORECASE,
)
_TASK = re.compile(
    r"(?:\*\*)?(?:(?:question|query|task|instructions?)\b\s*(?:\*\*)?[:：]"
    r"|(?:please|summari[sz]e|explain|answer|tell me|translate|describe|compare|extract|identify|review|analy[sz]e|fix"
    r"|write|find|classify|use the following|based on)\b)",
    re.IGNORECASE,
)
# It begins with the line end before it, and is searched for in lower case: both make the search fast.
_ORDER = re.compile(
    r"\n[^\S\n]*+(?:[-*•][^\S\n]*+|\d++[.)][^\S\n]*+|[a-z][\w ]{0,20}+:[^\S\n]*+)?(?:\*\*)?"
    r"(?:do not|don't|never|always|must|make sure|ensure|avoid|return|respond|reply|write|follow|keep|include|remember"
    r"|note that|if you|when you|you (?:must|should|are|will|can|need|may|have)"
    r"|your (?:task|job|goal|role|answer|response))\b"
)
_BLANK = re.compile(r"\n[ \t\r\n]*\n")  # a repeated group would need memory for each of a million line ends
_LABELLED = re.compile(r"[ \t>#*]*\w[\w -]{0,30}[* ]*[:：]")
_LISTED = re.compile(r"[ \t]*(?:[-*•]|\d+[.)])[ \t]+(?=\S)")
# A line that gives the question its name, as the templates of frameworks do: "Query: …" above "Answer:".
_NAMED = re.compile(
    r"[ \t>#*]*(?:\w+ )?(?:question|query|task|instruction|request|prompt|input)s?\b[* ]*[:：]\s*\S", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s+|(?<=[。！？])")


class Cut(NamedTuple):
    """A text of a human, cut into instruction and data.

    Attributes:
        must: The ranges of the instruction, in order. Empty if the whole text is data.
        data: The ranges of the data, in order. Empty if the whole text is an instruction.
        asks: Whether some of the text is recognised as a question or a request.
    """

    must: tuple[Span, ...]
    data: tuple[Span, ...]
    asks: bool


class _Unit(NamedTuple):
    """A paragraph, or a fenced or tagged part (``region``); ``order`` marks a part that gives instructions."""

    start: int
    end: int
    region: bool = False
    order: bool = False


def cut(text: str, newest: bool = True, last: bool = True) -> Cut:
    r"""Returns the instruction and the data of one text.

    Args:
        text: A text of a human.
        newest: Whether the text is the present request. Then a short paragraph at an end is an instruction even if no
            word of it is recognised. In an earlier text, only recognised requests count.
        last: Whether no human speaks behind it. Then its first and last lines stay if no request is recognised at all.

    Examples:
        >>> document = "The bridge was built in 1932 by local workers.\n" * 60
        >>> text = f"{document}\nWho built the bridge?"
        >>> found = cut(text)
        >>> [text[start:end] for start, end in found.must], len(found.data)
        (['Who built the bridge?'], 1)
    """
    least = tuning.WEIGHTS.min_data_characters
    asks = is_question(text)
    if len(text) < least:
        return Cut(((0, len(text)),), (), asks)
    fields, units = _asking_fields(text), list(_units(text))
    data = complement(fields, text) if fields else _merged(_data(text, units, newest, last), text)
    data = [span for span in data if span[1] - span[0] >= tuning.WEIGHTS.min_region_characters]
    if sum(end - start for start, end in data) < least // 2:
        return Cut(((0, len(text)),), (), asks)
    must = complement(data, text)
    asks = asks or any(unit.order for unit in units) or any(is_question(text[start:end]) for start, end in must)
    return Cut(tuple(must), tuple(data), asks)


def gives_task(text: str) -> bool:
    """Whether a short text certainly asks for something: it holds a question, or it begins with an order."""
    short = text.strip()
    if len(short) > tuning.WEIGHTS.max_instruction_characters:
        return False
    return _HOLDS_QUESTION.search(short) is not None or _TASK.match(short) is not None


def is_question(text: str) -> bool:
    """Whether a short text reads as a question or a request. In a language without a word list, a "?" decides.

    >>> is_question("Who wrote it?"), is_question("Summarise this:"), is_question("The report of 1932")
    (True, True, False)
    """
    short = text.strip()
    if not short:
        return False
    if _ends_like_a_question(short):
        return True
    return len(short) <= 2 * tuning.WEIGHTS.max_instruction_characters and _ASKS.match(short) is not None


def _ends_like_a_question(text: str) -> bool:
    return _QUESTION.search(text[-200:]) is not None


def marked(turns: Sequence[Turn], asking: Sequence[int]) -> list[Turn]:
    """The turns with ``must`` and ``data`` of the texts of humans.

    Args:
        turns: The conversation.
        asking: The indices of the messages that hold the present request: the newest one of a human, and the task.
    """
    newest = frozenset(asking)
    found = list(turns)
    for turn in turns:
        if turn.human:
            answered = turn.index + 1 < len(turns) and turns[turn.index + 1].role == "assistant"
            divides = turn.index in newest or answered  # else it is context that the caller sends ahead of the question
            last = turn.index == max(newest, default=-1)
            blocks = list(
                _divided(turn.blocks, turn.index in newest, last) if divides else map(_with_tags, turn.blocks)
            )
            if any(new is not old for new, old in zip(blocks, turn.blocks, strict=True)):
                found[turn.index] = replace(turn, blocks=blocks)
    return found


def _with_tags(block: Block) -> Block:
    """A text of a human of which only the tags of its author must stay. A result is left as it is."""
    must = () if block.call else kept_tags(block)
    return block if block.call or (must == block.must and not block.data) else replace(block, must=must, data=False)


def _divided(blocks: Sequence[Block], newest: bool, last: bool) -> Iterator[Block]:
    """The texts of one message; those that are long enough to hold data are cut into instruction and data."""
    least = tuning.WEIGHTS.min_data_characters
    texts = [block.text for block in blocks if not block.call]
    asking = sum(map(is_question, texts)) if newest and any(len(text) >= least for text in texts) else 0
    for block in map(_with_tags, blocks):
        if not block.call and len(block.text) >= least:
            alone = newest and asking == is_question(block.text)  # no other text of the message asks
            found = cut(block.text, newest=alone, last=last)
            if found.data:
                block = replace(block, must=_united(found.must, block.must), data=True)
        yield block


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


def _asking_fields(text: str) -> list[Span]:
    """The short texts at the top level of a JSON object, if one of them asks something: programs send such prompts."""
    inner = text.strip()
    if not (inner.startswith("{") and inner.endswith("}")):
        return []
    try:
        fields = json.loads(inner)
    except (ValueError, RecursionError):
        return []
    most = tuning.WEIGHTS.max_instruction_characters
    short = {name: one for name, one in fields.items() if isinstance(one, str) and len(one) <= most}
    if len(short) > _MAX_FIELDS or not any(map(is_question, short.values())):
        return []
    found: list[Span] = []
    for pair in short.items():
        for ascii_only in (False, True):
            name, value = (re.escape(json.dumps(one, ensure_ascii=ascii_only)) for one in pair)
            if match := re.search(rf"{name}\s*:\s*{value}", text):
                found.append(match.span())
                break
    return list(_united(found, ()))


def _units(text: str) -> Iterator[_Unit]:
    """The paragraphs and regions of a text, in order and without gaps."""
    start, end = _inside(text)
    if start:
        yield _Unit(0, start, order=True)
    position = start
    for first, stop, order in _regions(text, start, end):
        yield from _paragraphs(text, position, first)
        yield _Unit(first, stop, region=True, order=order)
        position = stop
    yield from _paragraphs(text, position, end)
    if end < len(text):
        yield _Unit(end, len(text), order=True)


def _inside(text: str) -> Span:
    """The inside of tags that wrap a whole text, if there are tags of a request inside; else the whole text."""
    start, end = 0, len(text)
    for _ in range(_MAX_NESTING):
        opening = _OPENING.match(text, start + len(text[start:end]) - len(text[start:end].lstrip()))
        if not opening:
            break
        closing = f"</{opening[1]}>"
        tail = text[start:end].rstrip()
        if not tail.endswith(closing):
            break
        stop = start + len(tail) - len(closing)
        inner = text[opening.end() : stop]
        if not any(f"<{name}" in inner for name in _ASKING_TAGS):
            break
        start, end = opening.end(), stop
    return start, end


def _regions(text: str, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    """Fenced and tagged parts that are long, and tags around instructions, as (start, end, gives instructions)."""
    closings: dict[str, list[int]] = {}
    for match in _CLOSING.finditer(text, start, end):
        closings.setdefault(match[1], []).append(match.end())
    least = tuning.WEIGHTS.min_region_characters
    fences = _fences(text, start, end)
    position = start if closings or fences else end
    while position < end:
        stop = text.find("\n", position, end)
        stop = end if stop < 0 else stop + 1
        closed = fences.get(position)
        opening = _OPENING.match(text, position, stop) if closed is None else None
        order = False
        if opening:
            ends = closings.get(opening[1], [])
            at = bisect_left(ends, opening.end())
            if at < len(ends):
                closed = ends[at]
                line_end = text.find("\n", closed, end)
                if line_end >= 0 and not text[closed:line_end].strip():
                    closed = line_end + 1
                order = opening[1].lower() in _ASKING_TAGS
        if closed is not None and (order or closed - position >= least):
            yield position, closed, order
            position = closed
        else:
            position = _next_likely(text, position, end)


def _next_likely(text: str, position: int, end: int) -> int:
    """Where the next line that may open or close a region begins; ``end`` if there is none."""
    following = _LIKELY.search(text, position, end)
    return following.end() if following else end


def _fences(text: str, start: int, end: int) -> dict[int, int]:
    """The offsets of lines that open a fence, with the offsets behind their closing lines."""
    found: dict[int, int] = {}
    opened: tuple[int, str] | None = None
    position = start if "```" in text or "~~~" in text else end
    while position < end:
        stop = text.find("\n", position, end)
        stop = end if stop < 0 else stop + 1
        match = _FENCE.match(text, position, stop)
        if match:
            if opened is None:
                opened = position, match[1]
            elif match[1].startswith(opened[1]) and not text[match.end() : stop].strip():
                found[opened[0]] = stop
                opened = None
        position = _next_likely(text, position, end)
    return found


def _paragraphs(text: str, start: int, end: int) -> Iterator[_Unit]:
    """Paragraphs between blank lines, with the white space behind each."""
    position = start
    for match in _BLANK.finditer(text, start, end):
        if match.end() > position and text[position : match.start()].strip():
            yield _Unit(position, match.end())
            position = match.end()
    if position < end:
        yield _Unit(position, end)


def _data(text: str, units: Sequence[_Unit], newest: bool, last: bool) -> list[Span]:
    """The ranges of data among units."""
    tuned = tuning.WEIGHTS
    plain = [unit for unit in units if not unit.region]
    if _gives_orders(text, plain):
        return [(unit.start, unit.end) for unit in units if unit.region and not unit.order]
    # behind a question that ends a text, words such as "you" no longer make an instruction of a paragraph
    sure = bool(units) and not units[-1].region and _ends_like_a_question(text[units[-1].start : units[-1].end].strip())
    tail = _beginning(text, units[::-1], sure)[::-1]
    head = _beginning(text, units[: len(units) - len(tail)], sure)
    recognised = any(_asks(text, unit) for unit in (*head, *tail))
    if newest and not recognised:  # a short paragraph at an end may be a request
        head = head or [unit for unit in units[:1] if _is_short(text, unit)]
        tail = tail or [unit for unit in units[len(head) :][-1:] if _is_short(text, unit)]
    middle = units[len(head) : len(units) - len(tail)]
    between = [
        unit
        for at, unit in enumerate(middle)
        if not unit.region and _is_between_regions(text, middle, at) and _is_short(text, unit)
    ]
    if len(between) > tuned.max_middle_instructions:
        between = []
    if newest and not recognised and not between:  # a question between two documents
        asking = [unit for unit in middle if not unit.region and gives_task(text[unit.start : unit.end])]
        between = asking if len(asking) <= tuned.max_lone_questions else []
    spans = [(unit.start, unit.end) for unit in middle if not unit.order and unit not in between]
    if spans:
        trimmed = _trimmed(text, spans, bool(head), bool(tail), sure)
        if newest and last and not recognised and trimmed == spans:
            trimmed = _without_ends(text, spans, not head and not middle[0].region, not tail and not middle[-1].region)
        spans = trimmed
    return spans


def _gives_orders(text: str, plain: Sequence[_Unit]) -> bool:
    """Whether the paragraphs of a text are rules for the reader."""
    paragraphs = (text[unit.start : min(unit.end, unit.start + _SAMPLED_CHARACTERS)] for unit in plain)
    filled = (line for paragraph in paragraphs for line in paragraph.split("\n") if line.strip())
    lines = list(islice(filled, _SAMPLED_LINES))
    orders = len(_ORDER.findall("\n".join(["", *lines]).lower()))
    if not lines or orders < tuning.WEIGHTS.max_instruction_share * len(lines):
        return False
    return detect("\n".join(lines)).kind not in ("code", "python")  # whose short functions return in every third line


def _asks(text: str, unit: _Unit) -> bool:
    return unit.order or (not unit.region and is_question(text[unit.start : unit.end]))


def _is_doubtful(text: str, unit: _Unit) -> bool:
    """Whether only the first word of a paragraph looks like a request."""
    paragraph = text[unit.start : unit.end].strip()
    return not (
        unit.order or paragraph.endswith((":", "：")) or _ends_like_a_question(paragraph) or _TASK.match(paragraph)
    )


def _is_short(text: str, unit: _Unit) -> bool:
    return not unit.region and len(text[unit.start : unit.end].strip()) <= tuning.WEIGHTS.max_instruction_characters


def _beginning(text: str, units: Sequence[_Unit], sure: bool) -> list[_Unit]:
    """The units at the beginning that ask something, with the short ones before them."""
    found = 0
    rules = tuning.WEIGHTS.max_rules_characters
    for at, unit in enumerate(units[: tuning.WEIGHTS.max_instruction_paragraphs]):
        size = unit.end - unit.start
        if unit.order or (not unit.region and size <= rules and _lists_orders(text[unit.start : unit.end])):
            rules -= size * (not unit.order)
            found = at + 1
            continue
        if not _is_short(text, unit):
            break
        beside = units[at + 1].region and not units[at + 1].order if at + 1 < len(units) else False
        if beside or (_asks(text, unit) and not (sure and _is_doubtful(text, unit))):
            found = at + 1
    return list(units[:found])


def _lists_orders(paragraph: str) -> bool:
    r"""Whether a paragraph is a list of rules or questions for the reader.

    >>> _lists_orders("Now:\n1. Who built it?\n2. Reply as JSON."), _lists_orders("- 3 eggs\n- milk\n- flour")
    (True, False)
    """
    lines = [line for line in paragraph.split("\n") if line.strip()]
    listed = [line[match.end() :] for line in lines if (match := _LISTED.match(line))]
    if len(listed) < max(_MIN_LISTED, len(lines) - 1):  # the first line may introduce the list
        return False
    asks = len(_ORDER.findall("\n".join(["", *listed]).lower())) + sum(
        _HOLDS_QUESTION.search(line) is not None for line in listed
    )
    return asks >= max(_MIN_LISTED, tuning.WEIGHTS.max_instruction_share * len(lines))


def _is_between_regions(text: str, middle: Sequence[_Unit], at: int) -> bool:
    """Whether a paragraph between two regions asks something or introduces the second."""
    if not 0 < at < len(middle) - 1:
        return False
    if not (middle[at - 1].region and middle[at + 1].region):
        return False
    paragraph = text[middle[at].start : middle[at].end]
    return paragraph.rstrip().endswith((":", "：")) or is_question(paragraph)


def _trimmed(text: str, spans: list[Span], has_head: bool, has_tail: bool, sure: bool) -> list[Span]:
    """The data without a request at their beginning (the first line or sentence) or end (the last one)."""
    if not has_tail:
        start, end = spans[-1]
        at = _last_question(text, start, end)
        spans = [*spans[:-1], (start, at)] if at > start else spans
    if not has_head:
        start, end = spans[0]
        at = _first_request(text, start, end)
        if at < end and not (sure and _is_doubtful(text, _Unit(start, at))):
            spans = [(at, end), *spans[1:]]
    return spans


def _last_question(text: str, start: int, end: int) -> int:
    """The offset at which a question at the end of data begins; ``end`` if there is none."""
    stop = start + len(text[start:end].rstrip())
    last = _last_part(text, start, stop)
    if start < last < stop and _ends_like_a_question(text[last:stop]):
        return last
    return _last_named(text, start, stop) or end


def _last_named(text: str, start: int, stop: int) -> int:
    r"""The offset of one of the last lines, if it names a question and only labelled lines follow; else 0.

    >>> text = "The bridge is old.\nQuery: Who built it?\nOld answer: Bob.\nNew answer:"
    >>> text[_last_named(text, 0, len(text)) :]
    'Query: Who built it?\nOld answer: Bob.\nNew answer:'
    """
    position = stop
    while position > max(start, stop - tuning.WEIGHTS.max_instruction_characters):
        line = max(start, text.rfind("\n", start, position) + 1)
        if line == start or not _LABELLED.match(text, line, position):
            break
        if _NAMED.match(text, line, position):
            return line
        position = line - 1
    return 0


def _last_part(text: str, start: int, stop: int) -> int:
    """The offset at which the last line begins, or the last sentence of a long line; ``stop`` if that is long too."""
    most = tuning.WEIGHTS.max_instruction_characters
    line = max(start, text.rfind("\n", start, stop) + 1)
    if stop - line <= most:
        return line
    tail = text[max(line, stop - most) : stop]
    cuts = [match.end() for match in _SENTENCE_END.finditer(tail) if match.end() < len(tail)]
    return stop - len(tail) + cuts[-1] if cuts else stop


def _without_ends(text: str, spans: Sequence[Span], at_start: bool, at_end: bool) -> list[Span]:
    """Data without their first or last line or sentence, which may be a request.

    A request is not recognised if it is in a language without a list of words and has no question mark.
    """
    most = tuning.WEIGHTS.max_instruction_characters
    start, end = spans[0][0], spans[-1][1]
    stop = start + len(text[start:end].rstrip())
    if at_end:
        last = _last_part(text, spans[-1][0], stop)
        # a script without sentence ends has spaces between its sentences
        end = last if last < stop else text.rfind(" ", stop - most // 2, stop - most // 4) + 1 or stop - most // 4
    if at_start:
        first = text[start : start + most]
        sentence = _SENTENCE_END.search(first)
        ends = [first.find("\n") + 1, sentence.end() if sentence else 0, first.find(" ", most // 4, most // 2) + 1]
        start += min(filter(None, ends[:2]), default=ends[2] or most // 4)
    found = [(max(one, start), min(other, end)) for one, other in spans]
    return found if all(one < other for one, other in found) else list(spans)


def _first_request(text: str, start: int, end: int) -> int:
    """The offset behind a request on the first line, or in the first sentence, of data; ``start`` if there is none."""
    most = tuning.WEIGHTS.max_instruction_characters
    stop = text.find("\n", start, min(end, start + most + 1))
    line = text[start : stop + 1] if stop >= 0 else ""
    if line and is_question(line) and line.rstrip().endswith((":", "：", "?", "？", ".")):
        return stop + 1
    if not line:
        head = text[start : min(end, start + most)]
        match = re.search(r"[:：?？](?:\s+|(?<=[：？]))", head)
        if match and _ASKS.match(head):
            return start + match.end()
    return start


def _merged(spans: Sequence[Span], text: str) -> list[Span]:
    """The ranges, joined if only white space is between them."""
    found: list[Span] = []
    for start, end in spans:
        if found and not text[found[-1][1] : start].strip():
            found[-1] = found[-1][0], end
        elif end > start:
            found.append((start, end))
    return found


def complement(data: Sequence[Span], text: str) -> list[Span]:
    """The ranges of a text that are not data, apart from white space."""
    edges = [0, *(edge for span in data for edge in span), len(text)]
    spans = zip(edges[::2], edges[1::2], strict=True)
    return [(start, end) for start, end in spans if text[start:end].strip()]


def _united(spans: Sequence[Span], others: Sequence[Span]) -> tuple[Span, ...]:
    """The union of two lists of ranges, in order."""
    found: list[Span] = []
    for start, end in sorted([*spans, *others]):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return tuple(found)
