"""Only what is prose from its beginning to its end may be shrunk."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from texts import make_text

from compresskit.shrink.prose_only import prose

PROSE = (
    "The harbour was closed in the winter of 1963. Ships waited outside for days, and nobody knew when it would be "
    "opened again. In spring the ice went, and the pilots came back to their boats.\n\n"
    "What happened then is told in the chronicle of the town: the first ship to enter was a small coaster. "
)
INSERTS = {
    "a fenced block": "```\nrun(1)\n```",
    "python": "def close(harbour):\n    return harbour.state",
    "an import": "import harbour\nfrom pilots import boats",
    "javascript": "const pier = harbour.find(2);",
    "C": "int main(void) {\n  return 0;\n}",
    "JSON": '{"pier": 2,\n "open": true}',
    "JSON in one line": '{"pier": 2, "open": true}',
    "a diff": "--- a/pier.txt\n+++ b/pier.txt\n@@ -1,2 +1,2 @@\n-closed\n+open",
    "a traceback": 'Traceback (most recent call last):\n  File "pier.py", line 3, in <module>\nValueError: closed',
    "a Java stack trace": "java.lang.IllegalStateException: closed\n    at harbour.Pier.open(Pier.java:12)",
    "a table": "| pier | open |\n| --- | --- |\n| 2 | yes |",
    "CSV": "pier,open,since\n2,yes,1963\n3,no,1964\n4,no,1965",
    "columns": "pier\topen\tsince\n2\tyes\t1963\n3\tno\t1964",
    "settings": "pier=2\nopen=yes\nsince=1963",
    "markup": "<table>\n<tr><td>2</td></tr>",
    "a shell command": "$ harbour --open 2",
}


def test_prose_is_prose():
    assert prose(PROSE * 5)
    assert prose("Notes\n\n- The pilots are back.\n- The pier is open again.\n\n" + PROSE)
    assert prose("港は1963年の冬に閉鎖された。船は何日も外で待った。いつ再開されるかは誰も知らなかった。\n" * 5)


@pytest.mark.parametrize("name", INSERTS)
@pytest.mark.parametrize("place", ["first", "in the middle", "last", "far behind"])
def test_prose_with_something_else_in_it_is_not(name, place):
    parts = {"first": (0, 3), "in the middle": (2, 2), "last": (3, 0), "far behind": (40, 1)}[place]
    before, after = (PROSE * count for count in parts)
    assert not prose(f"{before}\n\n{INSERTS[name]}\n\n{after}"), INSERTS[name]


@given(
    st.sampled_from(["code", "log", "json", "jsonl", "diff", "grep", "html", "base64", "tiny lines"]),
    st.integers(0, 20),
    st.integers(400, 9000),
)
def test_no_other_kind_of_text_passes_for_prose(kind, seed, size):
    assert not prose(make_text(kind, seed, size))


@given(st.text(max_size=500))
def test_any_text_gets_an_answer(text):
    assert prose(text) in (True, False)


@pytest.mark.parametrize("piece", [" ", "\n", "| ", "<a ", '{"', "a,b", "a  b", "=", "at x("])
def test_a_long_odd_text_takes_no_longer_than_it_should(piece):
    assert prose(piece * 30_000) in (True, False)
