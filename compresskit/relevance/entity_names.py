"""Names that mean something without their line: paths, identifiers, ids, dates."""

from __future__ import annotations

import re

from . import weights as tuning
from .terms import STOP_WORDS

DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")
_QUANTITY = re.compile(r"[\d.,]+[^\W\d_]{1,4}")  # 0.8em, 250ms
_CAMEL = re.compile(r"[a-z]\d*[A-Z]")


def tells(name: str) -> bool:
    """Whether a fact is worth telling by its name alone.

    >>> list(filter(tells, ("src/app.py", "/etc", "get_user", "getUser2", "os.path", "PROJ-12", "2024-05-20", "JFK")))
    ['src/app.py', '/etc', 'get_user', 'getUser2', 'os.path', 'PROJ-12', '2024-05-20', 'JFK']
    >>> list(filter(tells, ("TODO", "NOT", "and/or", "e.g", "0.8em", "2nd", "well-known", "250", "x" * 101)))
    []
    """
    tuned = tuning.WEIGHTS
    if len(name) > tuned.max_marker_name_characters:
        return False
    if name.replace("_", "").isalpha():  # most of them
        if "_" in name.strip("_") or _CAMEL.search(name):
            return True
        return len(name) == tuned.code_letters and name.isalpha() and name.lower() not in STOP_WORDS
    if name.isidentifier():  # with digits
        return "_" in name.strip("_") or len(name) >= tuned.min_id_characters or _CAMEL.search(name) is not None
    if not any(map(str.isalpha, name)):
        return DATE.fullmatch(name) is not None
    digits = any(map(str.isdigit, name))
    if "/" in name:
        return digits or name[0] in "/~." or name.count("/") > 1 or "." in name or "_" in name
    if _QUANTITY.fullmatch(name):
        return False
    if "_" in name.strip("_") or _CAMEL.search(name):
        return True
    if "." in name:
        return len(name.replace(".", "")) >= tuned.min_dotted_characters
    return digits and len(name) >= tuned.min_id_characters


def spelled(word: str) -> str:
    """A word without the punctuation around it; the signs that begin a path stay.

    >>> [spelled(word) for word in ("/etc/hosts.", "../lib/a.py", "~/.env", "--name_of", "//host.org/x", "...and")]
    ['/etc/hosts', '../lib/a.py', '~/.env', 'name_of', 'host.org/x', 'and']
    """
    if word[0].isalnum() and word[-1].isalnum():
        return word
    word = word.rstrip("./~-").lstrip("-")
    bare = word.lstrip("./~-")
    lead = word[: len(word) - len(bare)]
    is_path = lead in (".", "/", "./", "../", "/.", "~/", "~/.") or (lead and not lead.replace("../", "").strip("."))
    return lead + bare if is_path and not lead.startswith("//") and "..." not in lead else bare
