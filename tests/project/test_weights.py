"""Numbers that decide which text is kept are weights; any other number of the code says what it is."""

import ast
from pathlib import Path

import compresskit

PACKAGE = Path(compresskit.__file__).parent
DECIDING = ("messages", "relevance", "markers", "plan", "turns", "tool_definitions", "compaction", "request")
# Fractions that decide nothing: estimates of tokens, units, a bound of time, and a square root.
NO_WEIGHTS = {
    "plan/groups.py": {1.5},
    "relevance/columns.py": {1e3, 1e6, 1e9, 1e12, 1.5},
    "relevance/extremes.py": {1e3, 1e6, 1e9, 1e12},
    "relevance/tables.py": {0.5},
}


def files(*packages):
    for file in sorted(PACKAGE.rglob("*.py")):
        name = file.relative_to(PACKAGE)
        if file.name not in ("weights.py", "_weights.py") and (not packages or name.parts[0].split(".")[0] in packages):
            yield name.as_posix(), file.read_text(encoding="utf-8")


def test_no_fraction_decides_outside_of_the_weights():
    found = {}
    for name, text in files(*DECIDING):
        values = {node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)}
        fractions = {value for value in values if isinstance(value, float) and value not in (0.0, 1.0)}
        if fractions:
            found[name] = fractions
    assert found == NO_WEIGHTS


def test_every_number_at_the_top_of_a_module_says_what_it_is():
    """A comment gives the unit and the reason: on the line, or above the lines that it is about."""
    silent = []
    for name, text in files():
        lines = text.splitlines()
        for node in ast.parse(text).body:
            if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)):
                continue
            above = node.lineno - 2
            while lines[above] and not lines[above].startswith("#"):
                above -= 1
            explained = "#" in lines[node.lineno - 1] or lines[above].startswith("#")
            if type(node.value.value) in (int, float) and not explained:
                silent.append(f"{name}: {lines[node.lineno - 1]}")
    assert silent == []
