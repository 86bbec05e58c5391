"""A run that is killed or interrupted in the middle goes on, and ends in the record of one that never was."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from conversing import QUIET
from protocol_server import serving

from evals.suites import local_model

pytestmark = [
    *QUIET,
    pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="asks Linux for the processes"),
]
ROOT = Path(__file__).parents[2]
REQUESTS = 4  # that are answered; what comes after waits
ITEMS = 9


class Model:
    """Answers some requests; what comes after waits until it is told to go on."""

    def __init__(self):
        self.answered = 0
        self.go_on = threading.Event()

    def __call__(self, body):
        if self.answered == REQUESTS:
            self.go_on.wait(60)
        self.answered += 1
        return "Velm" if "born in Velm" in json.dumps(body["messages"]) else "I do not know."


def given(server, *others):
    asked = ["--target", "300", "--conversation", "600", "--compressors", "everything,nothing,compresskit-no-tool"]
    return ["--data", "sample", "--api-base", server.url, "--model", "any", *asked, *others]


def record_of(server, path, *others):
    """The record without its times; where the run came from is not in it."""
    assert local_model.main(given(server, "--json", str(path), *others)) == 0
    record = json.loads(path.read_text())
    for row in record["rows"]:
        del row["seconds"]
    for line in record["figures"]:
        del line["figures"]["seconds"]
    return record


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


def test_a_run_that_was_killed_gives_the_record_of_one_that_was_not(tmp_path):
    """With two processes, both in the middle of an item; neither outlives the run."""
    journal, model = tmp_path / "journal.jsonl", Model()
    with serving(model) as server:
        command = [sys.executable, "-m", "evals", "local-model", *given(server, "--resume", str(journal))]
        process = subprocess.Popen([*command, "--jobs", "2"], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        try:
            code, _, workers = stopped(
                process,
                signal.SIGKILL,
                lambda: len(server.requests) == REQUESTS + 2 and journal.read_text().count("\n") == REQUESTS + 1,
            )
            wait_until(lambda: all(map(gone, workers)), seconds=10)
        finally:
            model.go_on.set()
        assert (code, len(workers) >= 2) == (-signal.SIGKILL, True)
        before = len(server.requests)
        resumed = record_of(server, tmp_path / "resumed.json", "--resume", str(journal))
        assert len(server.requests) - before == ITEMS - REQUESTS
        assert resumed == record_of(server, tmp_path / "alone.json")


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


def test_an_interrupted_run_keeps_its_journal_and_says_how_to_go_on(tmp_path):
    """Neither it nor its two processes, which get the interrupt too, say anything else."""
    journal, program = tmp_path / "journal.jsonl", tmp_path / "run.py"
    program.write_text(RUN)
    paths = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
    process = subprocess.Popen(
        [sys.executable, str(program), str(journal), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": paths}, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    code, said, workers = stopped(
        process, signal.SIGINT, lambda: all((tmp_path / f"held {number}").exists() for number in (3, 4))
    )
    assert (code, len(workers) >= 2) == (130, True)
    assert said == f"made up: interrupted. The same command goes on from {journal}.\n"
    wait_until(lambda: all(map(gone, workers)), seconds=10)
    assert {json.loads(line)["key"] for line in journal.read_text().splitlines()[1:]} == {"0", "1", "2"}
