"""The recorded runs of a file, as the bill replays them. The formats are read by `compresskit.sessions`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from compresskit.errors import InvalidSession
from compresskit.sessions import Session, read
from evals.harness import data
from evals.harness.messages import Message

_KINDS = (".json", ".jsonl", ".json.gz", ".jsonl.gz", ".traj")
_OWN_TO_ANTHROPIC = frozenset({"tool_use", "tool_result", "thinking", "redacted_thinking", "image", "document"})
_SHAPES = ("openai", "anthropic")  # the shapes that the measures of the evals read


def find(names: Iterable[str], given: str | None) -> list[Path]:
    """The named files of the data folder; the given file; or all JSON and JSONL files below a given folder."""
    place = Path(given) if given else None
    names = list(names)
    if place and place.is_dir() and not any((place / name).is_file() for name in names):
        found = sorted(path for path in place.rglob("*") if path.name.endswith(_KINDS) and path.is_file())
        if found:
            return found
    return data.find(names, given)


def runs(path: Path) -> list[dict[str, Any]]:
    """The runs of a file, each as {"id", "format", "messages"}."""
    try:
        found = read(str(path))
    except InvalidSession as error:
        raise data.DataError(f"{path}: {error}") from error
    return [_run(session, path) for session in found.sessions]


def shape_of(messages: Sequence[Message]) -> str:
    """Anthropic's if a message has one of its blocks, else OpenAI's.

    >>> shape_of([{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "1"}]}])
    'anthropic'
    """
    parts = (part for message in messages for part in _list(message.get("content")))
    own = any(isinstance(part, dict) and part.get("type") in _OWN_TO_ANTHROPIC for part in parts)
    return "anthropic" if own else "openai"


def _run(session: Session, path: Path) -> dict[str, Any]:
    messages, name = session.messages, session.name
    if session.shape not in ("auto", *_SHAPES):
        raise data.DataError(f"{path}: {name} is in the shape of {session.source}; chat messages were expected.")
    if not isinstance(messages, list) or not all(isinstance(one, dict) and "role" in one for one in messages):
        raise data.DataError(f"{path}: the messages of {name} should be a list of objects, each with a 'role'.")
    shape = session.fields.get("format") or (None if session.shape == "auto" else session.shape)
    if shape not in (None, *_SHAPES):
        raise data.DataError(f"{path}: the format of {name} is {shape!r}; 'openai' or 'anthropic' was expected.")
    return {"id": name, "format": shape or shape_of(messages), "messages": session.whole}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
