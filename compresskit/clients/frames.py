"""Frames of server-sent events: cut from bytes, and written. An event keeps its bytes, so that it passes as it came."""

from __future__ import annotations

from typing import Any

from .._json import encoded, loaded_object

Event = dict[str, Any]


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
    value = loaded_object(data)
    if value is None:
        return None
    frame = Frame(value)
    frame.raw = raw.lstrip(b"\n") + b"\n\n"
    return frame


def framed(event: Event) -> bytes:
    """An event as a frame of server-sent events with its data alone.

    >>> framed({"id": 1})
    b'data: {"id": 1}\\n\\n'
    """
    return b"data: " + encoded(event) + b"\n\n"


def framed_with_type(event: Event) -> bytes:
    """An event as a frame with its type as the frame's event.

    >>> framed_with_type({"type": "ping"})
    b'event: ping\\ndata: {"type": "ping"}\\n\\n'
    """
    return b"event: " + str(event.get("type")).encode() + b"\n" + framed(event)
