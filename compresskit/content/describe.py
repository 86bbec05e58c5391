"""describe(): a few words about a text, for the marker that replaces it."""

from .guard import guarded
from .line_numbers import is_numbered, without_numbers
from .segment import Split
from .source_path import command_of, path_of

_MAX_NAMES = 400  # segments whose names are considered, maximum; the names of more never fit
_RECORDS = ("json", "jsonl")
# Kinds whose segments have names that describe the text better than its first words do.
_NAMED_KINDS = ("python", "code", "diff", "json", "jsonl", "markdown", "search")


def describe(text: str, split: Split, hint: str = "", limit: int = 80) -> str:
    """Returns the path, the kind and the names of a text on one line without square brackets.

    It has at most `limit` characters. `hint` is a path, a command, or the arguments of the call that returned the text.

    >>> from .split import split
    >>> text = "class A:\\n    def f(self):\\n        return 1\\n\\n\\ndef g():\\n    return 2\\n"
    >>> describe(text, split(text, "src/a.py", min_chars=1), "src/a.py")
    'src/a.py: A, g, .f'
    """
    return guarded(lambda: _described(text, split, hint, limit), "")


def _described(text: str, split: Split, hint: str, limit: int) -> str:
    if split.kind in _RECORDS and hint and not any(segment.name for segment in split.segments[:_MAX_NAMES]):
        return _shortened(split.kind, limit)  # the call above says more than the beginning of the first record
    path = path_of(text, hint)
    source = _tail(_clean(path), limit // 2) if path else _shortened(_clean(command_of(hint)), limit // 2)
    parts = [part for part in (source, "" if "." in path[-6:] else split.kind) if part]
    room = limit - sum(len(part) + 2 for part in parts)
    named = [name for segment in split.segments[:_MAX_NAMES] for name in segment.name.split(", ") if name]
    if split.kind in _NAMED_KINDS and named:
        words = _fitted(_outermost_first(list(dict.fromkeys(named))), room)
    else:
        head = text[: 4 * max(room, 0)]
        words = _shortened(_clean(without_numbers(head) if is_numbered(head) else head), room)
    return _shortened(": ".join([*parts, words] if words else parts), limit)


def _outermost_first(names: list[str]) -> list[str]:
    """The outermost names first, then the names inside of them as ".name"."""
    known = set(names)
    inside = [name for name in names if "/" not in name and name.rpartition(".")[0] in known]
    outer = known.difference(inside)
    return [name for name in names if name in outer] + ["." + name.rpartition(".")[2] for name in inside]


def _fitted(names: list[str], room: int) -> str:
    """As many names as fit into `room` characters, and the number of the others."""
    listed = ""
    for number, name in enumerate(map(_clean, names)):
        longer = f"{listed}, {name}" if listed else name
        left = len(names) - number - 1
        more = f", +{left} more" if left else ""
        if len(longer) + len(more) > room:
            return f"{listed}, +{left + 1} more" if listed else _shortened(name, room)
        listed = longer
    return listed


def _tail(path: str, room: int) -> str:
    """The end of a path, cut between folders."""
    if len(path) <= room:
        return path
    end = path[max(0, len(path) - max(room - 1, 0)) :]
    return "…" + (end[end.find("/") :] if "/" in end else end) if room > 1 else ""


def _shortened(words: str, room: int) -> str:
    if len(words) <= room:
        return words
    return words[: room - 1].rstrip() + "…" if room > 1 else words[: max(room, 0)]


def _clean(words: str) -> str:
    """One line of printable characters, without square brackets."""
    plain = " ".join(words.replace("[", "(").replace("]", ")").split())  # line ends are not printable
    if not plain.isprintable():
        plain = " ".join("".join(each if each.isprintable() else " " for each in plain).split())
    return plain
