"""Repeated lines: the same output twice, or the parts of a file that another read shows too.

There are two matchers, since a mistake costs more in one of them. ``again`` compares a text with all later ones, in any
order of the lines: the earlier copy only loses value. ``in_order`` compares it with one earlier text: the later copy
can be replaced by a marker that refers to the earlier one, so all lines must be there, in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from ..content import Segment, bare_lines, path_of
from ..messages.observations import STATE
from . import weights as tuning

_CHARACTERS = 400_000  # characters of the newest texts that are looked at, which bounds the time


def again(texts: Sequence[tuple[str, Sequence[Segment]]]) -> list[list[bool]]:
    """For every segment whether nearly all of its lines are in a later text too.

    Args:
        texts: oldest first, each with its segments; texts without segments only count as later ones.

    >>> old = "def first():\\n    return compute(1)\\n"
    >>> again([(old, [Segment(0, len(old), "")]), ("   7→def first():\\n   8→    return compute(1)\\n", [])])
    [[True], []]
    """
    seen: set[str] = set()  # lines
    found: list[list[bool]] = []
    left = _CHARACTERS
    least_part = tuning.WEIGHTS.min_repeated_text_share
    for text, segments in reversed(texts):
        stands = [False] * len(segments)
        left -= len(text)
        if left > 0:
            lines = set(_telling(bare_lines(text)))
            if len(lines & seen) >= least_part / 2 * len(lines):  # a first look: most texts show nothing again
                part = 0
                for number, of_segment in enumerate(_by_segment(text, segments)):
                    if _stands(_telling(of_segment), seen):
                        stands[number] = True
                        part += segments[number].end - segments[number].start
                if part < least_part * len(text):
                    stands = [False] * len(segments)
            seen |= lines
        found.append(stands)
    return found[::-1]


def outdated(texts: Sequence[tuple[str, str, int]], any_call: Set[int] = frozenset()) -> list[bool]:
    """For every text whether the same call reads the same file again later, and finds another text there.

    The parts of one result do not make each other out of date.

    Args:
        texts: The texts, oldest first, each with the call that returned it, or "" if nobody asked for it, and the index
            of its message.
        any_call: The indices of texts that any call makes out of date, even if it does not read a file.

    >>> outdated([("x = 1", '{"path": "a.py"}', 2), ("x = 2", '{"path": "a.py"}', 4), ("x = 3", '{"path": "b.py"}', 6)])
    [True, False, False]
    """
    newest: dict[str, tuple[int, set[str]]] = {}  # the newest message with a result of a call, and its texts
    found: list[bool] = []
    for index in range(len(texts) - 1, -1, -1):
        text, call, message = texts[index]
        last, parts = newest.setdefault(call, (message, set()))
        if message == last:
            parts.add(text)
        changed = bool(call) and text not in parts
        found.append(changed and (index in any_call or call == STATE or bool(path_of("", call))))
    return found[::-1]


def in_order(text: str, segments: Sequence[Segment], above: str) -> list[bool]:
    r"""For every segment whether all of its lines are in ``above``, in a row and in the order of the text.

    Numbers of lines do not count. Segments on both sides of a place where lines were added or removed do not match:
    they show the place.

    >>> in_order("a\nb\nnew\n", [Segment(0, 2, ""), Segment(2, 4, ""), Segment(4, 8, "")], "a\nb\nc\n")
    [True, True, False]
    """
    earlier = "\n".join(("", *bare_lines(above), ""))
    known = set(earlier.split("\n"))
    found = [False] * len(segments)
    place = 0
    for number, ((start, end, _), part) in enumerate(zip(segments, _by_segment(text, segments), strict=True)):
        whole = (start == 0 or text[start - 1] == "\n") and (end == len(text) or text[end - 1] == "\n")
        at = earlier.find("\n".join(("", *part, "")), place) if whole and known.issuperset(part) else -1
        if at == place:
            found[number] = True
        elif at > place and number:
            found[number - 1] = False
        place = place if at < 0 else at + sum(map(len, part)) + len(part)
    if found and found[-1] and earlier[place:].strip("\n"):
        found[-1] = False  # the earlier text goes on
    return found


def _by_segment(text: str, segments: Sequence[Segment]) -> Iterator[list[str]]:
    """The lines of each segment, without the numbers of a file view."""
    lines = bare_lines(text)
    first = 0
    for start, end, _ in segments:
        last = first + text.count("\n", start, end)
        yield lines[first : last + (end == len(text))]
        first = last


def _telling(lines: Sequence[str]) -> list[str]:
    """The lines that tell texts apart."""
    least = tuning.WEIGHTS.min_repeated_line_characters
    return [line for line in lines if len(line) >= least]


def _stands(lines: Sequence[str], seen: Set[str]) -> bool:
    least = tuning.WEIGHTS.min_repeated_line_share * len(lines)
    return bool(lines) and sum(map(seen.__contains__, lines)) >= least
