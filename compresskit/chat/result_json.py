"""Writes a result as JSON and reads it again, so that another process goes on from it with the same bytes.

The caller keeps the JSON, perhaps at a place to which others can write. So everything that the next turn relies on is
checked, except that the messages restore to the caller's own. ``compress(previous=)`` checks that, message by message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

from ..errors import InvalidArgument, described
from ..markers.keys import KEY_LENGTH, key_of
from ..markers.places import PlacedCache, places_of
from ..markers.withheld import Withheld, withheld_of
from ..messages import check_messages
from ..result import Compressed, Decision, Mark, SkippedReason, ToolAction, ToolDecision
from ..types import Path

_COUNTS = (
    *("original_tokens", "compressed_tokens", "floor_tokens", "trigger", "target", "settled_tokens"),
    *("bill", "bill_without"),
)
_UNSOUND = (KeyError, TypeError, AttributeError, IndexError, ValueError, RecursionError)


def to_fields(result: Compressed, secret: str = "") -> dict[str, Any]:
    """The fields of a result for ``json.dumps``, with the places where forms of originals were issued.

    Of the texts that the caller's ``before`` replaced, it has digests, which are made with the ``secret``.
    """
    held = withheld_of(result.cache)
    return {name: getattr(result, name) for name in Compressed.__dataclass_fields__} | {
        "places": places_of(result.cache),
        "withheld": None if held is None else {"entries": held.sealed(secret), "complete": held.complete},
    }


def from_fields(fields: Mapping[str, Any], secret: str = "") -> Compressed:
    """The result that ``to_fields`` wrote with the same ``secret``.

    Raises:
        InvalidArgument: ``to_fields`` did not write these fields.

    >>> from compresskit import compress
    >>> result = compress([{"role": "user", "content": "hello"}], "gpt-4o")
    >>> from_fields(to_fields(result)) == result
    True
    """
    try:
        made = _made(secret, **fields)
        sound = _is_sound(made)
    except _UNSOUND:
        sound = False
    if not sound:
        raise InvalidArgument(
            f"the result is {described(fields)} and not as it was written; an unchanged result was expected. Pass the "
            f"JSON text as it came."
        )
    return made


def _decision(message: int, path: Sequence[Any], *rest: Any) -> Decision:
    return Decision(message, tuple(path), *rest)


def _position(index: int, path: Sequence[Any]) -> tuple[int, Path]:
    return index, tuple(path)


# The fields that are lists of rows, and the kind of each row.
_ROWS: Mapping[str, Callable[..., Any]] = {
    **dict.fromkeys(("decisions", "entered"), _decision),
    **dict.fromkeys(("forms", "replaced"), _position),
    "breakpoints": Mark,
    "tool_decisions": ToolDecision,
}


def _made(
    secret: str,
    cache: dict[str, str],
    places: Mapping[str, int] | None = None,
    withheld: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Compressed:
    """A result made from JSON, in which tuples are lists."""
    rows = {name: tuple(kind(*row) for row in fields[name]) for name, kind in _ROWS.items() if name in fields}
    held = None if withheld is None else Withheld(withheld["entries"], secret, withheld["complete"] is True)
    cache = cache if places is None and held is None else PlacedCache(cache, places, held)
    return Compressed(cache=cache, **{**fields, **rows})


def _is_sound(result: Compressed) -> bool:
    check_messages(result.messages)
    _ = result.request, result.changes  # every mark has its part, and every form its text
    counts = [*(getattr(result, name) for name in _COUNTS), *(row.message for row in result.decisions)]
    counts += (getattr(result.cache, "places", None) or {}).values()
    held = withheld_of(result.cache)
    digests = [digest for texts in held.entries.values() for digest in texts] if held else []
    return (
        all(isinstance(count, int) and count >= 0 for count in counts)
        and all(isinstance(digest, str) for digest in digests)
        and isinstance(result.model, str)
        and (result.tools is None or all(isinstance(tool, dict) for tool in result.tools))
        and all(isinstance(row.name, str) and row.action in get_args(ToolAction) for row in result.tool_decisions)
        and result.skipped_reason in (None, *get_args(SkippedReason))
        # every key belongs to its text
        and all(len(key) >= KEY_LENGTH and key_of(text, len(key)) == key for key, text in result.cache.items())
    )
