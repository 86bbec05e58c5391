"""What the loop needs of the stream of one call of the model, in any shape."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..types import Message
from .settling import AS_THEY_ARE, Settling
from .usage import Usage, added


@dataclass
class Shown:
    """The state that the caller of one stream has seen, over all calls of the model for this stream.

    Attributes:
        settling: What becomes of calls of deferred tools.
        usage: The usage of all calls that ended.
        identity: The id of the response that the caller sees.
    """

    settling: Settling = AS_THEY_ARE
    usage: Usage | None = None
    identity: Any = None


class StreamTurn(ABC):
    """The stream of one call of the model.

    Attributes:
        choices: The choices with content, by the caller's numbers; (0,) if the shape has only one.
    """

    choices: Sequence[int] = (0,)
    _shown: Any  # a ``Shown``, which all turns of one stream share

    @property
    @abstractmethod
    def usage(self) -> Usage | None:
        """The usage of the call."""

    @abstractmethod
    def feed(self, event: Any, /) -> list[Any]:
        """The events to pass on for an event (a dict or an object).

        It is the event itself if nothing in it changes, so that its bytes can be passed on. Calls that are ours or may
        be are held back, and so is everything that ends a choice.
        """

    def end(self) -> list[Any]:
        """The events that were held back and are not ours after all."""
        self._shown.usage = added(self._shown.usage, self.usage)
        return []

    @abstractmethod
    def complete(self, choice: int, /) -> bool:
        """Whether the provider ended the choice. If not, the stream broke off, and nothing more is shown."""

    @abstractmethod
    def calls(self, choice: int, /) -> bool:
        """Whether the choice called any tool, ours or the caller's."""

    @abstractmethod
    def message(self, choice: int, /) -> Message:
        """The model's whole turn with our calls, in the form of ``message_of``."""

    @abstractmethod
    def closing(self, choice: int, fields: Mapping[str, Any], ours_only: bool, /) -> list[Any]:
        """The events that end the choice for the caller, with the usage of all calls if the shape reports it there.

        Args:
            choice: The choice.
            fields: Further fields of its message; {} if records of mixed turns are kept elsewhere.
            ours_only: Whether the model made no call but ours, so that the reason to stop changes.
        """

    def totals(self) -> list[Any]:
        """The events behind the last choice, such as a chunk with the usage of all calls."""
        return []
