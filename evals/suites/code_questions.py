"""Questions about real code with one short answer that can be checked: definitions of Python's standard library.

Every question is read off the syntax tree of a definition: the default of a parameter, the exception that is raised,
or the name of the function with a docstring. The questions are the same for the same version of Python, and their
digest is in the record.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from evals.harness.data import Source

MODULES = (
    *("argparse", "base64", "calendar", "cmd", "configparser", "contextlib", "csv", "difflib", "filecmp"),
    *("fnmatch", "ftplib", "getopt", "getpass", "glob", "gzip", "heapq", "imaplib", "inspect", "mailbox", "mimetypes"),
    *("netrc", "optparse", "platform", "plistlib", "poplib", "pprint", "quopri", "random", "sched", "selectors"),
    *("shelve", "shlex", "shutil", "smtplib", "socketserver", "statistics", "string", "tarfile", "tempfile"),
    *("textwrap", "timeit", "tokenize", "trace", "uuid", "wave", "webbrowser", "zipapp", "zipfile"),
)
MIN_CHARACTERS, MAX_CHARACTERS = 300, 1_400  # of a definition: some 80 to 350 tokens
MIN_WORDS = 5  # of a docstring that tells a function from others
MIN_NAME = 6  # characters of a name that is not said by chance
_USUAL = (None, True, False, "", 0, 1, -1)  # defaults that can be guessed
_GUESSED = frozenset({"ValueError", "TypeError", "NotImplementedError"})


class CodeQuestion(NamedTuple):
    """A question about one definition."""

    name: str
    text: str  # the definition, behind a comment with its file
    question: str
    answer: str


def questions() -> tuple[Source, list[CodeQuestion]]:
    """The questions, the modules in turn, so that the first of them are of all modules."""
    by_module = [list(_of_module(module)) for module in MODULES]
    found = [one for row in zip_longest(*by_module) for one in row if one]
    digest = hashlib.sha256(json.dumps(found, ensure_ascii=False).encode()).hexdigest()
    return Source("definitions of Python's standard library", digest, [one._asdict() for one in found]), found


def _of_module(module: str) -> Iterator[CodeQuestion]:
    spec = find_spec(module)
    if spec is None or not spec.has_location or not spec.origin:
        return
    text = Path(spec.origin).read_text(encoding="utf-8")
    lines = text.split("\n")
    for function in _functions(ast.parse(text)):
        source = _source(lines, function)
        if MIN_CHARACTERS <= len(source) <= MAX_CHARACTERS:
            asked = _asked(function, module)
            if asked:
                yield CodeQuestion(f"{module}.{function.name}", f"# {module}.py\n{source}", *asked)


def _source(lines: Sequence[str], function: ast.FunctionDef) -> str:
    """The text of a definition. `ast.get_source_segment` takes ten seconds for all of them."""
    *first, last = lines[function.lineno - 1 : function.end_lineno]
    end = last.encode()[: function.end_col_offset].decode()
    return "\n".join([*first, end])[function.col_offset :]


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in tree.body:
        for inner in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(inner, ast.FunctionDef) and not inner.name.startswith("__"):
                yield inner


def _asked(function: ast.FunctionDef, module: str) -> tuple[str, str] | None:
    """The first question that the definition gives, and its answer."""
    place = f"`{function.name}` in {module}.py"
    for name, value in _defaults(function):
        return f"What is the default value of the parameter `{name}` of {place}?", value
    raised = {name for name in map(_raised, ast.walk(function)) if name}
    given = {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
    if len(raised) == 1 and raised.isdisjoint(_GUESSED | given):
        return f"Which exception does {place} raise?", raised.pop()
    told = (ast.get_docstring(function) or "").split("\n")[0].strip()
    whole = told.endswith(".") and len(told.split()) >= MIN_WORDS and function.name not in told
    return (
        (f"Which function of {module}.py does this: {told}", function.name)
        if whole and _tells(function, module)
        else None
    )


def _tells(function: ast.FunctionDef, module: str) -> bool:
    """Whether a name is not said by chance, and not in the question as the name of the module."""
    return len(function.name) >= MIN_NAME and function.name not in module


def _defaults(function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """Parameters with a default that nobody guesses, as words."""
    given, defaults = [*function.args.posonlyargs, *function.args.args], function.args.defaults
    pairs = [*zip(given[len(given) - len(defaults) :], defaults, strict=True)]
    pairs += [pair for pair in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True) if pair[1]]
    for parameter, default in pairs:
        if isinstance(default, ast.Constant) and default.value not in _USUAL:
            value = str(default.value)
            if len(value) > 1 and value.isprintable() and any(character.isalnum() for character in value):
                yield parameter.arg, value


def _raised(node: ast.AST) -> str:
    if not isinstance(node, ast.Raise):
        return ""
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return raised.attr if isinstance(raised, ast.Attribute) else raised.id if isinstance(raised, ast.Name) else ""


def texts_near(found: Sequence[CodeQuestion], place: int) -> list[str]:
    """The definition that a question is about, and then those of the next questions."""
    return list(dict.fromkeys(found[(place + step) % len(found)].text for step in range(len(found))))
