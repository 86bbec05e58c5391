"""The clients that people already have, for conversations of any length.

``OpenAI``, ``AsyncOpenAI``, ``Anthropic``, ``AsyncAnthropic`` and ``Gemini`` are the SDKs' own classes. ``transport``
and ``async_transport`` are for every other client that takes an HTTP client of httpx2, and ``middleware`` for clients
of Anthropic's SDK. Each SDK is an extra, and is imported at first use.
"""

from .._lazy import loader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .anthropic import Anthropic, AsyncAnthropic
    from .anthropic_middleware import middleware
    from .gemini import Gemini
    from .openai import AsyncOpenAI, OpenAI
    from .options import Options
    from .reports import report
    from .transports import async_transport, transport

__all__ = [
    "Anthropic",
    "AsyncAnthropic",
    "AsyncOpenAI",
    "Gemini",
    "OpenAI",
    "Options",
    "async_transport",
    "middleware",
    "report",
    "transport",
]

_HOMES = {
    "Anthropic": "anthropic",
    "AsyncAnthropic": "anthropic",
    "AsyncOpenAI": "openai",
    "Gemini": "gemini",
    "OpenAI": "openai",
    "Options": "options",
    "async_transport": "transports",
    "middleware": "anthropic_middleware",
    "report": "reports",
    "transport": "transports",
}

__getattr__ = loader(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
