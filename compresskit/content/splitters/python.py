"""Cuts Python source at functions, methods, headers of classes, and runs of other statements.

With `deep` it uses `ast`. Without it, or if `ast` fails (half a file, the syntax of another version), it uses the
indentation, with nearly the same result. Nothing is executed or imported.
"""

import ast
import re
from collections.abc import Iterator

from ..segment import Mark

_MAX_PARSED = 2_000_000  # characters that are parsed, maximum, which bounds the memory
_COLUMN_0 = r"(?<=\n)(?:((?:import|from)\b)|([A-Za-z_]\w*+)[ \t]*+(?::[^=\n]{0,80}+)?=(?!=)|([^\s#)\]}]))"
# The first letter rules out most lines.
_LINE = re.compile(rf"\n([ \t]*+)(?:(?=[acd@])(?:(?:async[ \t]+)?(def|class)[ \t]+(\w+)|(@))|{_COLUMN_0})")
# "1if x" is legal, but the parser would warn, and a program may turn warnings into errors.
_WARNED_NUMBER = re.compile(r"\d[.jJ]?(?:and|else|for|if|in|is|not|or)\b")
_GOES_ON = ("else", "elif", "except", "finally", "case")


def marks(text: str, deep: bool) -> list[Mark]:
    """Marks at the definitions and at the runs of statements of a module, or of a part of one.

    >>> [mark.name for mark in marks("import re\\n\\nclass A:\\n    x = 1\\n    def f(self): pass\\n", True)]
    ['', 'A', 'A.f']
    """
    if "\r" in text:  # alone it ends a line for Python, but not for the count of lines here
        text = re.sub(r"\r(?!\n)", " " if "\n" in text else "\n", text)
    if text.startswith("\ufeff"):
        text = "\n" + text[1:]
    if deep and len(text) <= _MAX_PARSED and (tree := _tree(text)):
        walk = _Walk(text)
        try:
            walk.body(tree.body, "", "")
            return walk.marks
        except RecursionError:  # for example, thousands of "elif" that contain definitions
            pass
    return list(_by_indentation(text))


def _tree(text: str) -> ast.Module | None:
    """The syntax tree of `text`, with the same lines; None if it cannot be parsed without a warning.

    Invalid escapes ("\\d") would warn too, and `warnings.catch_warnings` is not safe in threads. Only the lines of
    statements are needed, so escapes are overwritten first.
    """
    if "\\" in text:
        text = re.sub(r"\\(?=[^\n\r'\"N])", "_", text.replace("\\\\", "__"))
    if _WARNED_NUMBER.search(text):
        return None
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


class _Walk:
    """Collects marks from a syntax tree, in the order of the text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self.marks: list[Mark] = []
        self.group = 0
        self.last_line = 0  # the last line of the statement before

    def body(self, statements: list[ast.stmt], prefix: str, owner: str) -> None:
        """Marks for the statements of a module, class or branch. `owner` is the name of statements without a name."""
        run: ast.stmt | None = None
        for statement in statements:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                run = None
                self.definition(statement, prefix)
            elif holds := _definitions_in(statement):
                run = None
                self.mark(statement, owner, new_group=not prefix)
                for inner in holds:
                    self.body(inner, prefix, owner)
            else:
                if run is None or self.apart(run, statement):
                    self.mark(statement, owner or _target(statement), new_group=run is None and not prefix)
                run = statement
            self.last_line = statement.end_lineno or statement.lineno

    def definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, prefix: str) -> None:
        name = prefix + node.name
        self.mark(node, name, new_group=not prefix)
        if isinstance(node, ast.ClassDef):
            before = len(self.marks)
            self.body(node.body, name + ".", name)
            # The first statements of a class belong to its header.
            while len(self.marks) > before and self.marks[before].name == name:
                del self.marks[before]

    def mark(self, node: ast.stmt, name: str, new_group: bool) -> None:
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
        self.group += new_group
        if first > self.last_line:  # otherwise it shares a line with the statement before (";")
            start = _with_comments(self.text, self.starts[first - 1])
            self.marks.append(Mark(start, name, self.group))

    def apart(self, before: ast.stmt, statement: ast.stmt) -> bool:
        """Whether there is a blank line between two plain statements, or only one of them is an import."""
        imports = isinstance(before, ast.Import | ast.ImportFrom)
        if imports or isinstance(statement, ast.Import | ast.ImportFrom):
            return imports != isinstance(statement, ast.Import | ast.ImportFrom)
        return _blank_before(self.text, _with_comments(self.text, self.starts[statement.lineno - 1]))


def _definitions_in(statement: ast.stmt) -> list[list[ast.stmt]]:
    """The bodies of an `if`, `try`, `with` and so on, if functions or classes are defined in them; else none."""
    bodies = [getattr(statement, field, None) or [] for field in ("body", "orelse", "finalbody")]
    bodies[1:1] = [handler.body for handler in getattr(statement, "handlers", ())]
    defined = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return bodies if any(isinstance(inner, defined) for body in bodies for inner in body) else []


def _target(statement: ast.stmt) -> str:
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return statement.target.id
    return ""


def _blank_before(text: str, start: int) -> bool:
    return text[max(0, start - 3) : start].endswith(("\n\n", "\n\r\n"))


def _with_comments(text: str, start: int) -> int:
    """The start of the comment lines right above the line that starts at `start`; `start` if there are none."""
    while start > 0 and not text.startswith("\n", start - 2):
        above = text.rfind("\n", 0, start - 1) + 1
        if not text[above : start - 1].lstrip(" \t").startswith("#"):
            break
        start = above
    return start


def _by_indentation(text: str) -> Iterator[Mark]:
    """Marks at the lines that begin definitions, and at statements in column 0."""
    scopes: list[tuple[int, str]] = []  # the column and the prefix of each open class; a function has the prefix ""
    group, run = 0, ""
    decorated: tuple[int, int] | None = None  # the offset of the first decorator above, and its column
    for match in _LINE.finditer("\n" + text):
        start = match.start()  # the start of the line, because one character was put before the text
        word = match[2]
        column = match.end(1) - start - 1
        if match[4]:
            decorated = decorated if decorated and decorated[1] == column else (start, column)
        elif word:
            name = match[3]
            while scopes and scopes[-1][0] >= column:
                scopes.pop()
            if not scopes or scopes[-1][1]:
                group += not scopes
                full = scopes[-1][1] + name if scopes else name
                first = decorated[0] if decorated and decorated[1] == column else start
                yield Mark(_with_comments(text, first), full, group)
                scopes.append((column, full + "." if word == "class" else ""))
            decorated, run = None, ""
        else:
            kind = "import" if match[5] else "other"
            start = _with_comments(text, start)
            if run != kind or (kind == "other" and _parted(text, start)):
                group += run == ""
                yield Mark(start, match[6] or "", group)
            scopes, decorated, run = [], None, kind


def _parted(text: str, start: int) -> bool:
    """Whether a new run starts here: there is a blank line above, and it is no branch of the statement before."""
    return _blank_before(text, start) and not text.startswith(_GOES_ON, start)
