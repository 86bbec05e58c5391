"""A wire protocol, as the transport uses it: one row of functions and constants.

This is the seam for another provider. To add one:

1. Give ``responses/`` the shape of its responses, whole (``message_of``, ``calls_in``, ``without_ours``, ``usage_of``,
   ``with_usage``, ``names``, ``put_back``, ``record_of``) and streamed (a row of ``responses.STREAMS``).
2. Write a file in this package with its ``Protocol``, like ``openai_chat.py``, and add the row to ``_PROTOCOLS`` in
   ``transports.py``.
3. Write its client classes, like ``openai.py``: they only wrap the SDK's own HTTP client with ``wrapped``.

How a request goes through (``exchange.py``, which is the same for sync and async):

    protocol.endpoint(path)         "" means that the request passes untouched
    protocol.read(path, body)       -> Asked: messages, tools, tool_choice in the words of the loop
    followed(…)                     compresses, and finds the turn before by the messages
    protocol.write(body, kwargs)    -> the body with other messages, tools and tool_choice, for this and later rounds
    the call
    whole: chat.loop.whole          answers retrievals and calls again
    streamed: chat.loop.Streamed    feeds a ``responses.StreamTurn`` and passes its events on, as ``protocol.frame``

The record of a mixed turn (ours and the caller's calls) is never in the response: the loop puts it into the store under
``responses.names``, and the next request finds it there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from .frames import Event, framed

Body = dict[str, Any]
Endpoint = Literal["", "answer", "count"]


class LeftAlone(Exception):
    """A request passes as it is. The argument is the reason in the report."""


@dataclass(frozen=True)
class Asked:
    """A request, in the words of the loop.

    Attributes:
        kwargs: ``model``, ``messages`` (dicts of the protocol's shape), and, if the request has them, ``tools``,
            ``tool_choice``, ``functions`` and ``n``.
        beside: JSON values outside of messages and tools that cost tokens: instructions, the schema of the answer.
        streams: Whether the response is a stream of events.
        recoverable: False if the model's calls cannot be answered here, for example because the answer comes later.
    """

    kwargs: dict[str, Any]
    beside: Sequence[Any] = field(default_factory=tuple)
    streams: bool = False
    recoverable: bool = True


def asked(body: Body, messages: Any, names: Sequence[str], beside: Sequence[str], recoverable: bool = True) -> Asked:
    """The request of a body that has these messages.

    Args:
        body: The body, with the name of the model.
        messages: Its messages.
        names: The other fields that the loop needs.
        beside: The fields that cost tokens beside messages and tools.
        recoverable: See ``Asked``.

    Raises:
        LeftAlone: The messages are no list, or there is no model.
    """
    if not isinstance(messages, list) or not isinstance(body.get("model"), str):
        raise LeftAlone("not_served")
    kwargs = {"messages": messages} | {name: body[name] for name in ("model", *names) if name in body}
    values = [body[name] for name in beside if body.get(name)]
    return Asked(kwargs, values, streams=body.get("stream") is True, recoverable=recoverable)


def written(body: Body, kwargs: Mapping[str, Any], names: Sequence[str]) -> Body:
    """A body with these fields of kwargs, in the places that they have. Without a tool_choice there, it has none."""
    rest = {name: value for name, value in body.items() if name != "tool_choice" or name in kwargs}
    return {**rest, **{name: kwargs[name] for name in names if name in kwargs}}


def error_in(body: Any, **otherwise: Any) -> Mapping[str, Any]:
    """The error in the body of a response that failed; if it has none, one of ours with these fields."""
    inner = body.get("error") if isinstance(body, Mapping) else None
    return inner if isinstance(inner, Mapping) else {"message": "The call after a retrieval failed.", **otherwise}


@dataclass(frozen=True, slots=True)
class Protocol:
    """One wire protocol.

    Attributes:
        shape: The name of its shape of messages and responses.
        endpoint: What a path of a POST request is: "answer" (the model answers), "count" (the tokens are counted), or
            "" for anything else.
        read: What a body asks. Raises LeftAlone for a body that is not served.
        write: A body with the ``messages`` and, if they are there, ``tools``, ``tool_choice`` and ``n`` of kwargs. If
            ``kwargs`` has no ``tool_choice``, the body has none.
        error: The body of an error response with this message.
        failed: The events that end a stream if a later call of the model fails: of its status, and of its body as JSON.
        frame: An event as bytes.
        end: The bytes behind the last event.
        silent: Whether an event at the beginning of a stream says nothing yet. The SDK gets it together with the next
            one, so that a call that fails in a retrieval before any text is an error of its status.
        noted: A response, or an event of a stream, with the report in it; the same one if it is no place for a report.
    """

    shape: str
    endpoint: Callable[[str], Endpoint]
    read: Callable[[str, Body], Asked]
    write: Callable[[Body, Mapping[str, Any]], Body]
    error: Callable[[str], Body]
    failed: Callable[[int, Any], list[Event]]
    frame: Callable[[Event], bytes] = framed
    end: bytes = b""
    silent: Callable[[Event], bool] = lambda _: False
    noted: Callable[[Body, Mapping[str, Any]], Body] = lambda response, _: response
