"""Compresses the context of a model call, and gives everything taken out back on request."""

from .compress import compress
from .errors import CompresskitError, InvalidArgument, InvalidMessages
from .markers import restore
from .result import Compressed, Decision
from .retrieval import answer, retrieve
from .tool import TOOL_NAME
from .types import Counter

__all__ = [
    "TOOL_NAME",
    "Compressed",
    "CompresskitError",
    "Counter",
    "Decision",
    "InvalidArgument",
    "InvalidMessages",
    "answer",
    "compress",
    "restore",
    "retrieve",
]
__version__ = "0.1.0"
