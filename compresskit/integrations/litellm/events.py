"""Converts what the proxy streams to dicts: LiteLLM's objects for events of Responses, and Anthropic's bytes.

The proxy's own hooks behind ours read the objects, for example to encrypt the id of a response. So an event that did
not change is passed on as the very object, and one that did as a copy of it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from ...clients.frames import Event, Frames
from ...responses import changed, field

_NUMBERS = ("output_index", "sequence_number")
_OBJECT = "\0object"  # the field that leads from a dict, or a copy with other fields, to the object


async def events(stream: Any) -> AsyncIterator[Any]:
    """The events of a stream of objects as dicts. Anything else passes as it is."""
    try:
        async for part in stream:
            yield {**_dumped(part), _OBJECT: part} if hasattr(part, "model_dump") else part
    finally:
        if callable(close := getattr(stream, "aclose", None)):
            await close()


async def parsed(stream: Any) -> AsyncIterator[Event]:
    """The events of a stream of bytes, which may be cut anywhere."""
    frames = Frames()
    try:
        async for part in stream:
            for event in [part] if isinstance(part, dict) else frames.feed(_bytes(part)):
                yield event
        for event in frames.end():
            yield event
    finally:
        if callable(close := getattr(stream, "aclose", None)):
            await close()


def _bytes(part: Any) -> bytes:
    return part.encode() if isinstance(part, str) else bytes(part)


def as_object(event: Any) -> Any:
    """An event as the object that it came from, with what was changed in it."""
    if not isinstance(event, Mapping) or _OBJECT not in event:
        return event
    part = event[_OBJECT]
    fields = {name: event[name] for name in _NUMBERS if event.get(name) != field(part, name)}
    response, own = event.get("response"), field(part, "response")
    if isinstance(response, Mapping) and own is not None:
        before = own if isinstance(own, Mapping) else _dumped(own)
        inner = {name: value for name, value in response.items() if value != before.get(name)}
        usage = field(own, "usage")
        if "usage" in inner and hasattr(usage, "model_dump"):
            inner["usage"] = type(usage)(**inner["usage"])
        if inner:
            fields["response"] = changed(own, **inner)
    return changed(part, **fields) if fields else part


def _dumped(value: Any) -> Event:
    """An object as the proxy writes it into the stream."""
    found: Event = value.model_dump(mode="json", exclude_none=True, exclude_unset=True)
    return found
