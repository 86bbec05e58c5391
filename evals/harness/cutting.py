"""Cutting texts to a budget, for the simple baselines: pieces in an order of choice, or the two ends of each
text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from .messages import Message, Slot, replace
from .tokens import count, count_request, ends

GAP = "[…]"
GAP_TOKENS = 4
_LONG = 2_000  # characters of a line; prose paragraphs are shorter, one-line JSON is not
_PARTS = re.compile(r".{1,300}[^\s,;]{0,3000}[\s,;]*", re.DOTALL)  # ends after a word, so no id is torn


class Piece(NamedTuple):
    """Characters of a slot, from `start` on."""

    slot: Slot
    start: int
    text: str


def paragraphs(slot: Slot, longest: int = 40) -> list[Piece]:
    """Runs of lines up to a blank line, at most `longest` lines each; huge lines in parts."""
    runs: list[list[str]] = [[]]
    for line in slot.text.splitlines(keepends=True):
        for part in [line] if len(line) <= _LONG else _PARTS.findall(line):
            runs[-1].append(part)
            if not part.strip() or len(part) >= 300 or len(runs[-1]) >= longest:
                runs.append([])
    return _pieces(slot, ["".join(run) for run in runs if run])


def _pieces(slot: Slot, texts: Sequence[str]) -> list[Piece]:
    starts = accumulate((len(text) for text in texts), initial=0)
    return [Piece(slot, start, text) for start, text in zip(starts, texts, strict=False)]


def keep(messages: Sequence[Message], pieces: Iterable[Piece], slots: Sequence[Slot], target: int) -> list[Message]:
    """The messages with as many of the pieces, in the order they come, as fit the target; gaps are marked."""
    spent = count_request(replace(messages, dict.fromkeys(slots, GAP)))
    chosen: list[Piece] = []
    for piece in pieces:
        cost = count(piece.text) + GAP_TOKENS
        if spent + cost <= target:
            chosen.append(piece)
            spent += cost
    result = replace(messages, _written(slots, chosen))
    while chosen and count_request(result) > target:  # joined pieces can cost a little more than apart
        chosen = chosen[: -max(1, len(chosen) // 50)]
        result = replace(messages, _written(slots, chosen))
    return result


def keep_ends(messages: Sequence[Message], slots: Sequence[Slot], target: int, head: float) -> list[Message]:
    """The same share of every text, so that all fit: `head` of it from the start and the rest from the end."""
    if count_request(messages) <= target:
        return list(messages)
    sizes = {slot: size for slot in slots if (size := count(slot.text)) > 2 * GAP_TOKENS}
    room = target - count_request(replace(messages, dict.fromkeys(sizes, ""))) - GAP_TOKENS * len(sizes)
    share = max(0.0, room / max(1, sum(sizes.values())))
    return replace(messages, {slot: _two_ends(slot.text, size * share, head) for slot, size in sizes.items()})


def _written(slots: Sequence[Slot], chosen: Iterable[Piece]) -> Mapping[Slot, str]:
    kept: dict[Slot, list[Piece]] = {slot: [] for slot in slots}
    for piece in chosen:
        kept[piece.slot].append(piece)
    return {slot: _joined(slot.text, sorted(found, key=lambda piece: piece.start)) for slot, found in kept.items()}


def _joined(whole: str, pieces: Sequence[Piece]) -> str:
    texts: list[str] = []
    end = 0
    for piece in pieces:
        if piece.start > end:
            texts.append(f"\n{GAP}\n" if texts and not texts[-1].endswith("\n") else f"{GAP}\n")
        texts.append(piece.text[max(0, end - piece.start) :])  # pieces may overlap
        end = max(end, piece.start + len(piece.text))
    return "".join(texts) + ("" if end >= len(whole) else GAP)


def _two_ends(text: str, tokens: float, head: float) -> str:
    first, last = ends(text, int(tokens * head), int(tokens * (1 - head)))
    return f"{first}\n{GAP}\n{last}" if first or last else GAP
