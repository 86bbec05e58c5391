"""What holds for every text: segments are a partition, of the size asked for, the same every time."""

from fragments import FRAGMENTS, HINTS, hints, mixed_text, texts
from hypothesis import given
from hypothesis import strategies as st

from compresskit.content import Segment, split

KINDS = {"python", "code", "diff", "json", "jsonl", "log", "search", "markdown", "prose", "lines"}
sizes = st.tuples(st.integers(-5, 400), st.integers(-5, 2000))


def pieces(text, found):
    return [text[segment.start : segment.end] for segment in found.segments]


def is_partition(text, segments):
    edges = [0, *(segment.end for segment in segments)]
    return (
        [segment.start for segment in segments] == edges[:-1]
        and edges[-1] == len(text)
        and all(segment.start < segment.end for segment in segments)
    )


@given(texts, hints, sizes)
def test_segments_partition_any_text(text, hint, size):
    found = split(text, hint, *size)
    assert found.kind in KINDS
    assert is_partition(text, found.segments)


@given(mixed_text, st.sampled_from(HINTS))
def test_segments_partition_what_is_made_of_known_kinds(text, hint):
    assert is_partition(text, split(text, hint, 20, 200).segments)


def test_every_fragment_many_times_over_is_a_partition_with_every_hint():
    for fragment in FRAGMENTS:
        for hint in HINTS:
            assert is_partition(fragment * 70, split(fragment * 70, hint).segments), (fragment, hint)


@given(texts, hints, st.integers(-3, 300))
def test_no_segment_is_longer_than_asked_but_for_a_line_end(text, hint, size):
    found = split(text, hint, min_chars=50, max_chars=size)
    assert all(len(piece) <= max(size, 1) or piece == "\r\n" for piece in pieces(text, found))


@given(texts, hints, sizes)
def test_no_line_end_falls_apart(text, hint, size):
    found = split(text, hint, *size)
    assert not any(
        text[segment.end - 1] == "\r" and text[segment.end : segment.end + 1] == "\n" for segment in found.segments
    )


@given(texts, hints)
def test_the_same_text_gives_the_same_segments(text, hint):
    assert split(text, hint) == split(str(text), hint)


@given(texts, hints)
def test_names_are_short_and_of_one_line(text, hint):
    assert all("\n" not in name and len(name) <= 120 for _, _, name in split(text, hint, min_chars=1).segments)


@given(
    st.lists(
        st.sampled_from(["Short one.", "This sentence is of a middling length, as most of them are."]),
        min_size=1,
        max_size=60,
    )
)
def test_sentences_of_a_paragraph_are_put_together_until_they_are_long_enough(sentences):
    text = " ".join(sentences)
    found = pieces(text, split(text, min_chars=60))
    assert min(map(len, found)) >= min(60, len(text))
    assert max(map(len, found)) < 800
    assert all(piece.rstrip().endswith(".") for piece in found)


def test_an_empty_text_has_no_segments():
    assert split("").segments == []


def test_a_text_below_the_least_size_is_one_segment():
    assert split("a\n\nb\n").segments == [Segment(0, 5, "")]


def test_a_long_function_is_cut_at_its_blank_lines():
    paragraphs = ["    first = 1\n" * 20, "    second = 2\n" * 20, "    third = 3\n" * 20]
    text = "def f():\n" + "\n".join(paragraphs)
    assert [piece.strip().split()[0] for piece in pieces(text, split(text, "a.py", max_chars=400))] == [
        "def",
        "second",
        "third",
    ]


def test_one_long_line_is_cut_at_words_and_without_words_anywhere():
    words, letters = "lorem ipsum " * 400, "a" * 5000
    assert all(piece.endswith(" ") for piece in pieces(words, split(words)))
    assert {len(piece) for piece in pieces(letters, split(letters))} == {1250}


def test_composed_characters_stay_whole():
    text = "e\u0301" * 3000
    assert not any(piece.startswith("\u0301") for piece in pieces(text, split(text)))
