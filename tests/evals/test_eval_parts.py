"""The parts that the evals share: diffs, repositories, retrieval, statistics, records, the commands."""

import argparse
import doctest
import gzip
import importlib
import json
import pkgutil
import subprocess
from pathlib import Path

import pytest

import evals
from evals.harness import cutting, data, embedders, options, running
from evals.harness.baselines import COMPRESSORS
from evals.harness.cases import Case, Outcome, Request
from evals.harness.figures import Column, lines
from evals.harness.messages import replace, slots
from evals.harness.stats import estimate
from evals.harness.tokens import count, count_message, count_request
from evals.suites import agent_points, multihop_qa, repositories, retrieval, swe_bench
from evals.suites.patches import hunks

ROOT = Path(evals.__file__).parents[1]
MODULES = [module.name for module in pkgutil.walk_packages(evals.__path__, "evals.")]
CALL = {"role": "assistant", "content": None, "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{}"}}]}
RESULT = {"role": "tool", "tool_call_id": "a", "content": "1"}
USER = {"role": "user", "content": "go"}
USE = {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "f", "input": {}}]}
USED = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "1"}]}


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_docstrings_hold(name):
    """Every docstring example of every module."""
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_a_removed_line_that_looks_like_a_header_is_a_line():
    """Hunks are read by their counts; new files ask for nothing."""
    patch = (
        "--- a/x.sql\n+++ b/x.sql\n@@ -1,2 +1 @@\n--- old comment\n a\n"
        "--- /dev/null\n+++ b/new.py\n@@ -0,0 +1 @@\n+new\n\\ No newline at end of file\n"
        "--- a/y.py\n+++ b/y.py\n@@ -3 +3 @@ def f():\n+  c\n-  b\n"
    )
    assert [tuple(hunk) for hunk in hunks(patch)] == [("x.sql", ("-- old comment", "a")), ("y.py", ("  b",))]


def alone():
    """Options of a run in this process that keeps nothing."""
    return argparse.Namespace(jobs=None, resume=None, budget=None, ray=None)


def git(place: Path, *arguments: str) -> str:
    settings = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    return subprocess.run(
        ["git", *settings, "-C", str(place), *arguments], check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def clone(tmp_path: Path) -> tuple[Path, str]:
    """A folder `repos` with a clone of made/up whose work tree has moved on, and the commit before."""
    place = tmp_path / "repos" / "made__up"
    place.mkdir(parents=True)
    git(place, "init", "-q")
    (place / "shop.py").write_text("price = 1\n\u00e9 = 2\n", encoding="utf-8")
    (place / "a b.txt").write_text("no python\n")
    git(place, "add", ".")
    git(place, "commit", "-q", "-m", "one")
    commit = git(place, "rev-parse", "HEAD")
    (place / "shop.py").write_text("price = 2\n")
    git(place, "commit", "-q", "-a", "-m", "two")
    return tmp_path / "repos", commit


def test_files_are_read_at_their_commit_without_a_checkout(clone):
    """The old text, whatever the work tree holds."""
    folder, commit = clone
    repository = repositories.find(folder, "made/up", commit)
    (blob,) = repository.files(commit)
    assert blob.path == "shop.py"
    assert list(repository.texts([blob.name, blob.name])) == ["price = 1\n\u00e9 = 2\n"] * 2


@pytest.mark.parametrize("layout", ["made/up", "made+up", "up.git", "copy+made__up/repo"])
def test_repositories_are_found_under_their_usual_names(clone, layout):
    """As they are cloned by hand, bare or in a folder of their own."""
    folder, commit = clone
    target = folder.parent / "others" / layout
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", "clone", "-q", "--bare", str(folder / "made__up"), str(target)], check=True)
    assert repositories.find(folder.parent / "others", "made/up", commit).place == target


def test_a_missing_repository_is_cloned_only_when_that_is_asked_for(clone):
    """Without --clone-from the error says what to do."""
    folder, commit = clone
    source = folder.parent / "source" / "made"
    source.mkdir(parents=True)
    (folder / "made__up").rename(source / "up.git")
    empty = folder.parent / "empty"
    with pytest.raises(data.DataError, match="--clone-from"):
        repositories.find(empty, "made/up", commit)
    assert repositories.find(empty, "made/up", commit, str(source.parent)).has(commit)


def test_rare_words_of_the_query_rank_a_text_first():
    """BM25: what is everywhere says nothing."""
    texts = {"a": "shop shop shop", "b": "shop tax", "c": "shop garden shop"}
    assert retrieval.rank("tax in the shop", texts)[0] == "b"
    assert retrieval.rank("", texts) == ["a", "b", "c"]
    common = {"a": "shop till", "b": "tax till", "c": "shop door", "d": "shop sign"}
    assert retrieval.rank("shop tax", common)[0] == "b"


def test_a_text_that_does_not_fit_is_passed_over():
    """The next that fits is taken; what must be there is there first."""
    texts = {"big": "word " * 100, "small": "word", "gold": "word " * 20, "empty": ""}
    assert retrieval.choose(["big", "empty", "small", "gold"], texts, {"gold"}, 30) == ["gold", "small"]


def test_the_interval_holds_the_mean_and_grows_when_units_are_few():
    """Ten values of one run are not ten runs."""
    values = [0.0, 1.0] * 20
    apart = estimate(values, [str(n) for n in range(40)])
    grouped = estimate(values, ["a"] * 10 + ["b"] * 10 + ["c"] * 10 + ["d"] * 10)
    skewed = estimate([0.0] * 10 + [1.0] * 10, ["a"] * 10 + ["b"] * 10)
    assert apart.low < apart.mean == 0.5 < apart.high
    assert (grouped.low, grouped.high) == (0.5, 0.5)
    assert (skewed.low, skewed.high) == (0.0, 1.0)
    assert estimate([], []) is None
    assert estimate(values, ["x"] * 40, seed=1) == estimate(values, ["x"] * 40, seed=1)


def test_an_error_is_a_row_of_its_own_and_not_in_the_mean(monkeypatch):
    """A compressor that raises is counted apart; one that panics too."""

    class Panic(BaseException):
        """As extension modules raise it."""

    def breaks(request: Request) -> Outcome:
        if request.seed:
            raise Panic("no")
        return Outcome(request.messages)

    monkeypatch.setitem(COMPRESSORS, "breaks", breaks)
    made = [
        Case(str(seed), "g", str(seed), Request([USER], 10, 10, seed=seed), lambda _outcome: {"x": 1.0})
        for seed in (0, 1)
    ]
    rows = running.run(made, ["breaks"], alone())
    (line,) = lines(rows, [Column("x", "x")], 0)
    assert [row["error"] for row in rows] == [None, "Panic: no"]
    assert (line.cases, line.errors, line.figures[0].mean, line.figures[0].cases) == (2, 1, 1.0, 1)


def test_kept_pieces_stand_in_order_with_marked_gaps():
    """Whatever the order of choice, and nothing is written twice."""
    messages = [{"role": "user", "content": "aaa\nbbb\nccc\nddd\n"}]
    (slot,) = slots(messages)
    pieces = [cutting.Piece(slot, 8, "ccc\n"), cutting.Piece(slot, 0, "aaa\n"), cutting.Piece(slot, 8, "ccc\n")]
    (kept,) = cutting.keep(messages, pieces, [slot], 100)
    assert kept["content"] == "aaa\n[…]\nccc\n[…]"
    assert messages[0]["content"] == "aaa\nbbb\nccc\nddd\n"


def test_a_piece_that_does_not_fit_is_passed_over():
    """What comes after it in the order of choice still gets its place."""
    messages = [{"role": "user", "content": "long " * 100 + "\nshort\n"}]
    (slot,) = slots(messages)
    big, small = cutting.Piece(slot, 0, "long " * 100), cutting.Piece(slot, 501, "short\n")
    (kept,) = cutting.keep(messages, [big, small], [slot], 30)
    assert kept["content"] == "[…]\nshort\n"


def test_a_window_drops_the_oldest_exchanges_whole_and_no_more_than_it_must():
    """Fixed messages stay; a call goes with its result; what fits is left."""
    old, new = ({"role": "user", "content": f"{word} " * 50} for word in ("old", "new"))
    messages = [USER, old, CALL, RESULT, new, USER]
    fixed = frozenset({0, 5})
    rest = count_request([USER, new, USER])
    outcome = COMPRESSORS["window"](Request(messages, rest, rest, fixed=fixed))
    assert outcome.messages == [USER, new, USER]
    assert outcome.origins == [0, 4, 5]
    more = count_request([USER, CALL, RESULT, new, USER])
    assert COMPRESSORS["window"](Request(messages, more, more, fixed=fixed)).messages == [messages[0], *messages[2:]]


def test_a_request_costs_its_texts_ids_arguments_and_frames():
    """Four tokens a message, eight a call; types and roles are in those."""
    assert count_message({"role": "user", "content": "hello world"}) == 4 + 2
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    parts = sum(map(count, ("a", "f", "{}")))
    assert count_message({"role": "assistant", "content": None, "tool_calls": [call]}) == 4 + 8 + parts
    use = {"type": "tool_use", "id": "a", "name": "f", "input": {"x": [1]}}
    assert count_message({"role": "assistant", "content": [use]}) == 4 + 8 + 2 + count('{"x": [1]}')
    assert count_request([USER], [{"name": "tool"}]) == count_message(USER) + count('[{"name": "tool"}]')


def test_contents_of_both_shapes_can_be_replaced():
    """Strings, text parts, tool results as text or parts; never call arguments."""
    messages = [USER, USE, USED, {"role": "user", "content": [{"type": "text", "text": "x"}]}]
    found = slots(messages)
    assert [slot.text for slot in found] == ["go", "1", "x"]
    assert replace(messages, dict.fromkeys(found, "new"))[2]["content"][0]["content"] == "new"
    assert USED["content"][0]["content"] == "1"


def test_data_is_read_plain_or_gzipped_and_errors_name_the_file(tmp_path):
    """JSON lists, JSON objects of objects, JSONL."""
    (tmp_path / "a.jsonl").write_text('{"id": 1}\n\n{"id": 2}\n')
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(b'{"x": {"id": 3}}'))
    (tmp_path / "c.json").write_text("[1]")
    assert [row["id"] for name in ("a.jsonl", "b.json.gz") for row in data.rows(tmp_path / name)] == [1, 2, 3]
    with pytest.raises(data.DataError, match=r"c\.json"):
        data.rows(tmp_path / "c.json")
    with pytest.raises(data.DataError, match="--data"):
        data.find(["z.json"], str(tmp_path))


@pytest.mark.parametrize("command", [agent_points.main, multihop_qa.main, swe_bench.main])
@pytest.mark.parametrize(
    "options", [["--no-such-option"], ["--compressors", "nobody"], ["--limit", "0"], ["--target", "-1"]]
)
def test_options_that_are_unknown_or_wrong_are_errors(command, options, capsys):
    """Never read and ignored."""
    retention = ["--retention"] if command is swe_bench.main else []
    with pytest.raises(SystemExit) as stopped:
        command([*retention, *options])
    assert stopped.value.code == 2
    assert options[0] in capsys.readouterr().err


def test_without_data_a_command_says_what_is_missing(tmp_path, capsys):
    """An exit code of its own, and a way on."""
    assert multihop_qa.main(["--data", str(tmp_path / "nothing")]) == 2
    assert "--data" in capsys.readouterr().err


def test_conversations_are_built_saved_and_measured_again(clone, tmp_path, capsys):
    """From a git folder, then from what was saved, with the same figures; what cannot be built is told."""
    folder, commit = clone
    patch = "--- a/shop.py\n+++ b/shop.py\n@@ -1,2 +1,2 @@\n-price = 1\n+price = 3\n \u00e9 = 2\n"
    fields = {"repo": "made/up", "patch": patch, "problem_statement": "The price is wrong.", "base_commit": commit}
    rows = [{**fields, "instance_id": "one"}, {**fields, "instance_id": "two", "base_commit": "1" * 40}]
    (tmp_path / "own.json").write_text(json.dumps(rows))
    saved, common = tmp_path / "saved", ["--retention", "--compressors", "everything", "--target", "0.5"]
    assert (
        swe_bench.main([*common, "--data", str(tmp_path / "own.json"), "--repos", str(folder), "--save", str(saved)])
        == 0
    )
    first = capsys.readouterr()
    assert "not built: made/up with commit 111111111111" in first.err
    assert swe_bench.main([*common, "--load", str(saved)]) == 0
    assert capsys.readouterr().out == first.out
    assert [path.name for path in saved.iterdir()] == ["one.json.gz"]


def test_compresskit_is_measured_through_its_public_names():
    """Its result is placed message by message, and comes back exactly."""
    pytest.importorskip("compresskit")
    messages = [{"role": "user", "content": f"# f{n}.py\n" + f"value_{n} = {n}\n" * 200} for n in range(6)] + [USER]
    outcome = COMPRESSORS["compresskit"](Request(messages, 2_000, 4_000))
    assert outcome.exact is True
    assert outcome.text_of(6) == "go"
    assert outcome.floor <= 2_000
    placed = [origin for origin in outcome.origins if origin is not None]
    assert placed == sorted(set(placed))


@pytest.mark.parametrize("name", ["word2vec", "litellm", "model2vec:", "wordllama,"])
def test_an_embedder_that_is_unknown_is_an_error(name, capsys):
    with pytest.raises(SystemExit):
        options.parser("x", "", "0.2", "").parse_args(["--embedder", name])
    assert "is not one of wordllama" in capsys.readouterr().err


def test_compresskit_is_measured_with_and_without_an_embedder():
    pytest.importorskip("wordllama", reason="the extra embeddings is not installed")
    messages = [{"role": "user", "content": f"paragraph {n} " * 200} for n in range(8)]
    one = Case("one", "group", "one", Request(messages, 1_500, 1_500), lambda _: {})
    rows = running.run([one], embedders.added(["compresskit"], ["wordllama"]), alone())
    assert [row["compressor"] for row in rows] == ["compresskit", "compresskit + wordllama"]
    assert [(row["error"], row["met"]) for row in rows] == [(None, 1.0)] * 2
