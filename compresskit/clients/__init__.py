"""The clients that people already have, for conversations of any length.

``OpenAI``, ``AsyncOpenAI``, ``Anthropic``, ``AsyncAnthropic`` and ``Gemini`` are the SDKs' own classes. ``transport``
and ``async_transport`` are for every other client that takes an HTTP client of httpx2, and ``middleware`` for clients
of Anthropic's SDK. Each SDK is an extra, and is imported at first use.
"""

from .._lazy import lazy

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

__getattr__, __dir__ = lazy(
    __name__,
    {
        "anthropic": ("Anthropic", "AsyncAnthropic"),
        "anthropic_middleware": ("middleware",),
        "gemini": ("Gemini",),
        "openai": ("AsyncOpenAI", "OpenAI"),
        "options": ("Options",),
        "reports": ("report",),
        "transports": ("async_transport", "transport"),
    },
)
