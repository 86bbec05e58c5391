"""Short forms: lossless ones say the very same, the log's keeps what is not like the rest, all stay pure and linear."""

import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from compresskit.content import FORMS, LOSSLESS, detect, forms_of, said_in_short, segments_of, shorten
from compresskit.content.compact.log import cleaned, short_log
from compresskit.content.compact.search import expand_listing, expand_search, short_listing, short_search
from compresskit.content.compact.table import short_table
from compresskit.content.compact.templates import templates

words = st.text(alphabet="abz09_ .:-/=,\"'|\t…[]", max_size=12) | st.sampled_from(["src/a.py", "--", "", "12", "…"])
paths = st.sampled_from(["a.py", "src/a.py", "src/a-1-b.py", "/x/y/z.c", "C:/w.txt", "12", "a b.py"])
hits = st.builds(
    lambda path, number, sign, text: f"{path}{sign}{number}{sign}{text}",
    paths, st.integers(1, 999), st.sampled_from([":", "-"]), words,
)  # fmt: skip
outputs = st.lists(hits | words, max_size=30).map("\n".join)
listings = st.lists(st.builds("{}/{}".format, st.sampled_from(["a", "a/b", "./c", "/"]), words) | words, max_size=30)
folders = st.lists(
    st.tuples(paths, st.lists(words, max_size=5)).map(lambda part: "\n".join([f"{part[0]}:", *part[1]])), max_size=5
)


@given(outputs)
def test_hits_by_file_stand_for_the_very_same_text(text):
    short = short_search(text)
    assert short is None or expand_search(short.body) == text


@given(listings.map("\n".join) | folders.map("\n\n".join))
@example("a:\nb\n\n\nc:\nd")
def test_paths_by_folder_stand_for_the_very_same_text(text):
    short = short_listing(text if "\n\n" in text else text + "\nx/y" * 1500)
    assert short is None or expand_listing(short.body).startswith(text)


@given(st.text() | outputs | st.sampled_from(["x\x08\x08y", "\r\r", "\x1b[", "a\n" * 50]), st.sampled_from(list(FORMS)))
def test_any_text_has_a_form_or_none_and_segments_that_make_it_up(text, form):
    short = FORMS[form](text)
    looks_cut = short is not None and form in LOSSLESS and any(line == "…" for line in short.body.split("\n"))
    assert said_in_short(text, form) == (short.head + short.body if short and not looks_cut else "")
    if short and short.body:
        found = segments_of(short, 60, 400).segments
        assert "".join(short.body[start:end] for start, end, _ in found) == short.body


def test_hits_that_are_cut_apart_each_have_their_path():
    text = "".join(f"src/{name}.py:{n}:value = compute({n})\n" for name in "abc" for n in range(100))
    short = short_search(text)
    for start, _end, _ in segments_of(short, 60, 120).segments:
        assert short.body.startswith(("src/a.py\n", "src/b.py\n", "src/c.py\n"), start) or start == len(short.body) - 1


def test_a_table_says_common_values_once_and_exceptions_by_name():
    rows = "".join(f"{n},free,eu,{'late' if n == 3 else 'ok'}\n" for n in range(30))
    short = short_table("id,plan,region,state\n" + rows)
    assert short.head == "(in every row plan: free, region: eu)\n(unless a row says otherwise state: ok)\nid\n"
    assert [line for line in short.body.split("\n") if "=" in line] == ["3,state=late"]


def test_a_markdown_table_is_a_table():
    rows = "".join(f"| {n:<9} | eu     | {n * n} |\n" for n in range(30))
    short = short_table("| id | region | size |\n| -- | :----- | ---- |\n" + rows)
    assert short.head == "(in every row region: eu)\nid|size\n"
    assert "7|49\n" in short.body


@pytest.mark.parametrize(
    "text", ["", "a,b\n", "a,b\n" + "1\n" * 20, "1,2\n" * 20, "word\n" * 20, "a,a\n" + "1,2\n" * 20]
)
def test_what_is_no_table_with_named_columns_is_left_alone(text):
    assert short_table(text) is None


# --- logs ------------------------------------------------------------------------------------------


def kinds(lines):
    return len(set(templates(lines)))


def test_what_varies_in_many_lines_makes_no_kinds():
    chance = random.Random(1)
    ids = [f"{chance.getrandbits(64):016x}" for _ in range(300)]
    assert kinds([f"took {n} ms for user_{ids[n]} at 10.0.{n % 200}.{n}" for n in range(300)]) == 1
    assert kinds([f"GET /a/{n} {'200' if n % 9 else '500'}" for n in range(90)]) == 2
    assert kinds([f"Collecting {name * 3}" for name in "abcdefghijklmnop"]) == 1


def test_lines_of_words_that_are_all_different_are_kinds_of_their_own():
    lines = [f"{a} {b} {c}" for a in ("one", "two", "three") for b in ("red", "blue") for c in ("up", "down")]
    assert kinds(lines) == len(lines)


def test_words_of_failure_and_far_numbers_are_never_taken_for_values():
    lines = [f"job {n:x}{n:x} ended as w{n}w" for n in range(1000, 1200)]
    assert kinds([*lines, "job 7f7f ended as failure"]) == kinds(lines) + 1
    times = [f"request {n} took {n % 90}ms" for n in range(1000, 1300)]
    assert kinds([*times, "request 1300 took 981234ms"]) == kinds(times) + 1


def test_a_traceback_stays_whole_and_the_same_one_again_is_counted():
    trace = 'Traceback (most recent call last):\n  File "a.py", line 3, in f\n    g()\nValueError: no\n'
    lines = [f"10:00:{n % 60:02} step {n} of the job is done\n" for n in range(200)]
    text = "".join([*lines[:60], trace, *lines[60:120], trace, *lines[120:], trace, "done\n"])
    short = short_log(text)
    shown = "".join(short.body[start:end] for start, end, _ in segments_of(short, 60, 400).segments)
    assert trace.rstrip("\n") + "\n… 2 more like this in lines 65-212, until 10:00:19\n" in shown
    assert short.telling < 600


@given(st.lists(st.text(alphabet="ab\r\x08\x1b[0m \n", max_size=20), max_size=10).map("\n".join))
def test_cleaning_twice_changes_nothing(text):
    once = cleaned(text)
    assert "\r" not in once
    assert "\x08" not in once
    assert cleaned(once) == once or "\x1b" in once


@pytest.mark.parametrize(
    "piece",
    [
        "\r",
        "\x08",
        "\x1b[",
        "a",
        "a ",
        "a,",
        "[{",
        "a:1:",
        "a-1-",
        "/",
        "a/",
        " \n",
        "|",
        "| ",
        "0",
        "\n\n",
        '"',
        "a\n",
    ],
)
def test_no_text_takes_long(piece):
    text = "id,x\nsrc/a.py:1:x\n" + piece * 200_000
    for form in FORMS.values():
        form(text)
    forms_of(text, detect(text))


def test_a_form_is_used_only_where_it_is_clearly_shorter():
    assert shorten("[1, 2, 3]", list(FORMS)) is None
    assert shorten("All of this is prose. " * 40, list(FORMS)) is None
