"""The faster encoder gives the tokens of tiktoken, or leaves a text to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compresskit import compress
from compresskit.tokens import tiktoken_counter
from compresskit.tokens.measure import measure_for
from compresskit.tokens.tiktoken_counter import SLICE_CHARACTERS, TiktokenCounter, counter_for

ENCODINGS = ["o200k_base", "cl100k_base"]
# Signs that the patterns of the encodings treat apart, runs of one character, and special tokens as text.
PIECES = st.one_of(
    st.text(max_size=12),
    st.text(alphabet="ab AB1'st/\n\r\t.=_\u017f\u212a\u0301\u3000日한ع😀\u180e\u1acf", max_size=30),
    st.builds(lambda sign, times: sign * times, st.characters(), st.sampled_from([2, 17, 300])),
    st.sampled_from(["<|endoftext|>", "<|fim_prefix|>", "don't", "I'LL", "\ud800", "XMLHttpRequest2", "//\n\n", "🏳️‍🌈"]),
)
TEXTS = st.lists(PIECES, max_size=8).map("".join)


@pytest.fixture(autouse=True)
def loaded_at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(tiktoken_counter, "_SLOW_CHARACTERS", 1)
    counter_for.cache_clear()
    yield
    counter_for.cache_clear()


def of(name: str) -> tuple[TiktokenCounter, TiktokenCounter]:
    """A counter that uses the faster encoder, and one that never does."""
    fast = counter_for(name)
    if not fast.is_fast:
        fast.load_faster()
    assert fast.is_fast
    plain = TiktokenCounter(fast._encoding)
    plain.stay_slow()
    return fast, plain


@pytest.mark.parametrize("name", ENCODINGS)
@given(texts=st.lists(TEXTS, min_size=1, max_size=6))
def test_every_text_has_the_tokens_of_tiktoken(name: str, texts: list[str]) -> None:
    fast, plain = of(name)
    (found, totals), (expected, expected_totals) = fast.encoded(texts), plain.encoded(texts)
    assert totals == expected_totals
    for number in range(len(texts)):
        given_parts, parts = found.parts(number), expected.parts(number)
        assert (given_parts is None) == (parts is None)
        assert [found.tokens[slice(*part)].tolist() for part in given_parts or ()] == [
            expected.tokens[slice(*part)].tolist() for part in parts or ()
        ]


def test_a_text_of_several_slices_has_the_tokens_of_tiktoken() -> None:
    fast, plain = of("o200k_base")
    text = "word 日本 12\n" * (SLICE_CHARACTERS // 4) + "x" * (2 * SLICE_CHARACTERS)
    (found, totals), (expected, expected_totals) = fast.encoded([text]), plain.encoded([text])
    assert totals == expected_totals
    given, wanted = ([end - start for start, end in each.parts(0) or ()] for each in (found, expected))
    assert given == wanted


def test_results_are_the_same_without_the_faster_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["".join(f"def f{n}(x):\n    return x * {n} ** {k} # ½ 日本\n\n" for n in range(300)) for k in range(6)]
    messages = [{"role": ("user", "assistant")[n % 2], "content": text} for n, text in enumerate(texts)]
    messages += [{"role": "assistant", "content": "Read."}, {"role": "user", "content": "What does f17 return?"}]
    of("o200k_base")
    with_it = compress(messages, "gpt-4o", 9_000)
    counter_for.cache_clear()
    monkeypatch.setattr(tiktoken_counter, "_SLOW_CHARACTERS", 10**12)
    without = compress(messages, "gpt-4o", 9_000)
    assert not counter_for("o200k_base").is_fast
    assert with_it == without
    assert with_it.target_met


def test_a_process_with_little_text_does_not_load_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiktoken_counter, "_SLOW_CHARACTERS", 1_000)
    counter = counter_for("o200k_base")
    counter.encoded(["x" * 900])
    assert not counter.is_fast
    counter.encoded(["y" * 200])
    assert counter.is_fast


def test_a_text_that_was_counted_before_is_not_encoded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"{number} words of a history that an agent sends again. " * 40 for number in range(50)]
    before = measure_for("gpt-4o", None, 1.5)
    before.begin(texts)
    counts = [before.count(text) for text in texts]

    def encoded(*_: object) -> None:
        raise AssertionError("a text was encoded again")

    monkeypatch.setattr(TiktokenCounter, "encoded", encoded)
    monkeypatch.setattr(TiktokenCounter, "count", encoded)
    after = measure_for("gpt-4o", None, 1.5)
    after.begin(texts)
    assert [after.count("".join(text)) for text in texts] == counts
    with pytest.raises(AssertionError):
        after.count(texts[0] + ".")
