"""An exchange within a fold: the cost of quoting it, and the quoted lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..markers.excerpts import short_excerpt
from ..markers.fold_quotes import extract, quoted, quoted_always
from ..markers.fold_quotes import head as head_of
from ..markers.wording import BESIDE_FOLD, Wording
from ..messages.parts import MESSAGE_TOKENS
from ..tokens.measure import Measure
from .candidates import Candidate
from .knapsack import Forms

_ROLE = 2  # tokens of the line with the role of a speaker, as an estimate
_GAP = 2  # tokens of the line that replaces left-out lines, as an estimate


def beside_cost(measure: Measure) -> int:
    """Tokens of the message that precedes or follows some folds."""
    return MESSAGE_TOKENS + measure.count(BESIDE_FOLD)


def fold_marker(
    wording: Wording, count: int, key: str, media: int, names: Sequence[str] = (), quoted: bool = False
) -> str:
    """The first line of the fold of ``count`` messages. It says how many images and files are gone with them.

    >>> fold_marker(Wording(), 12, "bcdfghjklmnp", 1)
    '[… 12 earlier messages: an image or a file: retrieve bcdfghjklmnp]'
    """
    images = [f"{media} images or files" if media > 1 else "an image or a file"] if media else []
    return wording.naming(wording.fold(count, key, quoted), [*images, *names])


def price_quoted(one: Candidate, role: str, measure: Measure, many: bool) -> tuple[int, Forms | None]:
    """Tokens of the lines that are always quoted of a text, and the costs of its other lines if it has any.

    Of an exchange of ``many`` texts, only those are quoted of which lines are kept.
    """
    lines = [] if many else quoted_always(one.block, role)
    fixed = measure.count("\n".join([*lines, ""])) if lines else 0
    if not one.split.segments:
        return fixed, None
    costs = one.segment_tokens(measure)
    head = (measure.count(one.head) if one.head else 0) + (0 if lines else _ROLE)
    head += measure.count(head_of(one.block, role)) if many else 0
    whole = head + sum(costs) + 1
    forms = Forms(
        whole, 0, 0, head, _GAP, _GAP, costs, one.values, one.entities, one.stale, one.picked, one.must, one.most
    )
    return fixed, forms


def quoted_lines(texts: Iterable[tuple[Candidate, str, frozenset[int]]]) -> list[str]:
    """The lines that a fold quotes of texts, given with the roles of their messages and their kept segments."""
    lines: list[str] = []
    for one, role, kept in texts:
        rows = short_excerpt(one.source, one.split.segments, kept, quoted) if kept else ""
        lines += extract(one.block, role, quoted(one.head), rows)
    return lines
