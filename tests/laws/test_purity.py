"""Law 5: the same bytes out for the same input, and nothing else happens.

Not in a thread, a process, a hash seed, a clock or a missing extra may the result differ; no file is written,
no socket opened, and the input stays what it was. On generated conversations: test_laws.py.
"""

import concurrent.futures
import functools
import gc
import hashlib
import itertools
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from paths import HELPERS, ROOT
from samples import SAMPLES, openai_agent
from side_effects import watched
from strategies import MODEL

from compresskit import answer, compress, restore, retrieve

DIGEST = "import test_purity; print(test_purity.digest())"
# Modules that some installations have and some have not.
EXTRAS = ["torch", "llmlingua", "diskcache", "redis", "openai", "anthropic", "rich", "click"]


def frozen(result):
    """All that a result says, as bytes."""
    rows = [[str(field) for field in row] for row in result.decisions]
    whole = [
        result.messages,
        result.tools,
        dict(result.cache),
        rows,
        result.compressed_tokens,
        result.floor_tokens,
    ]
    return json.dumps([*whole, str(result)]).encode()


def squeezed(name):
    make, shape = SAMPLES[name]
    return frozen(compress(make(), MODEL, trigger=4000, target=2500, shape=shape))


@functools.cache
def digest():
    return hashlib.sha256(b"".join(map(squeezed, SAMPLES))).hexdigest()


def in_another_process(code, **environment):
    path = os.pathsep.join(map(str, (Path(__file__).parent, HELPERS, ROOT)))
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONHASHSEED", "TIKTOKEN_CACHE_DIR")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**kept, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(("seed", "missing"), [("0", []), ("4242", EXTRAS)])
def test_another_process_with_another_hash_seed_and_without_extras_gives_the_same_bytes(seed, missing):
    hide = f"import sys; sys.modules.update(dict.fromkeys({missing!r}))\n"
    # The tests themselves need hypothesis and tiktoken only.
    assert in_another_process(hide + DIGEST, PYTHONHASHSEED=seed) == digest()


def test_the_vocabulary_is_found_without_a_network():
    """A fresh process in which every connection fails counts tokens as tiktoken does."""
    code = """
import socket
def refuse(*_, **__):
    raise OSError("no network here")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
from compresskit import compress
for model in ("gpt-4o", "gpt-4", "claude-sonnet-4-5", "somebody/unknown"):
    assert compress([{"role": "user", "content": "hello world " * 99}], model).original_tokens > 150
"""
    in_another_process(code, HTTP_PROXY="http://127.0.0.1:1", HTTPS_PROXY="http://127.0.0.1:1")


def test_threads_give_the_same_bytes():
    expected = {name: squeezed(name) for name in SAMPLES}
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        names = list(SAMPLES) * 4
        assert list(pool.map(squeezed, names)) == [expected[name] for name in names]


def test_the_order_of_calls_changes_nothing():
    alone = {name: squeezed(name) for name in SAMPLES}
    for order in itertools.permutations(SAMPLES, 2):
        assert [squeezed(name) for name in order] == [alone[name] for name in order]


def test_clock_and_dice_change_nothing(monkeypatch):
    before = [squeezed(name) for name in SAMPLES]
    gc.disable()  # hypothesis measures collections with the clock
    try:
        ticks = itertools.count(1.0, 1e6)
        for name in ("time", "monotonic", "perf_counter", "process_time"):
            monkeypatch.setattr(time, name, lambda: next(ticks))
        random.seed(5)
        assert [squeezed(name) for name in SAMPLES] == before
    finally:
        monkeypatch.undo()
        gc.enable()


@pytest.mark.parametrize("name", SAMPLES)
def test_no_file_is_written_and_no_socket_opened(name):
    make, shape = SAMPLES[name]
    messages = make()
    compress(messages, MODEL, 4000, 2500)  # loads the vocabulary, the one exception
    with watched() as events:
        result = compress(messages, MODEL, 4000, 2500, shape=shape)
        restore(result.messages, result.cache)
        retrieve(result.cache, next(iter(result.cache)), query="error")
        answer({"choices": [{"message": {"role": "assistant", "content": "done"}}]}, result.cache)
    assert events == []


def test_a_result_that_is_changed_does_not_change_the_next_one():
    first = compress(openai_agent(), MODEL, 4000)
    before = json.dumps([first.messages, first.tools])
    first.tools[0]["function"]["name"] = "broken"
    for message in first.messages:
        message.clear()
    second = compress(openai_agent(), MODEL, 4000)
    assert json.dumps([second.messages, second.tools]) == before
