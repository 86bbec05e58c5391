"""Relevance: how much each segment has to do with the query."""

from .document import Document
from .score import score

__all__ = ["Document", "score"]
