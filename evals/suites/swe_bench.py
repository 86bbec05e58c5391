"""How much of the code that a fix changes is still readable after compression, and which patches a model then writes.

Each instance of SWE-bench becomes a conversation. The Python files of its repository at base_commit, without tests,
are ranked by BM25 for the issue (`retrieval.py`). The files that the gold patch changes are always taken, then the
best other files that fit into --tokens (27,000). The files are shuffled with a fixed seed. Each is a user message
with `# path` as its first line, and the issue is the last message. The trigger is 10,000 and the target 7,000.

With --retention, without a model:
lines      share of the gold hunk lines (context and removed lines of the patch, without blank ones) that are
           unchanged in the message that held their file (mean over instances)
hunks      share of the gold hunks with all of these lines (mean over instances)
files      share of the gold files with at least one gold hunk line (mean over instances)
Hunks and files without an old side (new files) need nothing and are not counted.

With --model (any of LiteLLM's, or behind --api-base, or --gguf), which is asked for a patch:
file overlap, exact file match, hunk overlap, content similarity: as litellm's documentation defines them for
           litellm.compress (`patch_scores.py`)
patch      share of the replies with a unified diff; applies: the share with a diff whose old sides are in the files
resolved   with --run-tests COMMAND: share of the instances whose own tests then pass (`swe_tests.py`). Instances
           whose tests do not pass here with the gold patch, or pass without it, are named and not counted
and tokens, retrievals and dollars of all requests of an instance.

Instances: a JSON or JSONL file, gzipped or not, with SWE-bench's fields (repo, instance_id, base_commit,
patch, problem_statement), or a data set of the hub (--data hub, or another one with --dataset).
Repositories: a folder of clones (--repos). Missing ones are cloned only with --clone-from, for example
https://github.com. An instance may bring its files instead: {"files": {path: text}}. Building takes a while:
--save DIR keeps the conversations there (one gzipped JSON each). --load DIR measures saved ones and needs no
repository. On the hub, patches take princeton-nlp/SWE-bench_Lite_bm25_27K, which brings its files. Instances
without the gold files among them are left out.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from evals.harness import data, embedders, hub, options, reporting, running, tables
from evals.harness.baselines import COMPRESSORS
from evals.harness.cases import Case, Outcome, Places, Request, Row, Scores, lines_in
from evals.harness.figures import Column
from evals.harness.tokens import count_request
from evals.models import endpoint
from evals.suites import repositories, retrieval, swe_patches
from evals.suites.patches import hunks

FILES = ("swebench_lite_dev.json.gz", "swe_bench.json")  # in the data folder, and in the samples
COLUMNS = (
    Column("tokens before", "before", "tokens"),
    Column("tokens after", "after", "tokens"),
    Column("met", "met", "percent"),
    Column("lines", "lines"),
    Column("hunks", "hunks"),
    Column("files", "files"),
    Column("missed", "missed", "percent"),
    Column("exact", "exact", "percent"),
)
KEPT = (*("instance_id", "repo", "base_commit", "version", "patch", "test_patch", "FAIL_TO_PASS", "PASS_TO_PASS"),)
Built = dict[str, Any]  # {"instance_id": …, "messages": […], "gold": Gold, "instance": the KEPT fields}
Gold = list[dict[str, Any]]  # {"message": index, "path": path, "hunks": [[line, …], …]}


def conversation(instance: Mapping[str, Any], texts: Mapping[str, str], budget: int, seed: int) -> Built:
    """The messages of an instance, and the places of its gold hunk lines; the texts are its files by path."""
    name, issue = instance["instance_id"], instance["problem_statement"]
    changed: dict[str, list[list[str]]] = {}  # path -> hunk -> line
    for hunk in hunks(instance["patch"]):
        changed.setdefault(hunk.path, []).append(list(hunk.lines))
    missing = sorted(changed.keys() - texts.keys())
    if missing:
        raise data.DataError(f"{name}: not in the repository at base_commit: {', '.join(missing)}")
    shown = {path: text for path, text in texts.items() if path in changed or not retrieval.is_test(path)}
    paths = retrieval.choose(retrieval.rank(issue, shown), shown, changed, budget)
    random.Random(f"{seed} {name}").shuffle(paths)
    contents = [*(f"# {path}\n{texts[path]}" for path in paths), issue]
    gold = [{"message": paths.index(path), "path": path, "hunks": found} for path, found in changed.items()]
    return {
        "instance_id": name,
        "messages": [{"role": "user", "content": content} for content in contents],
        "gold": gold,
        "instance": {name: instance[name] for name in KEPT if name in instance},
    }


def case(built: Mapping[str, Any], target: float, given: argparse.Namespace) -> Case:
    """A built conversation as a case."""
    messages, gold = built["messages"], built["gold"]
    size = count_request(messages)
    tokens = int(target * size if target <= 1 else target)
    trigger = max(tokens, min(given.trigger, size - 1))
    name = built["instance_id"]
    fixed = frozenset({len(messages) - 1})
    needs = partial(_places, gold)
    request = Request(messages, tokens, trigger, "openai", fixed, given.seed, given.model, needs)
    return Case(name, options.titled(given.name, target, given), name, request, partial(score, gold))


def score(gold: Gold, outcome: Outcome) -> Scores:
    """Lines, hunks and files kept of one instance."""
    kept = [_kept(file, outcome.text_of(file["message"])) for file in gold]  # file -> hunk -> line -> kept
    flat = [hunk for file in kept for hunk in file]
    return {
        "lines": _share([line for hunk in flat for line in hunk]),
        "hunks": _share([all(hunk) for hunk in flat]),
        "files": _share([any(any(hunk) for hunk in file) for file in kept]),
    }


def _kept(file: Mapping[str, Any], text: str) -> list[list[bool]]:
    there = set(text.split("\n"))
    return [[line in there for line in hunk] for hunk in file["hunks"]]


def _share(values: Sequence[bool]) -> float | None:
    return sum(values) / len(values) if values else None


def _places(gold: Gold, message: int, text: str) -> Places:
    """The place of each gold line."""
    wanted = {line for file in gold if file["message"] == message for hunk in file["hunks"] for line in hunk}
    return {(message, line): span for line, span in lines_in(wanted, message, text).items()}


def build(instances: Sequence[Mapping[str, Any]], given: argparse.Namespace) -> Iterator[Built]:
    """A conversation for every instance. One that cannot be built is left out, with a note on stderr."""
    known: dict[str, str] = {}  # blob -> text: most files are the same from commit to commit
    ordered = sorted(instances, key=lambda row: str(row.get("repo")))
    last = None
    for instance in tables.progress(ordered, len(ordered), "building"):
        if instance.get("repo") != last:
            known.clear()
            last = instance.get("repo")
        try:
            built = conversation(instance, _texts(instance, known, given), given.tokens, given.seed)
        except data.DataError as error:
            print(f"not built: {error}", file=sys.stderr)
            continue
        if given.save:
            data.save(Path(given.save) / f"{built['instance_id']}.json.gz", built)
        yield built


def _texts(instance: Mapping[str, Any], known: dict[str, str], given: argparse.Namespace) -> dict[str, str]:
    own = ("files",) if "files" in instance else ("repo", "base_commit")
    for field in ("instance_id", "patch", "problem_statement", *own):
        data.field(instance, field, "instances")
    if "files" in instance:
        return dict(instance["files"])
    commit = instance["base_commit"]
    repository = repositories.find(Path(given.repos), instance["repo"], commit, given.clone_from)
    blobs = repository.files(commit)
    new = sorted({blob.name for blob in blobs} - known.keys())
    known.update(zip(new, repository.texts(new), strict=True))
    return {blob.path: known[blob.name] for blob in blobs}


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options of the command line."""
    retention = "--retention" in (sys.argv if arguments is None else arguments)
    default = "everything,head+tail,random,litellm,oracle,compresskit" if retention else swe_patches.DEFAULT
    parser = options.parser(
        *("swe_bench", __doc__ or "", "7000", "tokens, or a share up to 1 (default: 7000)", COMPRESSORS, default, None)
    )
    add = parser.add_argument
    add("--retention", action="store_true", help="measure what is still readable; without it --model writes patches")
    add("--dataset", metavar="NAME", help="another one of the hub, as in princeton-nlp/SWE-bench_Verified")
    add("--split", default="test", help="its split (default: test)")
    add("--repos", metavar="DIR", default="repos", help="folder of clones (default: repos)")
    add("--clone-from", metavar="URL", help="clone missing repositories from URL/owner/name.git into --repos")
    add("--tokens", type=options.positive, default=27_000, help="tokens of files to show (default: 27000)")
    add("--trigger", type=options.positive, default=10_000, help="trigger in tokens (default: 10000)")
    add("--name", help="name of the group in the table (default: SWE-bench Lite)")
    add("--save", metavar="DIR", help="keep the built conversations there")
    add("--load", metavar="DIR", help="measure conversations that were saved there")
    swe_patches.add_options(parser)
    given = parser.parse_args(arguments)
    given.name = given.name or ("sample" if given.data == "sample" else "SWE-bench Lite")
    if given.retention and (given.api_base or given.gguf or given.run_tests):
        parser.error("--retention asks no model and runs no tests")
    if not given.retention and "oracle" in given.compressors:
        parser.error("the oracle knows what --retention looks for; it is for that alone")
    endpoint.check(parser, given, needed=not given.retention)
    given.model = given.model or "gpt-4o"  # whose tokenizer compressors are given
    return given


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    given = parsed(arguments)
    columns = COLUMNS if given.retention else swe_patches.COLUMNS
    return reporting.report("swe_bench", given, columns, partial(_rows, given))


def chosen(given: argparse.Namespace) -> tuple[Sequence[Path | data.Source], list[Case]]:
    """The cases of a command line with --retention, and the data that they are of."""
    paths, built = _conversations(given)
    return paths, [case(one, target, given) for target in given.target for one in built]


def _rows(given: argparse.Namespace) -> tuple[Sequence[Path | data.Source], list[Row]]:
    if not given.retention:
        paths, built = _conversations(given)
        return paths, swe_patches.rows(built, given, paths)
    paths, found = chosen(given)
    return paths, running.run(found, embedders.added(given.compressors, given.embedder), given, paths)


def _conversations(given: argparse.Namespace) -> tuple[Sequence[Path | data.Source], list[dict[str, Any]]]:
    return _loaded(given) if given.load else _built(given)


def _loaded(given: argparse.Namespace) -> tuple[list[Path], list[dict[str, Any]]]:
    paths = sorted(Path(given.load).glob("*.json.gz"))[: given.limit]
    if not paths:
        raise data.DataError(f"no saved conversations (*.json.gz) in {given.load}; build them with --save.")
    return paths, [data.value(path) for path in paths]


def _built(given: argparse.Namespace) -> tuple[Sequence[Path | data.Source], list[dict[str, Any]]]:
    usual = hub.SWE_BENCH if given.retention else swe_patches.SETS
    sets = (hub.Set(given.dataset, None, given.split, swe_patches.with_files),) if given.dataset else usual
    paths = hub.find(FILES, "hub" if given.dataset else given.data, sets)
    return paths, list(build([row for path in paths for row in data.rows(path)][: given.limit], given))
