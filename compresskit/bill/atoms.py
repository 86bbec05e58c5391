"""The ids, paths, numbers and identifiers of a text: what an action needs verbatim, unlike ordinary words."""

from __future__ import annotations

import re
from functools import lru_cache

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
