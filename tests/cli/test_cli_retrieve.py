"""compresskit restore and retrieve: everything that was taken out comes back."""

import json
import stat

import pytest
from command_line import anthropic_messages, on_terminal, openai_messages, run, save, save_lines, spawn

from compresskit import retrieve


class TestRestore:
    @pytest.mark.parametrize("messages", [openai_messages(), anthropic_messages()], ids=["openai", "anthropic"])
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
