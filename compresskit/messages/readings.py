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
        self._turns: dict[int, Turn] = {}  # by id(message)
        self._held: list[list[Message]] = []  # the messages, so that their ids stay
        self.add(messages, conversation)

    def add(self, messages: Sequence[Message], conversation: Conversation) -> None:
        """Remembers messages that were read as a whole."""
        self._held.append(list(messages))
        self._turns.update(zip(map(id, messages), conversation.turns, strict=True))

    def of(self, messages: Sequence[Message], like: Sequence[Message] = ()) -> list[Turn]:
        """The messages as turns, whose indices are not those of ``messages``.

        Args:
            messages: The messages. They must not be changed later.
            like: Messages that were read, of which the first may be equal to the first of ``messages``, and so on.
        """
        for message, other in zip(messages, like, strict=False):
            if id(message) not in self._turns and id(other) in self._turns and equal(message, other):
                self._held.append([message])
                self._turns[id(message)] = self._turns[id(other)]
        unread = [message for message in messages if id(message) not in self._turns]
        if unread:
            self.add(unread, read(unread, self._shape))
        return [self._turns[id(message)] for message in messages]
