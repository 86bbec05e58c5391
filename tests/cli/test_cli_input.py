"""What the command line reads, and what it says about what it cannot use."""

import gzip
import json
import re

import pytest
from command_line import HOSTILE, anthropic_messages, openai_messages, run, same_as, save, save_lines

from compresskit import restore


class TestInput:
    def test_messages_may_stand_one_a_line(self, tmp_path, given):
        lines = save_lines(tmp_path, openai_messages())
        assert run("compress", lines, "--target", 3000).stdout == run("compress", given, "--target", 3000).stdout

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
        path.write_text("\n\n".join(json.dumps(one, ensure_ascii=False) for one in messages), encoding="utf-8")
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
            (b'{"prompt": "a"}', "a dict of 1 item"),
            (b'"text"', "str"),
            (b"17\n18", "line 1"),
            (b"[1, 2]", "messages[0] is an int"),
            (b'{"messages": 5}', "messages is an int"),
            (b'[{"content": "no role"}]', "role"),
            (b'{"messages": [{"role": "user", "content": "a"}], "model": 7}', "7"),
            (b"\xff\xfe[\x00]\x00", "UTF-8"),
            (gzip.compress(b"[]", mtime=0)[:-6], "cannot read"),
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
        lines = save_lines(tmp_path, [{"messages": openai_messages()}, {"messages": [{"content": "no role"}]}])
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
