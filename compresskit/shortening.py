"""shorten(): one text, such as the output of a command, within a number of tokens.

It uses the stages of ``compress()`` for a conversation of one text: the text is cut into segments, each gets a value,
and the budget buys the best. There is no rule of its own, and no list of commands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from . import _observer
from .content import FORMS, LOSSLESS, lines_in_short, said_in_short
from .content.outcomes import Count, outcomes
from .errors import InvalidArgument, check_whole, described
from .markers.restore import issued
from .markers.wording import ROWS_LEFT_OUT, START, Wording
from .options import checked_factor
from .plan.budget import Limits, fitted
from .plan.candidates import Judged
from .plan.groups import Atom
from .plan.judging import judge
from .relevance.output_signals import has_events, was_run
from .relevance.query import derive
from .rules import Rule, checked_rules, treatments
from .tokens.measure import Measure, measure_for
from .types import NO_RULES, Block, Cache, Counter, Message, Place, Treatment, Turn

_GAP = re.compile(r"^\[… (lines?|characters) (\d+)(?:-(\d+))?(?:: [^\n]*)?\]$", re.MULTILINE)
_GAP_LINES = re.compile(r"^\[… (lines?) (\d+)(?:-(\d+))?", re.MULTILINE)
_LINE_END = re.compile("\n")
_MAX_LOOKED_AT = 20_000  # lines that are searched for reports of failures, which bounds the time
# A line that reports a failure, rather than one that has such a word in a name: "ERROR", "FAILED", "error:".
_FAILURE = re.compile(
    r"\b(?:ERROR|FAIL(?:ED|URE)?|FATAL|CRITICAL|PANIC|Traceback)\b|\b(?:error|fatal|panic|failed|failure)(?:\[\w+\])?:"
)


@dataclass(frozen=True)
class LeftOut:
    """The part of a text that was left out.

    Attributes:
        count: How much of it, in ``unit``.
        total: How much the text has.
        unit: "lines"; "rows" of a table or of JSON in short form; or "characters" if lines are left out in part.
        ranges: The missing ranges of lines (from 1, inclusive) or characters (from 0, the last one not included). Empty
            if the text is in a compact form that has no line numbers.
        alarms: The missing lines that report a failure, such as "ERROR …" or "error: …".
    """

    count: int
    total: int
    unit: str
    ranges: tuple[tuple[int, int], ...] = ()
    alarms: int = 0


@dataclass(frozen=True)
class Shortened:
    """A text within a number of tokens, and everything that was taken out of it.

    Attributes:
        text: The text to show. The first marker in it has the key of the original.
        cache: The original by its key, for ``retrieve`` and ``restore``. Empty if the text is unchanged.
        original_tokens: The tokens of the original.
        tokens: The tokens of ``text``.
        max_tokens: The tokens that were asked for.
        floor_tokens: The fewest tokens that this text can be brought to.
        left_out: The part that was left out; None if ``text`` says everything.
        counts: The counts that the text itself gives at its end, such as "41 passed".
    """

    text: str
    cache: Mapping[str, str]
    original_tokens: int
    tokens: int
    max_tokens: int
    floor_tokens: int
    left_out: LeftOut | None = None
    counts: tuple[Count, ...] = ()

    @property
    def key(self) -> str | None:
        """The key of the original; None if the text is unchanged."""
        return next(iter(self.cache), None)

    @property
    def fits(self) -> bool:
        """Whether the text has at most ``max_tokens`` tokens. If not, it is at its floor."""
        return self.tokens <= self.max_tokens

    @property
    def summary(self) -> str:
        """One line of counts: what the text says of its outcome, and how much was left out. "" if nothing was."""
        return summary_of(self.left_out, self.counts) if self.left_out else ""

    @property
    def original(self) -> str:
        """The text as it was given."""
        return next(iter(self.cache.values()), self.text)


def shorten(
    text: str,
    max_tokens: int,
    query: str | None = None,
    command: str | None = None,
    path: str | None = None,
    *,
    model: str = "",
    counter: Counter | Callable[[str], int] | None = None,
    recoverable: bool = True,
    rules: Iterable[Rule | Mapping[str, Any]] | None = None,
    token_factor: float = 1.0,
) -> Shortened:
    """Brings one text, such as the output of a command, to at most ``max_tokens`` tokens.

    A text that fits comes back unchanged. Otherwise the lines that matter least make room for markers: lines about the
    query and the command stay, and so do failures, lines unlike all others, and the lines that say how it went. The
    function is pure, as ``compress`` is.

    Args:
        text: Any text.
        max_tokens: The tokens of the result, markers included. If even the shortest stub has more, the result is that
            stub, and ``fits`` is False.
        query: What the text is needed for.
        command: The command or the tool call that the text is the output of.
        path: The path of the file that the text is the content of. Its ending says the kind of the text.
        model: Decides the tokenizer, as for ``compress``. o200k_base by default.
        counter: Counts tokens instead of tiktoken.
        recoverable: False if nobody can retrieve the original. The markers then do not offer it.
        rules: What may happen to which texts, as for ``compress``. A rule's ``tool`` is the first word of ``command``.
            A rule that makes a text smaller ("stub", "signatures", ``max_tokens``) does so even if the text fits. A
            rule that keeps a text ("keep", "lossless") does so even if the text does not fit.
        token_factor: The tokens of the model for each token that is counted, if its tokenizer is not at hand.

    Raises:
        InvalidArgument: An argument is of the wrong type, or ``max_tokens`` is not a whole number of 1 or more.

    Examples:
        >>> log = "".join(f"10:00:{n:02} INFO GET /items/{n + 100} 200 OK\\n" for n in range(60))
        >>> result = shorten(log + "10:01:00 ERROR disk full\\n", max_tokens=80)
        >>> "disk full" in result.text, result.tokens <= 80
        (True, True)
    """
    check_whole("max_tokens", max_tokens)
    for name, value in (("text", text), ("query", query), ("command", command), ("path", path)):
        if not isinstance(value, str) and (value is not None or name == "text"):
            raise InvalidArgument(f"{name} is {described(value)}; a str was expected.")
    ruling = checked_rules(rules, None)
    measure = measure_for(model, counter, checked_factor(token_factor))

    def shortened() -> Shortened:
        original = measure.count(text)
        output = _Output(text, query, command, path, measure, recoverable)
        rule = output.follow(ruling, model, max_tokens)
        most = max_tokens if rule is None or rule.max_tokens is None else min(max_tokens, rule.max_tokens)
        always = rule is not None and rule.action in ("stub", "signatures")
        if (original <= most and not always) or (rule is not None and rule.untouched):
            return Shortened(text, {}, original, original, max_tokens, original)
        found = output.within(most)
        return found if most == max_tokens else replace(found, max_tokens=max_tokens)

    return _observer.current.shortening(model or None, shortened)


class _Output:
    """A text as a conversation of one message."""

    def __init__(
        self,
        text: str,
        query: str | None,
        command: str | None,
        path: str | None,
        measure: Measure,
        recoverable: bool,
    ) -> None:
        self.text, self._measure, self._recoverable = text, measure, recoverable
        self._hint = _hint(command, path)
        self._block = Block(0, ("content",), text, call=self._hint)
        self._turns = [Turn(0, "tool", [self._block])]
        self._rules: Mapping[Place, Treatment] = NO_RULES
        self._query = derive([], query or "")
        self._messages: list[Message] = [{"role": "tool", "content": text}]
        self._counts = outcomes(text)
        self._alarming: list[str] = []

    def follow(self, rules: Sequence[Rule], model: str, max_tokens: int) -> Treatment | None:
        """Follows the first rule that matches the text, and returns what it says."""
        found = treatments(self._turns, rules, model, self._measure.count)
        for place, one in found.items():
            if one.action == "signatures":  # they have no other bound
                found[place] = one._replace(max_tokens=min(one.max_tokens or max_tokens, max_tokens))
        self._rules = found
        return found.get((0, self._block.path))

    def within(self, max_tokens: int) -> Shortened:
        """The result within a number of tokens: with the line of counts if that fits."""
        original = self._measure.count(self.text)
        judged = self._judged(max_tokens)
        head = self._measure.count(f"{self._widest()}\n")
        room, floor, best = max_tokens - head, 0, None
        for _ in range(2):
            text, cache, floor = self._fitted(judged, max(1, room))
            if not cache:
                break
            (key,) = cache
            headed, left_out = self._with_head(text, key, cache)
            tokens = self._measure.count(headed)
            if tokens > max_tokens:
                break
            best = Shortened(headed, cache, original, tokens, max_tokens, min(floor, tokens), left_out, self._counts)
            if (spare := max_tokens - tokens) < _MIN_SPARE:
                break
            room += spare  # the estimate of the line was too high
        if best is not None:
            return best
        text, cache, floor = self._fitted(judged, max_tokens)
        tokens = self._measure.count(text)
        if tokens >= original:  # a marker would cost as much as the text
            return Shortened(self.text, {}, original, original, max_tokens, original)
        left_out = self._left_out(text, cache)
        return Shortened(text, cache, original, tokens, max_tokens, min(floor, tokens), left_out, self._counts)

    def _judged(self, room: int) -> Judged:
        judged = judge(
            self._messages,
            self._turns,
            [Atom(0, 0, False)],
            {},
            self._query,
            self._measure,
            room,
            self._rules,
        )
        (one,) = judged.candidates
        ran = was_run(self.text, self._hint)
        self._alarming = _alarming(self.text) if has_events(one.source, one.split.kind, ran) else []
        return judged

    def _fitted(self, judged: Judged, room: int) -> tuple[str, Cache, int]:
        """The text in the form that is chosen for a room, its original by key, and the floor."""
        written, floor = fitted(Limits(room, self._recoverable, {}, self._measure), judged, None)
        return written.messages[0]["content"], dict(written.cache), floor

    def _with_head(self, text: str, key: str, cache: Cache) -> tuple[str, LeftOut | None]:
        """The text under a line of counts, which has the key instead of the first marker."""
        left_out = self._left_out(text, cache)
        if left_out is None or "\n" not in text.rstrip("\n"):
            return text, left_out
        wording = Wording(self._recoverable)
        said = summary_of(left_out, self._counts)
        form = self._form_of(text)
        first, _, rest = text.partition("\n")
        if form:
            headed = f"{wording.naming(first, [said])}\n{rest}"
        else:
            ending = wording.short("", key).partition(": ")[2]
            lines = text.split("\n")
            place = next(number for number, line in enumerate(lines) if line.endswith(f": {ending}"))
            lines[place] = lines[place].removesuffix(f": {ending}") + "]"
            headed = "\n".join([f"{START}{said}: {ending}", *lines])
        if not self._recoverable:
            headed = headed.replace(f"{said}: left out, {key}]", f"{said}: {key}]", 1)
        return (headed, left_out) if issued(headed, cache) == key else (text, left_out)

    def _widest(self) -> str:
        """The line of counts at its widest, to reserve tokens for it."""
        total = max(self.text.count("\n") + 1, 10)
        return summary_of(LeftOut(total, total, "lines", alarms=total), self._counts)

    def _form_of(self, text: str) -> str:
        """The name of the compact form that a text is in, or ""."""
        form = text[len(START) :].partition(":")[0] if text.startswith(START) else ""
        return form if form in FORMS else ""

    def _left_out(self, text: str, cache: Cache) -> LeftOut | None:
        """The part of the text that a form leaves out; None if it leaves out nothing."""
        if not cache:
            return None
        form = self._form_of(text)
        if form in LOSSLESS:
            return self._rows_left_out(text, form)
        lines = self.text.count("\n") + (not self.text.endswith("\n"))
        gaps = [(match[1], int(match[2]), int(match[3] or match[2])) for match in _GAP.finditer(text)]
        if form and f"\n{ROWS_LEFT_OUT}\n" in text:  # parts of lines are missing, whose places the form does not know
            shown = sum(len(line) + 1 for line in text.split("\n") if not line.startswith((START, ROWS_LEFT_OUT)))
            missing = _missing(self._alarming, text.split("\n"))
            return LeftOut(max(0, len(self.text) - shown), len(self.text), "characters", alarms=missing)
        if not gaps:
            return None if form else LeftOut(lines, lines, "lines", ((1, lines),), len(self._alarming))
        missing = _missing(self._alarming, text.split("\n"))
        if any(gap[0] == "characters" for gap in gaps):
            starts = [0, *(match.end() for match in _LINE_END.finditer(self.text)), len(self.text)]
            ranges = tuple(
                (first, last) if what == "characters" else (starts[first - 1], starts[min(last, len(starts) - 1)])
                for what, first, last in gaps
            )
            return LeftOut(sum(last - first for first, last in ranges), len(self.text), "characters", ranges, missing)
        ranges = tuple((first, last) for _, first, last in gaps)
        return LeftOut(sum(last + 1 - first for first, last in ranges), lines, "lines", ranges, missing)

    def _rows_left_out(self, text: str, form: str) -> LeftOut | None:
        """The part that an excerpt of a lossless form leaves out: in lines if each row has some, else in rows."""
        rows = text.split("\n")[1:]
        shown = [row for row in rows if row != ROWS_LEFT_OUT]
        total = said_in_short(self.text, form).count("\n") + 1
        if len(shown) >= total:
            return None
        missing = _missing(self._alarming, shown)
        lines = self.text.count("\n") + (not self.text.endswith("\n"))
        parts = (list(part) for gap, part in groupby(rows, ROWS_LEFT_OUT.__eq__) if not gap)
        said = [lines_in_short("\n".join(part), form) for part in parts]
        if None in said:
            return LeftOut(total - len(shown), total, "rows", alarms=missing)
        return LeftOut(max(0, lines - sum(filter(None, said))), lines, "lines", alarms=missing)


_MIN_SPARE = 12  # tokens that may stay unspent: about one line


def summary_of(left_out: LeftOut, counts: tuple[Count, ...]) -> str:
    """The line of counts.

    >>> summary_of(LeftOut(312, 340, "lines"), (Count(3, "failed"), Count(41, "passed")))
    '312 of 340 lines left out; 3 failed, 41 passed'
    """
    said = f"{left_out.count:,} of {left_out.total:,} {left_out.unit} left out"
    if left_out.alarms:
        said += f", {left_out.alarms:,} of them report{'s' if left_out.alarms == 1 else ''} failures"
    return f"{said}; {', '.join(f'{count.number:,} {count.what}' for count in counts)}" if counts else said


def without_key(result: Shortened, above: int = 0) -> str:
    """The text of a result whose original nobody keeps, as a part of a longer text.

    Args:
        above: The lines above it in the longer text. The gaps get the numbers that the lines have there.
    """

    def moved(match: re.Match[str]) -> str:
        first, *last = (str(int(number) + above) for number in match.groups()[1:] if number)
        return f"{START}{match[1]} {'-'.join([first, *last])}"

    if result.key is None:
        return result.text
    text = re.sub(rf": (?:left out, )?{result.key}\]$", "]", result.text, count=1, flags=re.MULTILINE)
    return _GAP_LINES.sub(moved, text) if above else text


def _hint(command: str | None, path: str | None) -> str:
    """Where the text came from, in the words of a tool call."""
    if command and path:
        return json.dumps({"path": path, "command": command}, ensure_ascii=False)
    return path or command or ""


def _alarming(text: str) -> list[str]:
    """The lines that report a failure."""
    return [line for line in text.split("\n")[:_MAX_LOOKED_AT] if _FAILURE.search(line)]


def _missing(lines: list[str], shown: list[str]) -> int:
    there = set(shown)
    return sum(line not in there for line in lines)
