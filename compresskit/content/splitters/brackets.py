"""balanced(): whether the brackets of source code are balanced. Those of half a file, or of other text, seldom are.

It knows comments, strings and characters by a few patterns. If a pattern is wrong, a text counts as half a file.
"""

import re
from functools import cache

_HASH = frozenset({"bash", "ruby", "php"})
# Languages with strings in single quotes.
_QUOTES = frozenset({"javascript", "typescript", "tsx", "ruby", "php", "bash", "lua"})
_TICKS = frozenset({"javascript", "typescript", "tsx", "go"})
_CLOSED_BY = {"(": ")", "[": "]", "{": "}"}


@cache
def _pattern(language: str) -> re.Pattern[str]:
    """A pattern for comments, strings and brackets."""
    parts = [r"\"(?:[^\"\\\n]|\\[\s\S])*+\"", r"'(?:[^'\\\n]|\\[\s\S])*+'" if language in _QUOTES else r"'\\?[^\n]'"]
    parts.append(r"--(?:\[\[[\s\S]*?\]\]|[^\n]*)" if language == "lua" else r"/\*[\s\S]*?\*/")
    if language in _HASH:
        parts.append(r"(?<![$\w{])#[^\n]*")
    if language in _TICKS:
        parts.append(r"`(?:[^`\\]|\\[\s\S])*+`")
    if language not in ("bash", "ruby", "lua"):
        parts.append(r"//[^\n]*")
    brackets = r"[{}]" if language == "bash" else r"[()\[\]{}]"  # a pattern in a case of bash ends with ")"
    return re.compile("|".join([*parts, brackets]))


def balanced(text: str, language: str) -> bool:
    """Whether every bracket outside of strings and comments is closed by the matching one.

    >>> balanced("f(a[1]) { '}' }", "javascript"), balanced("f(a[1)]", "javascript")
    (True, False)
    """
    open_: list[str] = []
    for token in _pattern(language).findall(text):
        if token in _CLOSED_BY:
            open_.append(_CLOSED_BY[token])
        elif len(token) == 1 and (not open_ or open_.pop() != token):
            return False
    return not open_
