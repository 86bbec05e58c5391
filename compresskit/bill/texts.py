"""The text of a message that a model can read, and whether an atom can be read in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .atoms import shows

# Never text that a model reads: the names of shapes, ids that only link a call with its result, signatures.
_NOT_TEXT = frozenset({"role", "type", "id", "tool_call_id", "tool_use_id", "cache_control", "signature", "data"})

_NUMBER = re.compile(r"\s*\d+(?:→|:|\t)")  # of a line, as tools for files write it
_MIN_COPIED = 20  # characters of a line that counts as copied, minimum


def read(message: Mapping[str, Any]) -> str:
    """All that a model can read in a message: contents, and the names and arguments of its calls.

    >>> read({"role": "user", "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]})
    'one\\ntwo'
    """
    return "\n".join(_leaves({key: value for key, value in message.items() if key not in _NOT_TEXT}))


def lines(text: str) -> frozenset[str]:
    r"""The lines of a text that are long enough to be copied rather than written anew, without their line numbers.

    >>> sorted(lines("   12→    return line.split(':', 1)\n13: return line.split(';', 1)\n}\n"))
    ["return line.split(':', 1)", "return line.split(';', 1)"]
    """
    found = (_NUMBER.sub("", line).strip() for line in text.split("\n"))
    return frozenset(line for line in found if len(line) >= _MIN_COPIED and " " in line)


def any_shows(texts: Iterable[str], atom: str) -> bool:
    """Whether one of the texts has the atom as a whole. An atom has no line end, so it is never in two texts."""
    return any(shows(text, atom) for text in texts)


def _leaves(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, str):
        yield from _leaves(_arguments(value)) if key == "arguments" else [value]
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int | float):
        yield str(value)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            # Inside a call's input every key is the caller's own, so nothing is left out there.
            if name not in _NOT_TEXT or key in ("input", "arguments"):
                yield from _leaves(item, "input" if key == "input" else name)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item, key)


def _arguments(text: str) -> Any:
    """Call arguments as values, so that ``\\n`` in JSON is a line end; what is no JSON stays text."""
    try:
        return {"input": json.loads(text)}
    except ValueError:
        return text
