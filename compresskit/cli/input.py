"""Reads what the command line is given: JSON or JSONL, gzipped or not, from a file or standard input.

Finds the conversations in it. Does not judge messages (compress does that) and writes nothing.
"""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import described
from ..messages.shapes import is_message
from .output import Failure

# Fields that the command line writes itself; all others of an object are the caller's and pass through.
RESULT_FIELDS = {
    *("model", "trigger", "target", "messages", "tools", "cache", "decisions", "skipped_reason"),
    *("original_tokens", "compressed_tokens", "compression_ratio", "target_met", "floor_tokens"),
}


class InputError(Failure):
    """What was given cannot be used."""

    exit_code = 2


@dataclass(frozen=True)
class Conversation:
    """One conversation or result of the input."""

    messages: Any
    fields: dict[str, Any] = field(default_factory=dict)  # its object, where it came as one
    where: str = ""  # "line 3: ", for error messages

    @property
    def has_cache(self) -> bool:
        return isinstance(self.fields.get("cache"), dict)

    @property
    def cache(self) -> dict[str, str]:
        return self.fields["cache"] if self.has_cache else {}

    @property
    def is_result(self) -> bool:
        """Whether this is all of what `compresskit compress` wrote: its cache belongs to its messages."""
        return self.has_cache and self.fields.keys() >= RESULT_FIELDS - {"tools"}

    @property
    def extra(self) -> dict[str, Any]:
        return {name: value for name, value in self.fields.items() if name not in RESULT_FIELDS}


def read_conversations(path: str) -> list[Conversation]:
    """The conversations in a file: one, or one for each line of JSONL."""
    values = read_values(path)
    are_messages = [_is_message(where, value) for where, value in values]
    if all(are_messages):
        return [Conversation([value for _, value in values])]
    if any(are_messages):
        odd = are_messages.index(not are_messages[0])
        raise InputError(
            f"{values[odd][0]}messages and conversations are mixed; give one message a line,"
            ' or one {"messages": […]} a line'
        )
    return [_conversation(where, value) for where, value in values]


def read_results(path: str) -> list[Conversation]:
    """The same, where every one has to have a cache, as the results of `compresskit compress` do."""
    found = read_conversations(path)
    for conversation in found:
        if not conversation.has_cache:
            raise InputError(
                f"{conversation.where}not a result: there is no cache beside the messages;"
                " give the file that `compresskit compress` wrote"
            )
    return found


def read_tools(path: str) -> list[Any]:
    """A request's own tools: a JSON list, or an object with "tools"."""
    (_, value), *more = read_values(path)
    tools = value.get("tools") if isinstance(value, dict) else value
    if more or not isinstance(tools, list):
        raise InputError(f'{path}: expected a JSON list of tools, or an object with "tools"')
    return tools


def read_values(path: str) -> list[tuple[str, Any]]:
    """The JSON values of a file, each with a word on where it stands: ("", value) or ("line 3: ", value)."""
    try:
        text = _read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text ({error}); JSON has to be UTF-8") from error
    if not text.strip():
        raise InputError(f"{path} is empty; expected JSON or JSONL")
    try:
        return [("", json.loads(text))]
    except json.JSONDecodeError as error:
        if error.msg != "Extra data":  # a second value follows the first one: JSONL
            raise InputError(f"{path} is not JSON: {error}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read as JSON: {error}") from error
    return _json_lines(text)


def _json_lines(text: str) -> list[tuple[str, Any]]:
    values = []
    # Not splitlines(): U+2028 and the like may stand unescaped inside a JSON string.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            values.append((f"line {number}: ", json.loads(line)))
        except (ValueError, RecursionError) as error:
            raise InputError(f"line {number} is not JSON: {error}") from error
    return values


def _read_bytes(path: str) -> bytes:
    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        return gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"cannot read {path}: {reason}") from error


def _is_message(where: str, value: Any) -> bool:
    if isinstance(value, list) or (isinstance(value, dict) and "messages" in value):
        return False
    if is_message(value) or (isinstance(value, dict) and "role" in value):
        return True
    raise InputError(
        f'{where}expected a list of messages, an object with "messages" or a message with a role;'
        f" found {described(value)}"
    )


def _conversation(where: str, value: Any) -> Conversation:
    if isinstance(value, list):
        return Conversation(value, where=where)
    return Conversation(value["messages"], value, where)
