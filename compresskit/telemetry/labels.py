"""Labels with a bounded number of values: the names of models, which a proxy's clients may choose freely."""

from __future__ import annotations

import re
from collections.abc import Iterable
from threading import Lock

from ..prices import prices_for

OTHER = "other"
MAX_KNOWN = 100  # models with a known price that have a label of their own, maximum
MAX_UNKNOWN = 20  # other models that have one, maximum; few, since a client can make up any number of names
_NAME = re.compile(r"[A-Za-z0-9_.:/@+-]{1,100}")  # the name of a model, a type or a call; no text has only these


def is_name(value: object) -> bool:
    """Whether a value can be recorded as it is, because it is a name and no text.

    >>> is_name("bedrock/us.anthropic.claude-opus-4-7-v1:0"), is_name("Mr Smith's password"), is_name(None)
    (True, False, False)
    """
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def name_or_other(value: object) -> str:
    """A name as it is, and "other" for anything else. The number of values is not bounded: for spans alone."""
    return value if isinstance(value, str) and is_name(value) else OTHER


class ModelNames:
    """The label of each model. It is the same for the life of a process, and safe to use from several threads.

    >>> names = ModelNames(["mine"])
    >>> names.label("mine"), names.label("gpt-4o"), names.label("a text of a user")
    ('mine', 'gpt-4o', 'other')
    """

    def __init__(self, listed: Iterable[str]) -> None:
        self._own = set(listed)
        self._left = {True: MAX_KNOWN, False: MAX_UNKNOWN}  # free labels, by whether a price is known
        self._lock = Lock()

    def label(self, model: object) -> str:
        """The model's name, or "other" if it is not a name or too many other models have one."""
        name = name_or_other(model)
        if name == OTHER or name in self._own:
            return name
        known = prices_for(name).known
        with self._lock:
            if name not in self._own:
                if not self._left[known]:
                    return OTHER
                self._left[known] -= 1
                self._own.add(name)
        return name
