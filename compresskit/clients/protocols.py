"""The protocols that the transport speaks, one row each."""

from __future__ import annotations

from .anthropic_messages import MESSAGES
from .gemini_contents import COUNT, GENERATE
from .openai_chat import CHAT
from .openai_responses import RESPONSES
from .protocol import Endpoint, Protocol

PROTOCOLS = (CHAT, RESPONSES, MESSAGES, GENERATE, COUNT)


def protocol_of(path: str) -> tuple[Protocol, Endpoint] | None:
    """The protocol and the kind of endpoint of a path; None for anything else.

    >>> protocol_of("/v1/chat/completions")[1], protocol_of("/v1/embeddings")
    ('answer', None)
    """
    for protocol in PROTOCOLS:
        if endpoint := protocol.endpoint(path):
            return protocol, endpoint
    return None
