"""Files written in one step, pipes, terminals, signals and exit codes of the command line."""

import json
import os
import shlex
import signal
import stat
import subprocess
import sys
import threading
import time

import pytest
from command_line import command, environment, on_terminal, openai_messages, run, save, save_lines, spawn

from compresskit.cli.commands import run as run_main


def in_shell(*words, streams):
    """A command whose streams a shell closes or sends elsewhere."""
    line = f"{shlex.join(command(*words))} {streams}"
    return subprocess.run(["sh", "-c", line], capture_output=True, env=environment())


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


class TestProcess:
    def test_it_works_in_a_pipeline(self, given):
        done = spawn("compress", "-", "--target", 3000, given=given.read_bytes())
        assert done.returncode == 0
        back = spawn("restore", "-", given=done.stdout)
        assert json.loads(back.stdout) == openai_messages()

    def test_the_exit_code_reaches_the_shell(self, given, tmp_path):
        assert spawn("compress", given, "--target", 10).returncode == 1
        assert spawn("compress", given, "-o", tmp_path).returncode == 4

    @pytest.mark.parametrize("name", ["compress", "show"])
    def test_a_reader_that_leaves_is_no_failure_to_talk_about(self, tmp_path, name):
        talk = openai_messages()
        talk[3]["content"] *= 30  # more than a pipe holds
        given = save(tmp_path, talk)
        if name == "show":
            given = save(tmp_path, [{"role": "user", "content": f"note {n}"} for n in range(3000)])
        with subprocess.Popen(
            command(name, given, "--trigger", 10**6), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
        ) as process:
            process.stdout.close()
            complaint = process.stderr.read()
        assert (process.returncode, complaint) == (141, b"")

    @pytest.mark.parametrize("closed", [">&-", ">/dev/full"])
    @pytest.mark.parametrize("words", [("show",), ("recipes", "list"), ("--help",)], ids=" ".join)
    def test_an_output_that_takes_nothing_is_one_line_and_a_code_of_its_own(self, given, words, closed):
        done = in_shell(*words, *[given] * (words == ("show",)), streams=closed)
        assert done.returncode == 4
        assert done.stderr.startswith(b"Error: cannot write standard output: ")
        assert done.stderr.count(b"\n") == 1

    @pytest.mark.parametrize("closed", ["2>&-", "2>/dev/full", "<&-"])
    def test_other_streams_do_not_decide_whether_a_file_is_compressed(self, given, closed):
        done = in_shell("compress", given, "--target", 3000, streams=closed)
        assert (done.returncode, json.loads(done.stdout)["target_met"]) == (0, True)

    def test_a_file_does_not_take_the_place_of_closed_streams(self, given, tmp_path):
        assert in_shell("compress", given, "-o", tmp_path / "out", streams="<&- >&- 2>&-").returncode == 0
        assert json.loads((tmp_path / "out").read_text())["messages"] == openai_messages()

    @pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    def test_stopping_it_leaves_nothing_behind(self, tmp_path, number, code):
        lines = save_lines(tmp_path, [{"messages": openai_messages()}] * 2000)
        out = tmp_path / "out"
        with subprocess.Popen(
            command("compress", lines, "--target", 3000, "-o", out),
            stderr=subprocess.PIPE,
            env=environment(),
            # what runs the tests in the background may have them ignore an interrupt, and what they start too
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
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

        monkeypatch.setattr("compresskit.compress", broken)
        assert run_main(["compress", str(given)]) == 70
        assert "our fault" in capsys.readouterr().err


@pytest.mark.parametrize(("arguments", "spared"), [("--help", ".sessions"), ("show --help", ".bench")])
def test_a_start_does_not_import_what_its_command_does_not_need(arguments, spared):
    words = (
        f"import sys; from compresskit.cli import commands; commands.run({arguments.split()}); print([*sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True).stdout
    assert "compresskit.cli.commands" in shown
    assert f"compresskit{spared}" not in shown
