"""Keys, markers and restore: what stands where text was taken out, and how it is put back.

A marker is known by what was issued, never by its looks alone: a text counts as compressed only where the
cache holds an original under the marker's key and everything between its markers stands in that original
in the same order. A text that a shrinker wrote cannot be judged by its original: there the cache holds what was
issued too, and only just that counts. ``Keys`` makes sure that no text of the input passes for a form that it issues.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .content import FORMS, said_in_short
from .errors import InvalidMessages, check_cache
from .extracts import stand_in, telling
from .jsonlike import clone
from .shapes import read
from .shapes.parts import replace, slots
from .types import Cache, Message, Path

# Letters only, no vowels: few tokens for their bits (20 letters, 4.3 bits each) and no words by accident.
_LETTERS = "bcdfghjklmnpqrstvwxz"
KEY_LENGTH = 12  # 51 bits; longer where two texts of one conversation would share a key
FULL_LENGTH = 59  # all of SHA-256
STAND_IN = "bcdfghjklmnp"  # for a key whose letters do not matter

_SPAN = r"\d+(?:-\d+)?"
# after one that says the key
_GAP = re.compile(rf"^(?:\[… (?:lines?|characters) {_SPAN}(?:: [^\n]* L{_SPAN})?\]|…)$", re.MULTILINE)
ROWS_LEFT_OUT = "…"  # stands for rows of a text in short form
_MARKER = re.compile(rf"^\[… [^\n]*?\b([{_LETTERS}]{{{KEY_LENGTH},{FULL_LENGTH}}})\]$", re.MULTILINE)
_FOLD = re.compile(
    rf"\[… \d+ earlier messages?(, quoted in part)?: [^\n]*?\b([{_LETTERS}]{{{KEY_LENGTH},{FULL_LENGTH}}})\]"
)
_START = "[… "
_ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})  # that fold
_SHORTENED = "shortened"


def key_of(text: str, length: int = KEY_LENGTH) -> str:
    """The key of an original text: the same in every turn, process and machine.

    The first letters of the text's SHA-256 (UTF-8, lone surrogates passed), written in base 20.

    >>> key_of("hello")
    'bcmlvgkwrqmn'
    """
    number = int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest(), "big")
    letters = []
    for _ in range(length):
        number, digit = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[digit])
    return "".join(letters)


class Gap(NamedTuple):
    """What a marker stands for: lines ``first`` to ``last`` (from 1), or characters within one line."""

    first: int
    last: int
    unit: str = "lines"  # or "characters" (from 0, the last one not included)


class Wording(NamedTuple):
    """How markers speak: with an invitation to ask for the text where it can be had, or without."""

    recoverable: bool = True

    def _ending(self, key: str) -> str:
        return f"retrieve {key}]" if self.recoverable else f"left out, {key}]"

    def gap(self, gap: Gap, key: str, told: Sequence[str] = ()) -> str:
        """The line between two kept segments. With an empty key, that of a gap after another of the same text.

        Args:
            told: signatures with their lines, of what is missing.

        >>> Wording().gap(Gap(13, 57), "bcdfghjklmnp"), Wording().gap(Gap(80, 99), "", ["def f(x) L81-90"])
        ('[… lines 13-57: retrieve bcdfghjklmnp]', '[… lines 80-99: def f(x) L81-90]')
        """
        one = gap.unit == "lines" and gap.first == gap.last
        what = f"line {gap.first}" if one else f"{gap.unit} {gap.first}-{gap.last}"
        what += f": {', '.join(told)}" if told else ""
        return f"{_START}{what}: {self._ending(key)}" if key else f"{_START}{what}]"

    def short(self, form: str, key: str) -> str:
        """The line before a text in the short form of this name."""
        return f"{_START}{form}: {self._ending(key)}"

    def shortened(self, key: str, shrunk: str) -> str:
        """A text that a shrinker said in fewer words, under the line that says so."""
        return f"{_START}{_SHORTENED}: {self._ending(key)}\n{shrunk}"

    def stub(self, lines: int, tokens: int, what: str, key: str) -> str:
        """The line that stands for a whole text."""
        size = f"{lines} lines, {tokens} tokens" if lines > 1 else f"{tokens} tokens"
        return f"{_START}{size}{f', {what}' if what else ''}: {self._ending(key)}"

    def fold(self, messages: int, key: str, told: bool = False) -> str:
        """The first line of the one message that stands for a run of messages; extracts may follow."""
        noun = ("messages" if messages > 1 else "message") + (", quoted in part" if told else "")
        return f"{_START}{messages} earlier {noun}: {self._ending(key)}"


def looks_issued(text: str) -> bool:
    """Whether a text could pass for a form at all: a cheap first look.

    >>> looks_issued("plain text")
    False
    """
    return _START in text


class Keys:
    """Names originals: each text once, and no two texts alike."""

    def __init__(self, earlier: Cache, lengths: dict[str, int]) -> None:
        self.cache: dict[str, str] = {}  # what was issued
        self._lengths = lengths  # text -> letters, where the usual ones would not do
        self._named = dict(earlier)

    def name(self, text: str) -> str:
        """The key of a text, longer than usual where another text has the same letters."""
        key = key_of(text, self._lengths.get(text, KEY_LENGTH))
        while self._named.setdefault(key, text) != text:
            key = key_of(text, len(key) + 1)
        return key

    def exhausted(self, text: str) -> bool:
        """Whether the input passes for a form of ``text`` at every length of its key: it has to stay."""
        return self._lengths.get(text, KEY_LENGTH) > FULL_LENGTH

    def issue(self, text: str) -> str:
        """The key of a text that is taken out now: it goes into the cache."""
        key = self.name(text)
        self.cache[key] = text
        return key


def bond(key: str, shrunk: str) -> str:
    """What a cache holds besides the original for a shrunk text: it cannot be made again, so it is known by this."""
    return f"{key}\n{shrunk}"


def _is_bound(key: str, shrunk: str, cache: Cache) -> bool:
    """Whether just this text was issued for just this original, under whatever length of the bond's key."""
    wanted = bond(key, shrunk)
    name = key_of(wanted, FULL_LENGTH)
    return any(cache.get(name[:length]) == wanted for length in range(KEY_LENGTH, FULL_LENGTH + 1))


class ShortTexts:
    """Originals in short form, and what runs can tell: each made once however much has to be compared with it."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], str] = {}
        self._runs: dict[str, bool] = {}
        self._tellings: dict[str, str] = {}

    def is_run(self, original: str) -> bool:
        if original not in self._runs:
            self._runs[original] = is_run(original)
        return self._runs[original]

    def telling(self, run: str) -> str:
        if run not in self._tellings:
            self._tellings[run] = telling(read(json.loads(run), "auto").turns)
        return self._tellings[run]

    def of(self, original: str, form: str) -> str:
        if (form, original) not in self._made:
            self._made[form, original] = said_in_short(original, form)
        return self._made[form, original]


def issued(text: str, cache: Cache, short: ShortTexts | None = None) -> str | None:
    """The key of the original that ``text`` is a form of, None where it is simply text.

    Where many texts are asked about, ``short`` keeps what they are compared with.
    """
    if not looks_issued(text):
        return None
    found = [match for match in _MARKER.finditer(text) if match[1] in cache]
    for key in dict.fromkeys(match[1] for match in found):
        spans = [match.span() for match in found if match[1] == key]
        spans += [match.span() for match in _GAP.finditer(text, spans[0][1])]
        if text.startswith(_START + _SHORTENED) and spans[0][0] == 0:
            if _is_bound(key, text[spans[0][1] + 1 :], cache):
                return key
        elif _is_form(text, sorted(spans), cache[key], short or ShortTexts()):
            return key
    return None


def _is_form(text: str, spans: list[tuple[int, int]], original: str, short: ShortTexts) -> bool:
    """Whether what stands around the marker ``spans`` stands in the original too, in this order."""
    form = text[len(_START) : text.find(":")]
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


def folded(message: Message, cache: Cache, short: ShortTexts | None = None) -> str | None:
    """The key of the run of messages that ``message`` stands for, None where it is simply a message.

    Where many messages are asked about, ``short`` keeps what they are compared with.
    """
    content = message.get("content")
    if not isinstance(content, str) or not content.startswith(_START):
        return None
    if len(message) != 2 or message.get("role") != "user":
        return None
    first, *rest = content.split("\n")
    match = _FOLD.fullmatch(first)
    if not match or match[2] not in cache or bool(match[1]) != bool(rest):
        return None
    short, run = short or ShortTexts(), cache[match[2]]
    return match[2] if short.is_run(run) and (not rest or stand_in(rest, short.telling(run))) else None


def restore(messages: list[Message], cache: Cache) -> list[Message]:
    """The messages with everything that was taken out put back, exactly.

    Args:
        messages: what ``compress`` returned, with or without messages added since.
        cache: its cache; with fewer keys, what is missing stays a marker.

    Raises:
        InvalidArgument: ``cache`` is no mapping.
        InvalidMessages: ``messages`` is no list of message dicts, or holds what JSON cannot.

    >>> restore([{"role": "user", "content": "hi"}], {})
    [{'role': 'user', 'content': 'hi'}]
    """
    return [message for run in unfold(messages, cache) for message in run]


def unfold(messages: list[Message], cache: Cache) -> list[list[Message]]:
    """For every message the original ones: one, or a run where it was folded."""
    check_cache(cache)
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        raise InvalidMessages(
            f"messages is a {type(messages).__name__}; a list of message dicts was expected: "
            f"the 'messages' of a result."
        )
    short = ShortTexts()
    return [_unfolded(index, message, cache, short) for index, message in enumerate(messages)]


def _unfolded(index: int, message: Message, cache: Cache, short: ShortTexts) -> list[Message]:
    run, texts = _stands_for(message, cache, short)
    if run is not None:
        return run
    copy: Message = clone(message, f"messages[{index}]")
    for path, text in texts:
        replace(copy, path, text)
    return [copy]


def stands_for(message: Message, cache: Cache, short: ShortTexts) -> list[Message]:
    """The original messages of one, itself where it is one: to be compared with, not to be changed."""
    run, texts = _stands_for(message, cache, short)
    if run is not None:
        return run
    return _unfolded(0, message, cache, short) if texts else [message]


def _stands_for(
    message: Message, cache: Cache, short: ShortTexts
) -> tuple[list[Message] | None, list[tuple[Path, str]]]:
    """The run of messages that a message stands for, if any; else the originals of its texts, by place."""
    run = folded(message, cache, short)
    if run:
        return json.loads(cache[run]), []
    found = [(slot.path, issued(slot.text, cache, short)) for slot in slots(message)]
    return None, [(path, cache[key]) for path, key in found if key is not None]


def is_run(text: str) -> bool:
    """Whether an original is a run of messages rather than a text."""
    if not text.startswith('[{"'):
        return False
    try:
        found = json.loads(text)
    except ValueError:
        return False
    return isinstance(found, list) and all(isinstance(item, dict) and item.get("role") in _ROLES for item in found)
