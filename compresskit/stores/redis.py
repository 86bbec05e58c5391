"""A store in Redis, shared by all workers and machines that use it. Needs redis: ``compresskit[redis]``."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from ..errors import InvalidArgument, StoreError, check_whole, shown
from .limits import TTL, checked, decoded, encoded

SCHEMES = ("redis://", "rediss://", "unix://")
_TIMEOUT = 2.0  # seconds, to connect and for each answer
_PAUSE = 1.0  # seconds after a failure in which every call fails at once, without waiting for Redis


class RedisStore:
    """Keeps texts in Redis: ``SET name text EX ttl``, with all texts of a ``put`` in one round trip.

    It connects when it is first used. Redis limits its own memory (``maxmemory`` with ``volatile-lru``). Texts are as
    private as Redis is: give it a password, and use ``rediss://`` if others can see the network.

    Args:
        url: ``redis://``, ``rediss://`` or ``unix://``, as the redis package takes it.
        prefix: The beginning of every name, to tell these names from others in the same Redis.
        ttl: Seconds after the last ``put`` until a text is gone. A day by default.
        timeout: Seconds to wait for a connection, and for each answer. 2 by default.
    """

    def __init__(self, url: str, *, prefix: str = "compresskit:", ttl: int = TTL, timeout: float = _TIMEOUT) -> None:
        _check(url)
        check_whole("ttl", ttl)
        if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not timeout > 0:
            raise InvalidArgument(f"timeout is {shown(timeout)}; seconds, more than 0, were expected.")
        _redis()  # says at once that it is missing
        self._url, self._prefix, self._ttl, self._timeout = url, prefix, ttl, timeout
        self._client: Any = None
        self._down_until = 0.0  # time.monotonic()
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"<RedisStore {self._place()}>"  # the URL may hold a password

    def get(self, key: str) -> str | None:
        with self._reported() as client:
            found = client.get(self._name(key))
        return decoded(found)

    def put(self, items: Mapping[str, str]) -> None:
        found = checked(items)
        if not found:
            return
        with self._reported() as client, client.pipeline(transaction=False) as pipeline:
            for key, text in found.items():
                pipeline.set(self._name(key), encoded(text), ex=self._ttl)
            pipeline.execute()

    def _name(self, key: str) -> bytes:
        return encoded(self._prefix) + encoded(key)

    @contextmanager
    def _reported(self) -> Iterator[Any]:
        """The client. Every error of it becomes a StoreError, and for a while after that each call fails at once."""
        redis = _redis()
        if time.monotonic() < self._down_until:
            raise StoreError(f"Redis at {self._place()} did not answer a moment ago.")
        try:
            yield self._connected(redis)
        except (redis.RedisError, OSError) as error:
            if isinstance(error, redis.ConnectionError | redis.TimeoutError | OSError):
                self._down_until = time.monotonic() + _PAUSE
            raise StoreError(
                f"Redis at {self._place()} did not do what was asked ({_named(error)}). Is it running, reachable "
                f"within {self._timeout:g} s, not full, and are user and password right?"
            ) from error

    def _connected(self, redis: Any) -> Any:
        with self._lock:
            if self._client is None:
                self._client = redis.Redis.from_url(
                    self._url,
                    decode_responses=False,
                    socket_timeout=self._timeout,
                    socket_connect_timeout=self._timeout,
                    health_check_interval=30,
                    retry=_retry_once(redis),
                )
            return self._client

    def _place(self) -> str:
        """Where Redis is, without user and password."""
        parts = urlsplit(self._url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _named(error: Exception) -> str:
    """The type of an error and Redis's own word for it. The rest may quote a command, and with it a text."""
    word = str(error).partition(" ")[0]
    return f"{type(error).__name__}, {word}" if word.isalpha() and word.isupper() else type(error).__name__


def _redis() -> Any:
    try:
        import redis
    except ImportError as error:
        raise StoreError("RedisStore needs redis, which is missing: pip install 'compresskit[redis]'.") from error
    return redis


def _retry_once(redis: Any) -> Any:
    """The policy that opens a connection again if it was closed, by a restart or because it was idle."""
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))


def _check(url: str) -> None:
    """Raises InvalidArgument without showing what may be a password."""
    if not isinstance(url, str) or not url.startswith(SCHEMES):
        raise InvalidArgument("url is no URL of Redis; redis://, rediss:// or unix:// was expected.")
    parts = urlsplit(url)
    try:
        _ = parts.port
    except ValueError:
        unreadable = True
    else:
        unreadable = "@" in parts.path
    if unreadable:
        raise InvalidArgument("url cannot be read; redis://USER:PASSWORD@HOST:PORT/DB was expected, percent-encoded.")
