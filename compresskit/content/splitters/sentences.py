"""Finds the ends of sentences, in any script.

It uses no dictionary. A full stop ends a sentence if the word before it is no initial and no common abbreviation, and
if the next word does not begin in lower case. How many sentences make a segment is decided elsewhere.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise

from ..segment import Mark

# Runs are bounded ({0,3}), so that a megabyte of dots or quotes is not read again from each position.
_END = re.compile(r"""[.!?…]["'”’»)\]*_]{0,3}\s++|[。！？｡؟।۔။።]["”’」』）》]{0,3}\s*+""")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\[\"'“‘.-])(?:[^\W\d_]|Mr|Mrs|Ms|Dr|St|Jr|Sr|Prof|Rev|Gen|Col|Capt|Lt|Sgt|Maj|Gov|Sen|Rep"
    r"|Hon|Messrs|Mt|Ft|vs|v|No|nos?|Nr|Vol|vol|pp?|Fig|fig|Eq|eq|Sec|sec|al|cf|ca|approx|e\.g|i\.e|Inc"
    r"|Ltd|Corp|Bros|Univ|Dept|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)$"
)
_WHOLE = re.compile(r"```|~~~|\n[ \t]*\|")  # fences and tables
_OPENERS = "\"'“‘«([*_"


def sentence_ends(text: str, start: int, end: int) -> Iterator[int]:
    """The offsets in (start, end) behind each sentence and the white space after it.

    >>> list(sentence_ends("Dr. No fled. He ran!  Why?", 0, 26))
    [13, 22]
    """
    for match in _END.finditer(text, start, end):
        after = match.end()
        if after < end and not _goes_on(text, match.start(), after):
            yield with_indentation(text, after)


def with_indentation(text: str, at: int) -> int:
    r"""The offset of the line end before a word, if only blanks are between them; else its own offset.

    >>> with_indentation("One.\n  Two.", 7), with_indentation("One. Two.", 5)
    (5, 5)
    """
    start = at
    while start and text[start - 1] in " \t":
        start -= 1
    return start if start and text[start - 1] == "\n" else at


def with_sentences(marks: Iterable[Mark], text: str, long: int) -> Iterator[Mark]:
    """The marks, with marks between sentences where the text to the next mark is longer than `long` and not code."""
    for mark, (end, *_) in pairwise(chain(marks, (Mark(len(text), "", -1),))):
        yield mark
        if end - mark.start > long and not _WHOLE.search(text, mark.start, end):
            yield from (mark._replace(start=cut, opens=False) for cut in sentence_ends(text, mark.start, end))


def _goes_on(text: str, stop: int, after: int) -> bool:
    """Whether the full stop at `stop` ends no sentence, because of an abbreviation or of lower case behind it."""
    if text[stop] in "。！？｡।۔။።؟":
        return False
    following = text[after]
    if following == "(" and not text[stop + 1].isspace():  # 'She sang "Why?" (1962) ...'
        return True
    if following in _OPENERS and after + 1 < len(text):
        following = text[after + 1]
    if following.islower():
        return True
    return text[stop] == "." and _ABBREVIATION.search(text, max(0, stop - 8), stop) is not None
