"""Messages as they were read, for counting: each message of a request is read once, however often it is asked for.

Stages that judge a conversation read it as a whole, because calls and results are linked then. Tokens depend on each
message alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from .._json import equal
from ..types import Conversation, Message, Turn
from .reading import read


class Readings:
    """The messages of one request that were read so far.

    >>> hello = {"role": "user", "content": "hello"}
    >>> readings = Readings([hello], read([hello], "auto"))
    >>> readings.of([hello, {"role": "assistant", "content": "hi"}])[1].blocks[0].text
    'hi'
    """

    def __init__(self, messages: Sequence[Message], conversation: Conversation) -> None:
        self._shape = conversation.shape
        self._turns: dict[int, Turn] = {}  # by id(message), of the first ``_known`` lists
        self._read: list[tuple[Sequence[Message], Sequence[Turn]]] = []  # it also holds the messages, so that ids stay
        self._known = 0
        self.add(messages, conversation)

    def add(self, messages: Sequence[Message], conversation: Conversation) -> None:
        """Remembers messages that were read as a whole."""
        self._read.append((messages, conversation.turns))

    def of(self, messages: Sequence[Message], like: Sequence[Message] = ()) -> list[Turn]:
        """The messages as turns, whose indices are not those of ``messages``.

        Args:
            messages: The messages. They must not be changed later.
            like: Messages that were read, of which the first may be equal to the first of ``messages``, and so on.
        """
        known = self._by_id()
        for message, other in zip(messages, like, strict=False):
            if id(message) not in known and id(other) in known and equal(message, other):
                self._read.append(([message], [known[id(other)]]))
                known = self._by_id()
        unread = [message for message in messages if id(message) not in known]
        if unread:
            self.add(unread, read(unread, self._shape))
            known = self._by_id()
        return [known[id(message)] for message in messages]

    def _by_id(self) -> dict[int, Turn]:
        """The turn of each message that was read. Most requests of one call never ask for it."""
        for messages, turns in self._read[self._known :]:
            self._turns.update(zip(map(id, messages), turns, strict=True))
        self._known = len(self._read)
        return self._turns
