"""What a fold quotes of an exchange: its call in one line, and lines of its result in their order."""

from compresskit.markers.fold_quotes import are_in_order, extract, head, quotable_text
from compresskit.types import Block, Turn


def block(text, call=""):
    return Block(0, ("content",), text, call)


def test_only_the_definitions_that_the_rows_need_are_told():
    definitions = "A = (id,user)\nB = (x,y)\n"
    assert extract(block("", "one"), "tool", definitions, "- A(1,mia)") == ["> one", "A = (id,user)", "- A(1,mia)"]
    assert extract(block("", "two"), "tool", "id|name", "1|mia") == ["> two", "id|name", "1|mia"]


def test_a_long_call_is_cut_and_stands_on_one_line():
    line = head(block("", "write " + "a\nb " * 500), "tool")
    assert "\n" not in line
    assert line.endswith("…")
    assert len(line) < 400


def test_an_extract_keeps_the_order_of_what_it_is_of():
    turns = [Turn(0, "tool", [block("one\ntwo\nthree", "count")])]
    assert are_in_order(["> count", "one", "…", "three"], quotable_text(turns))
    assert not are_in_order(["> count", "three", "one"], quotable_text(turns))
    assert not are_in_order(["> count", "four"], quotable_text(turns))


def test_a_result_that_is_left_out_is_no_empty_one():
    left_out = Block(3, ("content",), "row\n" * 200, "find {}")
    empty = Block(3, ("content",), "[]", "find {}")
    assert extract(left_out, "tool", "", "") == ["> find {}", "…"]
    assert extract(empty, "tool", "", "") == ["> find {}", "[]"]
    assert extract(left_out, "tool", "", "row\n…") == ["> find {}", "row\n…"]
