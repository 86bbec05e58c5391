"""Python is cut at its definitions; what `ast` says about the standard library is the oracle."""

import argparse
import ast
import bisect
import dataclasses
import json.decoder
from pathlib import Path

import pytest

from compresskit.content import split

SOURCES = [
    Path(module.__file__).read_text(encoding="utf-8") for module in (argparse, bisect, dataclasses, json.decoder)
]
WHOLE = {"min_chars": 1, "max_chars": 10**9}


def definitions(text):
    """(name, text from the first decorator to the last line) of each function, class header apart."""
    lines = text.splitlines(keepends=True)

    def walk(body, prefix):
        for node in body:
            if isinstance(node, ast.ClassDef):
                yield from walk(node.body, prefix + node.name + ".")
            elif isinstance(node, ast.FunctionDef):
                first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
                yield prefix + node.name, "".join(lines[first - 1 : node.end_lineno])

    return list(walk(ast.parse(text).body, ""))


def named(text, found):
    """Each name with all of its segments' texts together."""
    segments = {}
    for segment in found.segments:
        for name in segment.name.split(", "):
            segments[name] = segments.get(name, "") + text[segment.start : segment.end]
    return segments


def numbered(text, form):
    return "".join(form.format(number) + line for number, line in enumerate(text.splitlines(keepends=True), 1))


@pytest.mark.parametrize("text", SOURCES, ids=len)
def test_the_segment_of_a_function_holds_the_whole_of_it_and_no_other(text):
    found = split(text, "a.py", **WHOLE)
    segments = named(text, found)
    for name, source in definitions(text):
        assert source in segments[name]
    assert len(found.segments) > len(definitions(text))


@pytest.mark.parametrize("form", ["{:6}→", "{}:", "{}\t", "{:4}|", "{} | "])
def test_line_numbers_change_nothing(form):
    text = SOURCES[3]
    plain = split(text, "a.py", **WHOLE)
    view = numbered(text, form)
    found = split(view, "a.py", **WHOLE)
    assert [segment.name for segment in found.segments] == [segment.name for segment in plain.segments]
    assert [view.count("\n", 0, segment.start) for segment in found.segments] == [
        text.count("\n", 0, segment.start) for segment in plain.segments
    ]


@pytest.mark.parametrize("cut", [0.3, 0.5, 0.8])
def test_half_a_file_is_cut_at_the_same_definitions(cut):
    whole = SOURCES[0]
    text = whole[: int(len(whole) * cut)]
    segments = named(text, split(text, "a.py", **WHOLE))
    there = [(name, source) for name, source in definitions(whole) if source in text]
    assert len(there) > 20
    assert all(source in segments[name] for name, source in there)


def test_the_middle_of_a_class_is_cut_at_its_methods():
    text = (
        "        return 1\n\n    @property\n    def a(self):\n        return 2\n\n    def b(self):\n        return 3\n"
    )
    segments = named(text, split(text, "a.py", **WHOLE))
    assert segments["a"] == "    @property\n    def a(self):\n        return 2\n\n"
    assert segments["b"].startswith("    def b")


def test_decorators_and_comments_right_above_belong_to_a_definition():
    text = "x = 1\n# not about f\n\n# about f\n@one\n@two(\n    3,\n)\ndef f():\n    pass\n"
    segments = named(text, split(text, "a.py", **WHOLE))
    assert segments["f"] == text[text.index("# about f") :]


def test_a_class_header_has_the_docstring_and_the_attributes():
    text = 'class A(B):\n    """Doc.\n\n    More.\n    """\n\n    x = 1\n\n    def f(self):\n        pass\n'
    segments = named(text, split(text, "a.py", **WHOLE))
    assert segments["A"] == text[: text.index("    def f")]


def test_imports_are_one_segment_and_constants_are_named():
    text = "import a\n\nfrom b import c\n\nLIMIT = 3\n\nTABLE: dict = {\n    1: 2,\n}\n"
    found = split(text, "a.py", **WHOLE)
    assert [(text[s.start : s.end], s.name) for s in found.segments] == [
        ("import a\n\nfrom b import c\n\n", ""),
        ("LIMIT = 3\n\n", "LIMIT"),
        ("TABLE: dict = {\n    1: 2,\n}\n", "TABLE"),
    ]


def test_small_methods_share_a_segment_but_not_with_another_class():
    methods = "".join(f"    def m{number}(self):\n        return {number}\n\n" for number in range(9))
    text = f"class A:\n{methods}class B:\n{methods}"
    for segment in split(text, "a.py").segments:
        assert len({name.split(".")[0] for name in segment.name.split(", ")}) == 1


def test_functions_among_branches_are_found():
    text = "try:\n    import a\nexcept ImportError:\n    def f():\n        return 1\n\n"
    text += "if x:\n    class B:\n        def g(self):\n            pass\n"
    assert {"f", "B", "B.g"} <= set(named(text, split(text, "a.py", **WHOLE)))


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "-" * 100_000 + "1",
        "x = " + "(" * 50_000,
        "x = 1" + " + 1" * 50_000,
        "a" + ".b" * 50_000,
        "if x:\n def f(): pass\n" + "elif x:\n def f(): pass\n" * 3000,
        "def f():\n\0",
        "def f():\n    '\ud800'\n",
        "\ufeffdef f():\n    pass\n",
        "def f():\r    pass\rdef g():\r    pass\r",
    ],
    ids=lambda text: text[:12],
)
def test_what_no_parser_takes_is_split_all_the_same(text):
    found = split(text, "a.py", **WHOLE)
    assert "".join(text[segment.start : segment.end] for segment in found.segments) == text
    assert {"f"} <= {segment.name for segment in found.segments} or "def f" not in text
