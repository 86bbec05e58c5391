"""Source in other languages than Python, read with their grammars (ast-grep's, which are those of tree-sitter).

Marks stand at definitions and at runs of other statements, as in Python source. Only lines are taken from a
syntax tree, so what its offsets count in does not matter. Nothing is executed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from .brackets import balanced
from .languages import language
from .segment import Mark

LARGEST = 12_000  # characters; see _fits
_MOST_ERRORS = 0.2  # of the lines: with more in doubt, indentation tells more than the tree
_LONGEST_LINES = 200  # characters on average: minified, with nothing to cut at
# What these parsers take for text that is no code of their language grows with its square: seconds for 3,000
# characters. So parts of so many characters are tried first, and a text left alone where one has too many errors.
_PART = (200, 900)
_PASSED_OVER = 900  # characters between two of them: fewer errors than that are no burden
_ERRORS_OF_PART = 30  # code has up to 24 in its worst part, cut as it is in comments and strings
_ERRORS_OF_PARTS = 10  # of one on average; code has up to 10
_COLUMN_0 = re.compile(r"\n(?=[^\s*})\]])")
_ERRORS = {"rule": {"kind": "ERROR"}}
_DEPTH = 6
_DESCENT = 8  # levels below a node at which its body is looked for: a function in brackets in a call
_BLOCK_LINES = 3  # from which on what is called by name and is no definition ("const f = () => {") is one all the same
_MOST_NAMES = 8
_LONGEST_NAME = 80
_NOT_UTF8 = re.compile("[\ud800-\udfff\0]")

# Kinds of nodes, of all grammars together: they hardly clash. Those of containers are looked into.
_CONTAINERS = frozenset(
    "class class_declaration abstract_class_declaration class_specifier class_definition struct_specifier"
    " struct_declaration interface_declaration internal_module module mod_item impl_item trait_item trait_declaration"
    " trait_definition object_definition object_declaration enum_declaration enum_definition record_declaration"
    " protocol_declaration".split()
)
_DEFINITIONS = _CONTAINERS | frozenset(
    "function_declaration generator_function_declaration method_definition method_declaration function_item"
    " function_signature_item function_definition constructor_declaration destructor_declaration"
    " compact_constructor_declaration method singleton_method init_declaration deinit_declaration"
    " subscript_declaration protocol_function_declaration abstract_method_signature macro_definition struct_item"
    " enum_item union_item type_item type_alias_declaration type_declaration type_definition enum_specifier"
    " union_specifier operator_declaration conversion_operator_declaration delegate_declaration secondary_constructor"
    " annotation_type_declaration indexer_declaration".split()
)
# What stands inside is told as if it stood outside: of these all children, of the others those of their bodies.
_INLINE = frozenset("preproc_ifdef preproc_if preproc_else preproc_elif enum_body_declarations ERROR".split())
_SPACES = frozenset(
    "linkage_specification namespace_definition namespace_declaration file_scoped_namespace_declaration"
    " singleton_class companion_object".split()
)
_WRAPPERS = frozenset(
    "export_statement expression_statement template_declaration ambient_declaration declaration"
    " decorated_definition field_declaration statement".split()
)
_BODIES = frozenset(
    "class_body interface_body enum_body enum_class_body declaration_list field_declaration_list statement_block object"
    " body_statement template_body protocol_body compound_statement block statement_list statements function_body"
    " do_block constructor_body annotation_type_body enum_body_declarations translation_unit".split()
)
_LEADS = frozenset("attribute_item inner_attribute_item decorator annotation access_specifier attribute_list".split())
_NAMES = frozenset("identifier simple_identifier type_identifier constant property_identifier name".split())
_SPECS = frozenset("variable_declarator type_spec type_alias const_spec var_spec init_declarator".split())
_TITLED = re.compile(
    r"(?:describe|context|suite|it|test|specify|feature|scenario|namespace|task)\b[\w.]*[ (]+(['\"])([^'\"\n]+)\1"
)
_RECEIVER = re.compile(r"(\w+)(?:\[[^\]]*\])?\s*\)\s*$")  # of a Go method: "(s *Server[T])"
_BEFORE_GENERICS = re.compile(r"[\w:.]+")


def marks(text: str, path: str, max_chars: int = 1600) -> list[Mark] | None:
    """Marks at the definitions of a text; None where its language is not known, or its grammar does not fit it.

    >>> text = "class A {\\n  f() {\\n    go();\\n  }\\n\\n  g() {\\n    go();\\n  }\\n}\\n\\nfunction h() {\\n}\\n"
    >>> [mark.name for mark in marks(text, "a.js")]
    ['A', 'A.f', 'A.g', 'h']
    """
    name = language(path, text)
    parse = _parser()
    if not name or parse is None or len(text) > LARGEST:
        return None
    plain = _NOT_UTF8.sub(" ", text)
    if not _fits(plain, name, parse):
        return None
    root = parse(plain, name).root()
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    if root.kind() == "ERROR" or _doubtful(root) > _MOST_ERRORS * len(starts):
        return None
    walk = _Walk(text, starts, 2 * max_chars)
    walk.body(root.children(), "", 0)
    return walk.marks


@cache
def _parser() -> Any:
    """ast-grep's parser; None where its wheel could not be installed: indentation does then."""
    try:
        from ast_grep_py import SgRoot
    except ImportError:
        return None
    return SgRoot


def _fits(text: str, name: str, parse: Any) -> bool:
    """Whether the parts of a text are near enough to code of a language for the whole to be parsed in short time."""
    if len(text) > _LONGEST_LINES * (1 + text.count("\n")) or not balanced(text, name):
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
    """How many lines the grammar could make nothing of."""
    lines: set[int] = set()
    for node in root.find_all(_ERRORS):
        lines.update(range(*_span(node)))
    return len(lines)


def _span(node: Any) -> tuple[int, int]:
    """The lines of a node, from 0, and one past the last; a line end belongs to the line that it ends."""
    found = node.range()
    start, end = found.start, found.end
    return start.line, max(start.line, end.line - (end.column == 0)) + 1


class _Walk:
    """Collects marks from a syntax tree, in the order of the text."""

    def __init__(self, text: str, starts: Sequence[int], long: int) -> None:
        self.text = text
        self.starts = starts
        self.long = long
        self.marks: list[Mark] = []
        self.group = 0
        self.after = 0  # the line behind the statement before

    def body(self, nodes: Sequence[Any], prefix: str, depth: int) -> None:
        """Marks for the statements of a file, class or block; what has no name itself is named by its owner."""
        owner = prefix.rstrip(".")
        lead: int | None = None  # the line where comments and attributes right above begin
        run: int | None = None  # one past the last line of the run of plain statements
        imports = False
        for node in nodes:
            kind = node.kind()
            if not node.is_named():
                continue
            first, end = _span(node)
            if lead is not None and first > self.after:
                self.mark(lead, owner, new_group=not depth)
                lead = None
            if kind in _LEADS or "comment" in kind:
                lead = first if lead is None and first >= self.after else lead
                self.after = max(self.after, end)
                continue
            begin = first if lead is None else lead
            inner = _unwrapped(node, kind)
            if (kind in _INLINE or kind in _SPACES) and depth < _DEPTH:
                self.mark(begin, owner, new_group=not depth)
                self.body(node.children() if kind in _INLINE else _inside(node), prefix, depth)
                run = None
            elif name := _named(node, inner, end - first):
                self.definition(inner, begin, prefix + name, depth)
                run = None
            elif run is None or first > run or _is_import(inner.kind()) != imports:
                self.mark(begin, owner or _target(inner), new_group=run is None and not depth)
                run = end
            else:
                run = end
            imports = _is_import(inner.kind())
            lead = None
            self.after = max(self.after, end)
        if lead is not None and not depth:
            self.mark(lead, owner, new_group=True)

    def definition(self, node: Any, begin: int, name: str, depth: int) -> None:
        self.mark(begin, name, new_group=not depth)
        first, end = _span(node)
        if end - first < _BLOCK_LINES or depth == _DEPTH:
            return
        inside = _inside(node)
        if node.kind() in _CONTAINERS or (self.size(first, end) > self.long and _defines(inside)):
            before = len(self.marks)
            outer, self.after = self.after, first + 1
            self.body(inside, name + ".", depth + 1)
            self.after = outer
            # The first statements inside belong to the header.
            while len(self.marks) > before and self.marks[before].name == name:
                del self.marks[before]

    def mark(self, line: int, name: str, new_group: bool) -> None:
        self.group += new_group
        start = self.starts[line]
        if not self.marks or start > self.marks[-1].start:  # else it shares a line with what is before
            self.marks.append(Mark(start, name, self.group))

    def size(self, first: int, end: int) -> int:
        return (self.starts[end] if end < len(self.starts) else len(self.text)) - self.starts[first]


def _unwrapped(node: Any, kind: str) -> Any:
    """What is exported, declared by a template, or the one expression of a statement."""
    for _ in range(_DESCENT):
        if kind not in _WRAPPERS:
            break
        inner = [child for child in node.children() if child.is_named() and child.kind() not in _LEADS]
        telling = [child for child in inner if child.kind() in _DEFINITIONS or child.kind() in _WRAPPERS]
        if not inner or (not telling and len(inner) > 1):
            break
        node = telling[-1] if telling else inner[0]
        kind = node.kind()
    return node


def _inside(node: Any) -> list[Any]:
    """The statements in the body of a node: where most of its lines are."""
    for _ in range(_DESCENT):
        children: list[Any] = node.children()
        if node.kind() in _BODIES and not (len(children) == 1 and children[0].kind() in _BODIES):
            return children
        if not children:
            break
        node = max(children, key=lambda child: (_lines(child), child.kind() in _BODIES))
    return []


def _lines(node: Any) -> int:
    first, end = _span(node)
    return end - first


def _defines(nodes: Sequence[Any]) -> bool:
    return any(_named(node, _unwrapped(node, node.kind()), _lines(node)) for node in nodes if node.is_named())


def _is_import(kind: str) -> bool:
    return kind.startswith(("import", "preproc_include", "use_", "using", "package", "namespace_use"))


def _named(node: Any, inner: Any, lines: int) -> str:
    """What a node defines, "" where it is an ordinary statement."""
    kind = inner.kind()
    if kind in _DEFINITIONS:
        if kind.endswith("_specifier") and inner.field("body") is None:  # "struct a b;"
            return ""
        return _own_name(inner, kind) or kind.partition("_")[0]
    if lines < _BLOCK_LINES or _is_import(kind):
        return ""
    return _called(node, inner, kind)


def _own_name(node: Any, kind: str) -> str:
    if kind == "impl_item" and (typed := node.field("type")):
        found = _BEFORE_GENERICS.match(typed.text())
        return _clean(found[0]) if found else ""
    if kind == "method_declaration" and (receiver := node.field("receiver")):
        found = _RECEIVER.search(receiver.text())
        own = node.field("name")
        return _clean(f"{found[1]}.{own.text()}" if found else own.text())
    if name := node.field("name"):
        return _clean(name.text())
    if node.field("declarator"):
        return _clean(_declared(node))
    children = [child for child in node.children() if child.is_named()]
    if specs := [child for child in children if child.kind() in _SPECS]:
        return ", ".join(filter(None, (_own_name(child, child.kind()) for child in specs[:_MOST_NAMES])))
    named = next((child for child in children if child.kind() in _NAMES), None)
    return _clean(named.text()) if named else ""


def _declared(node: Any) -> str:
    """What a declarator of C or C++ is about: "*f(int)" is about f."""
    for _ in range(_DESCENT):
        inner = node.field("declarator")
        if inner is None:
            break
        node = inner
    return str(node.text())


def _called(node: Any, inner: Any, kind: str) -> str:
    """The name of a longer statement that gives one to what it holds: a variable, a member, a test."""
    if kind in ("assignment_expression", "assignment") and (left := inner.field("left")):
        return _clean(left.text().removeprefix("module.").replace(".prototype.", "."))
    if kind in ("call_expression", "call"):
        found = _TITLED.match(inner.text()[:200])
        return _clean(found[2]) if found else ""
    if key := inner.field("key"):
        return _clean(key.text())
    if kind.endswith(("_declaration", "_definition", "_item", "_spec")) or kind == "declaration":
        return _own_name(inner, kind)
    return ""


def _target(node: Any) -> str:
    """The name that an ordinary statement gives to something, for the run that begins with it."""
    kind = node.kind()
    if _is_import(kind) or not kind.endswith(("_declaration", "_item", "_definition", "_assignment")):
        return ""
    return _own_name(node, kind)


def _clean(name: str) -> str:
    """A name as it stands between dots, on one line."""
    name = name.strip("'\"`").replace("::", ".").replace("->", ".")
    return name if len(name) <= _LONGEST_NAME and name.isprintable() else ""
