"""What stands again further down: the same output twice, or the parts of a file that a later read shows too.

The last copy keeps its worth; earlier ones are worth little while it is there.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..content import Segment, bare_lines, path_of
from . import weights as tuning

_CHARACTERS = 400_000  # characters of the newest texts that are looked at, which bounds the time
_NUMBER = " \t0123456789"


def again(texts: Sequence[tuple[str, Sequence[Segment]]]) -> list[list[bool]]:
    """For every segment whether (nearly) all of its lines stand in a later text.

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
            lines = set(_lines(text))
            if len(lines & seen) >= least_part / 2 * len(lines):  # a first look: most texts show nothing again
                part = 0
                for number, (start, end, _) in enumerate(segments):
                    if _stands(text[start:end], seen):
                        stands[number] = True
                        part += end - start
                if part < least_part * len(text):
                    stands = [False] * len(segments)
            seen |= lines
        found.append(stands)
    return found[::-1]


def outdated(texts: Sequence[tuple[str, str]]) -> list[bool]:
    """For every text whether the same call reads the same file again later, and finds another text there.

    Args:
        texts: oldest first, each with the call that returned it, "" where there was none.

    >>> outdated([("x = 1", '{"path": "a.py"}'), ("x = 2", '{"path": "a.py"}'), ("x = 2", '{"path": "b.py"}')])
    [True, False, False]
    """
    newest: dict[str, str] = {}  # by call
    found: list[bool] = []
    for text, call in reversed(texts):
        found.append(bool(call) and newest.setdefault(call, text) != text and bool(path_of("", call)))
    return found[::-1]


def _stands(text: str, seen: set[str]) -> bool:
    lines, tuned = _lines(text), tuning.WEIGHTS
    least = tuned.min_repeated_line_share * len(lines)
    return len(lines) >= tuned.min_repeated_lines and sum(map(seen.__contains__, lines)) >= least


def _lines(text: str) -> list[str]:
    """The lines that tell texts apart, without the numbers of a file view."""
    if "→" in text[:200]:
        lines = [line.lstrip(_NUMBER).removeprefix("→") for line in text.split("\n")]
    else:
        lines = bare_lines(text)
    least = tuning.WEIGHTS.min_repeated_line_characters
    return [line for line in lines if len(line) >= least]
