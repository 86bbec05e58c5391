"""The kinds of nodes in the syntax trees of ast-grep, and what a node defines.

One list serves all languages, because the kinds of different languages hardly clash.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any


def _kinds(words: str) -> frozenset[str]:
    return frozenset(words.split())


_DESCENT = 8  # levels below a node that are searched for its body, such as that of a function within a call
BLOCK_LINES = 3  # lines of a statement such as "const f = () => {" that counts as a definition, minimum
_MAX_NAMES = 8  # names of one statement, maximum
_NAME_LENGTH = 80  # characters of a name, maximum

CONTAINERS = _kinds(
    "class class_declaration abstract_class_declaration class_specifier class_definition struct_specifier"
    " struct_declaration interface_declaration internal_module module mod_item impl_item trait_item trait_declaration"
    " trait_definition object_definition object_declaration enum_declaration enum_definition record_declaration"
    " protocol_declaration"
)
_DEFINITIONS = CONTAINERS | _kinds(
    "function_declaration generator_function_declaration method_definition method_declaration function_item"
    " function_signature_item function_definition constructor_declaration destructor_declaration"
    " compact_constructor_declaration method singleton_method init_declaration deinit_declaration"
    " subscript_declaration protocol_function_declaration abstract_method_signature macro_definition struct_item"
    " enum_item union_item type_item type_alias_declaration type_declaration type_definition enum_specifier"
    " union_specifier operator_declaration conversion_operator_declaration delegate_declaration secondary_constructor"
    " annotation_type_declaration indexer_declaration"
)
# Nodes whose statements are treated as those of the node around them: INLINE by all children, SPACES by their bodies.
INLINE = _kinds("preproc_ifdef preproc_if preproc_else preproc_elif enum_body_declarations ERROR")
SPACES = _kinds(
    "linkage_specification namespace_definition namespace_declaration file_scoped_namespace_declaration"
    " singleton_class companion_object"
)
_WRAPPERS = _kinds(
    "export_statement expression_statement template_declaration ambient_declaration declaration"
    " decorated_definition field_declaration statement"
)
_BODIES = _kinds(
    "class_body interface_body enum_body enum_class_body declaration_list field_declaration_list statement_block object"
    " body_statement template_body protocol_body compound_statement block statement_list statements function_body"
    " do_block constructor_body annotation_type_body enum_body_declarations translation_unit"
)
LEADS = _kinds("attribute_item inner_attribute_item decorator annotation access_specifier attribute_list")
_NAMES = _kinds("identifier simple_identifier type_identifier constant property_identifier name")
_SPECS = _kinds("variable_declarator type_spec type_alias const_spec var_spec init_declarator")
_TITLED = re.compile(
    r"(?:describe|context|suite|it|test|specify|feature|scenario|namespace|task)\b[\w.]*[ (]+(['\"])([^'\"\n]+)\1"
)
_RECEIVER = re.compile(r"(\w+)(?:\[[^\]]*\])?\s*\)\s*$")  # the receiver of a Go method: "(s *Server[T])"
_BEFORE_GENERICS = re.compile(r"[\w:.]+")


def span(node: Any) -> tuple[int, int]:
    """The first line of a node, counted from 0, and the line behind its last one."""
    found = node.range()
    start, end = found.start, found.end
    return start.line, max(start.line, end.line - (end.column == 0)) + 1


def unwrapped(node: Any, kind: str) -> Any:
    """The inner node of a wrapper: what is exported, declared by a template, or the only expression of a statement."""
    for _ in range(_DESCENT):
        if kind not in _WRAPPERS:
            break
        inner = [child for child in node.children() if child.is_named() and child.kind() not in LEADS]
        telling = [child for child in inner if child.kind() in _DEFINITIONS or child.kind() in _WRAPPERS]
        if not inner or (not telling and len(inner) > 1):
            break
        node = telling[-1] if telling else inner[0]
        kind = node.kind()
    return node


def inside(node: Any) -> list[Any]:
    """The statements in the body of a node, which is the descendant with most of its lines."""
    for _ in range(_DESCENT):
        children: list[Any] = node.children()
        if node.kind() in _BODIES and not (len(children) == 1 and children[0].kind() in _BODIES):
            return children
        if not children:
            break
        node = max(children, key=lambda child: (_lines(child), child.kind() in _BODIES))
    return []


def _lines(node: Any) -> int:
    first, end = span(node)
    return end - first


def defines(nodes: Sequence[Any]) -> bool:
    return any(named(unwrapped(node, node.kind()), _lines(node)) for node in nodes if node.is_named())


def is_import(kind: str) -> bool:
    return kind.startswith(("import", "preproc_include", "use_", "using", "package", "namespace_use"))


def named(node: Any, lines: int) -> str:
    """The name that an unwrapped node of so many lines defines; "" for an ordinary statement."""
    kind = node.kind()
    if kind in _DEFINITIONS:
        if kind.endswith("_specifier") and node.field("body") is None:  # "struct a b;"
            return ""
        return _own_name(node, kind) or kind.partition("_")[0]
    if lines < BLOCK_LINES or is_import(kind):
        return ""
    return _called(node, kind)


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
        return ", ".join(filter(None, (_own_name(child, child.kind()) for child in specs[:_MAX_NAMES])))
    named = next((child for child in children if child.kind() in _NAMES), None)
    return _clean(named.text()) if named else ""


def _declared(node: Any) -> str:
    """The name in a declarator of C or C++: f in "*f(int)"."""
    for _ in range(_DESCENT):
        inner = node.field("declarator")
        if inner is None:  # in "&f(int)" the field has no name
            inner = next((child for child in node.children() if child.kind().endswith("_declarator")), None)
        if inner is None:
            break
        node = inner
    return str(node.text())


def _called(node: Any, kind: str) -> str:
    """The name of the variable, member or test that a longer statement defines; "" if there is none."""
    if kind in ("assignment_expression", "assignment") and (left := node.field("left")):
        return _clean(left.text().removeprefix("module.").replace(".prototype.", "."))
    if kind in ("call_expression", "call"):
        found = _TITLED.match(node.text()[:200])
        return _clean(found[2]) if found else ""
    if key := node.field("key"):
        return _clean(key.text())
    if kind.endswith(("_declaration", "_definition", "_item", "_spec")) or kind == "declaration":
        return _own_name(node, kind)
    return ""


def target(node: Any) -> str:
    """The name that an ordinary statement assigns to, for the run of statements that begins with it."""
    kind = node.kind()
    if is_import(kind) or not kind.endswith(("_declaration", "_item", "_definition", "_assignment")):
        return ""
    return _own_name(node, kind)


def _clean(name: str) -> str:
    """A name without quotes and with dots as separators; "" if it is too long or not on one line."""
    name = name.strip("'\"`").replace("::", ".").replace("->", ".")
    return name if len(name) <= _NAME_LENGTH and name.isprintable() else ""
