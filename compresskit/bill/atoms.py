"""The text of a message that a model can read, and its atoms: ids, paths, numbers and identifiers.

An action needs atoms verbatim, unlike ordinary words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from .._json import loaded

_URL = r"[a-z]+://[^\s\"'<>()]+"
# A path begins where a run of its characters begins, so that a run without a slash is read once.
_PATH = r"(?<![<\w.@+-])(?:~|\.{1,2})?/?(?:[\w.@+-]+/)+[\w.@+-]*|(?<![<\w])/[\w.@+-]+"
_NUMBER = r"\d[\d.,:-]*\d(?![\w])"
_WORD = r"\w[\w.-]*\w"
_CANDIDATE = re.compile(f"{_URL}|{_PATH}|{_NUMBER}|{_WORD}")
_IDENTIFIER = re.compile(
    r"\d.*[^\W\d_]|[^\W\d_].*\d"  # letters and digits
    r"|\w_\w"  # snake_case
    r"|[a-z][A-Z]"  # camelCase
    r"|[^\W\d]\.[^\W\d]"  # dotted names, file names
    r"|^[A-Z]{3,}$"  # codes such as JFK
)
_MAX_CHARACTERS = 300  # characters of a word in which an identifier shows itself
_LINE_NUMBER = re.compile(r"\s*\d+(?:→|:|\t)")  # as tools for files write it
_MIN_COPIED = 20  # characters of a line that counts as copied, minimum
# Never text that a model reads: the names of shapes, ids that only link a call with its result, signatures.
_NOT_TEXT = frozenset({"role", "type", "id", "tool_call_id", "tool_use_id", "cache_control", "signature", "data"})


def atoms(text: str) -> frozenset[str]:
    """The atoms of a text.

    >>> sorted(atoms("open src/app.py:12 and call get_user for mia_li_3668 at $1,250 from JFK"))
    ['1,250', '12', 'JFK', 'get_user', 'mia_li_3668', 'src/app.py']
    """
    found = (match.rstrip(".,:-+@") for match in _CANDIDATE.findall(text))
    return frozenset(atom for atom in found if _counts(atom))


def shows(text: str, atom: str) -> bool:
    """Whether a text has the atom as a whole: `2123` does not have `12`."""
    return place(text, atom) is not None


def place(text: str, atom: str) -> tuple[int, int] | None:
    """The offset at which a text first has the atom as a whole.

    >>> place("12 of 2123", "2123"), place("2123", "12")
    ((6, 10), None)
    """
    found = _whole(atom).search(text) if atom in text else None
    return found.span() if found else None


def _counts(atom: str) -> bool:
    if len(atom) < 2:
        return False
    if "/" in atom:
        return any(character.isalpha() for character in atom)
    return (atom[0].isdigit() and atom[-1].isdigit()) or bool(_IDENTIFIER.search(atom, 0, _MAX_CHARACTERS))


@lru_cache(maxsize=10_000)
def _whole(atom: str) -> re.Pattern[str]:
    before = r"(?<!\w)" if atom[0].isalnum() or atom[0] == "_" else ""
    after = r"(?!\w)" if atom[-1].isalnum() or atom[-1] == "_" else ""
    return re.compile(before + re.escape(atom) + after)


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
    found = (_LINE_NUMBER.sub("", line).strip() for line in text.split("\n"))
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
    found = loaded(text)
    return text if found is None else {"input": found}
