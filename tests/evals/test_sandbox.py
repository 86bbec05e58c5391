"""What a program may do in the sandbox, and what becomes of one that wants more."""

import os
import pwd
import socket
import time
from pathlib import Path

import pytest

from evals.harness import sandbox
from evals.harness.data import DataError

SMALL = sandbox.Limits(wall=20, cpu=10)  # the machine may be busy; what must end sooner says so
PYTHON = ["python", "-I", "-S", "-c"]
closed = pytest.mark.skipif(not sandbox.closed(), reason="this system permits no namespaces")


def python(code, limits=SMALL, **options):
    return sandbox.run([*PYTHON, code], limits, **options)


def running(word):
    """The processes of this machine that have the word in their command."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += [path.parent.name] if word.encode() in path.read_bytes() else []
        except OSError:
            continue
    return found


def gone(word):
    """Whether nothing of it is left, a moment after its end: the kernel takes that to clear a namespace."""
    end = time.monotonic() + 5
    while running(word) and time.monotonic() < end:
        time.sleep(0.02)
    return not running(word)


def test_a_program_runs_with_its_input_and_without_the_users_variables(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    ended = python("import os, sys; print(sys.stdin.read(), dict(os.environ)); sys.exit(3)", given=b"in")
    assert ended.code == 3
    assert ended.output.startswith("in {")
    assert "secret" not in ended.output


def test_an_endless_loop_is_ended_by_its_time_on_the_processor():
    ended = python("while True: pass", SMALL._replace(cpu=1))
    assert ended.code in (128 + 9, 128 + 24), "SIGKILL, SIGXCPU"


def test_one_that_waits_is_ended_by_the_clock():
    ended = python("import time; time.sleep(60)", SMALL._replace(wall=0.7))
    assert (ended.code, ended.seconds < 10) == (None, True)


def test_memory_is_limited():
    assert python("x = 'a' * 10**9").output.strip().endswith("MemoryError")


def test_no_process_may_be_started_unless_some_may():
    code = "import os; print('child' if os.fork() == 0 else 'parent')"
    assert "Resource temporarily unavailable" in python(code).output
    assert "child" in python(code, SMALL._replace(processes=5000)).output  # of the user, where it has no namespace


def test_a_fork_bomb_is_bounded_and_nothing_of_it_is_left():
    word = f"bomb-{os.getpid()}"
    code = f"word = {word!r}\nimport os\nwhile True:\n  try: os.fork()\n  except OSError: pass"
    ended = python(code, SMALL._replace(wall=1, processes=20))
    assert ended.code in (None, 128 + 9)
    assert gone(word)


@closed
def test_a_process_that_leaves_its_group_ends_too():
    word = f"runaway-{os.getpid()}"
    code = f"word = {word!r}\nimport os, time\nif os.fork() == 0:\n  os.setsid()\n  time.sleep(600)"
    assert python(code, SMALL._replace(processes=20)).code == 0
    assert gone(word)


def test_a_shell_and_what_it_started_end_with_limits_alone():
    word = f"617{os.getpid()}"
    ended = sandbox.run(
        ["sh", "-c", f"sleep {word} & sleep {word}"], sandbox.Limits(wall=0.7, processes=1000), close=False
    )
    assert ended.code is None
    assert gone(word)


def test_files_are_limited_in_size_and_gone_afterwards():
    assert "File too large" in python("open('x', 'wb').write(b'a' * 2**22)").output
    place = python("import os; open('x', 'w').write('y'); print(os.getcwd())").output.strip()
    assert not Path(place).exists()


@closed
def test_a_folder_cannot_be_filled_with_many_files():
    assert "No space left" in python("for n in range(100): open(f'x{n}', 'wb').write(b'a' * 10**6)").output


@closed
def test_nothing_outside_of_its_folder_can_be_written(tmp_path):
    tmp_path.chmod(0o777)
    ended = python(f"open({str(tmp_path / 'x')!r}, 'w')")
    assert ended.code == 1
    assert not (tmp_path / "x").exists()


def test_a_folder_that_is_given_stays(tmp_path):
    (tmp_path / "before").write_text("1")
    assert (
        sandbox.run(["sh", "-c", "cat before; echo 2 > after"], SMALL._replace(processes=1000), folder=tmp_path).output
        == "1"
    )
    assert (tmp_path / "after").read_text() == "2\n"


@closed
def test_there_is_no_network():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        ended = python(f"import socket; socket.create_connection(('127.0.0.1', {port}), 5)")
    assert "unreachable" in ended.output or "refused" in ended.output
    assert ended.code == 1


@closed
def test_other_processes_cannot_be_seen():
    code = "import os; print(*[name for name in os.listdir('/proc') if name.isdigit()])"
    assert str(os.getpid()) not in python(code).output.split()


@pytest.mark.skipif(os.geteuid() != 0, reason="not run as root")
def test_root_is_nobody_there():
    said = sandbox.run(["sh", "-c", "id -u"], SMALL._replace(processes=50)).output
    assert int(said) == pwd.getpwnam("nobody").pw_uid


def test_the_output_is_limited():
    ended = python("while True: print('x' * 1000)")
    assert len(ended.output) <= 100_000


def test_a_program_that_is_not_there_is_told():
    with pytest.raises(DataError, match="no program 'no-such-program'"):
        sandbox.run(["no-such-program"], SMALL)
