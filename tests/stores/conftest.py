"""One redis-server for all tests of the folder, and each kind of store."""

import itertools

import pytest
from redis_server import redis_server

from compresskit.stores import DiskStore, MemoryStore, RedisStore

_numbers = itertools.count()


@pytest.fixture(scope="session")
def redis():
    with redis_server() as server:
        yield server


@pytest.fixture(params=["memory", "disk", "redis"])
def new_store(request, tmp_path):
    """Makes stores of one kind, each empty; options go to it."""

    def make(**options):
        number = next(_numbers)
        if request.param == "memory":
            return MemoryStore(64 << 20, 64 << 20, **options)
        if request.param == "disk":
            return DiskStore(tmp_path / str(number), **options)
        return RedisStore(request.getfixturevalue("redis").url, prefix=f"test {number}:", **options)

    return make
