"""Gemini's generateContent and streamGenerateContent on the wire, and the counting of their tokens.

The same paths exist at the Gemini API and at Vertex AI. The model's name is in the path, and ``alt=sse`` asks for a
stream of events. A request with ``cachedContent`` is left alone: its beginning is at the provider.

A response has no field for a report, because Google's SDK drops the fields that it does not know. The report is in the
headers, at ``response.sdk_http_response.headers``.

Source: ai.google.dev and cloud.google.com, "generateContent", "streamGenerateContent", "countTokens".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..messages import tool_config
from ..responses.fields import first
from .frames import Event
from .protocol import Asked, Body, Endpoint, LeftAlone, Protocol, error_in

_CONFIG = ("toolConfig", "tool_config")
_GENERATION = ("generationConfig", "generation_config")
_COUNT = ("candidateCount", "candidate_count")
_SYSTEM = ("systemInstruction", "system_instruction")
_CACHED = ("cachedContent", "cached_content")
_WHOLE = ("generateContentRequest", "generate_content_request")  # all that a count at the Gemini API is of
_SCHEMAS = (("responseSchema", "response_schema"), ("responseJsonSchema", "response_json_schema"))
_NO_TOOL = {"functionCallingConfig": {"mode": "NONE"}}


def _endpoint(path: str) -> Endpoint:
    method = path.rpartition(":")[2]
    if method in ("generateContent", "streamGenerateContent"):
        return "answer"
    return "count" if method == "countTokens" and _at_vertex(path) else ""


def _counts_at_gemini(path: str) -> Endpoint:
    return "count" if path.endswith(":countTokens") and not _at_vertex(path) else ""


def _at_vertex(path: str) -> bool:
    """Whether a path is one of Vertex AI, whose counts take the fields of a request."""
    return "/publishers/" in path or "/endpoints/" in path


def _read(path: str, body: Body) -> Asked:
    contents = body.get("contents")
    if not isinstance(contents, list):
        raise LeftAlone("not_served")
    if first(body, _CACHED) is not None:
        raise LeftAlone("provider_state")
    resource, _, query = path.partition("?")
    name, _, method = resource.rpartition(":")
    streams = method == "streamGenerateContent"
    if streams and "alt=sse" not in query.split("&"):
        raise LeftAlone("not_served")
    generation = first(body, _GENERATION) or {}
    kwargs: dict[str, Any] = {"model": name.rpartition("/")[2], "messages": contents}
    if body.get("tools"):
        kwargs["tools"] = body["tools"]
    if (config := tool_config.config_of(body)) is not None:
        kwargs["tool_choice"] = config
    if (count := first(generation, _COUNT)) is not None:
        kwargs["n"] = count
    beside = [first(body, _SYSTEM), *(first(generation, names) for names in _SCHEMAS)]
    return Asked(kwargs, [value for value in beside if value], streams, recoverable=tool_config.takes_functions(body))


def write(body: Body, kwargs: Mapping[str, Any]) -> Body:
    """A body with other contents, tools and toolConfig, in the places that these fields have."""
    made = {**body, "contents": kwargs["messages"]}
    if "tools" in kwargs:
        made["tools"] = kwargs["tools"]
    name = next((name for name in _CONFIG if name in body), _CONFIG[0])
    choice = kwargs.get("tool_choice")
    if choice == "none":
        made[name] = {**_others(body.get(name)), **_NO_TOOL}
    elif choice is not None:
        made[name] = choice
    elif tool_config.is_config(body.get(name)):
        del made[name]
    generation = next((name for name in _GENERATION if name in body), None)
    if generation and "n" in kwargs:
        counted = next(name for name in _COUNT if name in body[generation])
        made[generation] = {**body[generation], counted: kwargs["n"]}
    return made


def _others(config: Any) -> dict[str, Any]:
    """The fields of a toolConfig that choose no tool."""
    fields = config if isinstance(config, Mapping) else {}
    return {name: value for name, value in fields.items() if not tool_config.is_config({name: value})}


def _read_count(path: str, body: Body) -> Asked:
    """A count at the Gemini API, of contents alone or of a whole request."""
    return _read(path, first(body, _WHOLE) or body)


def _write_count(body: Body, kwargs: Mapping[str, Any]) -> Body:
    """A count of a whole request, which is the only one that takes tools."""
    field = next((name for name in _WHOLE if name in body), _WHOLE[0])
    inner = body.get(field) or {**body, "model": f"models/{kwargs['model']}"}
    return {field: write(inner, kwargs)}


def error(message: str) -> Body:
    """The body of an error."""
    return {"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}}


def _failed(status: int, body: Any) -> list[Event]:
    """An error in mid-stream: the SDK raises its own error for it."""
    return [{"error": error_in(body, code=status, status="UNKNOWN")}]


GENERATE = Protocol(
    shape="gemini",
    endpoint=_endpoint,
    read=_read,
    write=write,
    error=error,
    failed=_failed,
)
COUNT = replace(GENERATE, endpoint=_counts_at_gemini, read=_read_count, write=_write_count)
