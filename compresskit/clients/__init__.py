"""The clients that people already have, for conversations of any length.

``OpenAI``, ``AsyncOpenAI``, ``Anthropic``, ``AsyncAnthropic`` and ``Gemini`` are the SDKs' own classes. ``transport``
and ``async_transport`` are for every other client that takes an HTTP client of httpx2, and ``middleware`` for clients
of Anthropic's SDK. Each SDK is an extra, and is imported at first use.
"""

from .._lazy import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .anthropic import Anthropic as Anthropic
    from .anthropic import AsyncAnthropic as AsyncAnthropic
    from .anthropic_middleware import middleware as middleware
    from .gemini import Gemini as Gemini
    from .openai import AsyncOpenAI as AsyncOpenAI
    from .openai import OpenAI as OpenAI
    from .options import Options as Options
    from .reports import report as report
    from .transports import async_transport as async_transport
    from .transports import transport as transport

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "anthropic": "Anthropic AsyncAnthropic",
        "anthropic_middleware": "middleware",
        "gemini": "Gemini",
        "openai": "AsyncOpenAI OpenAI",
        "options": "Options",
        "reports": "report",
        "transports": "async_transport transport",
    },
)
