"""Python source: a mark for each function, method, class header and run of statements.

`deep` reads it with `ast`; without, or where that fails (half a file, another version's syntax), the
lines' indentation tells nearly the same. Nothing is executed or imported.
"""

import ast
import re
from collections.abc import Iterator

from ..segment import Mark

_LARGEST = 2_000_000  # characters; beyond this a syntax tree takes more memory than it is worth
_COLUMN_0 = r"(?<=\n)(?:((?:import|from)\b)|([A-Za-z_]\w*+)[ \t]*+(?::[^=\n]{0,80}+)?=(?!=)|([^\s#)\]}]))"
# most lines are let go by their first letter
_LINE = re.compile(rf"\n([ \t]*+)(?:(?=[acd@])(?:(?:async[ \t]+)?(def|class)[ \t]+(\w+)|(@))|{_COLUMN_0})")
# "1if x": legal, but the parser warns about it, and what warnings do is the program's business.
_WARNED_NUMBER = re.compile(r"\d[.jJ]?(?:and|else|for|if|in|is|not|or)\b")
_GOES_ON = ("else", "elif", "except", "finally", "case")


def marks(text: str, deep: bool) -> list[Mark]:
    """Marks at the definitions and statement runs of a module, or of a part of one.

    >>> [mark.name for mark in marks("import re\\n\\nclass A:\\n    x = 1\\n    def f(self): pass\\n", True)]
    ['', 'A', 'A.f']
    """
    if "\r" in text:  # alone it ends a line for Python; what else counts lines here goes by "\n"
        text = re.sub(r"\r(?!\n)", " " if "\n" in text else "\n", text)
    if text.startswith("\ufeff"):
        text = "\n" + text[1:]
    if deep and len(text) <= _LARGEST and (tree := _tree(text)):
        walk = _Walk(text)
        try:
            walk.body(tree.body, "", "")
            return walk.marks
        except RecursionError:  # thousands of "elif" with definitions in them
            pass
    return list(_by_indentation(text))


def _tree(text: str) -> ast.Module | None:
    """The syntax tree of `text`, line for line; None where there is none to be had without a warning.

    Invalid escapes ("\\d") would warn too, and `warnings.catch_warnings` is not safe in threads: only
    the lines of the statements are wanted, so the escapes are overwritten first.
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
        self.last_line = 0  # where the statement before ended

    def body(self, statements: list[ast.stmt], prefix: str, owner: str) -> None:
        """Marks for a module's, class's or branch's statements; `owner` names what has no name itself."""
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
            # The class's first statements belong to its header.
            while len(self.marks) > before and self.marks[before].name == name:
                del self.marks[before]

    def mark(self, node: ast.stmt, name: str, new_group: bool) -> None:
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
        self.group += new_group
        if first > self.last_line:  # else it shares a line with the statement before (";")
            start = _with_comments(self.text, self.starts[first - 1])
            self.marks.append(Mark(start, name, self.group))

    def apart(self, before: ast.stmt, statement: ast.stmt) -> bool:
        """Whether a blank line or the end of the imports lies between two plain statements."""
        imports = isinstance(before, ast.Import | ast.ImportFrom)
        if imports or isinstance(statement, ast.Import | ast.ImportFrom):
            return imports != isinstance(statement, ast.Import | ast.ImportFrom)
        return _blank_before(self.text, _with_comments(self.text, self.starts[statement.lineno - 1]))


def _definitions_in(statement: ast.stmt) -> list[list[ast.stmt]]:
    """The bodies of an `if`, `try`, `with` ... where functions or classes are defined in them."""
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
    """The start of the comment lines right above the line that starts at `start`, or that line's."""
    while start > 0 and not text.startswith("\n", start - 2):
        above = text.rfind("\n", 0, start - 1) + 1
        if not text[above : start - 1].lstrip(" \t").startswith("#"):
            break
        start = above
    return start


def _by_indentation(text: str) -> Iterator[Mark]:
    """Marks from the lines that open definitions and the statements at column 0."""
    scopes: list[tuple[int, str]] = []  # column and prefix of the open classes; at last a function's, ""
    group, run = 0, ""
    decorated: tuple[int, int] | None = None  # where the decorators above a definition start, their column
    for match in _LINE.finditer("\n" + text):
        start = match.start()  # the line's own start: one character was put before the text
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
    """Whether a new run starts here: behind a blank line, and no branch of the statement before."""
    return _blank_before(text, start) and not text.startswith(_GOES_ON, start)
