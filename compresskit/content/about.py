"""describe(): a few words that say what a text was, for the line that stands in its place."""

from collections.abc import Iterable

from .origin import command_of, path_of
from .segment import Split

_LOOKED_AT = 400  # names; more would not fit anyway
_SPEAKING = ("python", "code", "diff", "json", "jsonl", "markdown", "search")  # kinds whose names tell much


def describe(text: str, split: Split, hint: str = "", limit: int = 80) -> str:
    """Path, kind and names of a text, on one line without brackets, of at most `limit` characters.

    >>> from .cut import split
    >>> text = "class A:\\n    def f(self):\\n        return 1\\n\\n\\ndef g():\\n    return 2\\n"
    >>> describe(text, split(text, "src/a.py", min_chars=1), "src/a.py")
    'src/a.py: python: A, g, A.f'
    """
    source = path_of(text, hint) or command_of(hint)
    room = limit - min(len(source), limit // 2) - len(split.kind) - 4
    named = [name for segment in split.segments[:_LOOKED_AT] for name in segment.name.split(", ") if name]
    if split.kind in _SPEAKING and named:
        told = _fitted(_outermost_first(dict.fromkeys(named)), room)
    else:
        told = _shortened(_clean(text[: 4 * max(room, 0)]), room)
    if len(source) > limit // 2:
        source = "…" + source[-(limit // 2) + 1 :] if "/" in source and " " not in source else source[: limit // 2]
    return _shortened(": ".join(part for part in (_clean(source), split.kind, told) if part), limit)


def _outermost_first(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: name.count(".") if "/" not in name else 0)


def _fitted(names: list[str], room: int) -> str:
    """As many names as there is room for, and how many more there are."""
    told = ""
    for number, name in enumerate(map(_clean, names)):
        longer = f"{told}, {name}" if told else name
        left = len(names) - number - 1
        more = f", +{left} more" if left else ""
        if len(longer) + len(more) > room:
            return f"{told}, +{left + 1} more" if told else _shortened(name, room)
        told = longer
    return told


def _shortened(words: str, room: int) -> str:
    if len(words) <= room:
        return words
    return words[: room - 1].rstrip() + "…" if room > 1 else words[: max(room, 0)]


def _clean(words: str) -> str:
    """One line of printable characters, without square brackets."""
    plain = words.replace("[", "(").replace("]", ")")
    return " ".join("".join(each if each.isprintable() else " " for each in plain).split())
