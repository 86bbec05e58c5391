"""Atoms that a history would have by chance, so that finding one there is no sign that the model used it.

An answer may use a number or a word of its own that the history has as well. Only if it is unlikely that the history
has it by chance, we take it that the model read it there, and would have to retrieve it. Runs do not record what a
model read, so this module tests the two cases in which the history alone shows chance:

- A number that is one of many: the history has at least half of the numbers of its form, which are those with other
  digits in the places of its own. Line numbers of files do that to all numbers of up to three digits. A number that the
  model makes up would then be in the history more often than not. `1,250` among ten prices is a sign, and so are an id
  with letters and a date.
- A word in capitals that the history also writes in small letters, such as `NOT`, `TEXT` or `JSON`: it is a word of a
  language, and no code such as `JFK`.

The test sees the history and never what a compressor sent, so it is the same for all of them. It errs on both sides: it
passes over a line number that was really looked up, and counts what a model knows by heart, such as `scrollIntoView`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_SHARE_OF = 2  # chance is likelier if a history has at least one in so many numbers of a form
_NUMBER = re.compile(r"[\d.,:-]+")
_DIGIT = re.compile(r"\d")


def by_chance(atom: str, texts: Iterable[str]) -> bool:
    """Whether texts have an atom by chance.

    >>> lines = "\\n".join(f"{number}→ x = 1" for number in range(1, 700))
    >>> by_chance("300", [lines]), by_chance("300", ["1 passed in 300 ms"]), by_chance("2024-05-21", [lines])
    (True, False, False)
    >>> by_chance("NOT", ["if not found: NOT NULL"]), by_chance("JFK", ["from JFK to SFO"])
    (True, False)
    """
    if atom.isalpha() and atom.isupper():
        word = re.compile(rf"(?<![A-Za-z]){re.escape(atom.lower())}(?![A-Za-z])")
        return any(word.search(text) for text in texts)
    if not _NUMBER.fullmatch(atom):
        return False
    pattern = "".join(r"\d" if character.isdigit() else re.escape(character) for character in atom)
    form = re.compile(rf"(?<!\w){pattern}(?!\w)")
    possible: int = 10 ** len(_DIGIT.findall(atom))
    found: set[str] = set()
    for text in texts:
        found.update(form.findall(text))
    return len(found) * _SHARE_OF >= possible
