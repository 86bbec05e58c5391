"""The memory of a conversation between its requests.

Clients send the whole conversation each time and know nothing of compression. So the result of each request is kept
under a hash of the client's messages. The next request begins with the same messages. It is compressed with that result
as ``previous``, so its beginning stays byte-identical. A stored result is used only as far as it restores to the
client's own messages.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._json import loaded
from ..messages.cache_control import unmarked
from ..messages.shapes import is_made
from ..responses import Record, names, put_back
from ..result import Compressed
from ..turns.continuation import continued
from ..types import Message, Store
from .result_json import from_fields, to_fields

# Turns of the model before which a stored result is looked for: a client may add its own, remove the last one, or edit
# its last question.
_LOOKED_BACK = 3
_UNSOUND = (KeyError, TypeError, AttributeError, IndexError, ValueError, RecursionError)


def conversation_of(messages: Sequence[Message]) -> str:
    """A name for a conversation: the same for all of its requests, and for other conversations that begin alike."""
    return hashlib.sha256(_canonical(messages[0])).hexdigest() if messages else "empty"


class Remembered:
    """The stored results and records of one conversation. If the store fails, there are none, and the report notes it.

    Args:
        store: The store of this tenant and conversation, or None.
        strict: Whether a store that fails is an error.
        report: The report of the request.
        secret: The secret key of the digests of texts that a ``before`` replaced, and of the client's messages.
    """

    def __init__(self, store: Store | None, strict: bool, report: dict[str, Any], secret: str = "") -> None:
        self._store = store
        self._strict = strict
        self._report = report
        self._secret = secret
        self._found_as = ""  # the name under which the earlier result was found

    def before(self, messages: Sequence[Message]) -> tuple[Compressed | None, dict[int, Record]]:
        """The result for the longest known beginning of the client's messages, and the records of our calls in them.

        If the client edited its history, this is the result for the history before, which holds up to the edit.
        """
        start = 0  # the first message without a stored state; that of the shortest beginning if none is found
        for name, start in self._names(messages) if self._store else ():
            found = self._state(name)
            if found is None:
                continue
            previous, kept = found
            records = {index: record for index, record in kept.items() if index < start} | self._records(
                messages, start
            )
            if _holds(previous, [message for run in put_back(messages, records) for message in run]):
                self._found_as = name
                return previous, records
        return None, self._records(messages, start)

    def keep(self, messages: Sequence[Message], result: Compressed, records: Mapping[int, Record]) -> None:
        """Stores the result for these messages. It replaces the result before."""
        if self._store is None:
            return
        name, _ = next(self._names(messages))
        moved = {self._found_as: json.dumps({"now": name})} if self._found_as not in ("", name) else {}
        try:
            state = {"result": to_fields(result, self._secret), "records": dict(records)}
            self._store.put({**moved, name: json.dumps(state)})
        except Exception as error:
            self._failed(error)

    def _state(self, name: str) -> tuple[Compressed, dict[int, Record]] | None:
        """The result and the records under a name, or under the name that replaced it; None if they are not valid."""
        state = loaded(self._get(name) or "")
        for _ in range(_LOOKED_BACK):
            if isinstance(state, dict) and isinstance(state.get("now"), str):
                state = loaded(self._get(state["now"]) or "")
        try:
            records = {int(index): record for index, record in state["records"].items() if isinstance(record, dict)}
            return from_fields(state["result"], self._secret), records
        except _UNSOUND:
            return None

    def _records(self, messages: Sequence[Message], start: int) -> dict[int, Record]:
        """Our calls of turns from ``start`` on that also called the client's tools.

        Older ones are stored with the result, so that a long conversation needs few requests to the store.
        """
        named = {index: name for index, name in names(messages).items() if index >= start} if self._store else {}
        found = {index: loaded(self._get(name) or "") for index, name in named.items()}
        return {index: record for index, record in found.items() if isinstance(record, dict)}

    def _get(self, name: str) -> str | None:
        try:
            return self._store.get(name) if self._store else None
        except Exception as error:
            self._failed(error)
            return None

    def _names(self, messages: Sequence[Message]) -> Iterator[tuple[str, int]]:
        """The names of prefixes with their lengths: all messages, then those before each of the model's last turns."""
        made = [is_made(message) for message in messages]
        ends = [index for index in range(1, len(messages)) if made[index] and not made[index - 1]]
        lengths = sorted({*ends[-_LOOKED_BACK:], len(messages)}, reverse=True)
        # a name is also the value under another name
        digest = hmac.new(self._secret.encode(), digestmod="sha256") if self._secret else hashlib.sha256()
        found = {}
        for index, message in enumerate(messages, 1):
            text = _canonical(message)
            digest.update(b"%d:" % len(text) + text)
            found[index] = digest.hexdigest() if index in lengths else ""
        return ((f"sent-{found[length]}", length) for length in lengths if length in found)

    def _failed(self, error: Exception) -> None:
        if self._strict:
            raise error
        self._report["error"] = type(error).__name__
        self._store = None  # it is not used again for this request


def _canonical(message: Message) -> bytes:
    """A message as bytes, without its cache marks, which clients move in every turn."""
    return json.dumps(unmarked(message), sort_keys=True, default=str).encode()


def _holds(previous: Compressed, messages: list[Message]) -> bool:
    """Whether a stored result restores to the first of these messages. Others may be able to write to the store."""
    try:
        going = continued(messages, previous)
    except _UNSOUND:
        return False
    going.hand_on(previous)
    return going.known > 0
