"""The command line: what goes in, what comes out, what is said on standard error, and with which exit code.

The oracle for every figure and every message is the library called with the same arguments.
"""

import gzip
import inspect
import json
import os
import pty
import re
import select
import signal
import stat
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from compresskit import TOOL_NAME, compress, restore, retrieve
from compresskit.cli import cli
from compresskit.cli.commands import run as run_main

ROOT = Path(__file__).parents[1]
SOURCE = inspect.getsource(textwrap)
TOOLS = [{"type": "function", "function": {"name": "read_file", "parameters": {"type": "object"}}}]
HOSTILE = "\x1b[31m [red]markup[/red] [/] \x1b]0;title\x07 \x9b2J \u202e \x00"


def openai_messages(question="Where does shorten() put the placeholder?"):
    """A long file read, a long text pasted, a short newest result, and a question."""

    def called(number, result):
        function = {"name": "read_file", "arguments": f'{{"path": "{number}.py"}}'}
        call = {"id": f"call_{number}", "type": "function", "function": function}
        return [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": f"call_{number}", "content": result},
        ]

    return [
        {"role": "system", "content": "You are a coding agent."},
        {"role": "user", "content": "Read the file."},
        *called(1, SOURCE),
        {"role": "user", "content": "Again: " + SOURCE.replace("text", "word")},
        *called(2, "no more files"),
        {"role": "assistant", "content": "Done."},
        {"role": "user", "content": question},
    ]


def anthropic_messages():
    """Two tool calls, the first with a long result."""

    def called(number, text):
        call = {"type": "tool_use", "id": f"toolu_{number}", "name": "read_file", "input": {"path": "a.py"}}
        content = [{"type": "text", "text": text}]
        result = {"type": "tool_result", "tool_use_id": f"toolu_{number}", "content": content}
        return [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]

    return [
        {"role": "user", "content": "Read the file."},
        *called(1, SOURCE),
        *called(2, "no more files"),
        {"role": "assistant", "content": [{"type": "text", "text": "Done."}]},
        {"role": "user", "content": [{"type": "text", "text": "What does dedent() do?"}]},
    ]


def run(*arguments, given=None):
    """The command in this process, with what it wrote."""
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], input=given)


def command(*arguments):
    return [sys.executable, "-m", "compresskit.cli", *map(str, arguments)]


def environment(**extra):
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    plain = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    return {**plain, "PYTHONPATH": os.pathsep.join(paths), "TERM": "xterm-256color", **extra}


def spawn(*arguments, given=None, **extra):
    """The command as a process of its own."""
    return subprocess.run(command(*arguments), input=given, capture_output=True, env=environment(**extra))


def on_terminal(*arguments, columns=100, streams=("stdin", "stdout", "stderr"), **extra):
    """What a terminal would get when the command runs on it, and the exit code."""
    ours, theirs = pty.openpty()
    chosen = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL) | dict.fromkeys(streams, theirs)
    with subprocess.Popen(
        command(*arguments), env=environment(COLUMNS=str(columns), **extra), **chosen
    ) as process:
        os.close(theirs)
        seen = b""
        while select.select([ours], [], [], 60)[0]:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # Linux says so when the other end is closed
                break
            if not piece:
                break
            seen += piece
        os.close(ours)
    return seen.decode(), process.returncode


def save(folder, value, name="given.json"):
    path = folder / name
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def save_lines(folder, values, name="given.jsonl"):
    path = folder / name
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")
    return path


def same_as(result, **expected):
    """Whether a result's JSON says what the library's result says."""
    library = json.loads(json.dumps(dict(compress(**expected)), default=str))
    return all(result.get(name) == library[name] for name in library if name != "decisions") and [
        one["action"] for one in result["decisions"]
    ] == [one[2] for one in library["decisions"]]


@pytest.fixture
def given(tmp_path):
    return save(tmp_path, openai_messages())


@pytest.fixture
def result(tmp_path, given):
    path = tmp_path / "result.json"
    assert run("compress", given, "--target", 3000, "-o", path).exit_code == 0
    return path


class TestCompress:
    def test_the_result_is_the_librarys(self, given):
        done = run("compress", given, "--model", "gpt-4o", "--trigger", 4000, "--target", 3000)
        assert done.exit_code == 0
        result = json.loads(done.stdout)
        assert same_as(result, messages=openai_messages(), model="gpt-4o", trigger=4000, target=3000)
        assert (result["model"], result["trigger"], result["target"]) == ("gpt-4o", 4000, 3000)

    def test_the_figures_go_to_standard_error(self, given):
        done = run("compress", given, "--target", 3000)
        result = json.loads(done.stdout)
        for name in ("original_tokens", "compressed_tokens", "target", "floor_tokens"):
            assert f"{result[name]:,}" in done.stderr, name
        assert "target 3,000 met" in done.stderr
        assert len(done.stderr.splitlines()) == 1

    @pytest.mark.parametrize(
        ("options", "arguments"),
        [
            (["--model", "gpt-4"], {"model": "gpt-4"}),
            (["--target", 2000], {"target": 2000}),
            (["--trigger", 3500, "--target", 3000], {"trigger": 3500}),
            (["--query", "fix_sentence_endings"], {"query": "fix_sentence_endings"}),
            (["--no-recover"], {"recoverable": False}),
            (["--shape", "openai"], {"shape": "openai"}),
        ],
        ids=lambda value: str(value[0]) if isinstance(value, list) else "",
    )
    def test_every_option_becomes_its_argument(self, given, options, arguments):
        done = run("compress", given, "--target", 3000, *options)
        usual = {"model": "gpt-4o", "trigger": arguments.get("target", 3000), "target": 3000}
        result = json.loads(done.stdout)
        assert same_as(result, messages=openai_messages(), **{**usual, **arguments})
        assert result["trigger"] == {**usual, **arguments}["trigger"]

    def test_what_the_options_change_can_be_seen(self, given):
        plain = json.loads(run("compress", given, "--target", 3000).stdout)
        for options in (["--query", "fix_sentence_endings"], ["--no-recover"], ["--target", 2000]):
            assert json.loads(run("compress", given, "--target", 3000, *options).stdout) != plain, options

    def test_the_shape_is_found_out_or_forced(self, tmp_path):
        given = save(tmp_path, anthropic_messages())
        results = {
            shape: json.loads(run("compress", given, "--target", 2500, "--shape", shape).stdout)
            for shape in ("auto", "anthropic", "openai")
        }
        assert "input_schema" in results["auto"]["tools"][-1]
        assert results["auto"] == results["anthropic"] != results["openai"]

    def test_the_requests_own_tools_come_from_a_file(self, given, tmp_path):
        for name, content in ("list.json", TOOLS), ("object.json", {"tools": TOOLS}):
            done = run("compress", given, "--target", 3000, "--tools", save(tmp_path, content, name))
            result = json.loads(done.stdout)
            assert same_as(
                result, messages=openai_messages(), model="gpt-4o", trigger=3000, target=3000, tools=TOOLS
            )
            assert [tool["function"]["name"] for tool in result["tools"]] == ["read_file", TOOL_NAME]

    def test_the_object_says_model_and_tools_and_its_other_fields_pass_through(self, tmp_path):
        request = {
            "messages": openai_messages(),
            "model": "gpt-4",
            "tools": TOOLS,
            "temperature": 0.5,
            "id": "a",
        }
        result = json.loads(run("compress", save(tmp_path, request), "--target", 3000).stdout)
        assert same_as(
            result, messages=openai_messages(), model="gpt-4", trigger=3000, target=3000, tools=TOOLS
        )
        assert (result["temperature"], result["id"], result["model"]) == (0.5, "a", "gpt-4")

    def test_below_the_trigger_everything_stays_and_no_tools_are_sent(self, given):
        done = run("compress", given)
        result = json.loads(done.stdout)
        assert done.exit_code == 0
        assert result["messages"] == openai_messages()
        assert "tools" not in result
        assert result["trigger"] == 200_000
        assert "200,000" in done.stderr

    def test_a_missed_target_is_an_exit_code_and_the_result_is_written_all_the_same(self, given):
        done = run("compress", given, "--target", 10)
        result = json.loads(done.stdout)
        assert done.exit_code == 1
        assert not result["target_met"]
        assert restore(result["messages"], result["cache"]) == openai_messages()
        assert "NOT met" in done.stderr

    def test_a_result_can_be_compressed_again(self, result):
        again = json.loads(run("compress", result, "--target", 2000).stdout)
        assert again["compressed_tokens"] <= 2000
        assert restore(again["messages"], again["cache"]) == openai_messages()
        assert [tool["function"]["name"] for tool in again["tools"]] == [TOOL_NAME]


class TestInput:
    def test_messages_may_stand_one_a_line(self, tmp_path, given):
        lines = save_lines(tmp_path, openai_messages())
        assert (
            run("compress", lines, "--target", 3000).stdout == run("compress", given, "--target", 3000).stdout
        )

    def test_conversations_one_a_line_give_results_one_a_line(self, tmp_path):
        talks = [openai_messages(), openai_messages("And dedent()?")]
        lines = save_lines(tmp_path, [{"id": n, "messages": talk} for n, talk in enumerate(talks)])
        done = run("compress", lines, "--target", 3000)
        results = [json.loads(line) for line in done.stdout.splitlines()]
        assert [result["id"] for result in results] == [0, 1]
        for result, talk in zip(results, talks, strict=True):
            assert same_as(result, messages=talk, model="gpt-4o", trigger=3000, target=3000)
        assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["line 1", "line 2"]

    def test_lists_of_messages_may_stand_one_a_line(self, tmp_path):
        lines = save_lines(tmp_path, [openai_messages(), anthropic_messages()])
        results = run("compress", lines, "--target", 3000).stdout.splitlines()
        assert [restore(one["messages"], one["cache"]) for one in map(json.loads, results)] == [
            openai_messages(),
            anthropic_messages(),
        ]

    def test_one_missed_target_among_many_is_the_exit_code(self, tmp_path):
        small = [{"role": "user", "content": "hi"}]
        lines = save_lines(tmp_path, [{"messages": openai_messages()}, {"messages": small}])
        assert run("compress", lines, "--target", 3000).exit_code == 0
        assert run("compress", lines, "--target", 30).exit_code == 1

    def test_standard_input_gzip_and_a_byte_order_mark_are_read(self, given):
        plain = run("compress", given, "--target", 3000).stdout
        data = given.read_bytes()
        for form in (data, gzip.compress(data), b"\xef\xbb\xbf" + data):
            assert run("compress", "-", "--target", 3000, given=form).stdout == plain

    def test_a_line_separator_inside_a_string_ends_no_line(self, tmp_path):
        path = tmp_path / "given.jsonl"
        messages = [{"role": "user", "content": "a\u2028b"}, {"role": "assistant", "content": "c"}]
        path.write_text(
            "\n\n".join(json.dumps(one, ensure_ascii=False) for one in messages), encoding="utf-8"
        )
        assert json.loads(run("compress", path).stdout)["messages"] == messages

    def test_what_utf8_cannot_say_survives(self, tmp_path):
        messages = openai_messages("half a pair: \ud83d, and 汉字")
        path = save(tmp_path, messages)
        done = run("compress", path, "--target", 3000)
        result = json.loads(done.stdout)
        assert restore(result["messages"], result["cache"]) == messages

    @pytest.mark.parametrize(
        ("content", "says"),
        [
            (b"", "empty"),
            (b" \n ", "empty"),
            (b"{not json", "not JSON"),
            (b'[{"role": "user"},\n {"role": }]', "line 2"),
            (b'{"role": "user", "content": "a"}\n{broken', "line 2"),
            (b'{"role": "user", "content": "a"}\n{"messages": []}', "line 2"),
            (b'{"prompt": "a"}', "'prompt'"),
            (b'"text"', "str"),
            (b"17\n18", "line 1"),
            (b"[1, 2]", "1"),
            (b'{"messages": 5}', "5"),
            (b'[{"content": "no role"}]', "role"),
            (b'{"messages": [{"role": "user", "content": "a"}], "model": 7}', "7"),
            (b"\xff\xfe[\x00]\x00", "UTF-8"),
            (gzip.compress(b"[]")[:-6], "cannot read"),
            (b"\x1f\x8bnot gzip", "cannot read"),
            (b"[" * 100_000, "cannot be read"),
        ],
        ids=lambda value: repr(value)[:24],
    )
    def test_what_cannot_be_used_is_one_clear_error(self, tmp_path, content, says):
        path = tmp_path / "given"
        path.write_bytes(content)
        for name in ("compress", "show"):
            done = run(name, path)
            assert done.exit_code == 2, done.output
            assert done.stdout == ""
            assert done.stderr.startswith("Error: ")
            assert says in done.stderr

    def test_a_missing_file_is_an_error_for_every_command(self, tmp_path):
        for arguments in (["compress"], ["show"], ["restore"], ["retrieve", "--", "key"]):
            done = run(arguments[0], tmp_path / "nothing", *arguments[2:])
            assert done.exit_code == 2
            assert "No such file" in done.stderr

    def test_an_error_in_one_line_names_the_line(self, tmp_path):
        lines = save_lines(
            tmp_path, [{"messages": openai_messages()}, {"messages": [{"content": "no role"}]}]
        )
        done = run("compress", lines, "-o", tmp_path / "out")
        assert done.exit_code == 2
        assert "line 2: " in done.stderr
        assert not (tmp_path / "out").exists()

    def test_tools_have_to_be_a_list(self, given, tmp_path):
        for content in ({"name": "x"}, "x", {"tools": 3}):
            done = run("compress", given, "--tools", save(tmp_path, content, "tools.json"))
            assert done.exit_code == 2
            assert "list of tools" in done.stderr

    @pytest.mark.parametrize("options", [["--target", -1], ["--target", 5, "--trigger", 4], ["--trigger", 0]])
    def test_the_librarys_own_errors_are_usage_errors(self, given, options):
        done = run("compress", given, *options)
        assert done.exit_code == 2
        assert str(options[1]) in done.stderr
        assert "Traceback" not in done.output

    def test_an_error_does_not_bring_escape_sequences_to_the_terminal(self, tmp_path):
        path = save(tmp_path, [{"role": "user", "content": "a"}, HOSTILE])
        done = run("compress", path)
        assert done.exit_code == 2
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", done.stderr)

    @pytest.mark.parametrize("name", ["compress", "show", "restore", "retrieve"])
    def test_an_unknown_option_is_an_error(self, given, name):
        done = run(name, given, "--targte", 3)
        assert done.exit_code == 2
        assert "--targte" in done.stderr


class TestOutput:
    def test_a_file_holds_what_standard_output_would(self, given, tmp_path):
        done = run("compress", given, "--target", 3000, "-o", tmp_path / "out")
        assert done.stdout == ""
        assert (tmp_path / "out").read_text() == run("compress", given, "--target", 3000, "-o", "-").stdout

    def test_only_the_owner_can_read_it(self, given, tmp_path):
        out = tmp_path / "out"
        out.write_text("old")
        out.chmod(0o644)
        run("compress", given, "--output", out)
        assert stat.S_IMODE(out.stat().st_mode) == 0o600

    def test_a_failure_leaves_the_old_file_and_nothing_beside_it(self, tmp_path):
        out = tmp_path / "out"
        out.write_text("old")
        bad = save_lines(tmp_path, [{"messages": openai_messages()}, {"messages": [{}]}])
        assert run("compress", bad, "-o", out).exit_code == 2
        assert out.read_text() == "old"
        assert {path.name for path in tmp_path.iterdir()} == {"out", "given.jsonl"}

    def test_a_link_stays_a_link(self, given, tmp_path):
        link, out = tmp_path / "link", tmp_path / "out"
        out.write_text("old")
        link.symlink_to(out)
        assert run("compress", given, "-o", link).exit_code == 0
        assert link.is_symlink()
        assert json.loads(out.read_text())["messages"] == openai_messages()

    def test_a_pipe_is_written_to_and_not_replaced(self, given, tmp_path):
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        got = []
        reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
        reader.start()
        assert run("compress", given, "-o", pipe).exit_code == 0
        reader.join(10)
        assert json.loads(got[0])["messages"] == openai_messages()
        assert stat.S_ISFIFO(pipe.stat().st_mode)

    def test_a_place_that_cannot_be_written_is_an_exit_code_of_its_own(self, given, tmp_path):
        for place in (tmp_path, tmp_path / "no" / "such" / "folder"):
            done = run("compress", given, "-o", place)
            assert done.exit_code == 4
            assert str(place) in done.stderr

    def test_the_input_may_be_the_output(self, given):
        assert run("compress", given, "--target", 3000, "-o", given).exit_code == 0
        assert run("restore", given, "-o", given).exit_code == 0
        assert json.loads(given.read_text()) == openai_messages()


class TestShow:
    def test_every_message_has_a_row_with_its_tokens(self, given):
        done = run("show", given, "--target", 3000, "--trigger", 3500)
        result = compress(openai_messages(), "gpt-4o", 3500, 3000)
        assert done.exit_code == 0
        for decision in result.decisions:
            row = next(
                line for line in done.stdout.splitlines() if line.split()[:1] == [str(decision.message)]
            )
            for figure in (decision.tokens_before, decision.tokens_after):
                assert f"{figure:,}" in row
            assert decision.action in row
        assert f"{result.original_tokens:,} -> {result.compressed_tokens:,} tokens" in done.stdout

    def test_a_folded_run_is_one_row_and_no_message_is_missing(self, tmp_path):
        roles = ("user", "assistant")
        many = [{"role": roles[n % 2], "content": f"note {n} on the build"} for n in range(400)]
        done = run("show", save(tmp_path, many), "--target", 1000)
        labels = re.findall(r"^ *(\d+)(?:-(\d+))? ", done.stdout, re.MULTILINE)
        covered = [n for first, last in labels for n in range(int(first), int(last or first) + 1)]
        assert covered == list(range(400))
        assert len(labels) < 200
        assert "fold" in done.stdout

    def test_without_a_target_it_shows_what_two_fifths_would_look_like(self, given):
        total = compress(openai_messages(), "gpt-4o").original_tokens
        assert f"target {int(total * 0.4):,} met" in run("show", given).stdout

    def test_a_result_is_shown_as_it_was_made(self, result, given):
        assert run("show", result).stdout == run("show", given, "--target", 3000).stdout

    def test_a_result_takes_no_options(self, result):
        done = run("show", result, "--target", 100)
        assert done.exit_code == 2
        assert "already a result" in done.stderr

    @pytest.mark.parametrize(
        ("option", "value"),
        [("--model", "gpt-4"), ("--query", "dedent"), ("--shape", "openai"), ("--no-recover", None)],
    )
    def test_the_options_are_those_of_compress(self, given, tmp_path, option, value):
        options = [option] if value is None else [option, value]
        out = tmp_path / "out"
        run("compress", given, "--target", 3000, *options, "-o", out)
        assert run("show", given, "--target", 3000, *options).stdout == run("show", out).stdout

    def test_several_conversations_are_shown_one_after_the_other(self, tmp_path):
        lines = save_lines(tmp_path, [{"messages": openai_messages()}, {"messages": anthropic_messages()}])
        shown = run("show", lines).stdout
        assert shown.index("line 1: ") < shown.index("line 2: ")

    def test_a_missed_target_is_the_exit_code(self, given):
        done = run("show", given, "--target", 10)
        assert done.exit_code == 1
        assert "NOT met" in done.stdout

    @pytest.mark.parametrize("columns", [1, 20, 40, 64, 80, 110, 250])
    def test_it_fits_the_terminal(self, given, columns):
        seen, code = on_terminal("show", given, columns=columns, streams=("stdout",))
        table = re.sub(r"\x1b\[[0-9;]*m|\r", "", seen).splitlines()[:-1]
        assert code == 0
        assert max(map(len, table)) <= columns
        words = {
            40: "assistant",
            64: "protected",
            80: "the task",
            110: "You are a co",
            250: "You are a coding agent",
        }
        for least, word in words.items():
            assert columns < least or word in "\n".join(table), word

    def test_colours_are_for_terminals_that_want_them(self, given):
        assert "\x1b[" in on_terminal("show", given)[0]
        assert not re.search(r"\x1b\[[0-9;]*3\d", on_terminal("show", given, NO_COLOR="1")[0])
        assert b"\x1b" not in spawn("show", given).stdout

    def test_text_of_messages_neither_reaches_the_terminal_raw_nor_is_read_as_markup(self, tmp_path):
        messages = [{"role": HOSTILE, "content": HOSTILE}, *openai_messages(HOSTILE + "what is shown?")]
        given = save(tmp_path, messages)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", run("show", given).stdout)
        seen, code = on_terminal("show", given, columns=250)
        assert code in (0, 1)
        assert "[red]markup[/red]" in seen
        assert not re.search(r"\x1b\]|[\x00\x07\x9b\u202e]|\x1b\[31m \[red", seen)

    def test_a_terminal_that_knows_ascii_only_gets_ascii(self, given):
        done = spawn("show", given, PYTHONIOENCODING="ascii")
        assert done.returncode == 0, done.stderr
        assert done.stdout.decode("ascii")


class TestRestore:
    @pytest.mark.parametrize(
        "messages", [openai_messages(), anthropic_messages()], ids=["openai", "anthropic"]
    )
    def test_it_gives_the_original_messages_back(self, tmp_path, messages):
        out = tmp_path / "result"
        run("compress", save(tmp_path, messages), "--target", 2500, "-o", out)
        assert json.loads(out.read_text())["cache"]
        assert json.loads(run("restore", out).stdout) == messages

    def test_several_results_are_restored_line_by_line(self, tmp_path):
        talks = [openai_messages(), anthropic_messages()]
        out, back = tmp_path / "results", tmp_path / "back"
        run("compress", save_lines(tmp_path, talks), "--target", 2500, "-o", out)
        assert run("restore", out, "--output", back).exit_code == 0
        assert [json.loads(line) for line in back.read_text().splitlines()] == talks
        assert stat.S_IMODE(back.stat().st_mode) == 0o600

    def test_what_is_no_result_is_an_error(self, given):
        for arguments in (["restore", given], ["retrieve", given, "key"]):
            done = run(*arguments)
            assert done.exit_code == 2
            assert "not a result" in done.stderr


class TestRetrieve:
    @pytest.fixture
    def kept(self, result):
        """Key and text of the longest original."""
        cache = json.loads(result.read_text())["cache"]
        return max(cache.items(), key=lambda item: len(item[1]))

    @pytest.mark.parametrize(
        ("options", "arguments"),
        [
            ([], {}),
            (["--lines", "13-57"], {"lines": "13-57"}),
            (["--lines", "c100-500"], {"lines": "c100-500"}),
            (["--query", "fix sentence endings"], {"query": "fix sentence endings"}),
            (["--head", 5], {"head": 5}),
            (["--tail", 7], {"tail": 7}),
            (["--head", 2, "--tail", 3], {"head": 2, "tail": 3}),
            (["--max-tokens", 100], {"max_tokens": 100}),
        ],
        ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else "",
    )
    def test_every_option_becomes_its_argument(self, result, kept, options, arguments):
        key, text = kept
        done = run("retrieve", result, key, *options)
        assert done.exit_code == 0
        assert done.stdout == retrieve({key: text}, key, **arguments)

    def test_what_it_gives_is_the_text(self, result, kept):
        key, text = kept
        assert run("retrieve", result, key, "--max-tokens", 10**6).stdout == text
        shown = run("retrieve", result, key, "--lines", "5-6").stdout
        assert shown.rstrip("\n") == "\n".join(text.split("\n")[4:6])

    def test_an_unknown_key_is_an_exit_code_of_its_own(self, result):
        done = run("retrieve", result, "nosuchkey")
        assert done.exit_code == 3
        assert done.stdout == ""
        assert "nosuchkey" in done.stderr

    @pytest.mark.parametrize(
        "options",
        [
            ["--lines", "first"],
            ["--lines", ""],
            ["--head", 0],
            ["--max-tokens", -1],
            ["--lines", "1", "--query", "x"],
            ["--query", "x", "--tail", 3],
        ],
    )
    def test_a_wrong_option_is_a_usage_error(self, result, kept, options):
        done = run("retrieve", result, kept[0], *options)
        assert done.exit_code == 2
        assert done.stdout == ""

    def test_keys_of_all_results_in_a_file_are_known(self, tmp_path):
        lines = save_lines(tmp_path, [openai_messages(), anthropic_messages()])
        out = tmp_path / "results"
        run("compress", lines, "--target", 2500, "-o", out)
        for line in out.read_text().splitlines():
            for key, text in json.loads(line)["cache"].items():
                assert run("retrieve", out, key).stdout == retrieve({key: text}, key)

    def test_escape_sequences_reach_a_pipe_but_no_terminal(self, tmp_path):
        text = "plain\n\x1b[31mred\x1b[0m \x9b2J\tend\n"
        path = save(tmp_path, {"messages": [], "cache": {"bcdfghjklmnp": text}})
        assert spawn("retrieve", path, "bcdfghjklmnp").stdout.decode() == text
        seen, code = on_terminal("retrieve", path, "bcdfghjklmnp")
        assert code == 0
        assert "·[31mred·[0m" in seen
        assert not set(seen) & {"\x1b", "\x9b"}


class TestProcess:
    def test_it_works_in_a_pipeline(self, given):
        done = spawn("compress", "-", "--target", 3000, given=given.read_bytes())
        assert done.returncode == 0
        back = spawn("restore", "-", given=done.stdout)
        assert json.loads(back.stdout) == openai_messages()

    def test_the_exit_code_reaches_the_shell(self, given, result, tmp_path):
        assert spawn("compress", given, "--target", 10).returncode == 1
        assert spawn("compress", given, "--nonsense").returncode == 2
        assert spawn("retrieve", result, "nosuchkey").returncode == 3
        assert spawn("compress", given, "-o", tmp_path).returncode == 4

    @pytest.mark.parametrize("name", ["compress", "show", "restore"])
    def test_a_reader_that_leaves_is_no_failure_to_talk_about(self, tmp_path, name):
        talk = openai_messages()
        talk[3]["content"] *= 30  # more than a pipe holds
        given = save(tmp_path, talk)
        if name == "show":
            given = save(tmp_path, [{"role": "user", "content": f"note {n}"} for n in range(3000)])
        if name == "restore":
            assert run("compress", given, "--target", 3000, "-o", given).exit_code == 0
        options = [] if name == "restore" else ["--trigger", 10**6]
        with subprocess.Popen(
            command(name, given, *options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
        ) as process:
            process.stdout.close()
            complaint = process.stderr.read()
        assert (process.returncode, complaint) == (141, b"")

    @pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    def test_stopping_it_leaves_nothing_behind(self, tmp_path, number, code):
        lines = save_lines(tmp_path, [{"messages": openai_messages()}] * 2000)
        out = tmp_path / "out"
        with subprocess.Popen(
            command("compress", lines, "--target", 3000, "-o", out), stderr=subprocess.PIPE, env=environment()
        ) as process:
            deadline = time.monotonic() + 60
            while len(list(tmp_path.iterdir())) < 2 and time.monotonic() < deadline:
                time.sleep(0.05)
            assert len(list(tmp_path.iterdir())) == 2, "it never began to write"
            process.send_signal(number)
            complaint = process.stderr.read()
        assert process.returncode == code
        assert b"Traceback" not in complaint
        assert [path.name for path in tmp_path.iterdir()] == ["given.jsonl"]

    def test_progress_is_shown_on_a_terminal_only(self, tmp_path):
        lines = save_lines(tmp_path, [{"messages": openai_messages()}] * 3)
        arguments = ("compress", lines, "--target", 3000, "-o", tmp_path / "out")
        assert "compressing" in on_terminal(*arguments, streams=("stderr",))[0]
        assert b"compressing" not in spawn(*arguments).stderr

    def test_json_on_a_terminal_holds_no_control_characters(self, tmp_path):
        given = save(tmp_path, [{"role": "user", "content": "\x9b2J\x7f汉"}])
        seen, _ = on_terminal("compress", given, streams=("stdout",))
        assert json.loads(seen)["messages"][0]["content"] == "\x9b2J\x7f汉"
        assert seen.isascii()
        assert "\x7f" not in seen

    def test_a_fault_of_our_own_has_its_own_exit_code(self, given, monkeypatch, capsys):
        def broken(*_arguments, **_named):
            raise ZeroDivisionError("our fault")

        monkeypatch.setattr("compresskit.cli.calls.compress", broken)
        assert run_main(["compress", str(given)]) == 70
        assert "our fault" in capsys.readouterr().err


class TestHelp:
    @pytest.mark.parametrize("name", [None, "compress", "show", "restore", "retrieve"])
    def test_the_exit_codes_are_documented(self, name):
        done = run(*filter(None, [name]), "--help")
        assert done.exit_code == 0
        for code in ("0", "1", "2", "3", "4", "70", "130", "141"):
            assert re.search(rf"^ +{code} ", done.stdout, re.MULTILINE), code

    def test_no_arguments_show_what_there_is(self):
        done = spawn()
        assert done.returncode == 2
        assert b"restore" in done.stdout + done.stderr

    def test_the_package_says_its_version(self):
        done = run("--version")
        assert done.exit_code == 0
        assert re.search(r"\d+\.\d+", done.stdout)
