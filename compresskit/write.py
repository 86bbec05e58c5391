"""The plan carried out: messages with markers where text was taken out, the cache, and the decisions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .atoms import Atom
from .content import Segment
from .jsonlike import clone, exactly
from .markers import ROWS_LEFT_OUT, Gap, Keys, Wording, bond, folded, issued, looks_issued
from .pieces import Entry, Layout
from .result import Action, Decision
from .shapes.parts import MESSAGE_TOKENS, replace
from .tokens import Measure
from .types import Message, Turn


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

    def __init__(self, measure: Measure, keys: Keys, wording: Wording) -> None:
        self.messages: list[Message] = []
        self.decisions: list[Decision] = []
        self.tokens = 0
        self.excerpts: list[Excerpt] = []  # of texts, not of short forms
        self.unfoldable: frozenset[int] = frozenset()
        self._suspects: list[tuple[str, str | None]] = []  # texts that could be misread, and their true keys
        self._suspect_messages: list[Message] = []
        self._measure = measure
        self._keys = keys
        self._wording = wording

    def write(self, messages: list[Message], turns: list[Turn], bound: list[Atom], layout: Layout) -> Writer:
        entries = iter(layout.entries)
        upcoming = [next(entries, None)]

        def until(last: int) -> list[Entry]:
            """The entries up to and including a message's."""
            found = []
            while (entry := upcoming[0]) is not None and entry.block.message <= last:
                found.append(entry)
                upcoming[0] = next(entries, None)
            return found

        number = 0
        while number < len(bound):
            stop = number
            while stop < len(bound) and layout.groups[stop].folded:
                stop += 1
            first = bound[number].first
            if stop == number:
                for index in range(first, bound[number].last + 1):
                    self._message(messages[index], turns[index], until(index))
                number += 1
                continue
            last = bound[stop - 1].last
            text = exactly(messages[first : last + 1])
            covered = until(last)
            if text is None:
                self.unfoldable |= frozenset(range(number, stop))
            else:
                self._fold(text, last + 1 - first, covered)
            number = stop
        return self

    def _fold(self, text: str, count: int, entries: Sequence[Entry]) -> None:
        key = self._keys.issue(text)
        marker = self._wording.fold(count, key)
        cost = MESSAGE_TOKENS + self._measure.count(marker)
        self.messages.append({"role": "user", "content": marker})
        self.tokens += cost
        why = f"one of {count} neighbouring messages that matter least"
        for entry in entries:
            self._decide(entry, "fold", key, cost, why)
            cost = 0

    def _message(self, message: Message, turn: Turn, entries: Sequence[Entry]) -> None:
        copy = clone(message, f"messages[{turn.index}]")
        self.messages.append(copy)
        self.tokens += turn.extra + sum(map(self._measure.count, turn.fixed))
        for entry in entries:
            if entry.protected:
                self._decide(entry, "protected", None, entry.tokens, entry.protected)
            elif entry.piece is None:
                self._decide(entry, "kept", None, entry.tokens, "a marker would cost as much")
            elif entry.piece.whole and not entry.short:
                self._decide(entry, "kept", None, entry.tokens, "relevant")
            else:
                self._replace(copy, entry)
                continue
            self.tokens += entry.tokens
            if looks_issued(entry.block.text):
                self._suspects.append((entry.block.text, None))
                self._suspect_messages.append(message)

    def _replace(self, copy: Message, entry: Entry) -> None:
        kept, segments = entry.piece.kept if entry.piece else set(), entry.split.segments
        key = self._keys.issue(entry.block.text)
        action: Action = "excerpt"
        why = f"{len(kept)} of {len(segments)} segments are relevant"
        if not kept:
            action, text, why = "stub", entry.stub, "matters least"
        elif entry.short:
            text = f"{self._wording.short(key)}\n{entry.head}{short_excerpt(entry.short, segments, kept)}"
            if len(kept) == len(segments):
                action, why = "compact", "says the same in fewer tokens"
        else:
            text = excerpt(entry.block.text, segments, kept, key, self._wording)
        replace(copy, entry.block.path, text)
        if looks_issued(entry.block.text) or looks_issued(entry.short):
            self._suspects.append((text, key))
        tokens = self._measure.count(text)
        self.tokens += tokens
        if action == "excerpt" and not entry.short:
            self.excerpts.append(Excerpt(entry, frozenset(kept), key, tokens, copy, len(self.decisions)))
        self._decide(entry, action, key, tokens, why)

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
        cache = self._keys.cache
        found = [(issued(text, cache), true) for text, true in self._suspects]
        wrong = {key for key, true in found if key is not None and key != true}
        wrong.update(key for message in self._suspect_messages if (key := folded(message, cache)))
        return {cache[key] for key in wrong}

    def _decide(self, entry: Entry, action: Action, key: str | None, tokens: int, why: str) -> None:
        block = entry.block
        score = round(max(entry.values, default=0.0), 4)
        self.decisions.append(Decision(block.message, block.path, action, key, entry.tokens, tokens, score, why))


def excerpt(text: str, segments: Sequence[Segment], kept: set[int], key: str, wording: Wording) -> str:
    """The kept segments in order and unchanged, with a marker line in every gap.

    >>> text = "one\\ntwo\\nthree\\n"
    >>> segments = [Segment(0, 4, ""), Segment(4, 8, ""), Segment(8, 14, "")]
    >>> print(excerpt(text, segments, {0, 2}, "bcdfghjklmnp", Wording()), end="")
    one
    [… line 2: retrieve bcdfghjklmnp]
    three
    """
    line = 1
    out: list[str] = []
    for start, end, keep in _stretches(segments, kept):
        newlines = text.count("\n", start, end)
        if keep:
            out.append(text[start:end])
        else:
            if out and not out[-1].endswith("\n"):
                out.append("\n")
            out.append(wording.gap(_gap(text, start, end, line, newlines), key))
            key = ""  # said once in a text
            out.append("\n" if end < len(text) else "")
        line += newlines
    return "".join(out)


def short_excerpt(text: str, segments: Sequence[Segment], kept: set[int]) -> str:
    """The kept lines of a text in short form; the line before it says the key for all that is left out."""
    parts = [text[start:end] if keep else ROWS_LEFT_OUT + "\n" for start, end, keep in _stretches(segments, kept)]
    return "".join(part if part.endswith("\n") else part + "\n" for part in parts).rstrip("\n")


def _stretches(segments: Sequence[Segment], kept: set[int]) -> Iterator[tuple[int, int, bool]]:
    """Runs of segments that are all kept or all left out, as offsets."""
    number = 0
    while number < len(segments):
        stop = number
        while stop < len(segments) and (stop in kept) == (number in kept):
            stop += 1
        yield segments[number].start, segments[stop - 1].end, number in kept
        number = stop


def _gap(text: str, start: int, end: int, line: int, newlines: int) -> Gap:
    """What is missing between two offsets: whole lines where it is that, else characters."""
    whole = (start == 0 or text[start - 1] == "\n") and (end == len(text) or text[end - 1] == "\n")
    if not whole:
        return Gap(start, end, "characters")
    return Gap(line, line + newlines - (text[end - 1] == "\n"))
