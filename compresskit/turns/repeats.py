"""New results that repeat text above them: text of the call that wrote it, or of the result before it.

A tool that writes a file often shows it again, files are read twice, and polling a program repeats its output from the
beginning. Such text is sent once if there is no doubt which text is meant: the newest text about the file, or of the
tool, with its lines in order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from ..content import path_of, split
from ..markers.excerpts import excerpt
from ..markers.wording import Wording
from ..plan.candidates import NO_ENTITIES, Candidate
from ..relevance.duplicates import in_order
from ..tokens.measure import Measure
from ..types import Block, Turn
from . import weights as tuning

# Limits that bound the time by the length of the new results
_CHARACTERS = 400_000  # characters of a result, and of the text above, up to which they are compared
_TIMES = 10  # length of the text above as a multiple of the result's, maximum
_REMARK = "stands above"


class Above:
    """The texts about files, and of tools, in the messages before new results.

    Args:
        turns: the messages that are sent, and the new ones behind them, without texts that enter in another form.
    """

    def __init__(self, turns: Sequence[Turn]) -> None:
        self._texts: dict[str, list[tuple[int, str, str]]] = {}  # path or tool -> message, result or "", call
        for number, turn in enumerate(turns):
            for call in turn.fixed if turn.role == "assistant" else ():
                if call[:1] != "{" and call.endswith("}") and (path := path_of("", call)):
                    self._texts.setdefault(path, []).append((number, "", call))
            for block in turn.blocks:
                if block.call:
                    self._texts.setdefault(_about(block.call), []).append((number, block.text, block.call))

    def newest(self, block: Block, number: int) -> str:
        """The text that a result may repeat: that of its own call, or the newest before it; "" if there is none.

        There is none either if a call has named the file since, because then its state at that time is unknown.

        Args:
            block: the result.
            number: of its message among the turns.
        """
        size = len(block.text)
        least = tuning.WEIGHTS.min_repeated_share * size
        if size > _CHARACTERS:
            return ""
        own = _longest(block.call)
        if len(own) >= least:
            return own
        for place, result, call in reversed(self._texts.get(_about(block.call), ())):
            if place < number and (result or call != block.call):
                found = max(result, _longest(call), key=len)
                return found if len(found) <= min(_TIMES * size, _CHARACTERS) else ""
        return ""


def referred(text: str, call: str, above: str, key: str, wording: Wording) -> str | None:
    """A result in which markers replace the text that is above it already; None if that is less than most of it.

    Args:
        text: a new result.
        call: the call that asked for it.
        above: see ``Above.newest``.
        key: of the text.
    """
    if not above:
        return None
    tuned = tuning.WEIGHTS
    least, most = tuned.min_repeated_segment_characters, tuned.max_repeated_segment_characters
    segments = split(text, call, min_chars=least, max_chars=most).segments
    stands = in_order(text, segments, above)
    hidden = sum(end - start for (start, end, _), there in zip(segments, stands, strict=True) if there)
    if hidden < tuned.min_repeated_share * len(text):
        return None
    kept = {number for number, there in enumerate(stands) if not there}
    firsts = [number for number, there in enumerate(stands) if there and (number == 0 or not stands[number - 1])]
    return excerpt(text, segments, kept, key, wording, {number: [_REMARK] for number in firsts})


def discounted(one: Candidate, above: str, measure: Measure) -> tuple[Candidate, int]:
    """A new result without most of the value of the segments that are above it already, and the tokens of these.

    Segments that are never kept do not count.

    Args:
        above: see ``Above.newest``.
    """
    segments, text = one.split.segments, one.block.text
    stands = in_order(text, segments, above) if above and not one.short else []
    stands = [there and value >= 0 for there, value in zip(stands, one.values, strict=False)]
    if not any(stands):
        return one, 0
    left = tuning.WEIGHTS.repeated_value_share
    values = [value * left if there else value for value, there in zip(one.values, stands, strict=True)]
    entities = [NO_ENTITIES if there else own for own, there in zip(one.entities, stands, strict=True)]
    tokens = sum(cost for cost, there in zip(one.segment_tokens(measure), stands, strict=True) if there)
    rows = frozenset(segment for segment in one.picked if not stands[segment])
    return one._replace(values=values, entities=entities, picked=rows), tokens


def _about(call: str) -> str:
    """The file that a call names, else its tool."""
    return path_of("", call) or call.partition(" ")[0] + " "


def _longest(call: str) -> str:
    r"""The longest text of several lines in the arguments of a call; "" if there is none.

    >>> _longest('write {"path": "a.py", "lines": ["x = 1\\ny = 2\\n"]}')
    'x = 1\ny = 2\n'
    """
    texts = strings_of(call) if "{" in call and "\\n" in call else ()
    return max((text for text in texts if "\n" in text), key=len, default="")


def strings_of(call: str) -> Iterator[str]:
    """The strings in the arguments of a call; the call itself if its arguments are not JSON.

    >>> list(strings_of('edit {"path": "a.py", "lines": ["x = 1"]}')), list(strings_of("ls -l"))
    (['x = 1', 'a.py'], ['ls -l'])
    """
    start = call.find("{")
    try:
        left: list[Any] = [json.loads(call[start:])] if start >= 0 else [call]
    except (ValueError, RecursionError):
        left = [call]
    while left:
        value = left.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict | list):
            left.extend(value.values() if isinstance(value, dict) else value)
