"""Puts the compressing transport into an HTTP client that an SDK or its user has made."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

import httpx2

from ..errors import InvalidArgument, shown
from .options import Settings
from .transports import AsyncCompressingTransport, CompressingTransport

_Client = TypeVar("_Client", httpx2.Client, httpx2.AsyncClient)


def wrapped(client: _Client, settings: Settings) -> _Client:
    """A copy of a client that compresses. It shares connections, cookies and hooks with the client.

    Raises:
        InvalidArgument: It is no client of httpx2, or one of a kind that is not known here.
    """
    if is_wrapped(client):
        return client
    parts = vars(client) if isinstance(client, httpx2.Client | httpx2.AsyncClient) else {}
    if "_transport" not in parts or "_mounts" not in parts:
        raise InvalidArgument(
            f"http_client is {shown(client)}; an httpx2.Client or httpx2.AsyncClient was expected. Pass the SDK's own "
            f"class an httpx2 client with transport=compresskit.clients.transport(…) instead."
        )
    made = copy.copy(client)
    inside: dict[int, Any] = {}  # one wrapper for each transport, so that all of them remember the same

    def wrap(transport: Any) -> Any:
        if transport is None or isinstance(transport, CompressingTransport | AsyncCompressingTransport):
            return transport
        if id(transport) not in inside:
            kind = CompressingTransport if isinstance(client, httpx2.Client) else AsyncCompressingTransport
            inside[id(transport)] = kind(settings, transport)
        return inside[id(transport)]

    vars(made).update(
        _transport=wrap(parts["_transport"]),
        _mounts={pattern: wrap(transport) for pattern, transport in parts["_mounts"].items()},
        _compresskit_made_from=client,  # which may close its connections when it is garbage-collected
    )
    return made


def is_wrapped(client: object) -> bool:
    """Whether the requests of a client are compressed already."""
    return isinstance(vars(client).get("_transport"), CompressingTransport | AsyncCompressingTransport)
