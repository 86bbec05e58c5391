"""What is remembered of a conversation between its requests, where a store was chosen.

Clients of the proxy send the whole conversation each time and know nothing of compression. Compressed afresh each
time, its beginning would read otherwise in every turn, and the provider's prompt cache would be lost. So what
was sent is kept under a hash of the client's messages, and the next turn, which begins with the same messages,
goes on from there. What the store gives is used only if it restores to those very messages.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...markers.keys import key_of
from ...markers.restore import placed, restore
from ...responses import Record, names
from ...result import Compressed
from ...types import Cache, Message, Store

_LOOKED_BACK = 3  # assistant messages: a client may add its own, or take the last one back


@dataclass(frozen=True)
class Earlier:
    """What was sent for the first ``length`` messages of the client, and the tokens that saved.

    ``records`` are those of our calls that were put back into them, by the client's messages.
    """

    name: str
    length: int
    messages: list[Message]
    cache: Cache
    saved: int
    records: dict[int, Record]


Runs = list[list[Message]]
Joined = Callable[[Sequence[Message], Mapping[int, Record]], Runs]


def conversation_of(said: Sequence[Message]) -> str:
    """A name for a conversation: the same for all of its requests, and for others that begin alike."""
    return hashlib.sha256(_canonical(said[0])).hexdigest() if said else "empty"


class Remembered:
    """What a store has of one conversation; where it fails, nothing, and the report says so.

    Args:
        store: of this tenant and conversation, or None.
        strict: whether a store that fails is an error.
        report: of the request.
    """

    def __init__(self, store: Store | None, strict: bool, report: dict[str, Any]) -> None:
        self._store = store
        self._strict = strict
        self._report = report

    def before(self, said: Sequence[Message], joined: Joined) -> tuple[Earlier | None, dict[int, Record], Runs]:
        """What was sent for the longest known beginning of the client's messages, if anything is known.

        Args:
            said: the client's messages.
            joined: for each of them the messages to send, before compression, with the records' calls put back.

        Returns:
            What was sent, all records, and what ``joined`` makes of them.
        """
        for name, length in _names(said) if self._store else ():
            text = self._get(name)
            found = _read(text, name, length) if text else None
            if found:
                records = found.records | self._records(said, length)
                runs = joined(said, records)
                if _restores(found, [message for run in runs[:length] for message in run]):
                    known = replace(found, cache=placed(found.messages, found.cache))
                    return known, records, runs
        records = self._records(said, min((length for _, length in _names(said)), default=0))
        return None, records, joined(said, records)

    def keep(
        self,
        said: Sequence[Message],
        result: Compressed,
        saved: int,
        earlier: Earlier | None,
        records: Mapping[int, Record],
    ) -> None:
        """Keeps what is sent now; the turn before need not be kept any longer."""
        if self._store is None:
            return
        name, _ = next(_names(said))
        record = {"messages": result.messages, "cache": dict(result.cache), "saved": saved, "records": dict(records)}
        gone = {earlier.name: ""} if earlier and earlier.name != name else {}
        self._put({**gone, name: json.dumps(record)})

    def _records(self, said: Sequence[Message], start: int) -> dict[int, Record]:
        """Our calls of turns from ``start`` on that called the client's tools too.

        Older ones are kept with what was sent: a long conversation asks the store for little.
        """
        if self._store is None:
            return {}
        named = {index: name for index, name in names(said).items() if index >= start}
        found = {index: _loaded(text) for index, name in named.items() if (text := self._get(name))}
        return {index: record for index, record in found.items() if isinstance(record, dict)}

    def _get(self, name: str) -> str | None:
        try:
            return self._store.get(name) if self._store else None
        except Exception as error:
            self._failed(error)
            return None

    def _put(self, items: dict[str, str]) -> None:
        try:
            if self._store and items:
                self._store.put(items)
        except Exception as error:
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        if self._strict:
            raise error
        self._report["error"] = type(error).__name__
        self._store = None  # it is not asked again for this request


def _names(said: Sequence[Message]) -> Iterator[tuple[str, int]]:
    """The name of all messages, then of those before each of the last assistant messages, with their number."""
    ends = [index for index, message in enumerate(said) if index and message.get("role") == "assistant"]
    lengths = sorted({*ends[-_LOOKED_BACK:], len(said)}, reverse=True)
    digest = hashlib.sha256()
    found = {}
    for index, message in enumerate(said, 1):
        text = _canonical(message)
        digest.update(b"%d:" % len(text) + text)
        found[index] = digest.hexdigest() if index in lengths else ""
    return ((f"sent-{found[length]}", length) for length in lengths if length in found)


def _canonical(message: Message) -> bytes:
    return json.dumps(message, sort_keys=True, default=str).encode()


def _read(text: str, name: str, length: int) -> Earlier | None:
    """A record, None where it is none of ours. What a store holds may be anybody's."""
    record = _loaded(text)
    try:
        messages, cache, saved = record["messages"], record["cache"], record["saved"]
        records = {int(index): kept for index, kept in record["records"].items() if isinstance(kept, dict)}
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    sound = isinstance(messages, list) and isinstance(cache, dict) and isinstance(saved, int) and saved >= 0
    sound = sound and all(0 <= index < length for index in records)
    if not sound or not all(isinstance(value, str) and key_of(value, len(key)) == key for key, value in cache.items()):
        return None
    return Earlier(name, length, messages, cache, saved, records)


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _restores(found: Earlier, messages: list[Message]) -> bool:
    try:
        return restore(found.messages, found.cache) == messages
    except (ValueError, TypeError, KeyError, AttributeError):
        return False
