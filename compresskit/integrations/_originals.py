"""A framework's own objects, found again by the dicts that they became, so that untouched ones stay the caller's."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, Generic, TypeVar

from ..markers.restore import restore
from ..responses import without_ours
from ..types import Cache, Message

T = TypeVar("T")


class Originals(ABC, Generic[T]):
    """The objects of a request, each of which is one dict.

    Args:
        objects: The objects in their order.
    """

    def __init__(self, objects: Sequence[T]) -> None:
        self._given = objects
        self.dicts = [self.as_dict(one) for one in objects]
        self._found: dict[str, list[T]] = {}
        for found, one in zip(reversed(self.dicts), reversed(objects), strict=True):
            self._found.setdefault(_name(found), []).append(one)

    def add(self, one: T) -> Message:
        """Adds what the model said, and returns its dict."""
        found = self.as_dict(one)
        self._found.setdefault(_name(found), []).append(one)
        return found

    def objects(self, dicts: Iterable[Message], cache: Cache) -> list[T]:
        """The objects to send: the caller's own, copies with other texts or with our calls, and new ones."""
        left = {name: list(objects) for name, objects in self._found.items()}
        return [self._object(at, one, left, cache) for at, one in enumerate(dicts)]

    def _object(self, at: int, one: Message, left: dict[str, list[T]], cache: Cache) -> T:
        if found := left.get(_name(one)):
            return found.pop()
        before = restore([one], cache)
        if len(before) == 1 and (found := left.get(_name(before[0]))):
            return self.with_texts(found.pop(), one)
        if at < len(self.dicts) and _frame(self.dicts[at]) == _frame(one):  # its texts went through a hook
            return self.with_texts(self._given[at], one)
        if one.get("tool_calls") and (found := left.get(_name(without_ours(one)))):
            return self.with_calls(found.pop(), one)
        return self.made(one)

    @abstractmethod
    def as_dict(self, one: T) -> Message:
        """An object in the shape of OpenAI's chat."""

    @abstractmethod
    def with_texts(self, one: T, changed: Message) -> T:
        """A copy with the texts of a dict."""

    @abstractmethod
    def with_calls(self, one: T, changed: Message) -> T:
        """A copy with the calls of a dict, which has those of the object and ours."""

    @abstractmethod
    def made(self, message: Message) -> T:
        """An object for a message that the caller does not have: a marker, or one of a retrieval."""


def _frame(message: Message) -> tuple[Any, ...]:
    """A message without its texts."""
    content = message.get("content")
    kinds = (
        [isinstance(one, dict) and one.get("type") for one in content] if isinstance(content, list) else type(content)
    )
    return message["role"], kinds, message.get("tool_calls"), message.get("tool_call_id")


def _name(message: Message) -> str:
    return json.dumps(message, sort_keys=True, default=str)
