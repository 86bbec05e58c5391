"""Views of real outputs: what matters is there when most of the text is gone, and all of it can be restored."""

import json
import re
import sys

import pytest
from outputs import (
    ROOT,
    as_csv,
    as_json_lines,
    download,
    pytest_run,
    records,
    repository,
    run,
    server_log,
)

from compresskit import compress, restore
from compresskit.content import detect
from compresskit.tokens.measure import measure_for

MODEL = "gpt-4o"
TOOL_TOKENS = 160
MEASURE = measure_for(MODEL, None)


def conversation(output, command="run", question="Please see how it went."):
    """A tool result with something after it, so that it is not protected."""

    def call(key, arguments):
        function = {"name": "bash", "arguments": json.dumps(arguments)}
        return {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": key, "type": "function", "function": function}],
        }

    return [
        {"role": "user", "content": question},
        call("c1", {"command": command}),
        {"role": "tool", "tool_call_id": "c1", "content": output},
        call("c2", {"command": "true"}),
        {"role": "tool", "tool_call_id": "c2", "content": "ok"},
        {"role": "user", "content": "Go on."},
    ]


def view(output, share, **about):
    """What is left of an output at a share of its tokens; the target holds, and restoring gives back everything."""
    messages = conversation(output, **about)
    whole = compress(messages, MODEL, trigger=10**9).original_tokens
    target = whole - int((1 - share) * MEASURE.count(output)) + TOOL_TOKENS
    result = compress(messages, MODEL, trigger=target, target=target)
    assert result.target_met
    assert restore(result.messages, result.cache) == messages
    texts = [message["content"] or "" for message in result.messages if message["role"] in ("tool", "user")]
    return texts[1]  # after the question: the result itself, or what a fold tells of it


# --- logs and test output --------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.03, 0.25])
def test_the_one_line_that_matters_stays_of_thousands_whatever_its_level(share):
    left = view(server_log(), share)
    assert "checkout_v2 changed: enabled -> disabled" in left
    assert "98213ms" in left
    assert left.startswith("[… log in short form: ")


def test_a_log_says_how_many_lines_are_like_the_one_that_stays_and_until_when():
    left = view(server_log(), 0.03).split("\n")
    number = next(number for number, line in enumerate(left) if "DEBUG [cache] hit" in line)
    assert left[number] in server_log(), "the example stands as it was"
    count, _, rest = left[number + 1].removeprefix("… ").partition(" more like this in lines ")
    assert int(count) + 1 == server_log().count("DEBUG [cache] hit")
    places, _, until = rest.partition(", until ")
    lines = server_log().split("\n")
    last = lines[int(places.rpartition("-")[2]) - 1]
    assert last == [line for line in lines if "DEBUG [cache] hit" in line][-1]
    assert f"T{until}" in last


@pytest.mark.parametrize("share", [0.03, 0.25])
def test_the_gaps_of_a_log_have_the_numbers_of_its_lines(share):
    log = server_log().replace("\n", "\x1b[0m\n\n\n\n", 40)  # colours and blank lines are left out, and counted
    gaps = re.compile(r"\[… lines? (\d+)(?:-(\d+))?\]")
    lines, at, shown = log.split("\n"), 0, 0
    for line in view(log, share).split("\n")[1:]:
        if gap := gaps.fullmatch(line):
            assert int(gap[1]) > at
            at = int(gap[2] or gap[1])
        elif line and " more like this" not in line:
            at = next(number for number, own in enumerate(lines[at:], at + 1) if own.startswith(line))
            shown += 1
    assert shown > 5


def test_lines_of_a_log_stay_in_their_order():
    shown = [line for line in view(server_log(), 0.03).split("\n") if line.startswith("2024-")]
    assert len(shown) > 10
    assert shown == sorted(shown)


def test_a_line_that_the_query_names_stays_though_thousands_are_like_it():
    wanted = [line for line in server_log().split("\n") if "[worker] job" in line][400]
    job = wanted.split("job ")[1].split(" ")[0]
    assert wanted in view(server_log(), 0.05, question=f"What happened to job {job}?")


def test_test_output_keeps_failures_and_summary(tmp_path):
    output = pytest_run(tmp_path)
    left = view(output, 0.3)
    for said in (
        "thirty-seven is broken",
        "KeyError: 'no such item 5'",
        "test_items.py::test_many[37] FAILED",
        "FAILED test_items.py::test_deep",
        "2 failed, 83 passed",
    ):
        assert said in output
        assert said in left
    assert left.count("PASSED") < 20 < output.count("PASSED")


def test_progress_bars_and_colours_are_gone_and_errors_stay():
    left = view(download(), 0.2)
    assert "ERROR: checksum mismatch: expected 3fa9 got 77b1" in left
    assert "100%" in left
    assert " 55%" not in left
    assert "\x1b" not in left


def test_the_progress_of_a_package_build(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'tiny'\nversion = '1.0'\n")
    command = ["-m", "pip", "install", "-v", "--no-index", "--dry-run", "--no-input", "no-such-package-at-all"]
    output = "".join(f"Requirement already satisfied: part{n} in /site-packages (1.{n}.0)\n" for n in range(60))
    output += run(sys.executable, *command, cwd=tmp_path)
    assert "No matching distribution found for no-such-package-at-all" in view(output, 0.25)


def test_an_error_at_the_end_goes_before_the_lines_that_repeat():
    lines = [f"Requirement already satisfied: part{n} in /site-packages (1.{n}.0)\n" for n in range(20)]
    lines += ["Using pip 23.2.1 from /srv/checkout/main/.venv/lib/python3.11/site-packages/pip (python 3.11)\n"]
    lines += ["Looking in links: /srv/wheels\n"]
    lines += ["ERROR: Could not find a version that satisfies the requirement nothing-of-it (from versions: none)\n"]
    lines += ["ERROR: No matching distribution found for no-such-package-at-all\n"]
    left = view("".join(lines), 0.25)
    assert "ERROR: No matching distribution found for no-such-package-at-all" in left


# --- git -------------------------------------------------------------------------------------------


def test_git_log_keeps_the_commit_that_is_not_like_the_others(tmp_path):
    git = repository(tmp_path)
    output = git("log")
    assert "Drop the retry queue: it lost messages" in view(output, 0.25)


def test_git_diff_and_status_keep_what_they_are_about(tmp_path):
    git = repository(tmp_path)
    assert "diff --git a/module_3.py b/module_3.py" in view(git("diff"), 0.6)
    status = view(git("status", "-uall") * 3, 0.5)
    assert "module_3.py" in status


# --- searches and listings -------------------------------------------------------------------------


def test_hits_never_stand_without_their_path():
    output = run("grep", "-rn", "segments", "compresskit", "--include=*.py")
    true = {}
    for line in output.splitlines():
        path, _number, _ = line.split(":", 2)
        true.setdefault(path, set()).add(line.removeprefix(path + ":"))
    path = ""
    for share in (0.2, 0.5):
        for line in view(output, share).splitlines()[1:]:
            if line in true:
                path = line
            elif line == "…":
                path = ""
            else:
                assert line in true[path]


def test_more_of_a_search_fits_with_paths_once():
    output = run("grep", "-rn", "-C2", "segments", "compresskit", "--include=*.py")
    left = view(output, 0.7)
    paths = {line.split(":")[0] for line in output.splitlines() if ".py:" in line}
    assert left.startswith("[… search results in short form: ")
    assert sum(path in left for path in paths) >= 0.8 * len(paths)


def test_a_listing_by_folder(tmp_path):
    for number in range(900):
        folder = tmp_path / f"part{number % 6}"
        folder.mkdir(exist_ok=True)
        (folder / f"file_{number}.txt").touch()
    output = run("ls", "-R", cwd=tmp_path)
    left = view(output, 0.9)
    assert left.startswith("[… listing in short form: ")
    assert all(f" file_{number}.txt" in left for number in range(900)), "all of it in fewer tokens"


# --- records ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("write", [json.dumps, as_json_lines, as_csv, lambda rows: json.dumps(rows, indent=2)])
@pytest.mark.parametrize("share", [0.05, 0.2])
def test_odd_records_stay_of_a_thousand(write, share):
    left = view(write(records()), share)
    assert "quarantined" in left
    assert "48211" in left
    assert "region" in left.split("\n…")[0], "the names of the columns are there"


@pytest.mark.parametrize("write", [json.dumps, as_csv])
def test_a_record_that_the_query_names_stays(write):
    assert "10456" in view(write(records()), 0.05, question="What about account 10456?")


def test_a_part_of_a_long_string_in_a_record_can_stay():
    body = "".join(
        f"Paragraph {n} is about {'the refund policy' if n == 31 else 'nothing'} as such.\n" for n in range(60)
    )
    rows = [
        {"id": n, "title": f"Issue {n}", "body": body.replace("refund", "refund" if n == 2 else "usual")}
        for n in range(4)
    ]
    left = view(json.dumps(rows), 0.1, question="What is the refund policy?")
    assert "Paragraph 31 is about the refund policy as such." in left


# --- the same again --------------------------------------------------------------------------------


def test_of_two_copies_of_a_text_the_last_one_stays():
    source = (ROOT / "compresskit" / "plan" / "knapsack.py").read_text()
    messages = conversation(source, "cat fit.py", "Why is nothing kept?")
    later = conversation(source, "cat fit.py")[1:]
    for message in later:
        for call in message.get("tool_calls") or []:
            call["id"] = "again-" + call["id"]
        if "tool_call_id" in message:
            message["tool_call_id"] = "again-" + message["tool_call_id"]
    messages += later
    whole = compress(messages, MODEL, trigger=10**9).original_tokens
    target = whole - MEASURE.count(source) + TOOL_TOKENS + 70
    result = compress(messages, MODEL, trigger=target, target=target)
    first, last = (
        message["content"]
        for message in result.messages
        if len(message.get("content") or "") > 30 and message["role"] == "tool"
    )
    assert last == source
    assert first.startswith("[… ")
    assert ", again below: retrieve " in first
    assert restore(result.messages, result.cache) == messages


def test_restoring_a_log_that_stands_many_times_makes_its_form_once(monkeypatch):
    from compresskit.markers import restore as restoring

    output = server_log()
    result = compress(conversation(output), MODEL, trigger=9_000, target=9_000)
    made = []
    real = restoring.said_in_short
    monkeypatch.setattr(restoring, "said_in_short", lambda *about: made.append(about[1]) or real(*about))
    by_looks = dict(result.cache)  # which knows no places
    assert restore(result.messages * 20, by_looks) == conversation(output) * 20
    assert made == ["log in short form"]


def test_the_tags_of_a_viewer_stand_above_numbered_lines():
    source = "\n".join(f"{n:05}| def helper_{n}(): return {n}" for n in range(1, 60))
    for head in ("<file>\n", '<file_content path="a.py">\n', "<path>a.py</path>\n<type>file</type>\n<content>\n"):
        found = detect(f"{head}{source}\n</file>", 'read {"filePath": "/a.py"}')
        assert (found.kind, found.numbered) == ("python", True)
