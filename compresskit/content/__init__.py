"""Texts cut into segments by what they are."""

from .about import describe
from .cut import split
from .segment import Segment, Split

__all__ = ["Segment", "Split", "describe", "split"]
