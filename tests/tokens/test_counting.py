"""Counting: in batches, in slices, and of lines that were counted with the text they stand in."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compresskit.tokens import measure as tokens
from compresskit.tokens.measure import measure_for
from compresskit.tokens.offsets import Batch
from compresskit.tokens.tiktoken_counter import SLICE_CHARACTERS, TiktokenCounter, counter_for, slices

ENCODINGS = ["o200k_base", "cl100k_base"]
# What encodings join to the line before or after: blanks, slashes, line ends of all kinds, marks that combine.
STARTS = ["", " ", "    ", "\t", "/", "//", "\r", "\u3000", "\x0b", "\u0301", "]", "'s", "9", "a", "é", "日", "<|", "…"]
LINES = st.builds(
    lambda start, body, end: start + body + end,
    st.sampled_from(STARTS),
    st.text(alphabet="ab 1/.)(:\t\r'\u3000\u0301日<|>", max_size=8),
    st.sampled_from(["", ";", " ", "\t", "\r", "/", "12", "\u3000"]),
)


def counter(name: str) -> TiktokenCounter:
    found: TiktokenCounter = counter_for(name)
    return found


@given(st.lists(LINES, min_size=2, max_size=9), st.data(), st.sampled_from(ENCODINGS))
def test_lines_cost_between_other_lines_what_the_whole_text_says(
    lines: list[str], data: st.DataObject, encoding: str
) -> None:
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    text = "\n".join(lines) + "\n"
    first, last = sorted(data.draw(st.tuples(*[st.integers(0, len(lines))] * 2).filter(lambda two: two[0] != two[1])))
    one = counter(encoding)
    known = Batch(one, [text]).tally(text).of([(starts[first], starts[last])])
    if known is not None:
        marker = "[… lines 3-9: retrieve bcdfghjklmnp]"
        before = f"{marker}\n" if first else ""
        after = marker if last < len(lines) else ""
        alone = one.count(before) + one.count(after)
        assert one.count(before + text[starts[first] : starts[last]] + after) == alone + known


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_most_lines_of_source_are_told(encoding: str) -> None:
    text = "".join(f"def f{number}(x):\n    return x + {number}\n\n" for number in range(50))
    lines = text.splitlines(keepends=True)
    offset = sum(map(len, lines[:30]))
    tally = Batch(counter(encoding), [text]).tally(text)
    assert tally.of([(0, offset), (offset + len(lines[30]), len(text))]) is not None


@given(st.lists(st.text() | st.sampled_from(["<|endoftext|>", "\ud800", "", "x" * 5]), max_size=6))
def test_a_batch_counts_each_text_as_if_alone(texts: list[str]) -> None:
    one = counter("o200k_base")
    assert Batch(one, texts).totals == [one.count(text) for text in texts]


def test_a_text_that_is_no_unicode_leaves_the_others_their_offsets() -> None:
    one = counter("o200k_base")
    text = "one line\nanother line\n" * 20
    whole = Batch(one, ["\ud800 alone", text, "", "a <|endoftext|> b"])
    assert whole.tally(text).at([0, 9, len(text)]) == Batch(one, [text]).tally(text).at([0, 9, len(text)])
    assert whole.tally(text).of([(9, 22)]) is not None
    assert whole.totals == [one.count(each) for each in whole.texts]


def test_threads_change_no_count() -> None:
    texts = [f"{number} " * 30_000 for number in range(10)] + ["tiny", "", "a <|endoftext|> inside"]
    threaded, plain = measure_for("gpt-4o", None), measure_for("gpt-4o", None)
    threaded.begin(texts)
    assert [threaded.count(text) for text in texts] == [plain.count(text) for text in texts]
    assert threaded.tally(texts[0]).at([0, 3, len(texts[0])]) == plain.tally(texts[0]).at([0, 3, len(texts[0])])


def test_who_asks_counts_what_no_thread_has_come_to(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, asked = threading.Event(), threading.Event()
    counted: dict[str, threading.Thread] = {}

    def batch(one: TiktokenCounter, texts: list[str], factor: float) -> Batch:
        counted.update(dict.fromkeys(texts, threading.current_thread()))
        if threading.current_thread() is threading.main_thread():
            asked.set()
        else:
            begun.set()
            assert asked.wait(60), "the thread that asks waits, and counts nothing"
        return Batch(one, texts, factor)

    monkeypatch.setattr(tokens, "Batch", batch)
    monkeypatch.setattr(tokens, "_WORKERS", 1)
    monkeypatch.setattr(TiktokenCounter, "is_fast", False)  # with the faster encoder there are no threads
    texts = [f"asked {number} " * 20_000 for number in range(6)]
    measure = measure_for("gpt-4o", None)
    measure.begin(texts)
    assert begun.wait(60)
    last = measure.count(texts[-1])
    assert asked.is_set()
    assert counted[texts[-1]] is threading.main_thread()
    found = [measure.count(text) for text in texts]
    assert counted[texts[0]] is not threading.main_thread()
    assert counted[texts[-1]] is threading.main_thread()
    assert found[-1] == last
    assert found == [measure_for("gpt-4o", None).count(text) for text in texts]


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("length", [100, 60_000, 400_000])
def test_texts_are_counted_here_while_other_work_is_done_elsewhere(
    workers: int, length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "_WORKERS", workers)
    monkeypatch.setattr(TiktokenCounter, "is_fast", False)  # with the faster encoder there are no threads
    here = threading.current_thread()
    texts = [f"text {workers} {number} " * (length // 60) for number in range(6)]  # no count is known already
    measure, plain = measure_for("gpt-4o", None), measure_for("gpt-4o", None)

    def work() -> tuple[threading.Thread, int]:
        return threading.current_thread(), measure.count("something else") + measure.count(texts[2])

    thread, count = measure.meanwhile(texts, work)
    assert (thread is here) == (length == 100)  # little text is counted when it is asked for
    assert count == plain.count("something else") + plain.count(texts[2])
    assert [measure.count(text) for text in texts] == [plain.count(text) for text in texts]


def test_where_no_thread_can_be_started_all_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    texts = [f"text {number} " * 40_000 for number in range(3)]
    measure, plain = measure_for("gpt-4o", None), measure_for("gpt-4o", None)
    assert measure.meanwhile(texts[:1], lambda: measure.count(texts[1])) == plain.count(texts[1])
    measure.begin(texts)
    assert [measure.count(text) for text in texts] == [plain.count(text) for text in texts]


@pytest.mark.parametrize("length", [100, 60_000])
def test_an_error_of_the_other_work_is_raised_here(length: int) -> None:
    def work() -> None:
        raise ZeroDivisionError("work")

    texts = ["word " * (length // 5)]
    measure = measure_for("gpt-4o", None)
    with pytest.raises(ZeroDivisionError, match="work"):
        measure.meanwhile(texts, work)
    assert measure.count(texts[0]) == length // 5 + 1


@given(st.integers(0, 3), st.sampled_from(["x", "word ", "line\n"]))
def test_slices_are_the_text(times: int, part: str) -> None:
    text = part * (times * SLICE_CHARACTERS // len(part) + 7)
    cut = slices(text)
    assert "".join(cut) == text
    assert max(map(len, cut)) <= SLICE_CHARACTERS
