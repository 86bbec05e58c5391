"""Ready functions for ``before``: they hide what matches patterns, and tidy what a terminal shows.

They are plain functions of a text. ``rules/hooks.py`` calls them like those of the caller.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from .content.compact.log import cleaned
from .errors import InvalidArgument, described, shown
from .types import About

Hook = Callable[[str, About], str]


def redact(patterns: Mapping[str, str | re.Pattern[str]]) -> Hook:
    r"""Returns a ``before`` that puts a name in brackets in the place of everything that matches a pattern.

    Args:
        patterns: Regular expressions by the name of what they match. They are applied in order. The name in brackets
            must match none of them.

    Raises:
        InvalidArgument: ``patterns`` is no mapping of names to regular expressions, or it is empty.

    Examples:
        >>> hide = redact({"email": r"[\w.+-]+@[\w-]+\.[\w.]+", "key": r"\bsk-\w{8,}"})
        >>> hide("Ann (ann@example.com) has the key sk-4f9a82cd71.", About("user"))
        'Ann ([email]) has the key [key].'
    """
    if not isinstance(patterns, Mapping) or not patterns:
        raise InvalidArgument(
            f"patterns is {described(patterns)}; a mapping of names to regular expressions was expected, such as "
            f"{{'email': r'[\\w.+-]+@[\\w-]+\\.[\\w.]+'}}."
        )
    compiled = [(f"[{name}]", _compiled(name, pattern)) for name, pattern in patterns.items()]
    for note, own in compiled:
        if own.search(""):
            raise InvalidArgument(
                f"patterns has {shown(note[1:-1])} with a pattern that matches the empty text; one that matches at "
                f"least one character was expected, such as {shown('[0-9]+')}."
            )
        for _, pattern in compiled:
            if pattern.search(note):
                raise InvalidArgument(
                    f"patterns has {shown(note[1:-1])}, and {shown(note)} matches one of the patterns; a name that "
                    f"matches none was expected, because a text is hidden only once. Choose another name or a "
                    f"narrower pattern."
                )

    def before(text: str, _about: About) -> str:
        for note, pattern in compiled:
            text = pattern.sub(note.replace("\\", r"\\"), text)
        return text

    return before


def tidy(text: str, about: About) -> str:
    r"""A ``before`` for results: without colours, overwritten text, spaces at line ends and runs of empty lines.

    Texts that are no results stay as they are.

    >>> tidy("\x1b[32mok\x1b[0m  \n 10%\r 55%\r100%\n", About("tool"))
    'ok\n100%\n'
    """
    if about.role != "tool":
        return text
    plain = _LINE_ENDS.sub("", cleaned(text))
    return plain if plain.strip() else text


def one_after_another(*hooks: Hook) -> Hook:
    """Returns a ``before`` that applies several, each to what the one before it gave.

    >>> one_after_another(tidy, lambda text, about: text.upper())("a \\n", About("tool"))
    'A\\n'
    """

    def before(text: str, about: About) -> str:
        for hook in hooks:
            text = hook(text, about)
        return text

    return before


_LINE_ENDS = re.compile(r"(?<![ \t])[ \t]+$", re.MULTILINE)


def _compiled(name: object, pattern: object) -> re.Pattern[str]:
    why = ""
    if isinstance(name, str) and name:
        try:
            found = re.compile(pattern)  # type: ignore[call-overload]
            if isinstance(found.pattern, str):
                return found  # type: ignore[no-any-return]
        except re.error as error:
            why = f" It is no regular expression: {error}."
        except TypeError:
            pass
    raise InvalidArgument(
        f"patterns has {shown(name)} with {described(pattern)}; a name with a regular expression was expected.{why}"
    )
