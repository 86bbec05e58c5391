"""Reads plain conversations: a list of messages, an object with "messages", or several of them.

JSONL has a message a line, or a conversation a line. JSON may also list several conversations.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import InvalidSession, described
from ..messages.shapes import is_message
from . import requests
from .files import Value
from .session import Session


def read(values: Iterable[Value], name: str, expected: str) -> list[Session]:
    """The conversations of a file.

    Raises:
        InvalidSession: A value is no message and no conversation, or both are mixed. It says what was ``expected``.
    """
    listed = list(values)
    if len(listed) == 1 and not listed[0].where and _lists_conversations(listed[0].value):
        listed = [Value("", one) for one in listed[0].value]
        return [_conversation(value, f"{name}-{number}") for number, value in enumerate(listed, start=1)]
    are_messages = [_is_one_message(value, expected) for value in listed]
    if all(are_messages):
        return [Session(name, "", [value.value for value in listed])]
    if any(are_messages):
        odd = are_messages.index(not are_messages[0])
        raise InvalidSession(
            f"{listed[odd].where}messages and conversations are mixed; give one message a line,"
            ' or one {"messages": […]} a line'
        )
    if len(listed) == 1 and isinstance(listed[0].value, list):
        if _is_something_else(listed[0].value):
            raise InvalidSession(f"{expected}; found {described(listed[0].value)} that are none of these")
        return [_conversation(listed[0], name)]
    return [_conversation(value, f"{name}-{number}") for number, value in enumerate(listed, start=1)]


def _lists_conversations(value: Any) -> bool:
    """Whether a JSON list holds conversations, each a list of messages or an object with "messages"."""
    return isinstance(value, list) and bool(value) and all(map(_is_conversation, value))


def _is_conversation(value: Any) -> bool:
    return isinstance(value, list) or (isinstance(value, dict) and "messages" in value and "role" not in value)


def _is_something_else(values: list[Any]) -> bool:
    """Whether a list has objects only, and none that could be a message."""
    return bool(values) and all(isinstance(one, dict) and "role" not in one and not is_message(one) for one in values)


def _is_one_message(value: Value, expected: str) -> bool:
    one = value.value
    if _is_conversation(one):
        return False
    if is_message(one) or (isinstance(one, dict) and "role" in one):
        return True
    raise InvalidSession(f"{value.where}{expected}; found {described(one)}")


def _conversation(value: Value, name: str) -> Session:
    found = value.value
    if isinstance(found, list):
        return Session(name, "", found, where=value.where)
    title = str(found.get("id", name))
    messages = found["messages"]
    about = requests.of_body(found, messages)
    return Session(title, "", messages, fields=found, where=value.where, **about)
