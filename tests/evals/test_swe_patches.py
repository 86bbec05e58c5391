"""Patches for SWE-bench: their scores, the instance's own tests, and the whole eval with a scripted model."""

import json
import subprocess

import pytest
from conversing import QUIET
from protocol_server import serving

from evals.harness import data
from evals.harness.messages import read_all
from evals.suites import patch_scores, swe_bench, swe_patches, swe_tests
from evals.suites.patch_scores import changes, patch_in, scores

pytestmark = QUIET
INSTANCES = data.rows(data.SAMPLES / "swe_bench.json")
OLD = "\n".join(f"line {n}" for n in range(1, 101)) + "\n"
FILES = {"a.py": OLD, "b.py": OLD}


def hunk(path, line, old, new, header=None):
    """A patch of one line with a line around it."""
    said = line - 1 if header is None else header
    lines = f" {old(line - 1)}\n-{old(line)}\n+{new}\n {old(line + 1)}\n"
    return f"--- a/{path}\n+++ b/{path}\n@@ -{said},3 +{said},3 @@\n{lines}"


def text(number):
    return f"line {number}"


GOLD = hunk("a.py", 20, text, "new") + "@@ -59,3 +59,3 @@\n line 59\n-line 60\n+newer\n line 61\n"


def test_the_gold_patch_itself_scores_one():
    assert set(scores(GOLD, GOLD, FILES).values()) == {1.0}
    for instance in INSTANCES:
        assert set(scores(instance["patch"], instance["patch"], instance["files"]).values()) == {1.0}


def test_nothing_scores_nothing():
    assert set(scores("", GOLD, FILES).values()) == {0.0}


def test_files():
    gold = GOLD + hunk("b.py", 5, text, "x")
    half = scores(GOLD, gold, FILES)
    assert (half["file_overlap"], half["exact_file_match"]) == (0.5, 0)
    more = scores(gold, GOLD, FILES)
    assert (more["file_overlap"], more["exact_file_match"]) == (1, 0)
    assert half["hunk_overlap"] == pytest.approx(2 / 3), "of a file that is left alone no hunk is met"


@pytest.mark.parametrize(
    ("line", "header", "met"),
    [
        (20, None, 0.5),
        (30, None, 0.5),  # ten lines apart, at most
        (36, None, 0.0),
        (20, 90, 0.5),  # it lies where its old side stands, whatever its header says
        (90, 20, 0.0),
        (40, None, 0.0),
        (60, None, 0.5),
    ],
)
def test_hunks_meet_where_they_lie(line, header, met):
    assert scores(hunk("a.py", line, text, "other", header), GOLD, FILES)["hunk_overlap"] == met


def test_a_hunk_whose_old_side_stands_nowhere_lies_where_its_header_says():
    invented = "--- a/a.py\n+++ b/a.py\n@@ -60,2 +60,2 @@\n-no such line\n+new\n"
    found = scores(invented, GOLD, FILES)
    assert (found["hunk_overlap"], found["applies"], found["patch"]) == (0.5, 0, 1)


def test_of_lines_that_stand_several_times_the_nearest_is_meant():
    files = {"a.py": "same\n" * 50}
    (change,) = changes("--- a/a.py\n+++ b/a.py\n@@ -31,1 +31,1 @@\n-same\n+other\n")
    assert patch_scores.place(change, files) == 31


def test_content_is_compared_as_sets_of_changed_lines():
    ours = hunk("a.py", 20, text, "  new  ")
    assert scores(ours, GOLD, FILES)["content_similarity"] == 2 / 4


def test_a_new_file_applies():
    new = "diff --git a/c.py b/c.py\nnew file mode 100644\n--- /dev/null\n+++ b/c.py\n@@ -0,0 +1,2 @@\n+one\n+two\n"
    assert changes(new)[0][:3] == ("c.py", 0, ())
    assert scores(new, new, FILES)["applies"] == 1


def test_a_removed_line_that_looks_like_a_header_is_a_line():
    (change,) = changes("--- a/x.sql\n+++ b/x.sql\n@@ -1,2 +1,1 @@\n--- old comment\n a\n")
    assert change.old == ("-- old comment", "a")


@pytest.mark.parametrize(
    ("reply", "patch"),
    [
        (GOLD, GOLD),
        (f"Sure.\n{GOLD}", GOLD),
        (f"Run `x`:\n```bash\nls\n```\nthen\n```diff\n{GOLD}```\nDone.", GOLD),
        ("I cannot.", ""),
    ],
)
def test_the_patch_of_a_reply(reply, patch):
    assert patch_in(reply) == patch


def model(body):
    """Writes the gold patch where it sees the line that has to go, and says so where it does not."""
    shown = read_all(body["messages"])
    instance = next(one for one in INSTANCES if one["problem_statement"] in shown)
    (change,) = changes(instance["patch"])
    return f"```diff\n{instance['patch']}```" if change.changed[0] in shown else "I do not see it."


ROOM = ["--data", "sample", "--target", "0.4", "--trigger", "1000"]


def test_a_model_writes_patches(tmp_path, capsys):
    record = tmp_path / "record.json"
    with serving(model) as server:
        options = ["--api-base", server.url, "--model", "writer", "--json", str(record)]
        assert swe_bench.main([*ROOM, *options]) == 0
    made = json.loads(record.read_text())
    rows = made["rows"]
    assert not any(row["error"] for row in rows)
    for row in rows:
        expected = {"everything": 1, "nothing": 0, "compresskit": 1}.get(row["compressor"])
        for name in ("patch", "applies", "file_overlap", "exact_file_match", "hunk_overlap", "content_similarity"):
            assert expected in (None, row[name]), (row["compressor"], name)
    assert {"calls", "retrievals", "prompt_tokens", "cost"} <= rows[0].keys()
    assert {line["compressor"] for line in made["figures"]} == set(swe_patches.DEFAULT.split(","))
    assert "resolved" in capsys.readouterr().out


def test_files_that_a_prompt_shows_are_read():
    numbered = "[start of a/b.py]\n1 x = [\n2     1,\n3 \n4 ]\n[end of a/b.py]"
    row = {"text": f"Solve it.\n{numbered}\n[start of c]\nno\n[end of c]"}
    assert swe_patches.with_files(row)["files"] == {"a/b.py": "x = [\n    1,\n\n]", "c": "no"}
    assert swe_patches.with_files({"patch": ""}) == {"patch": ""}


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        ["--retention", "--run-tests", "x {tests}"],
        ["--model", "x", "--run-tests", "pytest"],
        ["--model", "x", "--compressors", "oracle"],
    ],
)
def test_options_that_do_not_go_together_are_told(wrong):
    with pytest.raises(SystemExit, match="2"):
        swe_bench.main([*ROOM, *wrong])


def git(place, *arguments):
    settings = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", *settings, *arguments], cwd=place, check=True, capture_output=True, text=True)
    return done.stdout


BUG = "--- a/lib.sh\n+++ b/lib.sh\n@@ -1,3 +1,3 @@\n # greets\n-greeting=hullo\n+greeting=hello\n name=you\n"
TESTS = "--- a/test_name.sh\n+++ b/test_name.sh\n@@ -1,2 +1,2 @@\n . ./lib.sh\n-true\n+test $greeting = hello\n"
COMMAND = "for test in {tests}; do sh $test || exit 1; done"


@pytest.fixture
def instance(tmp_path):
    """A repository of shell scripts, and an issue with its tests."""
    place = tmp_path / "repos" / "owner" / "shell"
    place.mkdir(parents=True)
    (place / "lib.sh").write_text("# greets\ngreeting=hullo\nname=you\n")
    (place / "test_name.sh").write_text(". ./lib.sh\ntrue\n")
    (place / "test_other.sh").write_text(". ./lib.sh\ntest $name = you\n")
    git(place, "init", "-q")
    git(place, "add", ".")
    git(place, "commit", "-q", "-m", "one")
    return {
        "instance_id": "owner__shell-1",
        "repo": "owner/shell",
        "base_commit": git(place, "rev-parse", "HEAD").strip(),
        "patch": BUG,
        "test_patch": TESTS,
        "FAIL_TO_PASS": '["test_name.sh"]',
        "PASS_TO_PASS": "['test_other.sh']",
        "problem_statement": "It should say hello.",
        "files": {"lib.sh": (place / "lib.sh").read_text()},
    }


@pytest.fixture
def runner(tmp_path):
    return swe_tests.Runner(COMMAND, str(tmp_path / "repos"), 30)


CHEATS = "--- a/test_name.sh\n+++ b/test_name.sh\n@@ -1,2 +1,1 @@\n . ./lib.sh\n-true\n"


@pytest.mark.parametrize(
    ("patch", "became"),
    [
        (BUG, "resolved"),
        ("", "fails its tests"),
        (BUG.replace("-1,3 +1,3", "-7,9 +7,2"), "resolved"),
        (BUG.replace("greeting=hullo", "greeting=hallo"), "does not apply"),
        (BUG.replace("name=you\n", "name=you\n+name=me\n"), "breaks other tests"),
        (CHEATS, "fails its tests"),
        (BUG + CHEATS, "resolved"),
        (BUG.replace("-1,3 +1,3", "-1,9 +1,9") + CHEATS, "resolved"),
        (BUG.replace("lib.sh", "../../lib.sh"), "does not apply"),
    ],
)
def test_the_tests_say_whether_a_patch_resolves_its_instance(instance, runner, patch, became):
    assert swe_tests.judged(instance, patch, runner) == became


def test_tests_that_hang_are_ended(instance, runner):
    hanging = BUG.replace("+greeting=hello", "+sleep 60")
    assert swe_tests.judged(instance, hanging, runner._replace(seconds=1)) == "out of time"


def test_an_environment_that_cannot_tell_is_not_believed(instance, runner):
    assert swe_tests.environment(instance, runner)["environment"] == 1
    never = swe_tests.environment(instance, runner._replace(command="false {tests}"))
    always = swe_tests.environment(instance, runner._replace(command="true {tests}"))
    assert (never["environment"], never["why"]) == (0, "with the gold patch: fails its tests")
    assert (always["environment"], always["why"]) == (0, "without a patch: resolved")


def test_resolved_is_a_figure_of_the_eval(instance, tmp_path, capsys):
    path, record = tmp_path / "instances.json", tmp_path / "record.json"
    path.write_text(json.dumps([instance]))
    told = ["--data", str(path), "--repos", str(tmp_path / "repos"), "--run-tests", COMMAND, "--json", str(record)]
    with serving(lambda body: BUG if "hullo" in read_all(body["messages"]) else "no") as server:
        options = ["--api-base", server.url, "--model", "writer", "--compressors", "everything,nothing", *told]
        assert swe_bench.main(options) == 0
        rows = {row["compressor"]: row for row in json.loads(record.read_text())["rows"]}
        assert (rows["everything"]["resolved"], rows["everything"]["tests"]) == (1, "resolved")
        assert (rows["nothing"]["resolved"], rows["nothing"]["tests"]) == (0, "no patch")
        assert swe_bench.main([*options, "--run-tests", "true {tests}"]) == 0
    assert "not judged: owner__shell-1: without a patch: resolved" in capsys.readouterr().err
    assert all("resolved" not in row for row in json.loads(record.read_text())["rows"])
