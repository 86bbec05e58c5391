"""Texts cut into segments by what they are."""

from .about import describe
from .compact import compact, head_of
from .cut import rows, split
from .segment import Segment, Split

__all__ = ["Segment", "Split", "compact", "describe", "head_of", "rows", "split"]
