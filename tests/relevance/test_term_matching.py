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
        alone = {term: times for term, times in found.counts.rows()[number].items() if "&" not in term}
        assert alone == reader.hits(said)
        assert found.lengths[number] == len(words(said))


@given(pieces)
@example("get_user_name getUserName user__name _user_name name_ user userName_http")
def test_neighbours_in_a_name_are_a_pair_in_any_text(text):
    read = [Reader(query()).read([document(said, "", "", "", "")]).counts.rows()[0] for said in (text, f"{text} ж")]
    assert read[0] == read[1]


def test_two_words_of_the_query_in_one_name_count_more_than_far_from_each_other():
    names, apart = "getUserName user_name", "user getName name_http_user"
    found = Reader(query()).read([document(names, apart, "", "", "")])
    assert found.counts.rows()[0] == {"user": 2, "name": 2, "name&user": 2}
    assert found.counts.rows()[1] == {"user": 2, "name": 2, "http": 1, "http&name": 1, "http&user": 1}


def test_a_segment_tells_its_terms_and_its_length():
    one = document("getUserName reads users", "nothing here", "", "")
    found = Reader(query()).read([one])
    assert found.counts.rows() == [{"user": 2, "name": 1, "name&user": 1}, {}]
    assert found.lengths == [3, 2]
