"""The only code that knows what is inside a message: the shapes, what must stay, and the retrieval tool."""

from .reading import SHAPES, check_messages, read

__all__ = ["SHAPES", "check_messages", "read"]
