"""What requests of many kinds and layouts need, side by side: one measure that cannot be tuned to a single kind.

A case is a request with texts that must still be readable in it. The compressor is given the whole request. The target
is all tokens of the system prompt and of the last message, and a share of the rest, which the case names. The cases are
in groups:

needs/GROUP       the rows of data/needs/GROUP.jsonl.gz: questions in several languages, papers, tables, fixes, tools'
                  results, and more
SET/LAYOUT/one    multi-hop questions (2wiki, hotpot, musique) over shuffled passages in eight layouts, all in one
SET/LAYOUT/many   message, or one message a passage; 20 % of the rest
agents/FILE/40    points of agent runs (see agent-points), at 40 % and 20 % of the rest
agents/FILE/20

kept     share of the needs that are readable, letter for letter: as they are, or as JSON or CSV write them
met      share of the cases at or under the target
tokens   tokens after, with the tool schemas of the compressor, as a share of the tokens before

The lines "all KIND" at the end are means over the groups of a kind, and "worst" are the lowest figures of its groups.

If the text is beside its question, the last message is long. Then only its first and last paragraph count as the
question, each up to 2,000 characters; everything else of the message counts to the rest.

Data of a group in needs/: JSONL, {"id", "group", "format", "messages", "needs", "ratio", "source"} a line. The other
data are those of multihop-qa and agent-points.
"""

from __future__ import annotations

import argparse
import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any

from evals.harness import data, embedders, options, reporting, running
from evals.harness.baselines import COMPRESSORS
from evals.harness.cases import Case, Outcome, Places, Request, Row, Scores
from evals.harness.figures import Column, Line
from evals.harness.messages import Message, read, read_all
from evals.harness.stats import Estimate
from evals.harness.tokens import MESSAGE_OVERHEAD, count, count_message, count_request
from evals.suites import agent_points, multihop_qa, passages

LIMIT = 8  # cases of a group, unless --limit says otherwise: all groups then take some minutes
QA_FILES = ("qa_2wiki.jsonl.gz", "qa_multihop.jsonl.gz", "questions.jsonl")
AGENT_FILES = {
    **{f"agents_{name}.jsonl.gz": name for name in ("openai", "anthropic", "plain", "intercode")},
    "agents.jsonl": "sample",
}
SHARES = (0.4, 0.2)
QA_SHARE = 0.2
SPREAD = {True: "one", False: "many"}  # messages of the passages
_LONG = 4_000  # characters of a last message that is more than a question
_PARAGRAPH = 2_000  # characters of its first or last paragraph that may be the question
COLUMNS = (
    Column("tokens before", "before", "tokens"),
    Column("tokens", "after", "percent", over="before"),
    Column("met", "met", "percent"),
    Column("kept", "kept"),
)

Question = dict[str, Any]


def limit_of(messages: Sequence[Message], ratio: float) -> int:
    """The target in tokens: what must stay, and a share of the rest."""
    stays = sum(count_message(message) for message in messages[:-1] if message.get("role") in ("system", "developer"))
    stays += _asked(messages[-1])
    return stays + int(ratio * (count_request(messages) - stays))


def _asked(message: Message) -> int:
    """Tokens of the question in the last message."""
    text = read(message)
    if len(text) <= _LONG:
        return count_message(message)
    paragraphs = text.strip().split("\n\n")
    ends = (paragraphs[0], paragraphs[-1]) if len(paragraphs) > 1 else ()
    return MESSAGE_OVERHEAD + sum(count(end) for end in ends if len(end) <= _PARAGRAPH)


def case(
    name: str, group: str, messages: list[Message], needs: Sequence[str], ratio: float, seed: int, **given: Any
) -> Case:
    """One case; ``given`` are the shape and the model of its request."""
    wanted = tuple(dict.fromkeys(needs))
    target = limit_of(messages, ratio)
    system = [index for index, message in enumerate(messages) if message.get("role") in ("system", "developer")]
    fixed = frozenset([*system, len(messages) - 1])
    request = Request(messages, target, target, fixed=fixed, seed=seed, needs=partial(_places, wanted), **given)
    return Case(name, group, name, request, partial(score, wanted))


def score(needs: Sequence[str], outcome: Outcome) -> Scores:
    """The share of the needs that are readable."""
    return {"kept": len(_places(needs, 0, read_all(outcome.messages))) / len(needs) if needs else None}


def _places(needs: Sequence[str], _message: int, text: str) -> Places:
    found: Places = {}
    for need in needs:
        for said in passages.spellings(need):
            at = text.find(said)
            if at >= 0:
                found[need] = (at, at + len(said))
                break
    return found


def rows_of(path: Path, given: argparse.Namespace) -> list[Case]:
    """The cases of a file of rows."""
    found = []
    for row in data.rows(path)[given.skip : given.skip + given.limit]:
        group = f"needs/{data.field(row, 'group', path.name)}"
        shape = {"shape": row.get("format", "openai"), "model": given.model}
        found.append(case(row["id"], group, row["messages"], row["needs"], row["ratio"], given.seed, **shape))
    return found


def questions_of(
    questions: Sequence[Question], layout: str, together: bool, group: str, given: argparse.Namespace
) -> list[Case]:
    """The questions of one data set in one layout, each among the passages of the next nine questions."""
    found = []
    for place, question in list(enumerate(questions))[given.skip : given.skip + given.limit]:
        near = [
            questions[(place + step) % len(questions)]
            for step in range(min(multihop_qa.NEIGHBOURS + 1, len(questions)))
        ]
        texts = list(
            dict.fromkeys((title, " ".join(map(str.strip, text))) for one in near for title, text in one["paragraphs"])
        )
        random.Random(f"{given.seed} {question['id']}").shuffle(texts)
        needs = [text.strip() for text in question["support"]]
        messages = passages.conversation(texts, question["question"], layout, together=together)
        found.append(case(question["id"], group, messages, needs, QA_SHARE, given.seed, model=given.model))
    return found


def points_of(runs: Sequence[dict[str, Any]], share: float, group: str, given: argparse.Namespace) -> Iterator[Case]:
    """Points of agent runs, spread over the runs."""
    by_run = [agent_points.cases(run, group, share, given.seed, given.model) for run in runs]
    turns = max(map(len, by_run), default=0)
    spread = [cases[turn] for turn in range(turns) for cases in by_run if turn < len(cases)]
    for point in spread[given.skip : given.skip + given.limit]:
        yield replace(point, score=partial(_support, point.score))


def _support(scored: Any, outcome: Outcome) -> Scores:
    return {"kept": scored(outcome)["support"]}


def chosen(given: argparse.Namespace) -> tuple[list[Path], list[Case]]:
    """The cases of a command line, and the data that they are of."""
    place = data.folder(given.data)
    names = sorted(path.relative_to(place).as_posix() for path in place.glob("needs/*.jsonl.gz"))
    paths = data.find([*names, *QA_FILES, *AGENT_FILES], given.data)
    used: list[Path] = []
    found: list[Case] = []

    def wanted(group: str) -> bool:
        return any(fnmatchcase(group, pattern) for pattern in given.groups)

    for path in paths:
        before = len(found)
        if path.name in AGENT_FILES:
            for share in SHARES:
                group = f"agents/{AGENT_FILES[path.name]}/{100 * share:.0f}"
                if wanted(group):
                    found += points_of(data.rows(path), share, group, given)
        elif path.name in QA_FILES:
            for name, members in multihop_qa.by_data_set([path]).items():
                for layout in passages.LAYOUTS:
                    for together, spread in SPREAD.items():
                        if wanted(group := f"{name}/{layout}/{spread}"):
                            found += questions_of(members, layout, together, group, given)
        elif wanted(f"needs/{path.name.split('.')[0]}"):
            found += rows_of(path, given)
        used += [path] if len(found) > before else []
    return used, found


def totals(lines: Sequence[Line]) -> list[Line]:
    """Two lines for each kind of groups and each compressor: the mean over its groups, and its worst group."""
    kinds: dict[str, dict[str, list[Line]]] = {}
    for line in lines:
        kinds.setdefault(kind_of(line.group), {}).setdefault(line.compressor, []).append(line)
    whole: dict[str, list[Line]] = {}
    for line in lines:
        whole.setdefault(line.compressor, []).append(line)
    found = []
    for kind, members in {**kinds, "groups": whole}.items():
        if any(len(each) > 1 for each in members.values()):
            found += [_total(f"all {kind}", compressor, each, _mean) for compressor, each in members.items()]
            found += [_total(f"all {kind}, worst", compressor, each, _worst) for compressor, each in members.items()]
    return found


def _total(title: str, compressor: str, members: Sequence[Line], over: Callable[[list[Estimate]], Estimate]) -> Line:
    cases, errors = sum(line.cases for line in members), sum(line.errors for line in members)
    columns = zip(*(line.figures for line in members), strict=True)
    there = [[figure for figure in column if figure is not None] for column in columns]
    return Line(title, compressor, cases, errors, tuple(over(column) if column else None for column in there))


def _mean(figures: list[Estimate]) -> Estimate:
    """The mean over groups, each of which counts the same; its interval is that of independent groups."""
    mean = sum(figure.mean for figure in figures) / len(figures)
    half = sum((figure.high - figure.low) ** 2 for figure in figures) ** 0.5 / (2 * len(figures))
    return Estimate(mean, mean - half, mean + half, sum(figure.cases for figure in figures))


def _worst(figures: list[Estimate]) -> Estimate:
    return min(figures, key=lambda figure: figure.mean)


def kind_of(group: str) -> str:
    """What a group is counted with.

    >>> [kind_of(group) for group in ("needs/fix-jq", "needs/en-xquad", "2wiki/bare/one", "needs/man_pages")]
    ['fixes', 'questions', '2wiki', 'other needs']
    """
    first, _, second = group.partition("/")
    if first != "needs":
        return first
    second = second.split("/")[0]
    if second.startswith("fix-"):
        return "fixes"
    return "questions" if second.endswith(("xquad", "cmrc")) else "other needs"


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options of the command line."""
    parser = options.bare("needs", __doc__ or "")
    add = parser.add_argument
    add("--data", metavar="PATH", help='a folder of data; "sample": the small cases in evals/samples')
    add(
        "--groups",
        type=lambda text: [name.strip() for name in text.split(",")],
        default="*",
        metavar="A,B",
        help="groups to measure; * stands for anything, as in needs/fix-*,2wiki/*/one (default: all)",
    )
    add("--limit", "--problems", type=options.positive, default=LIMIT, metavar="N", help=f"cases of a group ({LIMIT})")
    add(
        "--skip", type=options.whole, default=0, metavar="N", help="cases of each group to pass over first (default: 0)"
    )
    options.contenders(parser, COMPRESSORS, "everything,head+tail,litellm,compresskit")
    options.embedders_option(parser)
    options.running(parser)
    add("--record", dest="json", metavar="FILE", help="the same as --json FILE")
    given = parser.parse_args(arguments)
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # importing litellm would go to the network
    return given


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    given = parsed(arguments)
    return reporting.report("needs", given, COLUMNS, partial(_rows, given), totals=totals)


def _rows(given: argparse.Namespace) -> tuple[list[Path], list[Row]]:
    paths, found = chosen(given)
    return paths, running.run(found, embedders.added(given.compressors, given.embedder), given, paths)
