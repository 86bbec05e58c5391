"""compresskit compress: its result is the library's, and every option becomes an argument."""

import json
import re

import pytest
from command_line import TOOLS, anthropic_messages, openai_messages, run, same_as, save, spawn

from compresskit import TOOL_NAME, restore
from compresskit.cli import cli


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

    def test_a_wrong_target_is_told_as_one(self, given):
        done = run("compress", given, "--target", -5)
        assert done.exit_code == 2
        assert "target is -5" in done.stderr

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
            assert same_as(result, messages=openai_messages(), model="gpt-4o", trigger=3000, target=3000, tools=TOOLS)
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
        assert same_as(result, messages=openai_messages(), model="gpt-4", trigger=3000, target=3000, tools=TOOLS)
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


class TestHelp:
    def test_each_line_of_the_list_is_whole_and_begins_the_help_of_its_command(self):
        lines = run("--help").stdout.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
        listed = dict(line.split(maxsplit=1) for line in lines)
        assert list(listed) == sorted(listed)
        for name, line in listed.items():
            assert cli.get_command(None, name).help.splitlines()[0] == line

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
