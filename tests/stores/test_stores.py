"""What holds for every store: texts come back exactly, expire, are refreshed, and belong to one conversation."""

import threading
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from compresskit import CompresskitError, InvalidArgument, StoreError
from compresskit.stores import DiskStore, MemoryStore, RedisStore, Store, scoped

anything = st.text(st.characters(exclude_categories=()), max_size=60)  # lone surrogates and NUL too
items = st.dictionaries(anything, anything, max_size=8)


def test_any_text_comes_back_exactly(new_store):
    store = new_store()

    @settings(max_examples=60)
    @given(items)
    @example({"": ""})
    @example({"nul\0": "\0a\0"})
    @example({"\ud800": "\udfff \ud83d"})
    @example({"a": "\r\n\u2028\ufeff"})
    def comes_back(found):
        store.put(found)
        assert {key: store.get(key) for key in found} == found

    comes_back()


def test_a_text_of_five_megabytes_comes_back(new_store):
    store, text = new_store(), "\u00e9\0" * 2_500_000
    store.put({"large": text})
    assert store.get("large") == text


def test_every_kind_is_a_store(new_store):
    assert isinstance(new_store(), Store)
    assert isinstance(scoped(new_store(), "chat"), Store)


def test_an_unknown_name_is_none_and_names_cannot_be_listed(new_store):
    store = new_store()
    store.put({"known": "text"})
    assert store.get("unknown") is None
    assert not hasattr(store, "keys")
    assert not hasattr(store, "__iter__")


def test_a_second_put_replaces(new_store):
    store = new_store()
    store.put({"key": "first"})
    store.put({"key": "second", "other": "text"})
    assert (store.get("key"), store.get("other")) == ("second", "text")


def test_nothing_to_put_is_nothing(new_store):
    new_store().put({})


def test_a_text_expires_unless_it_is_put_again(new_store):
    store = new_store(ttl=2)
    store.put({"quiet": "q", "spoken of": "s"})
    time.sleep(1.3)
    store.put({"spoken of": "s"})
    time.sleep(1.0)
    assert (store.get("quiet"), store.get("spoken of")) == (None, "s")


@pytest.mark.parametrize("item", [{"key": b"bytes"}, {"key": None}, {1: "text"}])
def test_only_text_is_taken(new_store, item):
    with pytest.raises(InvalidArgument, match="str -> str"):
        new_store().put(item)


def test_a_name_that_is_no_text_is_an_error(new_store):
    for store in (new_store(), scoped(new_store(), "chat")):
        with pytest.raises(InvalidArgument, match="is an int; a str was expected"):
            store.get(5)


@given(anything, anything, anything, anything, anything)
def test_another_tenant_or_conversation_gets_nothing(key, mine, others, chat, other_chat):
    store = MemoryStore()
    scoped(store, "c" + chat, tenant=mine).put({key: "secret"})
    assert scoped(store, "c" + chat, tenant=mine).get(key) == "secret"
    for tenant, conversation in ((others, chat), (mine, other_chat), (others, other_chat)):
        if (tenant, conversation) != (mine, chat):
            assert scoped(store, "c" + conversation, tenant=tenant).get(key) is None
    assert store.get(key) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"tenant": "a", "conversation": "bc"}, {"tenant": "ab", "conversation": "c"}),
        ({"tenant": "", "conversation": "a"}, {"tenant": "a", "conversation": "a"}),
        ({"tenant": "a.b", "conversation": "c"}, {"tenant": "a", "conversation": "b.c"}),
    ],
)
def test_names_that_read_alike_are_told_apart(one, other):
    store = MemoryStore()
    scoped(store, **one).put({"key": "text"})
    assert scoped(store, **other).get("key") is None


class Recorder(dict):
    """A store that shows under what names it was asked to keep things."""

    def put(self, found):
        self.update(found)


def test_stored_names_tell_nothing_and_need_the_secret():
    names = Recorder()
    for secret in ("", "one", "two"):
        scoped(names, "chat-77", tenant="acme", secret=secret).put({"bcdfghjklmnp": "text"})
    assert len(names) == 3
    assert all(not {"chat", "acme", "bcdf"} & set(name.split(".")) and "acme" not in name for name in names)
    assert scoped(names, "chat-77", tenant="acme", secret="three").get("bcdfghjklmnp") is None


def test_a_tenant_can_be_removed_by_its_prefix():
    names = Recorder()
    for tenant in ("acme", "other"):
        for chat in ("1", "2"):
            scoped(names, chat, tenant=tenant).put({"a": "x", "b": "y"})
    prefixes = [name.split(".")[0] for name in names]
    assert len(names) == 8
    assert sorted(prefixes.count(prefix) for prefix in set(prefixes)) == [4, 4]


@pytest.mark.parametrize("wrong", [{"conversation": ""}, {"conversation": None}, {"conversation": "c", "tenant": 1}])
def test_a_scope_without_a_name_is_an_error(wrong):
    with pytest.raises(InvalidArgument):
        scoped(MemoryStore(), **wrong)


def test_a_scope_of_no_store_is_an_error():
    with pytest.raises(InvalidArgument, match=r"store is 5; an object with get\(key\) and put\(items\)"):
        scoped(5, "chat")


def test_threads_do_not_cross_texts(new_store):
    store, failures = new_store(), []

    def conversation(number):
        own = scoped(store, f"chat {number}", tenant=f"tenant {number % 3}")
        for turn in range(15):
            own.put({"same key": f"{number} {turn}", f"key {turn}": f"{number}" * 100})
            found = own.get("same key"), own.get(f"key {turn}")
            if found != (f"{number} {turn}", f"{number}" * 100):
                failures.append((number, turn, found))

    threads = [threading.Thread(target=conversation, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.parametrize(
    "make",
    [
        lambda: MemoryStore(0),
        lambda: MemoryStore(10, 20),
        lambda: MemoryStore(ttl=0),
        lambda: MemoryStore(max_bytes="1"),
        lambda: DiskStore("x", max_bytes=0),
        lambda: DiskStore("x", ttl=1.5),
        lambda: DiskStore("a$HOME"),
        lambda: RedisStore("redis://localhost", ttl=-1),
        lambda: RedisStore("redis://localhost", timeout=0),
        lambda: RedisStore("http://localhost"),
        lambda: RedisStore(None),
    ],
)
def test_a_wrong_argument_is_named(make):
    with pytest.raises(InvalidArgument, match=r"expect|\$"):
        make()


def test_a_store_error_is_an_error_of_compresskit():
    assert issubclass(StoreError, CompresskitError)
