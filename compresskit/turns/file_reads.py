"""Reads of files that enter whole: reads of certain lines, and small files while the agent edits files.

A call that edits a file repeats its old lines exactly, so the agent has to see them. An agent edits files if one of its
calls repeats a line of a file that it has read before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..content import asks_for_lines, bare_lines, path_of
from ..types import Block, Turn
from . import weights as tuning
from .repeats import strings_of


def stays_whole(block: Block, tokens: int, edits: bool) -> bool:
    """Whether a new result is a read of a file that enters whole.

    Args:
        block: The result.
        tokens: Its tokens.
        edits: Whether the agent edits files.
    """
    tuned = tuning.WEIGHTS
    if not path_of(block.text, block.call):
        return False
    if edits and tokens <= tuned.max_edited_tokens:
        return True
    return asks_for_lines(block.call) and block.text.count("\n") < tuned.max_ranged_lines


def files_in(turns: Sequence[Turn]) -> frozenset[str]:
    """The paths of the files that results show."""
    paths = (path_of(block.text, block.call) for turn in turns for block in turn.blocks if block.call)
    return frozenset(path for path in paths if path)


def edits_files(turns: Sequence[Turn]) -> bool:
    """Whether a call repeats a line of a file that was read before it."""
    read: set[str] = set()
    for turn in turns:
        for block in turn.blocks:
            if not block.call:
                continue
            if read and any(line in read for text in strings_of(block.call) for line in _lines(text)):
                return True
            if path_of(block.text, block.call):
                read.update(_lines(block.text))
    return False


def _lines(text: str) -> Iterator[str]:
    """The lines that are long enough to be repeated rather than written anew."""
    least = tuning.WEIGHTS.min_edited_line_characters
    return (line for line in map(str.strip, bare_lines(text)) if len(line) >= least and " " in line)
