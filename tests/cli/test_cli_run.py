"""compresskit run: a command's own exit code, signals and standard error, with its output shortened."""

import os
import select
import signal
import subprocess
import sys
import time

import pytest
from command_line import command, environment, forked, on_terminal, spawn

FAILS = "for n in range(600): print(n, 'INFO all well')\nprint('ERROR disk full')\nraise SystemExit(3)"


def script(folder, code):
    path = folder / "job.py"
    path.write_text(code)
    return path


@pytest.mark.parametrize("code", [0, 1, 3, 255])
def test_the_exit_code_is_the_commands(code):
    done = forked("run", "--", "sh", "-c", f"echo out; echo err >&2; exit {code}")
    assert (done.returncode, done.stdout, done.stderr) == (code, b"out\n", b"err\n")


@pytest.mark.parametrize("name", ["TERM", "KILL", "SEGV"])
def test_a_command_that_a_signal_ended_gives_128_and_its_number(name):
    done = forked("run", "--", "sh", "-c", f"echo before; kill -{name} $$")
    assert (done.returncode, done.stdout) == (128 + getattr(signal, f"SIG{name}"), b"before\n")


def test_a_command_that_is_not_there_or_cannot_run_is_told_as_a_shell_does(tmp_path):
    missing = forked("run", "--", "no-such-command-here")
    assert missing.returncode == 127
    assert missing.stderr == b"compresskit: no-such-command-here: No such file or directory\n"
    plain = tmp_path / "plain"
    plain.write_text("")
    assert forked("run", "--", plain).returncode == 126


def test_a_long_output_is_shortened_and_the_options_behind_the_command_are_its_own(tmp_path):
    done = forked("run", "--max-tokens", 150, sys.executable, script(tmp_path, FAILS), "--max-tokens")
    text = done.stdout.decode()
    assert done.returncode == 3
    assert "ERROR disk full" in text
    assert len(text) < 1000


def test_standard_error_is_there_at_once_and_merged_if_asked(tmp_path):
    code = "import sys, time; print('failed to bind', file=sys.stderr, flush=True); time.sleep(30)"
    arguments = command("run", "--", sys.executable, script(tmp_path, code))
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) as one:
        assert one.stderr.readline() == b"failed to bind\n"
        one.terminate()
        assert one.wait(20) == 128 + signal.SIGTERM
    done = forked("run", "--stderr", "--", "sh", "-c", "echo one; echo two >&2")
    assert (done.stdout, done.stderr) == (b"one\ntwo\n", b"")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_reach_the_command_and_its_last_words_are_shown(tmp_path, number):
    code = (
        "import signal, sys, time\n"
        "def end(number, frame): print('saved', number); sys.exit(5)\n"
        "for one in (signal.SIGINT, signal.SIGTERM): signal.signal(one, end)\n"
        "print('ready', file=sys.stderr, flush=True); time.sleep(60)"
    )
    arguments = command("run", "--", sys.executable, script(tmp_path, code))
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(arguments, env=environment(), start_new_session=True, **streams) as one:
        assert one.stderr.readline() == b"ready\n"
        one.send_signal(number)
        assert one.stdout.read() == f"saved {int(number)}\n".encode()
        assert one.wait(20) == 5


def test_a_process_in_the_background_does_not_hold_it_up():
    start = time.monotonic()
    arguments = command("run", "--", "sh", "-c", "sleep 30 & echo started; exit 4")
    done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment(), check=False)
    assert (done.stdout, done.returncode) == (b"started\n", 4)
    assert time.monotonic() - start < 15


def test_a_reader_that_is_gone_ends_it_quietly_with_the_commands_code(tmp_path):
    job = script(tmp_path, FAILS)
    arguments = " ".join(command("run", "--max-tokens", 100_000, "--", sys.executable, job))
    line = f"set -o pipefail; {arguments} | head -1"
    done = subprocess.run(["bash", "-c", line], capture_output=True, env=environment())
    assert (done.stdout, done.stderr) == (b"0 INFO all well\n", b"")


def test_a_fault_of_ours_shows_all_with_a_note_and_the_commands_code(tmp_path):
    """The store cannot be used, which stands for any fault."""
    done = forked("run", "--max-tokens", 150, "--store", "/dev/null/x", "--", sys.executable, script(tmp_path, FAILS))
    assert done.returncode == 3
    assert done.stdout.decode() == "".join(f"{n} INFO all well\n" for n in range(600)) + "ERROR disk full\n"
    assert done.stderr.startswith(b"compresskit: the output passes as it was.")


def test_a_broken_installation_shows_all_as_well(tmp_path):
    (tmp_path / "tiktoken").mkdir()
    (tmp_path / "tiktoken" / "__init__.py").write_text("raise ImportError('broken')")
    paths = os.pathsep.join([str(tmp_path), environment()["PYTHONPATH"]])
    done = spawn("run", "--max-tokens", 150, "--", sys.executable, script(tmp_path, FAILS), PYTHONPATH=paths)
    assert done.returncode == 3
    assert b"599 INFO all well\nERROR disk full\n" in done.stdout
    assert b"passes as it was" in done.stderr


def test_on_a_terminal_the_command_has_its_input_and_the_output_is_shown():
    seen, code = on_terminal("run", "--", "sh", "-c", "test -t 0 && echo terminal; exit 6")
    assert (seen, code) == ("terminal\r\n", 6)


def test_standard_input_is_the_commands():
    done = forked("run", "--", "cat", given=b"hello")
    assert done.stdout == b"hello"


def test_wrong_usage_is_an_error():
    assert forked("run").returncode == 2
    assert forked("run", "--nonsense", "ls").returncode == 2
    assert b"--stderr" in forked("run", "--help").stdout


def test_ctrl_c_of_a_terminal_reaches_the_command_once(tmp_path):
    import pty

    code = (
        "import signal, sys, time\nseen = []\n"
        "signal.signal(signal.SIGINT, lambda *_: seen.append(1))\n"
        "print('ready', file=sys.stderr, flush=True)\n"
        "end = time.monotonic() + 3\n"
        "while time.monotonic() < end: time.sleep(0.1)\n"
        "print('signals', len(seen))"
    )
    arguments = command("run", "--", sys.executable, script(tmp_path, code))
    child, terminal = pty.fork()
    if child == 0:
        os.execve(arguments[0], arguments, environment())
    seen = b""
    pressed = False
    while select.select([terminal], [], [], 30)[0]:
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            break
        if not piece:
            break
        seen += piece
        if b"ready" in seen and not pressed:
            pressed = True
            os.write(terminal, b"\x03")
    os.waitpid(child, 0)
    os.close(terminal)
    assert b"signals 1" in seen
