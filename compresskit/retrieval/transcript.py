"""Originals that a model can read: a folded run of messages as a transcript, any other text as it is."""

from __future__ import annotations

import json
import re
from typing import Any

from .._json import dumps
from ..markers.restore import is_run
from ..messages.json_results import json_texts
from ..messages.parts import without
from ..messages.shapes import speaker
from ..types import Message

_MIN_DATA = 400  # characters of base64 from which on a text in a part of a message is an image or a file
_DATA = re.compile(
    rf"(?:data:[\w.+-]{{1,40}}/[\w.+-]{{1,80}}[\w;=.-]{{0,80}},)?[A-Za-z0-9+/_-]{{{_MIN_DATA - 200},}}={{0,2}}\s*\Z"
)


def readable(text: str) -> str:
    """A folded run of messages as a transcript; any other text as it is."""
    messages = json.loads(text) if is_run(text) else []
    if not messages:
        return text
    return "\n".join(f"--- {speaker(message)} ---\n{_transcript(message)}" for message in messages)


def _transcript(message: Message) -> str:
    field = next((name for name in ("content", "parts", "output") if name in message), "")
    content = message.get(field)
    shown_parts = [content] if isinstance(content, str) else []
    for part in content if isinstance(content, list) else [content] if isinstance(content, dict) else ():
        text = part.get("text", part.get("content")) if isinstance(part, dict) else None
        shown_parts.append(text if isinstance(text, str) else _plain(part))
    hidden = ("role", "type", field) if "role" not in message or message.get("type") == "message" else ("role", field)
    rest = {key: value for key, value in message.items() if key not in hidden and value}
    return "\n".join(shown_parts + ([dumps(rest)] if rest else []))


def _plain(part: Any) -> str:
    """A part of a message as JSON, with its long texts behind it as they are. Bytes are only named."""
    found = list(json_texts(part, ()))
    if not isinstance(part, dict) or not found:
        return dumps(part)
    texts = (f"({len(slot.text):,} characters of data)" if _is_data(slot.text) else slot.text for slot in found)
    return "\n".join([dumps(without(part, [slot.path for slot in found])), *texts])


def _is_data(text: str) -> bool:
    """Whether a text in a part is the base64 of an image or a file."""
    return len(text) >= _MIN_DATA and _DATA.match(text) is not None
