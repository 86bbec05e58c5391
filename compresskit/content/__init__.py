"""Texts cut into segments by what they are."""

from .about import describe
from .cut import split
from .detect import detect
from .numbered import bare_lines
from .origin import path_of
from .segment import Segment, Short, Split
from .short import FORMS, LOSSLESS, MARKER, forms_of, quiet_of, said_in_short, segments_of, shorten

__all__ = [
    "FORMS",
    "LOSSLESS",
    "MARKER",
    "Segment",
    "Short",
    "Split",
    "bare_lines",
    "describe",
    "detect",
    "forms_of",
    "path_of",
    "quiet_of",
    "said_in_short",
    "segments_of",
    "shorten",
    "split",
]
