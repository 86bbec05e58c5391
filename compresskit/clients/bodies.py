"""Requests and responses with another body: their headers stay, apart from those of the body that was replaced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2

from .._json import encoded
from ..chat.policy import HEADER, NAME
from .protocol import Protocol

_LENGTHS = ("content-length", "content-encoding", "transfer-encoding")  # headers of the body that was replaced
_IDEMPOTENCY = "idempotency-key"


def rebuilt(request: httpx2.Request, content: bytes, number: int = 0) -> httpx2.Request:
    """The request with another body. A later one of the same request gets an idempotency key of its own."""
    headers = [
        (name, f"{value}-{number}" if number and name.lower() == _IDEMPOTENCY else value)
        for name, value in request.headers.multi_items()
        if name.lower() not in (*_LENGTHS, HEADER)
    ]
    return httpx2.Request(request.method, request.url, headers=headers, content=content, extensions=request.extensions)


def target(url: httpx2.URL) -> str:
    """The path of a URL with its query."""
    return f"{url.path}?{url.query.decode()}" if url.query else url.path


def signed(request: httpx2.Request) -> bool:
    """Whether a signature of the body would become wrong."""
    return request.headers.get("authorization", "").startswith("AWS4-")


def headers_with(response: httpx2.Response, more: Mapping[str, str]) -> httpx2.Headers:
    kept = [(name, value) for name, value in response.headers.multi_items() if name.lower() not in _LENGTHS]
    headers = httpx2.Headers(kept)
    headers.update(more)
    return headers


def answered(response: httpx2.Response, content: bytes, more: Mapping[str, str]) -> httpx2.Response:
    """The response with another body."""
    headers = headers_with(response, more)
    return httpx2.Response(response.status_code, headers=headers, content=content, extensions=response.extensions)


def with_note(raw: bytes, protocol: Protocol, report: Mapping[str, Any]) -> bytes | None:
    """A JSON object with the report as its last field, and its bytes otherwise as they were; None if it is none."""
    body = raw.rstrip()
    if NAME not in protocol.noted({}, report) or not body.startswith(b"{") or not body.endswith(b"}"):
        return None
    comma = b"," if body[1:-1].strip() else b""
    return body[:-1] + comma + b'"' + NAME.encode() + b'":' + encoded(dict(report)) + b"}"
