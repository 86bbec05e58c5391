"""Reads single texts: their kind, their segments, and compact forms of them. It knows no messages. Re-exports only."""

from .compact import (
    FORMS,
    LOSSLESS,
    MARKER,
    REWORDED,
    MadeForms,
    forms_of,
    is_utf8,
    lines_in_short,
    said_in_short,
    segments_of,
    shorten,
)
from .describe import describe
from .detect import Detected, detect, introduces
from .headings import Heading, headings
from .labels import labels
from .line_numbers import bare_lines
from .segment import Label, Segment, Short, Split
from .source_path import asks_for_lines, path_of
from .split import split

__all__ = [
    "FORMS",
    "LOSSLESS",
    "MARKER",
    "REWORDED",
    "Detected",
    "Heading",
    "Label",
    "MadeForms",
    "Segment",
    "Short",
    "Split",
    "asks_for_lines",
    "bare_lines",
    "describe",
    "detect",
    "forms_of",
    "headings",
    "introduces",
    "is_utf8",
    "labels",
    "lines_in_short",
    "path_of",
    "said_in_short",
    "segments_of",
    "shorten",
    "split",
]
