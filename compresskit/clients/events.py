"""Reads the server-sent events of a response. An event keeps its bytes, so that it is passed on as it came."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2


class Frame(dict[str, Any]):
    """The data of an event, with the bytes of its frame. A changed copy is a plain dict, which has none."""

    raw: bytes


class Frames:
    """Cuts bytes into frames. Frames whose data is no JSON object, such as comments and ``[DONE]``, are dropped."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, part: bytes) -> list[Frame]:
        """The frames that are complete now."""
        text = self._rest + part
        held = b"\r" if text.endswith(b"\r") else b""  # perhaps the first half of a line's end
        text = text.removesuffix(b"\r").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *frames, rest = text.split(b"\n\n")
        self._rest = rest + held
        return [made for frame in frames if (made := _frame(frame)) is not None]

    def end(self) -> list[Frame]:
        """The last frame, if nothing ended it."""
        made = _frame(self._rest)
        self._rest = b""
        return [] if made is None else [made]


def _frame(raw: bytes) -> Frame | None:
    data = b"\n".join(line[5:].removeprefix(b" ") for line in raw.split(b"\n") if line.startswith(b"data:"))
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    frame = Frame(value)
    frame.raw = raw.lstrip(b"\n") + b"\n\n"
    return frame


class Events(Iterator[Frame]):
    """The events of a response. The response is closed at its end, and by ``close``."""

    def __init__(self, response: httpx2.Response) -> None:
        self._response = response
        self._parts = response.iter_bytes()
        self._frames = Frames()
        self._ready: deque[Frame] = deque()

    def __next__(self) -> Frame:
        while not self._ready:
            part = next(self._parts, None)
            self._ready.extend(self._frames.end() if part is None else self._frames.feed(part))
            if part is None and not self._ready:
                self.close()
                raise StopIteration
        return self._ready.popleft()

    def close(self) -> None:
        self._response.close()


class AsyncEvents(AsyncIterator[Frame]):
    """As ``Events``, for ``async for``."""

    def __init__(self, response: httpx2.Response) -> None:
        self._response = response
        self._parts = response.aiter_bytes()
        self._frames = Frames()
        self._ready: deque[Frame] = deque()

    async def __anext__(self) -> Frame:
        while not self._ready:
            part = await anext(self._parts, None)
            self._ready.extend(self._frames.end() if part is None else self._frames.feed(part))
            if part is None and not self._ready:
                await self.aclose()
                raise StopAsyncIteration
        return self._ready.popleft()

    async def aclose(self) -> None:
        await self._response.aclose()
