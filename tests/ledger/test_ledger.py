"""A ledger: what it says of a request, and that nobody changes it unnoticed."""

import json
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compresskit import InvalidArgument, compress
from compresskit.errors import InvalidLedger
from compresskit.ledger import Ledger, entries, verify
from compresskit.ledger.provider_usage import read_usage
from compresskit.prices import Prices, Split

ROOT = Path(__file__).parents[2]
PRICES = Prices(input=1_000_000, write=1_250_000, write_hour=2_000_000, read=100_000)  # a micro-dollar a token
MARKED = Prices(input=1_000_000, write=1_250_000, write_hour=2_000_000, read=100_000, breakpoints=4)
SECRET = "the password is swordfish"


def compressed(model="gpt-4o"):
    """A result that takes out most of a long text."""
    messages = [
        {"role": "user", "content": "Read on."},
        {"role": "user", "content": f"{SECRET}\n" + "It was a fine day.\n" * 500},
        {"role": "user", "content": "Go on."},
    ]
    return compress(messages, model, trigger=1_500, target=1_000)


RESULT = compressed()
REMOVED = RESULT.original_tokens - RESULT.compressed_tokens
assert REMOVED > 1_000


def anthropic(read=0, written=0, fresh=0):
    return {"input_tokens": fresh, "cache_read_input_tokens": read, "cache_creation_input_tokens": written}


def filled(path, lines=4):
    ledger = Ledger(path)
    for number in range(lines):
        ledger.record(RESULT, usage=anthropic(100 * number, 50, 5), prices=PRICES, conversation=f"c{number % 2}")
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.jsonl"


def test_the_first_request_of_a_conversation_would_have_been_written_whole(path):
    """What was sent and what was taken out, all of it new."""
    entry = Ledger(path).record(RESULT, usage=anthropic(written=400), prices=PRICES, conversation="a")
    assert entry.original_tokens == 400 + REMOVED
    assert entry.paid_microdollars == 500
    assert entry.without_microdollars == PRICES.cost(Split(0, 400 + REMOVED, 0))
    assert entry.saved_microdollars == entry.without_microdollars - 500


def test_later_requests_would_have_read_what_was_sent_before(path):
    """A rewrite costs more than it saves at once, and the ledger says so."""
    ledger = Ledger(path)
    ledger.record(RESULT, usage=anthropic(written=400), prices=PRICES, conversation="a")
    rewrite = ledger.record(RESULT, usage=anthropic(written=40_000), prices=PRICES, conversation="a")
    quiet = ledger.record(RESULT, usage=anthropic(read=40_000, written=100), prices=PRICES, conversation="a")
    assert rewrite.without_microdollars == PRICES.cost(Split(400 + REMOVED, 39_600, 0))
    assert quiet.without_microdollars == PRICES.cost(Split(40_000 + REMOVED, 100, 0))
    assert rewrite.saved_microdollars < 0 < quiet.saved_microdollars == round(0.1 * REMOVED)


def test_a_retrieval_is_deducted_with_its_whole_request(path):
    """It would not have been sent, and its text would not have been in what comes after."""
    ledger = Ledger(path)
    ledger.record(RESULT, usage=anthropic(written=400), prices=PRICES, conversation="a")
    bounce = ledger.record(
        RESULT, usage=anthropic(read=400, written=80), prices=PRICES, conversation="a", retrieved_tokens=80
    )
    after = ledger.record(RESULT, usage=anthropic(read=480, written=20), prices=PRICES, conversation="a")
    assert (bounce.without_microdollars, bounce.paid_microdollars, bounce.saved_microdollars) == (0, 140, -140)
    assert bounce.bounced_microdollars == 140
    assert after.original_tokens == 500 + REMOVED - 80
    assert after.without_microdollars == PRICES.cost(Split(400 + REMOVED, 20, 0))


def test_without_a_name_what_was_saved_counts_as_cached_text(path):
    entry = Ledger(path).record(RESULT, usage=anthropic(read=300, written=100), prices=PRICES)
    assert entry.saved_microdollars == round(0.1 * REMOVED)


def test_without_usage_nothing_counts_as_cached(path):
    entry = Ledger(path).record(RESULT, prices=PRICES, conversation="a")
    assert entry.assumed
    assert (entry.paid_microdollars, entry.saved_microdollars) == (RESULT.compressed_tokens, REMOVED)


def test_who_marks_no_place_for_caching_has_nothing_cached(path):
    """Neither with us nor without us."""
    ledger = Ledger(path)
    for _ in range(2):
        entry = ledger.record(RESULT, usage=anthropic(fresh=400), prices=MARKED, conversation="a")
        assert entry.saved_microdollars == REMOVED


def test_prices_come_from_the_map_and_have_to_be_known(path):
    """An amount that is made up is worse than none."""
    entry = Ledger(path).record(RESULT, usage={"prompt_tokens": 1_000})
    assert (entry.model, entry.paid_microdollars) == ("gpt-4o", 2_500)
    with pytest.raises(InvalidArgument, match="prices"):
        Ledger(path).record(compressed("nobody-knows-this"))


@pytest.mark.parametrize(
    ("usage", "split", "hour"),
    [
        (anthropic(10, 20, 5), Split(10, 20, 5), 0),
        (
            {
                **anthropic(10, 20, 5),
                "cache_creation": {"ephemeral_5m_input_tokens": 8, "ephemeral_1h_input_tokens": 12},
            },
            Split(10, 8, 5),
            12,
        ),
        ({"prompt_tokens": 100}, Split(0, 0, 100), 0),
        ({"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 64}}, Split(64, 0, 36), 0),
        (
            {"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 64, "cache_write_tokens": 30}},
            Split(64, 30, 6),
            0,
        ),
        ({"input_tokens": 100, "input_tokens_details": {"cached_tokens": 64}}, Split(64, 0, 36), 0),
        (
            {"prompt_tokens": 100, "cache_read_input_tokens": 60, "cache_creation_input_tokens": 30},  # LiteLLM, Claude
            Split(60, 30, 10),
            0,
        ),
        (
            SimpleNamespace(prompt_tokens=9, prompt_tokens_details=SimpleNamespace(cached_tokens=None)),
            Split(0, 0, 9),
            0,
        ),
    ],
)
def test_usage_is_read_in_every_providers_form(usage, split, hour):
    assert read_usage(usage) == (split, hour)


@pytest.mark.parametrize(
    "usage",
    [
        {},
        {"prompt_tokens": -1},
        {"prompt_tokens": 1, "prompt_tokens_details": {"cached_tokens": 2}},
        {"input_tokens": "1"},
    ],
)
def test_usage_that_cannot_be_is_refused(usage):
    with pytest.raises(InvalidArgument, match="usage"):
        read_usage(usage)


@pytest.mark.parametrize(
    "wrong",
    [{"conversation": ""}, {"conversation": "x" * 201}, {"conversation": 1}, {"retrieved_tokens": -1}, {"prices": 1}],
)
def test_a_wrong_argument_is_an_error_and_writes_nothing(wrong, path):
    with pytest.raises(InvalidArgument, match=next(iter(wrong))):
        Ledger(path).record(RESULT, **wrong)
    assert not path.exists()


def test_no_text_of_the_conversation_is_in_it_and_only_its_owner_reads_it(path):
    before = os.umask(0)
    try:
        filled(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text()
    assert "swordfish" not in text
    assert not any(key in text for key in RESULT.cache)


def test_every_line_has_the_hash_of_the_line_before(path):
    lines = [json.loads(line) for line in filled(path).read_text().splitlines()]
    assert lines[0]["prev"] == "0" * 64
    assert [line["prev"] for line in lines[1:]] == [line["hash"] for line in lines[:-1]]
    assert all(isinstance(value, int) for line in lines for name, value in line.items() if "microdollars" in name)
    assert verify(path) == (verdict := verify(path, lines[0]["hash"]))
    assert (verdict.entries, verdict.head, verdict.problem) == (4, lines[-1]["hash"], None)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return filled(tmp_path_factory.mktemp("whole") / "ledger.jsonl").read_bytes()


@settings(max_examples=300)
@given(st.data())
def test_any_byte_that_is_changed_put_in_or_taken_out_is_found(whole, tmp_path_factory, data):
    place = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.binary(min_size=1, max_size=1))
    changed = data.draw(
        st.sampled_from([whole[:place] + byte + whole[place + 1 :], whole[:place] + byte + whole[place:]])
        | st.just(whole[:place] + whole[place + 1 :])
    )
    path = tmp_path_factory.mktemp("changed") / "ledger.jsonl"
    path.write_bytes(changed)
    verdict = verify(path)
    if changed == whole:
        assert verdict.problem is None
    else:
        assert verdict.problem
        assert verdict.line == whole[:place].count(b"\n") + 1 or byte == b"\n"


@given(st.permutations(range(4)), st.integers(0, 4))
def test_lines_moved_or_taken_out_are_found(whole, tmp_path_factory, order, kept):
    """But for the last ones, which only a hash that was kept elsewhere tells."""
    lines = whole.splitlines(keepends=True)
    path = tmp_path_factory.mktemp("moved") / "ledger.jsonl"
    path.write_bytes(b"".join(lines[number] for number in order[:kept]))
    verdict = verify(path, json.loads(lines[-1])["hash"])
    assert (verdict.problem is None) == (order[:kept] == [0, 1, 2, 3])
    assert (verify(path).problem is None) == (order[:kept] == list(range(kept)))


@given(st.integers(1, 2_000))
def test_a_torn_last_line_is_told_and_the_next_entry_replaces_it(whole, tmp_path_factory, cut):
    """At any byte: what was whole before stays, and the loss is on record."""
    path = tmp_path_factory.mktemp("torn") / "ledger.jsonl"
    path.write_bytes(whole[:-cut])
    ends = [0, *(place + 1 for place, byte in enumerate(whole[:-cut]) if byte == ord("\n"))]
    torn = len(whole) - cut - ends[-1]
    assert bool(verify(path).problem) == bool(torn)
    assert len(list(entries(path))) == len(ends) - 1
    entry = Ledger(path).record(RESULT, prices=PRICES)
    assert entry.torn_bytes == torn
    assert verify(path).problem is None
    assert path.read_bytes().startswith(whole[: ends[-1]])
    assert len(list(entries(path))) == len(ends)


@pytest.mark.parametrize("text", ["notes without an end", "notes\n", '{"v":1,"n":5,', "{}\n"])
def test_a_file_that_is_no_ledger_is_never_touched(text, path):
    path.write_text(text)
    with pytest.raises(InvalidLedger, match=r"ledger\.jsonl"):
        Ledger(path).record(RESULT, prices=PRICES)
    assert path.read_text() == text


def test_a_ledger_that_was_changed_takes_no_more_entries(path):
    """Neither from a program that has it open nor from a new one."""
    ledger = Ledger(path)
    ledger.record(RESULT, prices=PRICES)
    os.truncate(path, 0)
    path.write_bytes(filled(path.with_name("other")).read_bytes().replace(b'"c1"', b'"c0"'))
    for one in (ledger, Ledger(path)):
        with pytest.raises(InvalidLedger, match="line 2"):
            one.record(RESULT, prices=PRICES)


WRITER = """
import sys
from compresskit import compress
from compresskit.ledger import Ledger
from compresskit.prices import Prices
messages = [{"role": "user", "content": text} for text in ("Read on.", "It was a fine day. " * 400, "Go on.")]
result = compress(messages, "gpt-4o", trigger=900, target=800)
ledger = Ledger(sys.argv[1])
print("ready", flush=True)
for number in range(int(sys.argv[3])):
    ledger.record(result, prices=Prices(1_000_000, 1_250_000, 2_000_000, 100_000), conversation=sys.argv[2])
"""


def writer(path, name, count):
    command = [sys.executable, "-c", WRITER, str(path), name, str(count)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)


def test_several_processes_and_threads_write_one_chain(path):
    """Nobody's entry is lost, and every conversation's entries stand in their order."""
    processes = [writer(path, f"process {number}", 60) for number in range(3)]
    ledger = Ledger(path)
    threads = [
        threading.Thread(
            target=lambda: [ledger.record(RESULT, prices=PRICES, conversation="thread") for _ in range(30)]
        )
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0
    names = [entry.conversation for entry in entries(path)]
    assert verify(path).problem is None
    assert sorted(names) == sorted([f"process {number}" for number in range(3) for _ in range(60)] + ["thread"] * 60)


def test_a_killed_writer_leaves_a_ledger_that_goes_on(path):
    """kill -9 in the middle of writing, several times."""
    for number in range(3):
        process = writer(path, f"killed {number}", 100_000)
        process.stdout.readline()
        while not path.exists() or path.stat().st_size < 20_000 * (number + 1):
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
    Ledger(path).record(RESULT, prices=PRICES)
    assert verify(path).problem is None


def test_another_process_goes_on_with_the_same_conversation(path):
    """What was sent before is read from the file."""
    Ledger(path).record(RESULT, usage=anthropic(written=400), prices=PRICES, conversation="a")
    entry = Ledger(path).record(RESULT, usage=anthropic(read=400, written=10), prices=PRICES, conversation="a")
    assert entry.without_microdollars == PRICES.cost(Split(400 + REMOVED, 10, 0))


@pytest.mark.parametrize("other", [b"hello", b'{"messages": [', b"\x00\x01", b'{"v":2,"n":0'])
def test_a_file_that_is_no_ledger_is_not_called_a_torn_one(tmp_path, other):
    """record() refuses such a file, so that nothing must promise that the next entry replaces what stands there."""
    path = tmp_path / "notes.txt"
    path.write_bytes(other)
    assert verify(path).problem == "it is no line of a ledger: this is another file."
    with pytest.raises(InvalidLedger, match="another file"):
        Ledger(path).record(RESULT, prices=PRICES)
    assert path.read_bytes() == other
