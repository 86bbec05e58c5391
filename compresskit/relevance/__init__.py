"""Relevance: how much each segment has to do with the query."""

from .score import Document, score

__all__ = ["Document", "score"]
