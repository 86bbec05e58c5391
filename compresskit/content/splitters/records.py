"""Cuts JSON and JSON lines into records.

One scanner walks the brackets and skips strings. It decodes nothing, so it also splits half a document, or one with
line numbers. It does not check whether the JSON is valid.
"""

import re
from collections.abc import Iterator, Sequence

from ..segment import Mark

_STRING = r'"(?:[^"\\]++|\\.)*+"'
_LEAF = rf'(?:\{{(?:[^\[\]{{}}"]++|{_STRING})*+\}}|\[(?:[^\[\]{{}}"]++|{_STRING})*+\])'
_NODE = rf'(?:\{{(?:[^\[\]{{}}"]++|{_STRING}|{_LEAF})*+\}}|\[(?:[^\[\]{{}}"]++|{_STRING}|{_LEAF})*+\])'
# To the next comma or bracket, over whole values of up to two levels; and to the next bracket only,
# for what lies too deep to be a record.
_NEXT = re.compile(rf'(?:[^\[\]{{}}",]++|{_STRING}|{_NODE})*+([\[\]{{}},])', re.DOTALL)
_BRACKET = re.compile(rf'(?:[^\[\]{{}}"]++|{_STRING}|{_NODE})*+([\[\]{{}}])', re.DOTALL)
# Eight short numbers, words or strings: nobody wants them one by one, and a million take long.
_SMALL = re.compile(
    r'(?:\s{0,16}+(?:"[^"\\]{1,24}+"\s{0,2}+:\s{0,2}+)?+(?:[^\s\[\]{}",]{1,12}+|"[^"\\]{0,12}+")\s{0,4}+,){8}+'
)
_OBJECT = re.compile(r"\s*+(?:\d{1,7}→\s*+)?\{")
_OPENED = re.compile(r"[\[{]")
_GAP = re.compile(r"[ \t\r]*+\n|[ \t]*+")
_MEMBER = re.compile(r'\s*+(?:\d{1,7}→\s*+)?(?:"((?:[^"\\\n]|\\.){1,80}+)"\s*+:\s*+)?(?=([\[{])?)')
_NAMED = re.compile(
    r'"(?:id|_id|key|name|title|path|file|uid|uuid|slug|sku|number|code|\w{1,30}_(?:id|number))"\s*:\s*'
    r'(?:"([^"\\\n]{1,60})"|(-?\d{1,20}))'
)
_DEPTH = 8
_NESTED = 200  # brackets within brackets; what is deeper is no data to look into again
_HEAD = 400  # characters of a record that are looked at for its name
_TEXT = 300  # characters of a member that is a text of its own, if most members beside it are as long


def marks(text: str, max_chars: int = 1600) -> list[Mark]:
    """Marks at the records: the elements of an array, the members of an object, and within large ones theirs.

    >>> text = '{"results": [{"id": 1}, {"id": 2}]}'
    >>> [(mark.start, mark.name) for mark in marks(text, 25)]
    [(0, 'results.1'), (24, 'results.2')]
    """
    scan = _Scan(text, max_chars)
    at = 0
    while match := _OPENED.search(text, at):
        line = text.rfind("\n", at, match.start()) + 1
        if line and text[at:line].strip():  # text before the first bracket is no record
            scan.marks.append(Mark(at, "", 0))
            at = line
        at = scan.members(at, match.start(), "", 0)
    if at < len(text):
        scan.marks.append(Mark(at, "", 0))
    return scan.marks


def line_marks(text: str, max_chars: int = 1600) -> list[Mark]:
    """Marks at each line, and at the members within a line that is too long.

    >>> [mark.name for mark in line_marks('{"id": 7}\\n{"id": 8}\\n')]
    ['7', '8']
    """
    scan = _Scan(text, max_chars)
    start = long = 0
    firsts = []
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        firsts.append(len(scan.marks))
        long += end - start >= _TEXT
        if end - start > max_chars and text[start] in "[{":
            scan.members(start, start, "", 0)
        else:
            scan.add(start, scan.record_name(start, end) if text[start] in "[{" else "", 0)
        start = end
    scan.open(firsts, long)
    return scan.marks


class _Scan:
    """Collects marks from the brackets of a text."""

    def __init__(self, text: str, long: int) -> None:
        self.text = text
        self.long = long
        self.marks: list[Mark] = []
        self.group = 0
        self.depth = _DEPTH
        self.opens = False  # whether a list or an object ended before the next mark

    def members(self, begin: int, opened: int, prefix: str, depth: int) -> int:
        """Adds marks for the values in the bracket at `opened`, the first one at `begin`; returns the end."""
        self.group += 1
        text, listed = self.text, self.text.startswith("[", opened)
        group, start, at = self.group, begin, opened + 1
        firsts, long = [], 0
        for comma, end in self.commas(at):
            cut = self.after(comma) if comma else end
            if listed and _OBJECT.match(text, at):
                self.group += 1  # a record is nobody's kin
                group = self.group
            firsts.append(len(self.marks))
            long += cut - at >= _TEXT
            self.member(start, at, cut, group, prefix, depth)
            start = at = cut
        self.open(firsts, long)
        return at

    def open(self, firsts: Sequence[int], long: int) -> None:
        """Makes a text of its own of a list or object that ended, or of each of its members if most are long.

        `firsts` are the numbers of the first marks of its members.
        """
        for number in firsts if 2 * long > len(firsts) else firsts[:1]:
            if number < len(self.marks):
                self.marks[number] = self.marks[number]._replace(opens=True)
        self.opens = True

    def add(self, start: int, name: str, group: int) -> None:
        self.marks.append(Mark(start, name, group, self.opens))
        self.opens = False

    def commas(self, at: int) -> Iterator[tuple[int, int]]:
        """(end of a comma between members, 0) each, at last (0, end of the closing bracket or text)."""
        text, depth = self.text, 0
        while True:
            if depth == 0 and (small := _SMALL.match(text, at)):
                at = small.end()
                yield at, 0
            match = (_BRACKET if depth else _NEXT).match(text, at)
            if match is None:
                break
            at = match.end()
            token = match[1]
            if token == ",":
                yield at, 0
            elif token in "[{":
                depth += 1
                if depth > _NESTED:
                    self.depth = 0
            elif depth:
                depth -= 1
            else:
                yield 0, at
                return
        yield 0, len(text)

    def member(self, start: int, at: int, end: int, group: int, prefix: str, depth: int) -> None:
        """One member, text[at:end] (from `start` with its bracket): a mark, or marks inside it."""
        match = _MEMBER.match(self.text, at, end)
        key = match[1] if match and match[1] else ""
        opened = match.end() if match and match[2] else -1
        name = key or (self.record_name(opened, end) if opened >= 0 else "")
        full = f"{prefix}.{name}" if prefix and name else prefix or name
        if opened >= 0 and end - at > self.long and depth < self.depth:
            self.members(start, opened, full, depth + 1)
        else:
            self.add(start, full, group)

    def record_name(self, start: int, end: int) -> str:
        found = _NAMED.search(self.text, start, min(end, start + _HEAD))
        return (found[1] or found[2]) if found else ""

    def after(self, comma: int) -> int:
        gap = _GAP.match(self.text, comma)
        return gap.end() if gap else comma
