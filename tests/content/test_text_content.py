"""Diffs, logs, search results, Markdown and prose are cut where a reader would."""

import difflib
import gzip
import json
import traceback

import pytest
from paths import DATA

from compresskit.content import split


def pieces(text, **options):
    return [text[segment.start : segment.end] for segment in split(text, **options).segments]


def names(text, **options):
    return [segment.name for segment in split(text, **options).segments]


def test_each_hunk_is_a_segment_and_the_first_has_the_header():
    old = [f"line {number}\n" for number in range(120)]
    new = [line.replace("line", "changed") if number in (5, 60, 110) else line for number, line in enumerate(old)]
    patch = "".join(
        f"diff --git a/{path} b/{path}\n" + "".join(difflib.unified_diff(old, new, f"a/{path}", f"b/{path}"))
        for path in ("src/a.py", "src/b.py")
    )
    found = pieces(patch, min_chars=1)
    assert names(patch, min_chars=1) == ["src/a.py"] * 3 + ["src/b.py"] * 3
    assert all(piece.count("\n@@ ") + piece.startswith("@@ ") == 1 for piece in found)
    assert [piece.startswith("diff --git") for piece in found] == [True, False, False] * 2


def test_a_deleted_file_keeps_its_path_and_a_removed_comment_is_no_header():
    patch = "--- a/gone.sql\n+++ /dev/null\n@@ -1,3 +0,0 @@\n--- a comment\n-select 1\n--- another\n"
    assert names(patch, min_chars=1) == ["gone.sql"]


def test_a_commit_message_stands_apart_from_its_patch():
    text = "commit 0123456789abcdef\nAuthor: A\n\n    Why it was done\n\ndiff --git a/x b/x\n@@ -1 +1 @@\n-a\n+b\n"
    assert [piece.split()[0] for piece in pieces(text, min_chars=1)] == ["commit", "diff"]


def deep_failure(depth):
    if depth:
        deep_failure(depth - 1)
    raise ValueError("the end")


def test_a_traceback_stays_in_one_piece_with_the_line_that_announces_it():
    try:
        try:
            deep_failure(3)
        except ValueError as error:
            raise KeyError("chained") from error
    except KeyError:
        report = traceback.format_exc()
    log = f"2024-05-01 10:00:00 INFO one\n2024-05-01 10:00:01 ERROR two\n{report}2024-05-01 10:00:02 INFO three\n"
    found = pieces(log, min_chars=1, max_chars=10_000)
    assert found == [
        "2024-05-01 10:00:00 INFO one\n",
        f"2024-05-01 10:00:01 ERROR two\n{report}",
        "2024-05-01 10:00:02 INFO three\n",
    ]


def test_continuation_lines_stay_with_their_line_and_blank_lines_end_an_episode():
    log = "10:00:00 INFO a\n    more of a\n10:00:01 INFO b\n\n10:00:02 INFO c\n"
    assert pieces(log, min_chars=1) == ["10:00:00 INFO a\n    more of a\n", "10:00:01 INFO b\n\n", "10:00:02 INFO c\n"]


PYTEST = """============================= test session starts ==============================
collected 3 items

test_a.py .FF                                                            [100%]

=================================== FAILURES ===================================
___________________________________ test_one ___________________________________

    def test_one():
>       assert 1 == 2
E       assert 1 == 2

test_a.py:5: AssertionError
___________________________________ test_two ___________________________________

    def test_two():

        x = 1
>       assert x == 2
E       assert 1 == 2

test_a.py:11: AssertionError
=========================== short test summary info ============================
FAILED test_a.py::test_one - assert 1 == 2
FAILED test_a.py::test_two - assert 1 == 2
========================= 2 failed, 1 passed in 0.03s ==========================
"""
UNITTEST = """.F
======================================================================
FAIL: test_one (a.Test.test_one)
----------------------------------------------------------------------
Traceback (most recent call last):
  File "a.py", line 3, in test_one
    self.fail()

AssertionError: None

----------------------------------------------------------------------
Ran 2 tests in 0.001s

FAILED (failures=1)
"""
NUMBERED_FAILURES = """Running ExUnit with seed: 0

  1) test mount (Shop.CartTest)
     test/cart_test.exs:5
     ** (MatchError) no match

     code: assert 1

  2) test show (Shop.CartTest)
     test/cart_test.exs:9

Finished in 0.1 seconds
2 tests, 2 failures
"""


@pytest.mark.parametrize(
    ("report", "tests", "summary"),
    [
        (PYTEST, ["test_one", "test_two"], "2 failed, 1 passed"),
        (UNITTEST, ["test_one"], "FAILED (failures=1)"),
        (NUMBERED_FAILURES, ["test mount (Shop.CartTest)", "test show (Shop.CartTest)"], "2 tests, 2 failures"),
    ],
)
def test_each_failure_is_one_piece_named_by_its_test(report, tests, summary):
    found = split(report, "run the tests", min_chars=1)
    assert [segment.name for segment in found.segments if segment.name] == tests
    for segment in found.segments:
        if segment.name:
            piece = report[segment.start : segment.end]
            assert segment.name.split()[-1].strip("()") in piece
            assert "assert" in piece.lower() or "test/" in piece
            assert summary not in piece


def test_search_results_are_grouped_by_file():
    hits = "".join(f"src/{name}.py:{line}:value = {line}\n" for name in "abc" for line in range(10, 90, 10))
    found = split(hits)
    assert [segment.name for segment in found.segments] == [
        f"src/{name}.py" for name in "abc" for _ in range(len(found.segments) // 3)
    ]
    for segment in found.segments:
        assert {line.split(":")[0] for line in hits[segment.start : segment.end].splitlines()} == {segment.name}


def test_the_context_of_a_hit_belongs_to_its_file_though_the_path_has_numbers():
    hits = "a-1-b.py:6:x\na-1-b.py-7-y = z[1:2]\n--\nc.py:3:x\n"
    assert list(dict.fromkeys(names(hits, min_chars=1))) == ["a-1-b.py", "c.py"]


def test_listed_paths_are_grouped_by_folder():
    listing = "".join(f"./{folder}/file_{number}.txt\n" for folder in ("alpha", "beta") for number in range(12))
    assert set(names(listing)) == {"./alpha", "./beta"}


MARKDOWN = """# Guide

Intro.

## Install

Run this:

```sh
pip install x

# not a heading
```

## Use

- first
  still first
- second
"""


def test_markdown_is_cut_by_headings_and_a_fence_stays_whole():
    found = dict.fromkeys(names(MARKDOWN, min_chars=1), "")
    for segment in split(MARKDOWN, min_chars=1).segments:
        found[segment.name] += MARKDOWN[segment.start : segment.end]
    assert list(found) == ["Guide", "Install", "Use"]
    assert found["Install"].startswith("## Install\n\nRun this:\n")
    assert any("```sh" in piece and "not a heading\n```" in piece for piece in pieces(MARKDOWN, min_chars=1))
    assert pieces(MARKDOWN, min_chars=1)[-2:] == ["## Use\n\n- first\n  still first\n", "- second\n"]


@pytest.mark.parametrize(
    "sentences",
    [
        [
            "Dr. No fled to the U.S. in 1962. ",
            "He was never seen again! ",
            "Why? ",
            '"Because," they said. ',
            "The end.",
        ],
        ["J. K. Rowling wrote it, e.g. the first part. ", "It sold well."],
        ["这是第一句话。", "这是第二句话！", "这是第三句吗？", "「是的。」", "完。"],
        ["これは一つ目の文です。", "これは二つ目です。"],
        ["यह पहला वाक्य है। ", "यह दूसरा है। ", "और यह तीसरा।"],
    ],
)
def test_prose_is_cut_between_sentences_of_any_script(sentences):
    assert pieces("".join(sentences), min_chars=0) == sentences


def test_paragraphs_are_not_mixed_and_a_title_names_its_own():
    text = "\n\n".join(f"Title {n}\n" + f"Sentence {n} is of a fair length, as sentences go. " * 4 for n in range(5))
    for segment in split(text).segments:
        assert text[segment.start : segment.end].count("Title ") <= 1
        assert f"Sentence {segment.name[-1]}" in text[segment.start : segment.end]


def test_sentences_of_real_passages_stay_whole():
    """The sentences are those that the people who made the data set marked."""
    file = DATA / "qa_multihop.jsonl.gz"
    if not file.exists():
        pytest.skip("the data is not here")
    whole = total = 0
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        questions = [question for question in map(json.loads, lines) if question["id"].startswith("hotpot")]
    for question in questions:
        for title, sentences in question["paragraphs"]:
            found = pieces(f"{title}\n{''.join(sentences)}")
            marked = [sentence.strip() for sentence in sentences if sentence.strip()]
            whole += sum(any(sentence in piece for piece in found) for sentence in marked)
            total += len(marked)
    assert total > 3000
    assert whole / total > 0.99
