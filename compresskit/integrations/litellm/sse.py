"""Converts Anthropic's server-sent events, which the proxy passes on, from bytes to dicts and back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

Event = dict[str, Any]


async def parsed(stream: Any) -> AsyncIterator[Event]:
    """The events of a stream of bytes, which may be cut anywhere. Other frames, such as comments, are dropped."""
    rest = b""
    try:
        async for part in stream:
            if isinstance(part, dict):
                yield part
                continue
            rest += part.encode() if isinstance(part, str) else bytes(part)
            *frames, rest = rest.replace(b"\r\n", b"\n").split(b"\n\n")
            for event in map(_event, frames):
                if event is not None:
                    yield event
        if (event := _event(rest)) is not None:
            yield event
    finally:
        if callable(close := getattr(stream, "aclose", None)):
            await close()


def written(event: Event) -> bytes:
    """An event as bytes of the stream.

    >>> written({"type": "message_stop"})
    b'event: message_stop\\ndata: {"type": "message_stop"}\\n\\n'
    """
    return f"event: {event.get('type')}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode(
        "utf-8", "surrogatepass"
    )


def _event(frame: bytes) -> Event | None:
    lines = [line[5:].strip() for line in frame.split(b"\n") if line.startswith(b"data:")]
    try:
        found = json.loads(b"\n".join(lines))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
