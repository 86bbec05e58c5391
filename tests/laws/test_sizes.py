"""Law 9: big inputs of every shape come through and meet their target.

Takes no times: those depend on the machine, and scripts/bench compares them within one run. What Python holds at once
is the same on every machine.
"""

import gc
import json
import tracemalloc

import pytest
from oracles import difference
from strategies import MODEL
from texts import make_text

from compresskit import compress, restore

ONE_MESSAGE = {
    "a long line": "abc def " * 60_000,
    "a long run of one letter": "a" * 1_000_000,
    "a long run of spaces": " " * 1_000_000,
    "a long run of line ends": "\n" * 500_000,
    "a long run of brackets": "[" * 200_000,
}
SHAPES_OF_INPUT = {
    "many parts": [{"role": "user", "content": [{"type": "text", "text": f"part {n}"} for n in range(3_000)]}],
    **{name: [{"role": "user", "content": text}] for name, text in ONE_MESSAGE.items()},
}


@pytest.mark.parametrize("name", SHAPES_OF_INPUT)
def test_a_big_input_of_any_shape_comes_to_its_target(name):
    messages = [*SHAPES_OF_INPUT[name], {"role": "user", "content": "What was it about?"}]
    total = compress(messages, MODEL, trigger=10**9).original_tokens
    result = compress(messages, MODEL, trigger=total // 2, target=total // 3)
    assert result.target_met
    assert difference(restore(result.messages, result.cache), messages) is None


@pytest.mark.parametrize("word", ["a" + "/1" * 150_000, "a1" + "_a1" * 100_000, "a" + "-1" * 150_000, "a." * 150_000])
def test_a_long_word_in_an_agents_call_is_no_burden(word):
    function = {"name": "find", "arguments": json.dumps({"what": word})}
    call = {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "type": "function", "function": function}]}
    answer = {"role": "tool", "tool_call_id": "c", "content": f"Found in src/app.py: {word}"}
    messages = [{"role": "user", "content": "Look."}, call, answer, {"role": "user", "content": "And now?"}] * 2
    total = compress(messages, MODEL, trigger=10**9).original_tokens
    result = compress(messages, MODEL, trigger=total // 2, target=total // 3)
    assert difference(restore(result.messages, result.cache), messages) is None


def test_a_query_of_50_000_words_is_no_burden():
    question = " ".join(f"word{n % 9_000} thing" for n in range(25_000))
    messages = [{"role": "user", "content": f"note {n} about word{n}\n" * 40} for n in range(60)]
    total = compress(messages, MODEL, trigger=10**9).original_tokens
    result = compress(messages, MODEL, trigger=total // 3, query=question)
    assert result.target_met


TINY_LINES = "".join(f"{n % 10}{chr(97 + n % 26)}\n" for n in range(100_000))


@pytest.mark.parametrize(
    ("text", "times"),
    [
        (TINY_LINES, 60),
        ("x\n" * 330_000, 30),
        ("".join(f"{n}\n" for n in range(110_000)), 20),
        (make_text("base64", 1, 650_000), 20),
        (make_text("cjk", 1, 220_000), 20),
        ([f"note {n}: all is fine with the build of the module" for n in range(14_000)], 30),
    ],
    ids=["100,000 tiny lines", "330,000 lines", "numbers", "base64", "CJK", "tiny messages"],
)
def test_memory_is_a_small_multiple_of_what_is_compressed(text, times):
    """At most 30 times a text of more than 600,000 characters. Of less, short forms are made line by line."""
    texts = text if isinstance(text, list) else [text]
    roles = ("user", "assistant")
    messages = [{"role": "user", "content": "I will paste something."}, {"role": "assistant", "content": "Go ahead."}]
    messages += [{"role": roles[n % 2], "content": one} for n, one in enumerate(texts)]
    messages += [{"role": "assistant", "content": "Read."}, {"role": "user", "content": "What was it about?"}]
    total = compress(messages, MODEL, trigger=10**9).original_tokens
    gc.collect()
    tracemalloc.start()
    try:
        result = compress(messages, MODEL, trigger=total // 2, target=total // 3)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert result.target_met
    assert difference(restore(result.messages, result.cache), messages) is None
    assert peak < times * sum(len(one.encode()) for one in texts)


@pytest.mark.slow
def test_one_line_of_10_mb_comes_to_its_target():
    line = json.dumps([{"id": n, "name": f"item {n}", "price": n / 7} for n in range(190_000)])
    assert len(line) > 9_500_000
    messages = [{"role": "user", "content": line}, {"role": "user", "content": "What costs item 77?"}]
    result = compress(messages, MODEL, trigger=100_000)
    assert result.target_met
    assert restore(result.messages, result.cache) == messages
