"""Builds groups of cases for `needs` from public repositories that are on this machine.

fixes      a repository with its history: the message of a fix commit asks, and the lines around the change are needed.
           The text is the changed files and others that share words with the message.
alerts     logpai/loghub: an operator asks what went wrong. The lines that are labelled as alerts are needed; in logs
           without labels, the warnings and errors if they are few. The labels are not shown.
policies   wasiahmad/PolicyQA: a question about a privacy policy, and the annotated answer.
meetings   Yale-LILY/QMSum: a question about the transcript of a meeting, and what was said about that.
chats      snap-research/locomo: a question about a chat of two people over months, and the turns that answer it.
follow-ups IBM/mt-rag-benchmark: a question that follows up others about passages, and the sentence that answers it.

The groups are written into a folder of data, as needs/GROUP.jsonl.gz. `python -m evals needs --data FOLDER` measures
them. They are not committed: the licence is that of the repository.

Example: git clone https://github.com/BurntSushi/ripgrep && python -m evals gather fixes ripgrep --out data
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from evals.harness import options
from evals.harness.data import DataError
from evals.suites.gather_chats import chats, follow_ups

Rows = Iterator[dict[str, Any]]

SOURCES = frozenset(
    f".{suffix}"
    for suffix in re.findall(
        r"\w+", "rs cc cpp cxx h hpp c js mjs jsx ts tsx kt kts java swift go php rb py cs scala ex"
    )
)
_TESTS = re.compile(r"(?:^|[/_.-])(?:tests?|specs?|benches|fixtures|vendor|third_party|node_modules)(?:[/_.-]|$)", re.I)
_FIX = re.compile(r"^[^\n]{0,30}\b(?:fix(?:e[sd])?|bug|crash)\b", re.I)
_TRAILER = re.compile(r"^(?:Co-authored-by|Signed-off-by|Closes|Fixes|Refs|PR|Reviewed-by|Change-Id)\b[^\n]*\n?", re.M)
_WORD = re.compile(r"[A-Za-z]{3,}")
_HUNK = re.compile(r"^@@ -\d", re.M)
FILE_CHARACTERS = 60_000  # of a file that is shown
TEXT_CHARACTERS = 90_000  # of all files of a case
RATIO = 0.2

# --- the words in which operators ask, chosen before anything was measured
OPERATORS = (
    "Something went wrong on this system. Which lines of the log show it?",
    "Users reported an outage in this period. What in the log explains it?",
    "Summarise the problems that this log shows, with the nodes or services affected.",
    "Is there anything in this log that the on-call engineer should look at?",
)
_LEVEL = re.compile(r"\b(?:WARN(?:ING)?|ERROR|FATAL|SEVERE|CRITICAL)\b|\[(?:error|warn|crit)\]|, (?:Error|Warning)\b")
_VARIABLE = re.compile(r"0x[0-9a-f]+|\d+")
LOG_LINES = 400  # lines of the log of a case


def git(repository: Path, *arguments: str) -> str:
    """What git prints.

    Raises:
        DataError: git failed.
    """
    return git_bytes(repository, *arguments).decode(errors="replace")


def git_bytes(repository: Path, *arguments: str) -> bytes:
    """What git prints, undecoded.

    Raises:
        DataError: git failed.
    """
    place = repository / ".git" if (repository / ".git").exists() else repository
    done = subprocess.run(["git", f"--git-dir={place}", *arguments], capture_output=True, check=False)
    if done.returncode:
        raise DataError(f"git failed in {repository}: is it a repository with its history?")
    return done.stdout


def fixes(repository: Path, limit: int, seed: int) -> Rows:
    """Fix commits of a repository, the newest first."""
    log = git(repository, "log", "--no-merges", "-n", "6000", "--format=%H%x00%B%x01")
    found = 0
    for entry in log.split("\x01"):
        commit, _, message = entry.strip().partition("\0")
        message = _TRAILER.sub("", message).strip()
        if not _FIX.match(message) or len(message) < 25 or found >= limit:
            continue
        case = _fix(repository, commit, message, random.Random(f"{seed} {commit}"))
        if case:
            yield {**case, "ratio": RATIO}
            found += 1


def _fix(repository: Path, commit: str, message: str, rnd: random.Random) -> dict[str, Any] | None:
    try:
        patch = git(repository, "diff", "-U2", f"{commit}^", commit)
    except DataError:
        return None  # the first commit
    needs: dict[str, list[str]] = {}
    for part in patch.split("\ndiff --git ")[:40]:
        path = re.search(r"^--- a/(.*)$", part, re.M)
        if path and Path(path[1]).suffix in SOURCES and not _TESTS.search(path[1]):
            lines = [
                line[1:] for hunk in _HUNK.split(part)[1:] for line in hunk.split("\n")[1:] if line[:1] in (" ", "-")
            ]
            needs[path[1]] = [line for line in lines if len(line.strip()) >= 12]
    wanted = list(dict.fromkeys(line for lines in needs.values() for line in lines))
    if not 1 <= len(needs) <= 3 or not 2 <= len(wanted) <= 12:
        return None
    paths = git(repository, "ls-tree", "-r", "--name-only", f"{commit}^").split("\n")
    paths = [path for path in paths if Path(path).suffix in SOURCES and not _TESTS.search(path)]
    texts = {path: git(repository, "show", f"{commit}^:{path}") for path in needs}
    if any(len(text) > FILE_CHARACTERS for text in texts.values()):
        return None
    words = Counter(_WORD.findall(message.lower()))
    near = set(map(str.lower, (part for path in needs for part in Path(path).parts)))
    rnd.shuffle(paths)
    paths.sort(key=lambda path: -sum(part.lower() in near for part in Path(path).parts))
    others = {path: git(repository, "show", f"{commit}^:{path}") for path in paths[:60] if path not in needs}
    best = sorted(others, key=lambda path: -_shared(words, others[path]))
    for path in best:
        if (
            200 <= len(others[path]) <= FILE_CHARACTERS
            and sum(map(len, texts.values())) + len(others[path]) <= TEXT_CHARACTERS
        ):
            texts[path] = others[path]
    shuffled = sorted(texts)
    rnd.shuffle(shuffled)
    messages = [{"role": "user", "content": f"# {path}\n{texts[path]}"} for path in shuffled]
    messages.append({"role": "user", "content": f"Fix this in the files above, as a unified diff:\n\n{message}"})
    return {"id": commit[:12], "messages": messages, "needs": wanted}


def _shared(words: Counter[str], text: str) -> float:
    """Words that a text shares with the message, over the root of its length, in place of a search."""
    counts = Counter(_WORD.findall(text.lower()))
    return sum(1.0 for word in words if counts[word]) / (1 + len(text)) ** 0.1


def alerts(repository: Path, limit: int, seed: int) -> Rows:
    """Stretches of logs in which few lines are alerts."""
    rnd = random.Random(seed)
    paths = [
        path for path in git(repository, "ls-tree", "-r", "--name-only", "HEAD").split("\n") if path.endswith(".log")
    ]
    found = []
    for path in paths:
        lines = git(repository, "show", f"HEAD:{path}").replace("\r", "").split("\n")
        labelled = sum(re.match(r"(?:-|[A-Z]{4,}) \d{10} ", line) is not None for line in lines) > len(lines) / 2
        for start in range(0, len(lines) - LOG_LINES + 1, 200):
            stretch = lines[start : start + LOG_LINES]
            marked = [
                not line.startswith("- ") if labelled else _LEVEL.search(line[:120]) is not None for line in stretch
            ]
            if labelled:
                stretch = [line.partition(" ")[2] for line in stretch]
            kinds: dict[str, str] = {}
            for line, alert in zip(stretch, marked, strict=True):
                if alert and line.strip():
                    kinds.setdefault(_VARIABLE.sub("0", line.partition(" ")[2])[-60:], line)
            if 0 < sum(marked) <= LOG_LINES // 8 and 1 <= len(kinds) <= 10:
                found.append((path, start, "\n".join(stretch), list(kinds.values())))
    rnd.shuffle(found)
    for number, (path, start, text, needs) in enumerate(found[:limit]):
        asked = OPERATORS[number % len(OPERATORS)]
        name = Path(path).name
        messages = [
            {"role": "user", "content": f"{asked}\n\n```\n{text}\n```"},
        ]
        if number % 3 == 0:
            messages = _opened([(name, text)], "Open the log first.", asked)
        elif number % 3 == 1:
            messages = [{"role": "user", "content": text}, {"role": "user", "content": asked}]
        yield {"id": f"{name}-{start}", "messages": messages, "needs": needs, "ratio": 0.25}


def policies(repository: Path, limit: int, seed: int) -> Rows:
    """Questions about privacy policies."""
    rnd = random.Random(seed)
    entries = json.loads(git(repository, "show", "HEAD:data/test.json"))["data"]
    whole = {}
    for entry in entries:
        ordered = sorted(entry["paragraphs"], key=lambda paragraph: paragraph["index"])
        whole[entry["title"]] = "\n\n".join(dict.fromkeys(paragraph["context"] for paragraph in ordered))
    asked = [
        (entry["title"], question["question"], answer["text"])
        for entry in entries
        for paragraph in entry["paragraphs"]
        for question in paragraph["qas"]
        for answer in question["answers"][:1]
        if 25 <= len(answer["text"]) <= 300
    ]
    rnd.shuffle(asked)
    done: Counter[str] = Counter()
    seen: set[tuple[str, str]] = set()
    for title, question, answer in asked:
        if (title, question) in seen or done[title] >= 6 or len(seen) >= limit:
            continue
        seen.add((title, question))
        done[title] += 1
        chosen = [*rnd.sample([name for name in whole if name != title], 2), title]
        texts = [(name, whole[name] if name == title else whole[name][:16_000]) for name in chosen]
        rnd.shuffle(texts)
        messages: list[dict[str, Any]]
        if len(seen) % 3 == 0:
            messages = _opened(texts, "Read these policies first.", f"In the privacy policy of {title}: {question}")
        elif len(seen) % 3 == 1:
            messages = [{"role": "user", "content": f"{whole[title]}\n\n{question}"}]
        else:
            documents = "\n".join(f"<document><source>{name}</source>\n{text}\n</document>" for name, text in texts)
            messages = [{"role": "user", "content": documents}, {"role": "user", "content": f"{title}: {question}"}]
        yield {"id": f"{title}-{len(seen)}", "messages": messages, "needs": [answer], "ratio": 0.25}


def meetings(repository: Path, limit: int, seed: int) -> Rows:
    """Questions about transcripts of meetings."""
    rnd = random.Random(seed)
    found = []
    for number, line in enumerate(git(repository, "show", "HEAD:data/ALL/jsonl/test.jsonl").splitlines()):
        meeting = json.loads(line)
        turns = meeting["meeting_transcripts"]
        size = sum(len(turn["content"]) for turn in turns)
        for question in meeting["specific_query_list"]:
            spans = [(int(first), int(last)) for first, last in question["relevant_text_span"]]
            said = [turn["content"].strip() for first, last in spans for turn in turns[first : last + 1]]
            needs = sorted((text for text in said if len(text) >= 60), key=len)[-4:]
            if needs and len(said) <= 14 and sum(map(len, said)) <= 0.07 * size:
                found.append((number, turns, question["query"], needs))
    rnd.shuffle(found)
    done: Counter[int] = Counter()
    for number, turns, question, needs in found:
        if done[number] >= 3 or done.total() >= limit:
            continue
        done[number] += 1
        gap = "\n\n" if done.total() % 2 else "\n"
        text = gap.join(f"{turn['speaker']}: {turn['content'].strip()}" for turn in turns)
        yield {
            "id": f"meeting-{number}-{done[number]}",
            "messages": _opened([("meeting.txt", text)], "Read the transcript.", question),
            "needs": needs,
            "ratio": 0.25,
        }


def _opened(texts: Sequence[tuple[str, str]], task: str, asked: str) -> list[dict[str, Any]]:
    """A conversation in which tool calls return the texts."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": task}]
    for number, (name, text) in enumerate(texts):
        function = {"name": "open_file", "arguments": json.dumps({"name": name})}
        call = {"id": f"call_{number}", "type": "function", "function": function}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": f"call_{number}", "content": text})
    return [*messages, {"role": "user", "content": asked}]


def _reading(cases: Callable[[Callable[[str], bytes], int, int], Rows]) -> Callable[[Path, int, int], Rows]:
    """Cases that are made of files of a repository's newest commit."""
    return lambda repository, limit, seed: cases(partial(_file_of, repository), limit, seed)


def _file_of(repository: Path, path: str) -> bytes:
    return git_bytes(repository, "show", f"HEAD:{path}")


KINDS: dict[str, Callable[[Path, int, int], Rows]] = {
    "fixes": fixes,
    "alerts": alerts,
    "policies": policies,
    "meetings": meetings,
    "chats": _reading(chats),
    "follow-ups": _reading(follow_ups),
}


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options of the command line."""
    parser = options.bare("gather", __doc__ or "")
    add = parser.add_argument
    add("kind", choices=list(KINDS), help="the kind of cases")
    add("repository", type=Path, help="the folder of the repository")
    add("--out", type=Path, required=True, metavar="FOLDER", help="the folder of data; the group goes to needs/ in it")
    add("--name", metavar="GROUP", help="the name of the group (default: of the kind and the repository)")
    add("--limit", type=options.positive, default=30, metavar="N", help="cases (default: 30)")
    add("--seed", type=int, default=0, help="for choosing and shuffling (default: 0)")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    given = parsed(arguments)
    kind = given.kind.removesuffix("es") if given.kind == "fixes" else given.kind
    group = given.name or f"{kind}-{given.repository.resolve().name}"
    try:
        rows = list(KINDS[given.kind](given.repository, given.limit, given.seed))
    except DataError as error:
        print(error, file=sys.stderr)
        return 1
    place = given.out / "needs" / f"{group}.jsonl.gz"
    place.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(place, "wt", encoding="utf-8") as file:
        for row in rows:
            row |= {"id": f"{group}-{row['id']}", "group": group, "format": "openai", "source": given.kind}
            print(json.dumps(row, ensure_ascii=False), file=file)
    print(f"{len(rows)} cases in {place}")
    return 0
