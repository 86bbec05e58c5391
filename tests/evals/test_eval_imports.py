"""Imports among the packages of the evals go one way, and every package has its place in one table."""

from pathlib import Path

from import_graph import circle, graph

import evals

PACKAGE = Path(evals.__file__).parent
# Lowest first: a package imports from itself and from the lines above its own. What is not listed fails.
LAYERS = [
    {"harness"},
    {"models", "report"},
    {"suites"},
    {"__main__", ""},
]


def layer(name):
    """The line of a module's package; every package has one."""
    return next(number for number, line in enumerate(LAYERS) if name.split(".")[0] in line)


def test_imports_go_one_way():
    found = graph(PACKAGE)
    assert any(found.values()), "the walk finds imports at all"
    upward = [
        f"{name} imports {one}"
        for name in found
        for one in found[name]
        if one.split(".")[0] != name.split(".")[0] and layer(one) >= layer(name)
    ]
    assert upward == []


def test_no_module_imports_itself_by_a_detour():
    assert circle(graph(PACKAGE)) == []


def test_the_root_has_the_command_and_packages_only():
    """Nothing new comes to lie beside them."""
    assert {file.name for file in PACKAGE.glob("*.py")} == {"__init__.py", "__main__.py"}
    assert {file.parent.name for file in PACKAGE.glob("*/__init__.py")} == set().union(*LAYERS) - {"__main__", ""}
