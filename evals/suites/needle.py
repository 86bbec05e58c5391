"""Needles in long texts: is a fact that a question asks for still readable, at any depth and in a text of any length?

Prose is cut to each of --lengths tokens, facts (`needles.py`) are put in at each of --depths (0: its start, 1: its
end), and a question about them comes last. The text is in one message, or with --layouts apart in one message per
paragraph. It is brought to --target, a share of its tokens. Each cell of the grid has --limit questions (4).

--needles 1,3   how many facts a question asks for. Several are spread evenly, the first at the depth of the row
--wordings      unlike: the question shares no word with the fact except the smallest ("of"); alike: most of them

found      share of the facts that can be read. Without a model: the whole sentence is unchanged in the result.
           With --model (any of LiteLLM's, or behind --api-base, or --gguf): the answer is in the reply, as whole words
readable   with a model: share of the facts whose sentence was unchanged in the first request

Rows have "depth" (0 to 1), "length" (tokens), "needles", "wording" and "found".

Prose: the paragraphs of multi-hop questions (see `multihop_qa.py`), or a text file with --data.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from evals.harness import data, embedders, hub, options, reporting, running
from evals.harness.baselines import COMPRESSORS
from evals.harness.cases import Case, Outcome, Request, Row, Scores, texts_in
from evals.harness.data import Source
from evals.harness.figures import Column
from evals.harness.messages import Message, read_all
from evals.harness.tokens import count, count_request
from evals.models import endpoint, tasks
from evals.suites.local_model import score as answered
from evals.suites.multihop_qa import FILES, LAYOUTS, paragraph
from evals.suites.needles import NEEDLES, Needle

SYSTEM = (
    "Answer the last question from the text before it. Reply with the answer only, a few words; where several things "
    "are asked, with all of them, separated by commas. No explanation."
)
REPLY_TOKENS = 128
WORDINGS = ("unlike", "alike")
TRIALS = 4  # questions for each cell of the grid
RETENTION = tasks.retention(Column("found", "found"))
COLUMNS = (Column("found", "found"), Column("readable", "readable"), *tasks.COLUMNS)
T = TypeVar("T")


class Cell(NamedTuple):
    """One question of the grid."""

    length: int
    depth: float
    needles: int
    wording: str
    trial: int
    layout: str


def chosen(cell: Cell, seed: int) -> list[Needle]:
    """The facts of a question: the same ones at every depth and length, and other ones in each trial."""
    order = random.Random(f"{seed} needles").sample(NEEDLES, len(NEEDLES))
    start = cell.trial * cell.needles
    return [order[(start + place) % len(order)] for place in range(cell.needles)]


def conversation(prose: Sequence[str], cell: Cell, seed: int) -> list[Message]:
    """The system message, the text with the facts in it, and the question."""
    facts = chosen(cell, seed)
    asked = " ".join(getattr(fact, cell.wording) for fact in facts)
    paragraphs = _cut(prose, cell.length, f"{seed} {cell.trial}")
    for place, fact in enumerate(facts):
        _insert(paragraphs, fact.text, (cell.depth + place / len(facts)) % 1.0 if len(facts) > 1 else cell.depth)
    texts = ["\n\n".join(paragraphs)] if cell.layout == "together" else paragraphs
    ends = ({"role": "system", "content": SYSTEM}, {"role": "user", "content": asked})
    return [ends[0], *({"role": "user", "content": text} for text in texts), ends[1]]


def _cut(prose: Sequence[str], tokens: int, seed: str) -> list[str]:
    """Paragraphs of about so many tokens, in an order of their own; what there is of prose is gone through again."""
    order = random.Random(seed).sample(list(prose), len(prose))
    found: list[str] = []
    left = tokens
    while left > 0:
        found.append(order[len(found) % len(order)])
        left -= count(found[-1]) + 1
    return found


def _insert(paragraphs: list[str], text: str, depth: float) -> None:
    """Puts a sentence behind one of a paragraph, so that this share of all characters is before it."""
    before = depth * sum(map(len, paragraphs))
    for place, one in enumerate(paragraphs):
        if before <= len(one) or place + 1 == len(paragraphs):
            ends = [0, *(match.end() for match in re.finditer(r"[.!?]\s+", one)), len(one)]
            end = min(ends, key=lambda end: abs(end - before))
            head, tail = one[:end].rstrip(), one[end:].lstrip()
            paragraphs[place] = " ".join(part for part in (head, text, tail) if part)
            return
        before -= len(one)


def request(prose: Sequence[str], cell: Cell, share: float, given: argparse.Namespace) -> Request:
    """The request of one question."""
    messages = conversation(prose, cell, given.seed)
    target = int(share * count_request(messages))
    fixed = frozenset({0, len(messages) - 1})
    needs = partial(texts_in, [fact.text for fact in chosen(cell, given.seed)])
    return Request(messages, target, target, "openai", fixed, given.seed, endpoint.counted(given), needs)


def _readable(facts: Sequence[Needle], messages: Sequence[Message]) -> float:
    text = read_all(messages)
    return sum(fact.text in text for fact in facts) / len(facts)


def _retained(cell: Cell, facts: Sequence[Needle], outcome: Outcome) -> Scores:
    return {**_about(cell), "found": _readable(facts, outcome.messages)}


def _scored(cell: Cell, facts: Sequence[Needle], reply: str, shown: list[Message]) -> Row:
    found = sum(answered(reply, fact.answer)["answered"] for fact in facts) / len(facts)
    return {**_about(cell), "found": found, "readable": _readable(facts, shown)}


def _about(cell: Cell) -> dict[str, Any]:
    return {"depth": cell.depth, "length": cell.length, "needles": cell.needles, "wording": cell.wording}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = options.parser(
        *("needle", __doc__ or "", "0.2", "share of all tokens to keep (default: 0.2)", COMPRESSORS),
        *("everything,head+tail,random,litellm,oracle,compresskit", None),
    )
    add = parser.add_argument
    endpoint.add_options(parser, REPLY_TOKENS)
    add("--lengths", type=_whole, default="4000,8000,16000", metavar="N,M", help="tokens (default: 4000,8000,16000)")
    depths = "0,0.25,0.5,0.75,1"
    add("--depths", type=_shares, default=depths, metavar="X,Y", help=f"from 0 to 1 (default: {depths})")
    add("--needles", type=_whole, default="1,3", metavar="N,M", help="facts asked for at once (default: 1,3)")
    add("--wordings", type=options.choices(WORDINGS), default="unlike", metavar="A,B", help="unlike, alike or both")
    add("--layouts", type=options.choices(LAYOUTS), default="together", metavar="A,B", help="together, apart or both")
    given = parser.parse_args(arguments)
    if max(given.needles) > len(NEEDLES):
        parser.error(f"--needles: there are {len(NEEDLES)} facts")
    endpoint.check(parser, given, needed=False)
    return reporting.report("needle", given, COLUMNS if given.model else RETENTION, partial(_rows, given))


def _whole(text: str) -> list[int]:
    return [options.positive(part.strip()) for part in text.split(",")]


def _shares(text: str) -> list[float]:
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = [-1.0]
    if not all(0 <= value <= 1 for value in values):
        raise argparse.ArgumentTypeError(f"{text!r} should be numbers from 0 to 1, as in 0,0.5,1")
    return values


def _rows(given: argparse.Namespace) -> tuple[Sequence[Path | Source], list[Row]]:
    sources = hub.find(FILES, given.data, hub.QUESTIONS[:1])
    prose = list(dict.fromkeys(text for source in sources for text in _prose(source)))
    ways = embedders.added(given.compressors, given.embedder)
    if given.model:
        return sources, tasks.run(list(_all(tasks.Task, _scored, prose, given)), ways, given, sources)
    return sources, running.run(list(_all(Case, _retained, prose, given)), ways, given, sources)


def _prose(source: Path | Source) -> Iterator[str]:
    if isinstance(source, Path) and source.suffix == ".txt":
        yield from (part for part in re.split(r"\n\s*\n", source.read_text(encoding="utf-8").strip()) if part)
        return
    for row in data.rows(source):
        yield from (paragraph(*one) for one in data.field(row, "paragraphs", "prose"))


def _all(kind: Callable[..., T], score: Any, prose: Sequence[str], given: argparse.Namespace) -> Iterator[T]:
    """Every question of the grid at every target, as cases or tasks."""
    if not prose:
        raise data.DataError("there is no prose to hide anything in")
    grid = product(given.layouts, given.wordings, given.needles, given.lengths, given.depths)
    for share, (layout, wording, needles, length, depth) in product(given.target, grid):
        asked_for = "1 needle" if needles == 1 else f"{needles} needles"
        group = options.titled(f"{asked_for}, worded {wording}, {LAYOUTS[layout]}", share, given)
        for trial in range(given.limit or TRIALS):
            cell = Cell(length, depth, needles, wording, trial, layout)
            name = f"{layout} {wording} {needles} of {length} at {depth:g}, {trial} {share:g}"
            facts = chosen(cell, given.seed)
            yield kind(name, group, f"trial {trial}", request(prose, cell, share, given), partial(score, cell, facts))
