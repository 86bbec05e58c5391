"""Cuts source code in languages other than Python, with the grammars of ast-grep, which are those of tree-sitter.

Marks are at definitions and at runs of other statements, as in Python source. Only line numbers are taken from a syntax
tree, so the unit of its offsets does not matter. Nothing is executed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from ..segment import Mark
from .brackets import balanced
from .languages import language
from .nodes import (
    BLOCK_LINES,
    CONTAINERS,
    INLINE,
    LEADS,
    SPACES,
    defines,
    inside,
    is_import,
    named,
    span,
    target,
    unwrapped,
)

LARGEST = 12_000  # characters that are parsed, maximum, which bounds the time
_MAX_ERRORS = 0.2  # share of the lines with errors, maximum; with more, indentation is the better guide; chosen by hand
_LINE_LENGTH = 200  # characters of a line on average, maximum; minified code has longer ones, and no good places to cut
# The time of these parsers for text that is not code of their language grows with the square of its length: seconds for
# 3,000 characters. So parts of the text are parsed first. If they have too many errors, the text is not parsed.
_PART = (200, 900)  # characters of such a part, minimum and maximum
_PASSED_OVER = 900  # characters between two parts, which are not tried
_ERRORS_OF_PART = 30  # errors of one part, maximum; real code had up to 24, because parts begin within comments
_ERRORS_OF_PARTS = 10  # errors of a part on average, maximum; real code had up to 10
_COLUMN_0 = re.compile(r"\n(?=[^\s*})\]])")
_ERRORS = {"rule": {"kind": "ERROR"}}
_DEPTH = 6  # levels of definitions within definitions, maximum
_NOT_UTF8 = re.compile("[\ud800-\udfff\0]")


def marks(text: str, path: str, max_chars: int = 1600) -> list[Mark] | None:
    """Marks at the definitions of a text; None if its language is not known, or if the text does not fit the grammar.

    >>> text = "class A {\\n  f() {\\n    go();\\n  }\\n\\n  g() {\\n    go();\\n  }\\n}\\n\\nfunction h() {\\n}\\n"
    >>> [mark.name for mark in marks(text, "a.js")]
    ['A', 'A.f', 'A.g', 'h']
    """
    name = language(path, text)
    parse = _parser()
    if not name or parse is None or len(text) > LARGEST:
        return None
    try:
        return _marks(text, name, parse, 2 * max_chars)
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # a fault in ast-grep, which is not an Exception
            raise
        return None


def _marks(text: str, name: str, parse: Any, long: int) -> list[Mark] | None:
    plain = _NOT_UTF8.sub(" ", text)
    if not _fits(plain, name, parse):
        return None
    root = parse(plain, name).root()
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    if root.kind() == "ERROR" or _doubtful(root) > _MAX_ERRORS * len(starts):
        return None
    walk = _Walk(text, starts, long)
    walk.body(root.children(), "", 0)
    return walk.marks


@cache
def _parser() -> Any:
    """The parser of ast-grep; None if it is not installed. Then indentation is used."""
    try:
        from ast_grep_py import SgRoot
    except ImportError:
        return None
    return SgRoot


def _fits(text: str, name: str, parse: Any) -> bool:
    """Whether parts of a text are so close to code of the language that the whole is parsed in a short time."""
    if len(text) > _LINE_LENGTH * (1 + text.count("\n")) or not balanced(text, name):
        return False
    start = errors = parts = 0
    while len(text) - start > _PART[1]:
        least, most = start + _PART[0], start + _PART[1]
        ends = [match.end() for match in _COLUMN_0.finditer(text, least, most)]
        end = ends[-1] if ends else text.rfind("\n", least, most) + 1 or most
        found = len(parse(text[start:end], name).root().find_all(_ERRORS))
        errors, parts, start = errors + found, parts + 1, end + _PASSED_OVER
        if found > _ERRORS_OF_PART or errors > _ERRORS_OF_PARTS * (parts + 2):
            return False
    return True


def _doubtful(root: Any) -> int:
    """The number of lines in which the grammar found errors."""
    lines: set[int] = set()
    for node in root.find_all(_ERRORS):
        lines.update(range(*span(node)))
    return len(lines)


class _Walk:
    """Collects marks from a syntax tree, in the order of the text."""

    def __init__(self, text: str, starts: Sequence[int], long: int) -> None:
        self.text = text
        self.starts = starts
        self.long = long
        self.marks: list[Mark] = []
        self.group = 0
        self.after = 0  # the line behind the last statement

    def body(self, nodes: Sequence[Any], prefix: str, depth: int) -> None:
        """Marks for the statements of a file, class or block. A statement without a name has that of its owner."""
        owner = prefix.rstrip(".")
        lead: int | None = None  # the first line of the comments and attributes right above
        run: int | None = None  # the line behind the run of plain statements
        imports = False
        for node in nodes:
            kind = node.kind()
            if not node.is_named():
                continue
            first, end = span(node)
            if lead is not None and first > self.after:
                self.mark(lead, owner, new_group=not depth)
                lead = None
            if kind in LEADS or "comment" in kind:
                lead = first if lead is None and first >= self.after else lead
                self.after = max(self.after, end)
                continue
            begin = first if lead is None else lead
            inner = unwrapped(node, kind)
            if (kind in INLINE or kind in SPACES) and depth < _DEPTH:
                self.mark(begin, owner, new_group=not depth)
                self.body(node.children() if kind in INLINE else inside(node), prefix, depth)
                run = None
            elif name := named(inner, end - first):
                self.definition(inner, begin, prefix + name, depth)
                run = None
            elif run is None or first > run or is_import(inner.kind()) != imports:
                self.mark(begin, owner or target(inner), new_group=run is None and not depth)
                run = end
            else:
                run = end
            imports = is_import(inner.kind())
            lead = None
            self.after = max(self.after, end)
        if lead is not None and not depth:
            self.mark(lead, owner, new_group=True)

    def definition(self, node: Any, begin: int, name: str, depth: int) -> None:
        self.mark(begin, name, new_group=not depth)
        first, end = span(node)
        if end - first < BLOCK_LINES or depth == _DEPTH:
            return
        statements = inside(node)
        if node.kind() in CONTAINERS or (self.size(first, end) > self.long and defines(statements)):
            before = len(self.marks)
            outer, self.after = self.after, first + 1
            self.body(statements, name + ".", depth + 1)
            self.after = outer
            # The first statements within a definition belong to its header.
            while len(self.marks) > before and self.marks[before].name == name:
                del self.marks[before]

    def mark(self, line: int, name: str, new_group: bool) -> None:
        self.group += new_group
        start = self.starts[line]
        if not self.marks or start > self.marks[-1].start:  # otherwise it shares a line with the mark before
            self.marks.append(Mark(start, name, self.group))

    def size(self, first: int, end: int) -> int:
        return (self.starts[end] if end < len(self.starts) else len(self.text)) - self.starts[first]
