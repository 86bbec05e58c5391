"""The clients that people already have, for conversations of any length.

``OpenAI`` and ``AsyncOpenAI`` are the SDK's own classes. ``transport`` and ``async_transport`` are for every other
client that takes an HTTP client of httpx2. Each SDK is an extra, and is imported at first use.
"""

from .._lazy import loader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .openai import AsyncOpenAI, OpenAI
    from .options import Options
    from .transport import async_transport, transport

__all__ = ["AsyncOpenAI", "OpenAI", "Options", "async_transport", "transport"]

_HOMES = {
    "AsyncOpenAI": "openai",
    "OpenAI": "openai",
    "Options": "options",
    "async_transport": "transport",
    "transport": "transport",
}

__getattr__ = loader(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
