"""A run that is killed or interrupted in the middle goes on, and ends in the rows of one that never was."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from eval_items import holds, options, row

from evals.harness import engine

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="asks Linux for the processes")
ROOT = Path(__file__).parents[2]


def wait_until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


def children(pid):
    """The processes that a process has started, resource tracker and all."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")")[-1].split()[0] == "Z"
    except OSError:
        return True


def stopped(process, by, ready):
    """Ends a process once it is ready; its exit code, what it said, and which processes it had started."""
    try:
        wait_until(ready)
        workers = children(process.pid)
        (os.killpg if by == signal.SIGINT else os.kill)(process.pid, by)  # Ctrl-C goes to the whole group
        _, said = process.communicate(timeout=120)
    finally:
        process.kill()
    return process.returncode, said, workers


RUN = """
import signal
import sys
from eval_items import holds, options
from evals.harness import engine, reporting

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores it for what runs in the background
    journal, folder = sys.argv[1:]
    given = options(resume=journal, jobs=2)
    items = [engine.Item(str(number), (number, folder)) for number in range(5)]
    sys.exit(reporting.report("made up", given, [], lambda: ([], engine.execute(items, holds, given))))
"""


@pytest.mark.parametrize(("by", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_run_that_was_stopped_goes_on_from_its_journal(tmp_path, by, code):
    """With two processes, both in the middle of an item; neither outlives the run, or speaks of an interrupt."""
    journal, program = tmp_path / "journal.jsonl", tmp_path / "run.py"
    program.write_text(RUN)
    paths = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
    process = subprocess.Popen(
        [sys.executable, str(program), str(journal), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": paths}, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    found, said, workers = stopped(
        process, by, lambda: all((tmp_path / f"held {number}").exists() for number in (3, 4))
    )
    assert (found, len(workers) >= 2) == (code, True)
    if by == signal.SIGINT:
        assert said == f"made up: interrupted. The same command goes on from {journal}.\n"
    wait_until(lambda: all(map(gone, workers)), seconds=10)
    assert {json.loads(line)["key"] for line in journal.read_text().splitlines()[1:]} == {"0", "1", "2"}
    (tmp_path / "go on").touch()
    items = [engine.Item(str(number), (number, str(tmp_path))) for number in range(5)]
    assert engine.execute(items, holds, options(resume=str(journal))) == [row(number) for number in range(5)]
    assert sorted((tmp_path / "ran").read_text().split()) == list("01234"), "each item once"
