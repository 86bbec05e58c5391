"""Recognises the forms that were issued, and restores the originals.

The wording of a marker is not enough. A text counts as a form only if the cache holds an original under the marker's
key, and if everything between the markers is in that original, in the same order. A shrunk text cannot be compared with
its original, so the cache also holds the shrunk text, and only an exact copy counts. ``Keys`` makes sure that no text
of the input looks like a form that it issues.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .._json import clone
from ..content import FORMS, MadeForms, said_in_short
from ..errors import InvalidMessages, check_cache
from ..messages import as_dicts, read
from ..messages.parts import put_back
from ..messages.shapes import is_message, slots, text_of
from ..types import Cache, Message, Path
from .fold_quotes import are_in_order, quotable_text
from .keys import FULL_LENGTH, KEY_LENGTH, LETTERS, bond, key_of, members
from .places import Places, Position, place, places_of, take
from .withheld import withheld_of
from .wording import BESIDE_FOLD, FOLLOWS, SHORTENED, START, looks_issued

_KEY = rf"\b([{LETTERS}]{{{KEY_LENGTH},{FULL_LENGTH}}})"
_SPAN = r"\d+(?:-\d+)?"
# A gap after a marker that has the key.
_GAP = re.compile(rf"^(?:\[… (?:lines?|characters) {_SPAN}(?:: [^\n]*(?: L{_SPAN}|, …))?\]|…)$", re.MULTILINE)
_MARKER = re.compile(rf"^\[… [^\n]*?{_KEY}\]$", re.MULTILINE)
_SHARED = re.compile(rf"\[… (\d+) texts: [^\n]*?{_KEY}\]")
_FOLD = re.compile(rf"\[… \d+ earlier messages?(, quoted in part)?: [^\n]*?{_KEY}\]")


class ShortTexts:
    """Compact forms and quotable texts of originals. Each is made once, even if many texts are compared with it.

    They depend on the originals alone, so they may be kept from turn to turn.

    Args:
        made: The forms of texts that are known already.
    """

    def __init__(self, made: MadeForms | None = None) -> None:
        self._known = {} if made is None else made
        self._made: dict[tuple[str, str], str] = {}
        self._runs: dict[str, list[Message] | None] = {}
        self._quotable_texts: dict[tuple[str, bool], str] = {}

    def run(self, original: str) -> list[Message] | None:
        """The messages of an original that is a run of messages, else None. The caller must not change them."""
        if original not in self._runs:
            self._runs[original] = _run(original)
        return self._runs[original]

    def quotes(self, lines: Sequence[str], run: str) -> bool:
        """Whether a fold of these messages may quote these lines. Their compact forms are only made if they have to."""
        return any(are_in_order(lines, self._quotable_text(run, short)) for short in (False, True))

    def _quotable_text(self, run: str, short: bool) -> str:
        if (run, short) not in self._quotable_texts:
            turns = read(self.run(run) or [], "auto").turns
            self._quotable_texts[run, short] = quotable_text(turns, self._known if short else None)
        return self._quotable_texts[run, short]

    def of(self, original: str, form: str) -> str:
        if (form, original) not in self._made:
            self._made[form, original] = said_in_short(original, form)
        return self._made[form, original]


def _is_bound(key: str, shrunk: str, cache: Cache) -> bool:
    """Whether exactly this shrunk text was issued for this original. The key of the record may have any length."""
    wanted = bond(key, shrunk)
    name = key_of(wanted, FULL_LENGTH)
    return any(cache.get(name[:length]) == wanted for length in range(KEY_LENGTH, FULL_LENGTH + 1))


def issued(text: str, cache: Cache, short: ShortTexts | None = None) -> str | None:
    """The key of the original that ``text`` is a form of; None if it is ordinary text.

    Pass the same ``short`` for many texts: it keeps the compact forms that they are compared with.
    """
    if not looks_issued(text):
        return None
    found = [match for match in _MARKER.finditer(text) if match[1] in cache]
    firsts: dict[str, re.Match[str]] = {}
    for match in found:
        firsts.setdefault(match[1], match)
    for key, first in firsts.items():
        start = first.start()
        if text.startswith(START + SHORTENED) and start == 0:
            if _is_bound(key, text[first.end() + 1 :], cache):
                return key
        elif start <= len(cache[key]) + 1 and text[:start].removesuffix("\n") in cache[key]:  # a first look
            spans = [match.span() for match in found if match[1] == key]
            spans += [match.span() for match in _GAP.finditer(text, first.end())]
            if _is_form(text, sorted(spans), cache[key], short or ShortTexts()):
                return key
    return None


def _is_form(text: str, spans: list[tuple[int, int]], original: str, short: ShortTexts) -> bool:
    """Whether the text around the marker ``spans`` is in the original too, in this order."""
    form = text[len(START) : text.find(":")]
    if spans[0][0] == 0 and form in FORMS:
        original = short.of(original, form)
    position = 0
    for piece in _pieces(text, spans):
        piece = piece.removesuffix("\n")  # a cut within a line adds the line end that its marker needs
        found = original.find(piece, position)
        if found < 0:
            return False
        position = found + len(piece)
    return True


def _pieces(text: str, spans: list[tuple[int, int]]) -> Iterator[str]:
    start = 0
    for begin, end in spans:
        if begin > start:
            yield text[start:begin]
        start = min(end + 1, len(text))  # the marker's own line end
    if start < len(text):
        yield text[start:]


def sharing(text: str, key: str, cache: Cache) -> list[str]:
    """The keys of the texts that share a marker with this key; none if it is the marker of one text."""
    match = _SHARED.fullmatch(text)
    found = members(cache[key]) if match else []
    return found if match and len(found) == int(match[1]) and all(one in cache for one in found) else []


def folded(message: Message, cache: Cache, short: ShortTexts | None = None) -> str | None:
    """The key of the run of messages that ``message`` replaces; None if it is an ordinary message.

    Pass the same ``short`` for many messages: it keeps the texts that they are compared with.
    """
    slot = text_of(message, "user")
    if slot is None or not slot[1].startswith(START):
        return None
    first, *rest = slot[1].split("\n")
    match = _FOLD.fullmatch(first)
    if not match or match[2] not in cache or bool(match[1]) != bool(rest):
        return None
    short, run = short or ShortTexts(), cache[match[2]]
    return match[2] if short.run(run) is not None and (not rest or short.quotes(rest, run)) else None


def is_beside_fold(message: Message) -> bool:
    """Whether a message is the one of the assistant that is written before or behind some folds."""
    slot = text_of(message, "assistant")
    return slot is not None and slot[1] == BESIDE_FOLD


class Unit(NamedTuple):
    """Messages ``first`` to ``stop`` (exclusive) that were one message, or a fold with the messages beside it.

    Attributes:
        run: The key of the messages that a fold replaces; None for a message that does not fold.
        texts: For a message that does not fold, the path and the key of each text that is in another form.
        issued: The positions of the forms in the messages.
    """

    first: int
    stop: int
    run: str | None
    texts: list[tuple[Path, str]]
    issued: list[Position]


class Reader:
    """Reads messages in order, and recognises the forms in them: each at its place, as often as it was issued there.

    Args:
        cache: The originals, with the places of their forms. If it knows no places, the wording of a form decides.
        short: Compact forms of an earlier reader, so that they need not be made again.
    """

    def __init__(self, cache: Cache, short: ShortTexts | None = None) -> None:
        self.cache = cache
        self.short = short or ShortTexts()
        self._left = places_of(cache)
        self._following: list[str] = []  # keys of the next texts, which share the marker of a text before

    def units(self, messages: Sequence[Message], first: int = 0) -> Iterator[Unit]:
        """The messages from ``first`` on as units: one message each, or a fold with the messages beside it."""
        index = first
        while index < len(messages):
            at = index + (is_beside_fold(messages[index]) and index + 1 < len(messages))
            run = self._run(messages, at)
            if run is None:
                texts = self._texts(messages, index)
                yield Unit(index, index + 1, None, texts, [(index, path) for path, _ in texts])
                index += 1
                continue
            stop = at + 1
            stop += stop < len(messages) and is_beside_fold(messages[stop])
            yield Unit(index, stop, run[0], [], [(at, run[1])])
            index = stop

    def original(self, unit: Unit, messages: Sequence[Message]) -> list[Message]:
        """The original messages of a unit. The caller may compare them, but must not change them."""
        if unit.run is not None:
            return self.short.run(self.cache[unit.run]) or []
        message = messages[unit.first]
        return [_filled(message, unit.first, unit.texts, self.cache)] if unit.texts else [message]

    def _run(self, messages: Sequence[Message], index: int) -> tuple[str, Path] | None:
        """The key of the run that a message replaces, and the path of its text; None if the message is no fold."""
        message = messages[index]
        key, slot = folded(message, self.cache, self.short), text_of(message, "user")
        return (key, slot[0]) if key and slot and self._is_issued(messages, index, slot[1]) else None

    def _texts(self, messages: Sequence[Message], index: int) -> list[tuple[Path, str]]:
        found = []
        for slot in slots(messages[index]):
            key: str | None
            if self._following and slot.text == FOLLOWS and self._is_issued(messages, index, slot.text):
                key, *self._following = self._following
            elif key := issued(slot.text, self.cache, self.short):
                if not self._is_issued(messages, index, slot.text):
                    continue
                key, *self._following = sharing(slot.text, key, self.cache) or [key]
            elif self._following:
                self._following = []
            if key:
                found.append((slot.path, key))
        return found

    def _is_issued(self, messages: Sequence[Message], index: int, text: str) -> bool:
        """Whether a form was issued at the place of a text that looks like one."""
        return self._left is None or take(self._left, messages, index, text)


def quotes(messages: Sequence[Message], cache: Cache, places: Places) -> bool:
    """Whether a text in messages looks like a form of an original, but is at no place where one was issued."""
    seen: Places = Counter()
    for index, message in enumerate(messages if cache else ()):
        for slot in slots(message):
            if looks_issued(slot.text):
                here = place(messages, index, slot.text)
                seen[here] += 1
                if seen[here] > places[here] and (issued(slot.text, cache) or folded(message, cache)):
                    return True
    return False


def restore(messages: list[Message], cache: Cache) -> list[Message]:
    """Returns the original messages, exactly as they were: every text that was taken out is put back.

    If a message that was added later quotes a marker, the quotation stays text, as long as ``cache`` is the cache of
    the result itself. A cache that went through JSON only knows the quotations that ``compress`` has seen. Texts that
    a ``before`` replaced are put back only by the cache of the result itself: JSON never holds them.

    Args:
        messages: The messages that ``compress`` returned, with or without messages that were added later.
        cache: The cache of that result. A marker whose key is missing from it stays a marker.

    Raises:
        InvalidArgument: ``cache`` is not a mapping.
        InvalidMessages: ``messages`` is not a list of message dicts, or it holds values that JSON cannot hold.

    Examples:
        >>> restore([{"role": "user", "content": "hi"}], {})
        [{'role': 'user', 'content': 'hi'}]
    """
    shown = [message for run in unfold(messages, cache).runs for message in run]
    held = withheld_of(cache)
    return held.filled(shown) if held else shown


class Unfolded(NamedTuple):
    """The originals of messages, as they were behind the caller's ``before``."""

    runs: Sequence[list[Message]]  # the original messages of every message: one, or all messages of a fold
    issued: list[Position]  # the positions of the forms


def unfold(messages: list[Message], cache: Cache, first: int = 0) -> Unfolded:
    """The originals of the messages from ``first`` on. Positions are counted from ``first``."""
    check_cache(cache)
    messages = as_dicts(messages)
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        raise InvalidMessages(
            f"messages is a {type(messages).__name__}; a list of message dicts was expected: "
            f"the 'messages' of a result."
        )
    reader = Reader(cache)
    runs: list[list[Message]] = []
    found: list[Position] = []
    for unit in reader.units(messages, first):
        found += [(index - first, path) for index, path in unit.issued]
        if unit.run is None:
            runs.append([_filled(messages[unit.first], unit.first, unit.texts, cache)])
        else:
            runs += [json.loads(cache[unit.run]), *([] for _ in range(unit.first + 1, unit.stop))]
    return Unfolded(runs, found)


def _filled(message: Message, index: int, texts: list[tuple[Path, str]], cache: Cache) -> Message:
    """A copy of a message with the originals of some of its texts."""
    copy: Message = clone(message, f"messages[{index}]")
    for path, key in texts:
        put_back(copy, path, cache[key])
    return copy


def is_run(text: str) -> bool:
    """Whether an original is a run of messages rather than a text."""
    return _run(text) is not None


def _run(text: str) -> list[Message] | None:
    """The messages of a text that is a run of messages; None for any other text."""
    if not text.startswith('[{"'):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) and all(map(is_message, found)) else None
