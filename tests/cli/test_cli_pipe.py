"""compresskit pipe: what a command wrote, within a number of tokens; small and binary outputs pass as they are."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from command_line import command, environment, forked, inside, run, spawn

from compresskit import shorten
from compresskit.cli.kept import keep
from compresskit.tokens.measure import measure_for

COUNT = measure_for("", None).count
LOG = "".join(f"10:{n // 60:02}:{n % 60:02} INFO GET /items/{n * 37 % 991} 200 {n % 23}ms\n" for n in range(400))
LOG = LOG.replace("10:03:20 INFO", "10:03:20 ERROR disk full\n10:03:20 INFO", 1)
NOISE = bytes(range(256)) * 400


def pipe(given, *arguments, state=None, by=forked, **extra):
    return by("pipe", *arguments, given=given, **({"XDG_STATE_HOME": str(state)} if state else {}), **extra)


def kept_key(text):
    return text.rstrip("]\n").rsplit(" ", 1)[1]


@pytest.mark.parametrize(
    "data",
    [b"", b"x", b"a\r\nb\n", "é".encode("latin-1"), b"\xff\xfe\x00", b"\x1b[31mred\x1b[0m", b"word " * 1500],
)
def test_an_output_that_fits_passes_byte_for_byte(data):
    done = pipe(data)
    assert (done.stdout, done.stderr, done.returncode) == (data, b"", 0)


def test_binary_data_passes_byte_for_byte_whatever_its_size():
    assert pipe(NOISE, "--max-tokens", 100).stdout == NOISE


def test_a_long_output_comes_within_its_tokens_with_the_failure_in_it():
    done = pipe(LOG.encode(), "--max-tokens", 200, "--command", "tail app.log")
    text = done.stdout.decode()
    assert "ERROR disk full" in text
    assert COUNT(text) <= 200
    assert (done.stderr, done.returncode) == (b"", 0)
    assert "retrieve" not in text, "nobody kept it"
    first = text.split("\n")[0]
    assert first == f"[… log in short form: {shorten(LOG, 200, command='tail app.log', recoverable=False).summary}]"


def test_the_query_and_the_path_decide_what_stays():
    source = "".join(f"def step_{n}(value):\n    return value + {n}\n\n\n" for n in range(200))
    done = pipe(source.encode(), "--max-tokens", 200, "--query", "what does step_137 return?", "--path", "steps.py")
    assert "return value + 137" in done.stdout.decode()


def test_rules_decide_and_a_file_that_cannot_be_read_stops_nothing(tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rules]]\ntool = "terraform"\naction = "keep"\n\n[[rules]]\ntool = "npm"\naction = "stub"\n')
    given = ("--rules", rules, "--max-tokens", 200, "--command")
    assert pipe(LOG.encode(), *given, "terraform plan").stdout == LOG.encode()
    assert len(pipe(LOG[:2000].encode(), *given, "npm install").stdout) < 200
    assert COUNT(pipe(LOG.encode(), *given, "cargo test", "--token-factor", 2).stdout.decode()) <= 100
    rules.write_text("rules = 3")
    done = pipe(LOG.encode(), *given, "npm install")
    assert (done.stdout, done.returncode) == (LOG.encode(), 0)
    assert b"passes as it was" in done.stderr
    assert b"rules.toml" in done.stderr


def test_text_that_is_not_utf_8_loses_no_byte(tmp_path):
    data = LOG.encode().replace(b"disk full", "disque échoué".encode("latin-1"))
    done = pipe(data, "--max-tokens", 200, "--keep", state=tmp_path)
    assert "disque échoué".encode("latin-1") in done.stdout
    again = inside("retrieve", kept_key(done.stdout.decode("latin-1")), "--all", XDG_STATE_HOME=str(tmp_path))
    assert again.stdout == data


def test_a_kept_output_comes_back_by_the_command_in_the_last_line(tmp_path):
    done = pipe(LOG.encode(), "--max-tokens", 200, "--keep", state=tmp_path)
    text = done.stdout.decode()
    assert COUNT(text) <= 200
    key = kept_key(text)
    assert text.split("\n")[-2].startswith("[… all of it: ")
    assert f": retrieve {key}]" in text.split("\n")[0]
    directory = tmp_path / "compresskit" / "outputs"
    assert [stat.S_IMODE(each.stat().st_mode) for each in (directory, directory.parent)] == [0o700, 0o700]
    assert [stat.S_IMODE(file.stat().st_mode) for file in directory.glob("*.out")] == [0o600]
    where = {"XDG_STATE_HOME": str(tmp_path)}
    assert forked("retrieve", key, "--all", **where).stdout.decode() == LOG
    assert inside("retrieve", key, "--lines", "3", **where).stdout.decode() == LOG.split("\n")[2]
    assert b"disk full" in inside("retrieve", key, "--query", "disk full", **where).stdout
    unknown = inside("retrieve", "bcdfghjklmnp", **where)
    assert unknown.returncode == 3
    assert b"No text is stored" in unknown.stderr


def test_of_a_very_long_output_both_ends_are_read_with_the_lines_of_the_whole(tmp_path):
    rows = [f"{n} INFO all well at {n * 37 % 991}\n" for n in range(1, 200_001)]
    rows[300] = "301 ERROR disk full\n"
    rows[-300] = "199701 ERROR link down\n"
    text = "".join(rows)
    done = pipe(text.encode(), "--max-tokens", 400, "--keep", state=tmp_path)
    shown = done.stdout.decode()
    assert COUNT(shown) <= 400
    assert "301 ERROR disk full" in shown
    assert "199701 ERROR link down" in shown
    assert "characters that are not read" in shown
    back = inside("retrieve", kept_key(shown), "--all", XDG_STATE_HOME=str(tmp_path))
    assert back.stdout.decode() == text


def test_nothing_is_kept_unless_it_is_asked_for(tmp_path):
    pipe(LOG.encode(), "--max-tokens", 200, state=tmp_path)
    pipe(b"small", "--keep", state=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_in_a_sandbox_the_temporary_directory_keeps_it(tmp_path):
    where = {"XDG_STATE_HOME": "/dev/null/x", "TMPDIR": str(tmp_path)}
    done = pipe(LOG.encode(), "--max-tokens", 200, "--keep", **where)
    (directory,) = tmp_path.iterdir()
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert forked("retrieve", kept_key(done.stdout.decode()), "--all", **where).stdout.decode() == LOG


def test_a_directory_of_ones_own_is_named_in_the_last_line(tmp_path):
    store = tmp_path / "my store"
    done = pipe(LOG.encode(), "--max-tokens", 200, "--store", store)
    key = kept_key(done.stdout.decode())
    assert f"retrieve --store '{store}' {key}]" in done.stdout.decode()
    assert run("retrieve", "--store", store, key, "--all").stdout == LOG


def test_a_user_without_a_home_folder_has_the_temporary_one(tmp_path, monkeypatch):
    """A container that runs as a number without a name has no home folder, and often no HOME."""

    def nowhere():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nowhere)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert keep("bcdfghjklmnp", LOG.encode()).parent == tmp_path
    assert inside("retrieve", "bcdfghjklmnp", "--all").stdout.decode() == LOG
    for words in (["doctor"], ["hook", "claude", "status"]):
        done = inside(*words)
        assert (done.returncode, done.stderr.count(b"\n"), b"home folder" in done.stderr) == (2, 1, True)


def test_a_link_that_the_user_names_leads_to_a_directory(tmp_path):
    (tmp_path / "store").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "store")
    done = pipe(LOG.encode(), "--max-tokens", 200, "--store", tmp_path / "link")
    assert run("retrieve", "--store", tmp_path / "link", kept_key(done.stdout.decode()), "--all").stdout == LOG


@pytest.mark.parametrize("fault", ["open to others", "full", "a file"])
def test_an_output_that_cannot_be_kept_passes_as_it_was_with_a_note(tmp_path, fault):
    store = tmp_path / "store"
    if fault == "open to others":
        store.mkdir()
        store.chmod(0o755)
    elif fault == "a file":
        store.write_text("")
    else:
        store = "/dev/full/store"
    done = pipe(LOG.encode(), "--max-tokens", 200, "--store", store)
    assert done.stdout.decode() == LOG
    assert done.returncode == 0
    assert done.stderr.startswith(b"compresskit: the output passes as it was. The output could not be kept.")
    assert b"disk full" not in done.stderr, "nothing of the output is quoted"


def test_a_file_that_grows_beyond_a_limit_is_not_kept_in_part(tmp_path):
    """A full disk, as far as a test can have one: the limit of a file's size."""
    line = f"ulimit -f 8; exec {' '.join(command('pipe', '--max-tokens', 200, '--store', tmp_path / 'store'))}"
    given = (LOG * 5).encode()
    done = subprocess.run(["sh", "-c", line], input=given, capture_output=True, env=environment())
    assert done.stdout == given
    assert list((tmp_path / "store").glob("*.out")) == []
    assert list((tmp_path / "store").glob(".new*")) == []


def test_two_at_once_on_one_store_lose_nothing(tmp_path):
    texts = [LOG.replace("INFO", f"INFO{n % 2}") for n in range(4)]
    with ThreadPoolExecutor(4) as pool:
        given = ("--max-tokens", 200, "--keep")
        done = list(pool.map(lambda text: pipe(text.encode(), *given, state=tmp_path, by=spawn), texts))
    for text, one in zip(texts, done, strict=True):
        assert one.stderr == b""
        key = kept_key(one.stdout.decode())
        assert (tmp_path / "compresskit" / "outputs" / f"{key}.out").read_text() == text
    assert len(list((tmp_path / "compresskit" / "outputs").glob("*.out"))) == 2


def test_killed_at_any_moment_it_leaves_whole_files(tmp_path):
    given = (LOG * 40).encode()
    for delay in (0.05, 0.3, 0.6):
        arguments = command("pipe", "--max-tokens", 200, "--store", tmp_path / "store")
        with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environment()) as one:
            try:
                one.stdin.write(given)
                one.stdin.close()
            except BrokenPipeError:
                pass
            time.sleep(delay)
            one.kill()
    assert [file.read_bytes() == given for file in (tmp_path / "store").glob("*.out")] in ([], [True])
    assert pipe(given, "--max-tokens", 200, "--store", tmp_path / "store").stderr == b""


def test_old_outputs_make_room(tmp_path):
    store = tmp_path / "store"
    pipe(LOG.encode(), "--max-tokens", 200, "--store", store)
    (old,) = store.glob("*.out")
    for path, days in ((old, 8), (store / ".cleaned", 1)):
        os.utime(path, (time.time() - days * 86_400,) * 2)
    pipe((LOG * 2).encode(), "--max-tokens", 200, "--store", store)
    assert not old.exists()
    assert len(list(store.glob("*.out"))) == 1


def test_a_reader_that_is_gone_is_no_error():
    line = f"{' '.join(command('pipe', '--max-tokens', '1000000'))} | head -c 5"
    done = subprocess.run(["sh", "-c", line], input=LOG.encode() * 20, capture_output=True, env=environment())
    assert (done.stdout, done.stderr) == (LOG.encode()[:5], b"")


def test_ctrl_c_shows_what_the_command_said_last():
    arguments = command("pipe")
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()) as one:
        one.stdin.write(b"working\n")
        one.stdin.flush()
        time.sleep(1)
        one.send_signal(signal.SIGINT)
        one.stdin.write(b"interrupted, nothing saved\n")
        one.stdin.close()
        assert one.stdout.read() == b"working\ninterrupted, nothing saved\n"
    assert one.returncode == 0


def test_what_takes_long_is_shown_in_parts():
    arguments = command("pipe", "--patience", "0.5", "--exit-status")
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()) as one:
        one.stdin.write(b"listening on 8080\nready\n")
        one.stdin.flush()
        assert os.read(one.stdout.fileno(), 100) == b"listening on 8080\nready", "before the input ends"
        one.stdin.write(b"stopped\n\n[exit 7]")
        one.stdin.close()
        assert one.stdout.read() == b"\nstopped\n"
    assert one.returncode == 7


def test_a_wrong_option_is_a_usage_error_and_help_is_there():
    assert pipe(b"", "--max-tokens", "none").returncode == 2
    assert pipe(b"", "--nonsense").returncode == 2
    shown = pipe(b"", "--help").stdout.decode()
    assert all(option in shown for option in ("--max-tokens", "--query", "--keep", "--store", "--command", "--path"))


def test_a_small_output_loads_nothing_heavy():
    code = (
        "import sys; sys.argv[1:] = ['pipe']; from compresskit.cli import main\n"
        "try: main()\nexcept SystemExit: print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], input=b"", capture_output=True, env=environment())
    loaded = done.stdout.decode().split()
    assert {"click", "rich", "tiktoken", "numpy", "dataclasses", "inspect", "typing"}.isdisjoint(loaded)


def test_a_small_output_takes_less_than_50_ms_beside_python():
    """The best of some, in time of the processor: what it costs, not what the machine is busy with."""

    def best(arguments):
        times = []
        for _ in range(8):
            with subprocess.Popen(arguments, stdin=subprocess.DEVNULL, env=environment()) as one:
                _, status, used = os.wait4(one.pid, 0)
                one.returncode = os.waitstatus_to_exitcode(status)
            times.append(used.ru_utime + used.ru_stime)
        return min(times)

    code = "from compresskit.cli import main; main()"
    assert best([sys.executable, "-c", code, "pipe"]) - best([sys.executable, "-c", "pass"]) < 0.05
