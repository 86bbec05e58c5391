"""compresskit show: a row for every message, on terminals of all kinds, whatever the messages say."""

import re

import pytest
from command_line import HOSTILE, anthropic_messages, on_terminal, openai_messages, run, save, save_lines, spawn

from compresskit import compress


class TestShow:
    def test_every_message_has_a_row_with_its_tokens(self, given):
        done = run("show", given, "--target", 3000, "--trigger", 3500)
        result = compress(openai_messages(), "gpt-4o", 3500, 3000)
        assert done.exit_code == 0
        for decision in result.decisions:
            row = next(line for line in done.stdout.splitlines() if line.split()[:1] == [str(decision.message)])
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
        assert sorted(covered) == list(range(400)), "the largest loss first, and none is missing"
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

    @pytest.mark.parametrize("columns", [1, 40, 80, 250])
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
