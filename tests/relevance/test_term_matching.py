"""Segments read for the words of a query: what numpy picks out of ASCII text is what cutting it into words finds."""

from hypothesis import example, given
from hypothesis import strategies as st

from compresskit.content import Segment
from compresskit.relevance.document import Document
from compresskit.relevance.term_matching import Reader
from compresskit.relevance.terms import words
from compresskit.types import Query

TERMS = ("user", "name", "http", "server", "1c", "ab", "x86", "a12b", "abcdefgh", "abcdefghi", "zürich")
WORDS = (
    *("user", "Users", "USER", "getUserName", "HTTPServer", "HTTP2Server", "AB1c", "getA12b", "a12b", "x86", "X86User"),
    *("abcdefgh", "abcdefghi", "abcdefghj", "ABCDEFGHI", "userABCDEFGHI", "aB", "A", "", "get_user", "1", "0xAB1c"),
)
pieces = st.lists(st.sampled_from(WORDS) | st.text("aAbB1 _.\n\0", max_size=6), max_size=12).map(" ".join)
beyond = st.sampled_from(["", "", " Zürich", " 日本user", " 12→getUserName", "│name—users…", " user’s ①→é"])
documents = st.lists(st.tuples(pieces, pieces, st.sampled_from(["", "user.ServerName", "AB1c"]), beyond), max_size=5)


def document(first, second, name, more, call="open getUserName users"):
    text = f"{first}\n{second}{more}"
    return Document(text, [Segment(0, len(first) + 1, name), Segment(len(first) + 1, len(text), "")], call, 0.0)


def query():
    return Query(dict.fromkeys(TERMS, 1.0), {})


@given(documents)
@example([("AB1c getA12b", "HTTP2Server", "X86User", "")])
def test_ascii_text_reads_as_any_other(given):
    documents = [document(*one) for one in given if one[0] + one[1] + one[3]]
    found = Reader(query()).read(documents)
    reader = Reader(query())
    segments = [(one, *each) for one in documents for each in one.segments]
    for number, (one, start, end, name) in enumerate(segments):
        said = f"{one.text[start:end]} {name} {name}"
        assert found.counts.rows()[number] == reader.hits(said)
        assert found.lengths[number] == len(words(said))


def test_a_segment_tells_its_terms_and_its_length():
    one = document("getUserName reads users", "nothing here", "", "")
    found = Reader(query()).read([one])
    assert found.counts.rows() == [{"user": 2, "name": 1}, {}]
    assert found.lengths == [3, 2]
