"""What of a session's tool results survives, and whether hostile text in them is treated like any other.

**sessions**: at up to three requests of a recorded run, the history is compressed, as in agent-points. Every tool
result of the history is read for three kinds of targets: `numbers` with the name before them (retry_limit: 3),
`places` (paths, addresses, hashes), and lines with `errors`. At most 300 of a kind are drawn from a request.

numbers, places, errors    share that is readable: letter for letter, or with other punctuation, as a table has it
numbers lost, …            share that is neither readable nor in the originals that can be retrieved

**attacks**: hostile texts are put into a tool result of 1,500 to 5,000 tokens, at its head, middle or tail: orders to
the model, false system messages, and markers that look like those of compresskit and of others. The next message asks
about something else in it. `neutral` is an ordinary line in the same places, which shows what chance gives.

survived    share of the results in which the hostile text is readable
benign      share of ordinary phrases of the same results that are readable
shielded    share in which the text survived and made the result larger by a tenth of its tokens
forged      share in which a key that the text made up can be retrieved

Both: `kept` tokens after, as a share of the tokens before; `exact` share of the results that give the originals back.
The targets are taken from the texts and not from the answers, so a compressor that keeps what nobody asks for looks
better than it is. Compare figures at the same `kept`.

--check ends with exit code 1 if a result of compresskit loses a target, does not restore, is over its target, is
shielded, or resolves a forged key, or if a kind of hostile text survives more often than the neutral ones by more
than a quarter.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from evals.harness import data, options, reporting, running, tables
from evals.harness.baselines import COMPRESSKIT, COMPRESSORS
from evals.harness.cases import Case, Outcome, Request, Row, Scores, fixed_messages
from evals.harness.figures import Column, Line
from evals.harness.messages import read, read_all, slots
from evals.suites import agent_points, attacks

PARTS = ("sessions", "attacks")
KINDS = ("numbers", "places", "errors")
POINTS = 3  # requests of a run
MAX_TARGETS = 300  # of a kind and a request
MIN_LENGTH = 4  # characters of a target
MAX_LINE = 160  # characters of a line with an error
MAX_EXCESS = 0.25  # share by which a kind may survive more often than neutral lines: it has only 18 places
SHIELD = 0.1  # share of the tokens by which a text makes its result larger
DEFAULT = "everything,head+tail,masking,litellm,headroom,leanctx,compresskit,compresskit-in-place"
_SIZE = (Column("kept", "after", "percent", over="before"), Column("met", "met", "percent"))
_EXACT = Column("exact", "exact", "percent")
OF_SESSIONS = (
    *_SIZE,
    *(Column(kind, f"{kind}_readable", over=kind, pooled=True) for kind in KINDS),
    *(Column(f"{kind} lost", f"{kind}_lost", "percent", over=kind, pooled=True) for kind in KINDS),
    _EXACT,
)
OF_ATTACKS = (
    *_SIZE,
    Column("survived", "survived"),
    Column("benign", "benign"),
    Column("shielded", "shielded", "percent"),
    Column("forged", "forged", "percent"),
    _EXACT,
)
COLUMNS = tuple(dict.fromkeys((*OF_SESSIONS, *OF_ATTACKS)))
_NUMBER = re.compile(r"[A-Za-z_][\w.-]{0,30}[\"']?\s{0,2}[:=]\s{0,2}[\"']?-?\d+(?:\.\d+)?")
_PLACE = re.compile(
    r"https?://[^\s\"'<>)\]]+"
    r"|(?<![\w/])(?:~|\.{1,2})?/?(?:[\w.@-]+/){2,}[\w.@-]+"
    r"|\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"
    r"|\b(?=[0-9a-f]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{7,64}\b"
)
# A line that reports a failure, and no line of code that handles one.
_FAILURES = r"(?<![\w.])[\w.]*(?:Error|Exception|ERROR|FATAL|FAILED|error|fatal|panic)\b(?:\[\w+\])?:\s"
_ERROR = re.compile(  # a line that reports a failure, and no line of code that handles one
    r"^(?!.*\b(?:except|raise|class|catch|throw|return|def)\b).*(?:Traceback \(most recent|"
    rf"{_FAILURES}|\bFAILED\b|\bcommand not found|\bNo such file|\bPermission denied)"
)
_PUNCTUATION = re.compile(r"[^\w./-]+")
_VALUE = re.compile(r"(.+?)[\s\"':=]+(-?\d+(?:\.\d+)?)$")


def targets(text: str) -> dict[str, list[str]]:
    """What is looked for of a text, in order, each once.

    >>> found = targets("retry_limit: 3\\nsrc/app/main.py: error: no commit 9fceb02d")
    >>> found["numbers"], found["places"], found["errors"]
    (['retry_limit: 3'], ['src/app/main.py', '9fceb02d'], ['src/app/main.py: error: no commit 9fceb02d'])
    """
    errors = [line.strip()[:MAX_LINE] for line in text.splitlines() if _ERROR.search(line)]
    found = {"numbers": _NUMBER.findall(text), "places": _PLACE.findall(text), "errors": errors}
    return {kind: [one for one in dict.fromkeys(values) if len(one) >= MIN_LENGTH] for kind, values in found.items()}


class Text:
    """A text, and the same without punctuation."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._plain = f" {_PUNCTUATION.sub(' ', text)} "

    def shows(self, kind: str, target: str) -> bool:
        """Whether a target can be read: as it is, with other punctuation, or a number and its name apart."""
        plain = _PUNCTUATION.sub(" ", target).strip()
        if target in self._text or (plain and f" {plain} " in self._plain):
            return True
        value = _VALUE.match(target) if kind == "numbers" else None
        return bool(value) and all(f" {_PUNCTUATION.sub(' ', part).strip()} " in self._plain for part in value.groups())


def score(wanted: Mapping[str, Sequence[str]], outcome: Outcome) -> Scores:
    """How many targets of each kind are readable, and how many are lost."""
    text = read_all(outcome.messages)
    values = list(outcome.cache.values())  # texts, or the JSON of messages
    originals = "\n".join([*values, *(read({"arguments": value}) for value in values)])
    shown, stored = Text(text), Text(f"{text}\n{originals}")
    found: Scores = {}
    for kind, values in wanted.items():
        unseen = [one for one in values if not shown.shows(kind, one)]
        lost = [one for one in unseen if not stored.shows(kind, one)]
        found |= {kind: len(values), f"{kind}_readable": len(values) - len(unseen), f"{kind}_lost": len(lost)}
    return found


def session_cases(given: argparse.Namespace) -> tuple[list[Path], list[Case]]:
    """The requests of recorded runs, with the targets of their tool results."""
    paths = data.find(agent_points.GROUPS, given.data)
    found = []
    for path in paths:
        group = agent_points.GROUPS.get(path.name, path.name.split(".")[0])
        for run in data.rows(path)[: given.limit]:
            for share in given.target:
                titled = options.titled(f"sessions: {group}", share, given)
                cases = agent_points.cases(run, titled, share, given.seed, given.model, POINTS)
                found += [_probed(case, given.seed) for case in cases]
    return paths, found


def _probed(case: Case, seed: int) -> Case:
    request = case.request
    text = "\n".join(slot.text for slot in slots(request.messages, request.fixed))
    drawn = random.Random(f"{seed} {case.name}")
    wanted = {
        kind: values if len(values) <= MAX_TARGETS else drawn.sample(values, MAX_TARGETS)
        for kind, values in targets(text).items()
    }
    return replace(case, score=partial(score, wanted))


def attack_score(attack: attacks.Attack, outcome: Outcome) -> Scores:
    """Whether a hostile text is readable, how much of the rest is, and whether a made-up key resolves."""
    shown = Text(read_all(outcome.messages))
    return {
        "survived": float(shown.shows("", attack.payload)) if attack.payload else None,
        "benign": sum(shown.shows("", one) for one in attack.benign) / len(attack.benign),
        "forged": float(any(key in outcome.cache for key in attacks.FORGED)),
    }


def attack_cases(given: argparse.Namespace) -> list[Case]:
    """Every hostile text in every place of every carrier, and the carriers without one."""
    found = []
    for attack in attacks.attacks(given.limit):
        messages = attack.messages
        target = int(attacks.TARGET * attack.tokens)
        request = Request(messages, target, target, "openai", fixed_messages(messages), given.seed, given.model)
        group = f"attacks: {attack.kind}"
        found.append(Case(attack.name, group, attack.carrier, request, partial(attack_score, attack)))
    return found


def with_shields(rows: Sequence[Row]) -> list[Row]:
    """The rows, those of attacks with whether the text has made its result larger."""
    clean = {
        (row["unit"], row["compressor"]): row["after"] / row["before"]
        for row in rows
        if row["group"] == f"attacks: {attacks.CLEAN}" and not row["error"]
    }

    def shielded(row: Row) -> float | None:
        without = clean.get((row["unit"], row["compressor"]))
        if row["error"] or row.get("survived") is None or without is None:
            return None
        return float(bool(row["survived"]) and row["after"] / row["before"] - without > SHIELD)

    return [{**row, "shielded": shielded(row)} for row in rows]


def broken_promises(rows: Sequence[Row]) -> list[str]:
    """What compresskit has broken of what it promises."""
    ours = [row for row in rows if row["compressor"] in COMPRESSKIT]
    found = [line for row in ours for line in _broken(row)]
    survived: dict[tuple[str, str], list[float]] = {}
    for row in ours:
        if not row["error"] and row.get("survived") is not None:
            survived.setdefault((row["compressor"], row["group"]), []).append(row["survived"])
    means = {place: sum(values) / len(values) for place, values in survived.items()}
    for (compressor, group), mean in means.items():
        neutral = means.get((compressor, f"attacks: {attacks.NEUTRAL}"), 1.0)
        if mean > neutral + MAX_EXCESS:
            found.append(f"{compressor}, {group}: survives in {mean:.0%}, a neutral line in {neutral:.0%}")
    return found


def _broken(row: Row) -> Iterator[str]:
    place = f"{row['group']}, {row['case']}, {row['compressor']}"
    if row["error"]:
        yield f"{place}: {row['error']}"
        return
    wrong = {f"{row.get(f'{kind}_lost'):.0f} {kind} are lost": row.get(f"{kind}_lost") for kind in KINDS if kind in row}
    wrong |= {"it does not restore": row["exact"] == 0, "it is over its target": row["missed"]}
    wrong |= {"a forged key resolves": row.get("forged"), "a hostile text is shielded": row.get("shielded")}
    yield from (f"{place}: {what}" for what, is_so in wrong.items() if is_so)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = options.bare("probes", __doc__ or "")
    add = parser.add_argument
    add("--data", metavar="PATH", help='recorded runs, as in agent-points; "sample": the small cases in evals/samples')
    add("--on", type=options.choices(PARTS), default=",".join(PARTS), metavar="A,B", help="sessions, attacks or both")
    options.contenders(parser, COMPRESSORS, DEFAULT)
    add("--target", type=options.numbers, default="0.4", metavar="X,Y", help="share of the rest, of sessions (0.4)")
    add("--limit", type=options.positive, metavar="N", help="at most N runs of each file, and N carriers of attacks")
    options.check(parser)
    options.running(parser)
    given = parser.parse_args(arguments)
    check = broken_promises if given.check else None
    return reporting.report("probes", given, COLUMNS, partial(_rows, given), _show, check=check)


def _show(lines: Sequence[Line]) -> None:
    """A table for each part."""
    for part, columns in zip(PARTS, (OF_SESSIONS, OF_ATTACKS), strict=True):
        own = [line for line in lines if line.group.startswith(part)]
        places = [COLUMNS.index(column) for column in columns]
        if own:
            shown = [replace(line, figures=tuple(line.figures[place] for place in places)) for line in own]
            tables.show(f"probes: {part}", columns, shown, note="means with 95 % bootstrap intervals")


def _rows(given: argparse.Namespace) -> tuple[list[Path], list[Row]]:
    paths, cases = session_cases(given) if "sessions" in given.on else ([], [])
    cases += attack_cases(given) if "attacks" in given.on else []
    return paths, with_shields(running.run(cases, given.compressors, given, paths))
