"""What the stores share: their defaults, and the checks of what they are given."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import InvalidArgument

TTL = 86_400  # seconds: a conversation that nobody has gone on with for a day has lost its originals
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
