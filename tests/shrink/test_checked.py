"""shrunk(): which blocks are asked for, what is believed of the answers, and what a store is good for."""

import io
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from shrinkers import Fair, count
from texts import make_text

from compresskit import CompresskitError, InvalidArgument, compress
from compresskit.shrink import Outcome, Shrinking, shrunk
from compresskit.shrink import working as notices
from compresskit.shrink.working import remaining
from compresskit.tokens.measure import measure_for

ROOT = Path(__file__).parents[2]
measure = measure_for("", None)
TEXT = make_text("prose", 1, 1500)
HALF = count(TEXT) // 2


@pytest.fixture(autouse=True)
def _first_warning(monkeypatch):
    monkeypatch.setattr(notices, "_warned", set())


class Says:
    """Answers with the same for every text."""

    identity = "says"

    def __init__(self, answer):
        self.answer = answer
        self.calls = 0

    def shrink(self, texts, budgets, query):  # noqa: ARG002
        self.calls += 1
        return [self.answer] * len(texts)


class Kept(dict):
    """A store."""

    put = dict.update


def outcome(shrinker, text=TEXT, budget=HALF, query="", **more):
    [found] = shrunk([(text, budget)], query, shrinker, measure, **more)
    return found


def test_a_fair_text_is_taken_with_its_real_count():
    found = outcome(Fair())
    assert found.text
    assert found.reason == ""
    assert found.tokens == count(found.text) <= HALF


@pytest.mark.parametrize(
    ("text", "budget", "reason"),
    [
        ("A short text. Nothing more.", 5, "too short"),
        (TEXT, count(TEXT), "fits as it is"),
        (TEXT, count(TEXT) // 10, "the budget is too small"),
        (TEXT, 0, "the budget is too small"),
        (make_text("code", 1, 3000), 400, "not prose"),
        (make_text("json", 1, 3000), 400, "not prose"),
        (make_text("log", 1, 3000), 400, "not prose"),
        (make_text("diff", 1, 3000), 400, "not prose"),
        (make_text("prose", 1, 110_000), 15_000, "too long"),
    ],
)
def test_what_does_not_qualify_is_not_asked_for(text, budget, reason):
    shrinker = Fair()
    found = outcome(shrinker, text, budget)
    assert (found.text, found.tokens) == (None, 0)
    assert reason in found.reason
    assert shrinker.calls == []


def test_one_call_for_all_and_the_same_block_once():
    shrinker = Fair()
    blocks = [(TEXT, HALF), ("short", 1), (make_text("prose", 2, 1500), HALF), (TEXT, HALF)]
    outcomes = shrunk(blocks, "why?", shrinker, measure)
    [(texts, budgets, query)] = shrinker.calls
    assert (len(texts), len(budgets), query) == (2, 2, "why?")
    assert outcomes[0] == outcomes[3]
    assert [bool(one.text) for one in outcomes] == [True, False, True, True]
    assert shrunk([], "", shrinker, measure) == []


@pytest.mark.parametrize("answer", [None, 7, "", " \n", TEXT, TEXT * 2, b"bytes", ["list"], "\x00" + TEXT[:90], "[… 3"])
def test_a_useless_answer_is_not_used(answer):
    found = outcome(Says(answer))
    assert found.text is None
    assert found.reason


@pytest.mark.parametrize("answer", ["one text", None, [], ["a", "b"], {"a": "b"}, 3])
def test_another_number_of_answers_is_not_used(answer):
    class Wrong:
        def shrink(self, texts, budgets, query):  # noqa: ARG002
            return answer

    assert outcome(Wrong()) == Outcome(None, 0, "the shrinker did not return one text for each")


@pytest.mark.parametrize("error", [RuntimeError, ValueError, CompresskitError, MemoryError, SystemError])
def test_an_error_is_a_reason(error):
    class Raises:
        def shrink(self, texts, budgets, query):  # noqa: ARG002
            raise error(texts[0])

    assert outcome(Raises()).reason == f"the shrinker failed: {error.__name__}"


def test_a_panic_of_a_module_in_rust_is_a_reason():
    import tiktoken

    class Panics:
        def shrink(self, texts, budgets, query):  # noqa: ARG002
            tiktoken.get_encoding("o200k_base").encode_ordinary(" " * 1_000_000)

    measure.count("x")  # the vocabulary is there from then on
    assert outcome(Panics()).reason == "the shrinker failed: PanicException"


def test_somebody_who_stops_the_program_is_heard():
    class Stopped:
        def shrink(self, texts, budgets, query):  # noqa: ARG002
            raise KeyboardInterrupt

    for seconds in (None, 5):
        with pytest.raises(KeyboardInterrupt):
            outcome(Stopped(), max_seconds=seconds)


def test_a_latency_budget_holds_for_the_whole_call():
    class Slow(Fair):
        def shrink(self, texts, budgets, query):
            time.sleep(0.5)
            return super().shrink(texts, budgets, query)

    start = time.perf_counter()
    assert outcome(Slow(), max_seconds=0.05).reason == "the shrinker took more than 0.05 s"
    assert time.perf_counter() - start < 0.45
    assert outcome(Slow(), max_seconds=30).text


def test_work_that_nobody_waits_for_ends_soon():
    """A shrinker that asks how much time it has is told when there is none."""
    over = threading.Event()

    class Patient:
        def shrink(self, texts, budgets, query):  # noqa: ARG002
            try:
                while True:
                    assert remaining() <= 0.1
                    time.sleep(0.01)
            except TimeoutError:
                over.set()
                raise

    assert outcome(Patient(), max_seconds=0.1).reason == "the shrinker took more than 0.1 s"
    assert over.wait(5)
    assert remaining() is None, "elsewhere there is no limit"


def test_a_store_answers_the_second_time():
    store, shrinker = Kept(), Fair()
    first = outcome(shrinker, store=store)
    assert outcome(shrinker, store=store) == first
    assert len(shrinker.calls) == 1
    assert len(store) == 1


def test_each_of_content_shrinker_budget_and_query_makes_another_entry():
    store, other = Kept(), Fair()
    other.identity = "another"
    outcome(Fair(), store=store)
    outcome(Fair(), text=make_text("prose", 3, 1500), store=store)
    outcome(Fair(), budget=HALF + 1, store=store)
    outcome(Fair(), query="why?", store=store)
    outcome(other, store=store)
    assert len(store) == 5
    assert TEXT[:30] not in "".join(store), "keys say nothing of the text"


def test_what_a_store_says_is_checked_like_anything_else():
    store = Kept()
    good = outcome(Fair(), store=store)
    [key] = store
    for poison in (TEXT * 2, "It was paid on 3 May 1999, 5 times.", "", 7):
        store[key] = poison
        shrinker = Fair()
        found = outcome(shrinker, store=store)
        assert found == good or found.text is None


def test_failures_are_not_stored():
    store = Kept()
    outcome(Says(""), store=store)
    outcome(Says(TEXT), store=store)
    assert store == {}


def test_a_shrinker_without_an_identity_is_not_stored():
    class Nameless:
        shrink = Fair().shrink

    store = Kept()
    assert outcome(Nameless(), store=store).text
    assert store == {}


def test_a_broken_store_does_not_matter():
    class Broken:
        def get(self, key):
            raise OSError(key)

        def put(self, entries):
            raise OSError(entries)

    assert outcome(Fair(), store=Broken()).text


def test_a_store_and_a_latency_budget_go_with_the_shrinker_to_compress():
    messages = [{"role": "user", "content": make_text("prose", seed, 3000)} for seed in range(5)]
    messages.append({"role": "user", "content": "Which order was in the review?"})
    store, shrinker = Kept(), Fair()
    results = [
        compress(messages, "gpt-4o", 1000, 1000, shrinker=Shrinking(shrinker, store=store, max_seconds=60))
        for _ in range(2)
    ]
    assert len(shrinker.calls) == 1
    assert store
    assert results[0].messages == results[1].messages


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: compress([], "gpt-4o", shrinker="llmlingua"), "shrinker is 'llmlingua'"),
        (lambda: compress([], "gpt-4o", shrinker=len), "shrinker is a builtin_function_or_method;"),
        (lambda: Shrinking(None), "shrinker is None"),
        (lambda: Shrinking(Fair(), store={}), "store is a dict of 0 items;"),
        (lambda: Shrinking(Fair(), max_seconds=0), "max_seconds is 0"),
        (lambda: Shrinking(Fair(), max_seconds="1"), "max_seconds is '1'"),
    ],
)
def test_a_wrong_argument_is_named(make, named):
    with pytest.raises(InvalidArgument, match=named):
        make()


class Terminal(io.StringIO):
    """A standard error that somebody watches."""

    def isatty(self):
        return True


def test_progress_is_shown_on_a_terminal_only(monkeypatch, capsys):
    for stream in (Terminal(), io.StringIO()):
        monkeypatch.setattr("sys.stderr", stream)
        with notices.waiting("loading a model …"):
            assert list(notices.counted([1, 2, 3], "shrinking")) == [1, 2, 3]
        assert bool(stream.getvalue()) == stream.isatty()
        assert ("loading a model" in stream.getvalue()) == stream.isatty()
    assert capsys.readouterr().out == ""


def test_compressing_without_a_shrinker_loads_nothing_of_it():
    call = "compresskit.compress([{'role': 'user', 'content': 'word ' * 900}] * 3, 'gpt-4o', 500)"
    code = f"import compresskit, sys; {call}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not [
        name for name in done.stdout.split() if name.startswith(("compresskit.shrink", "compresskit.plan.shrinking"))
    ]
    assert {"torch", "transformers", "llmlingua"}.isdisjoint(done.stdout.split())
