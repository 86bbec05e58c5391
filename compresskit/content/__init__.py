"""Texts cut into segments by what they are."""

from .compact import FORMS, LOSSLESS, MARKER, forms_of, quiet_of, said_in_short, segments_of, shorten
from .describe import describe
from .detect import Detected, detect
from .line_numbers import bare_lines
from .segment import Segment, Short, Split
from .source_path import path_of
from .split import split

__all__ = [
    "FORMS",
    "LOSSLESS",
    "MARKER",
    "Detected",
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
