"""Finds the request in a message that is a JSON object, as programs send prompts: {"question": …, "documents": […]}."""

from __future__ import annotations

import json
import re

from ..types import Span
from . import weights as tuning
from .asking import is_question
from .spans import united

_MAX_FIELDS = 40  # short texts of a JSON object, which bounds the time


def asking_fields(text: str) -> list[Span]:
    """The short texts at the top level of a JSON object, if one of them asks something: programs send such prompts."""
    inner = text.strip()
    if not (inner.startswith("{") and inner.endswith("}")):
        return []
    try:
        fields = json.loads(inner)
    except (ValueError, RecursionError):
        return []
    most = tuning.WEIGHTS.max_instruction_characters
    short = {name: one for name, one in fields.items() if isinstance(one, str) and len(one) <= most}
    if len(short) > _MAX_FIELDS or not any(map(is_question, short.values())):
        return []
    found: list[Span] = []
    for pair in short.items():
        for ascii_only in (False, True):
            name, value = (re.escape(json.dumps(one, ensure_ascii=ascii_only)) for one in pair)
            if match := re.search(rf"{name}\s*:\s*{value}", text):
                found.append(match.span())
                break
    return list(united(found, ()))
