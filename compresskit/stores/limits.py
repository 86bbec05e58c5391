"""The common part of the stores: defaults, texts as bytes, and the check of the items to put."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import InvalidArgument, described

TTL = 86_400  # seconds after which a conversation that did not go on has lost its originals: a day
MAX_BYTES = 1 << 30


def checked(items: Mapping[str, str]) -> dict[str, str]:
    """The items to put; their texts do not appear in an error."""
    found = dict(items)
    for key, text in found.items():
        if not isinstance(key, str) or not isinstance(text, str):
            raise InvalidArgument(
                f"an item to put is {type(key).__name__} -> {type(text).__name__}; str -> str was expected."
            )
    return found


def encoded(text: str) -> bytes:
    """A key or a text as bytes. It may hold halves of surrogate pairs."""
    if not isinstance(text, str):
        raise InvalidArgument(f"a key or a text of a store is {described(text)}; a str was expected.")
    return text.encode("utf-8", "surrogatepass")


def decoded(data: object) -> str | None:
    """The text of bytes that a store found; None for anything that no ``put`` wrote.

    >>> decoded(encoded("Zürich")), decoded(b"\\xff"), decoded(5)
    ('Zürich', None, None)
    """
    try:
        return data.decode("utf-8", "surrogatepass") if isinstance(data, bytes) else None
    except UnicodeDecodeError:
        return None
