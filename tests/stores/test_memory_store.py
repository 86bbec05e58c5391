"""The bounds of the store in memory: of all of it, and of each conversation."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compresskit import StoreError
from compresskit.stores import MemoryStore, scoped

KILO = "x" * 1000


def kept(store, keys):
    return [key for key in keys if store.get(key) is not None]


def test_what_was_unused_longest_makes_room():
    store = MemoryStore(10_000, 10_000)
    for number in range(4):
        store.put({str(number): KILO})
    store.get("0")
    for number in range(4, 9):
        store.put({str(number): KILO})
    assert kept(store, "0") == ["0"], "reading is using"
    assert store.get("1") is None


def test_one_conversation_takes_only_its_own_texts_away():
    store = MemoryStore(40_000, 10_000)
    quiet, loud = scoped(store, "quiet"), scoped(store, "loud")
    quiet.put({"first": KILO, "second": KILO})
    for number in range(500):
        loud.put({f"{number}": KILO})
    assert kept(quiet, ["first", "second"]) == ["first", "second"]
    assert kept(loud, ["0", "499"]) == ["499"]


def test_the_conversation_unused_longest_gives_way():
    store = MemoryStore(20_000, 10_000)
    chats = [scoped(store, f"{number}") for number in range(6)]
    for chat in chats:
        chat.put({"a": KILO * 3, "b": KILO * 3})
    assert [kept(chat, "ab") for chat in chats[-2:]] == [["a", "b"]] * 2
    assert kept(chats[0], "ab") == []


def test_memory_stays_within_its_bound():
    store = MemoryStore(2_000_000, 500_000)
    store.put({"warm": "up"})
    tracemalloc.start()
    try:
        for number in range(3_000):
            scoped(store, f"{number % 50}").put(
                {f"{number}": f"{number}" + "é" * 3_000, f"{number} small": "s" + str(number)}
            )
        used = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert 1_000_000 < used < 2_300_000


def test_a_put_that_cannot_fit_changes_nothing_and_says_the_sizes():
    store = MemoryStore(10_000, 5_000)
    store.put({"key": "text"})
    with pytest.raises(StoreError, match="5000"):
        store.put({"key": KILO * 6})
    assert store.get("key") == "text"


def test_what_has_expired_is_let_go_of(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr("compresskit.stores.memory.time.monotonic", lambda: clock[0])
    store = MemoryStore(ttl=60)
    for number in range(10):
        scoped(store, f"{number}").put({"key": KILO})
    clock[0] += 61
    scoped(store, "new").put({"key": KILO})
    assert len(store._groups) == 1, "texts of users do not stay in memory"


chats, keys = st.sampled_from("abcd"), st.sampled_from("uvwxyz")
deeds = st.one_of(st.tuples(chats, keys), st.tuples(chats, st.dictionaries(keys, st.integers(0, 900), max_size=3)))


@given(st.lists(deeds, max_size=40))
def test_whatever_happens_bounds_hold_and_what_is_there_is_the_last_that_was_put(done):
    store, last = MemoryStore(8_000, 4_000), {}
    for chat, deed in done:
        own = scoped(store, chat)
        if isinstance(deed, str):
            assert own.get(deed) in (None, last.get((chat, deed)))
            continue
        texts = {key: key * size for key, size in deed.items()}
        own.put(texts)
        last |= {(chat, key): text for key, text in texts.items()}
        assert all(own.get(key) == text for key, text in texts.items()), "what was put just now is there"
        groups = store._groups.values()
        assert store._size == sum(group.size for group in groups) <= 8_000
        assert all(0 < group.size <= 4_000 for group in groups)
        assert all(group.size == sum(entry.size for entry in group.entries.values()) for group in groups)
