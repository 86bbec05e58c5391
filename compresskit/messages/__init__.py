"""The only code that knows the inside of a message: the shapes, the texts that must stay, and the retrieval tool."""

from .objects import as_dicts
from .reading import check_messages, read
from .shapes import SHAPES

__all__ = ["SHAPES", "as_dicts", "check_messages", "read"]
