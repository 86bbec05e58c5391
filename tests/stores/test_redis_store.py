"""Redis: shared by processes, with a time to live; one that is down is one clear error."""

import logging
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from redis_server import RedisServer, free_port

from compresskit import InvalidArgument, StoreError
from compresskit.stores import RedisStore, scoped

ROOT = Path(__file__).parents[2]


def test_another_process_reads_what_this_one_wrote(redis):
    own = scoped(RedisStore(redis.url), "chat", tenant="acme", secret="s")
    own.put({"key": "text \ud800"})
    code = (
        "import sys; from compresskit.stores import RedisStore, scoped\n"
        "own = scoped(RedisStore(sys.argv[1]), 'chat', tenant='acme', secret='s')\n"
        "assert own.get('key') == 'text \\ud800'; own.put({'answer': 'there'})"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code, redis.url], env=environment, check=True, timeout=60)
    assert own.get("answer") == "there"


def test_every_name_has_the_prefix_and_a_time_to_live(redis):
    import redis as package

    scoped(RedisStore(redis.url, prefix="mine:", ttl=100), "chat").put({"a": "x", "b": "y"})
    client = package.Redis.from_url(redis.url)
    names = client.keys("mine:*")
    assert len(names) == 2
    assert all(0 < client.ttl(name) <= 100 for name in names)
    assert client.type(names[0]) == b"string"


def test_what_somebody_else_wrote_there_is_nothing_of_ours(redis):
    import redis as package

    client = package.Redis.from_url(redis.url)
    client.set("compresskit:bytes", b"\xff\xfe")
    client.rpush("compresskit:list", "x")
    store = RedisStore(redis.url)
    assert store.get("bytes") is None
    with pytest.raises(StoreError, match="WRONGTYPE"):
        store.get("list")


def test_it_connects_when_it_is_first_used():
    RedisStore(f"redis://127.0.0.1:{free_port()}")


def test_a_redis_that_is_down_is_one_clear_error_without_the_password(caplog):
    port = free_port()
    store = RedisStore(f"redis://user:very-secret@127.0.0.1:{port}/0")
    with caplog.at_level(logging.DEBUG):
        for action in (lambda: store.get("key"), lambda: store.put({"key": "very private"})):
            with pytest.raises(StoreError, match=f"127.0.0.1:{port}") as caught:
                action()
            assert "very" not in str(caught.value) + repr(store) + caplog.text


def test_nobody_waits_twice_for_a_redis_that_hangs():
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(8)
        store = RedisStore(f"redis://127.0.0.1:{deaf.getsockname()[1]}", timeout=0.3)
        started = time.monotonic()
        for _ in range(20):
            with pytest.raises(StoreError):
                store.get("key")
        assert time.monotonic() - started < 3


def test_it_goes_on_when_redis_is_back(tmp_path):
    server = RedisServer(tmp_path)
    try:
        server.start()
        store = RedisStore(server.url)
        store.put({"key": "text"})
        server.stop()
        with pytest.raises(StoreError):
            store.get("key")
        server.start()
        time.sleep(1.05)
        assert store.get("key") is None, "nothing is on disk"
        store.put({"key": "again"})
        assert store.get("key") == "again"
    finally:
        server.stop()


def test_a_redis_that_is_full_is_an_error(tmp_path):
    server = RedisServer(tmp_path, "--maxmemory", "3mb", "--maxmemory-policy", "noeviction")
    try:
        server.start()
        with pytest.raises(StoreError, match=r"OutOfMemory|OOM"):
            RedisStore(server.url).put({f"{number}": "x" * 1_000_000 for number in range(10)})
    finally:
        server.stop()


@pytest.mark.parametrize("url", ["redis://:pa/ss@host/0", "redis://:12/secret@host"])
def test_a_url_that_cannot_be_read_is_not_shown(url):
    with pytest.raises(InvalidArgument) as caught:
        RedisStore(url)
    assert "pa" not in str(caught.value).replace("PASS", "").split("was expected")[0]
    assert "secret" not in str(caught.value)
