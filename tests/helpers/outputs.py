"""Real outputs, made on the spot by running the commands, and logs and records in which one line matters."""

import csv
import datetime
import io
import json
import os
import random
import subprocess
import sys
from functools import cache

from paths import ROOT

_FLAG = "INFO  [config] checkout_v2 changed: enabled -> disabled (by deploy-bot)"
_SLOW = "INFO  [api] GET /v1/orders/7421 200 98213ms user=u5512"
_TESTS = """
import pytest

def helper(x):
    if x > 2:
        raise KeyError(f"no such item {x}")
    return x

@pytest.mark.parametrize("n", range(80))
def test_many(n):
    assert n != 37, "thirty-seven is broken"

def test_deep():
    assert helper(5) == 5

@pytest.mark.parametrize("word", ["alpha", "beta", "gamma", "delta"])
def test_words(word):
    assert len(word) in (4, 5)
"""


def run(*command, cwd=ROOT, env=None):
    """What a command prints, errors too."""
    given = {**os.environ, "PY_COLORS": "0", **(env or {})}
    done = subprocess.run(
        command, cwd=cwd, env=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False
    )
    return done.stdout.decode()


def pytest_run(folder, *options):
    """pytest -v with two failures among many tests."""
    (folder / "test_items.py").write_text(_TESTS)
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "-p", "no:randomly", *options, "."]
    return run(*command, cwd=folder, env={"PYTEST_ADDOPTS": "", "COLUMNS": "100"})


def repository(folder):
    """A git repository with a few dozen commits and a change that is not committed."""

    def git(*arguments):
        who = ["-c", "user.name=Mia", "-c", "user.email=mia@example.com"]
        return run("git", *who, *arguments, cwd=folder)

    git("init", "-q")
    for number in range(25):
        (folder / f"module_{number % 5}.py").write_text("".join(f"VALUE_{line} = {number}\n" for line in range(12)))
        git("add", "-A")
        git("commit", "-qm", f"Value {number}" if number != 11 else "Drop the retry queue: it lost messages")
    (folder / "module_3.py").write_text("VALUE_0 = 'uncommitted'\n")
    (folder / "notes.txt").write_text("new\n")
    return git


@cache
def server_log(lines=4_000):
    """Requests, cache hits and jobs; one flag that flips and one slow request, both at INFO."""
    chance = random.Random(3)
    clock = datetime.datetime(2024, 5, 1, 10)
    out = []
    for number in range(lines):
        clock += datetime.timedelta(milliseconds=chance.randrange(20, 900))
        kind = chance.random()
        word = f"{chance.getrandbits(64):016x}"
        if number == lines * 3 // 5:
            said = _FLAG
        elif number == lines * 3 // 4:
            said = _SLOW
        elif kind < 0.6:
            way = chance.choice(["GET", "POST"])
            status = chance.choices([200, 201, 404], [90, 8, 2])[0]
            path, user = f"/v1/orders/{chance.randrange(9999)}", f"u{chance.randrange(9999)}"
            said = f"INFO  [api] {way} {path} {status} {chance.randrange(3, 400)}ms user={user}"
        elif kind < 0.8:
            said = f"DEBUG [cache] hit key=session:{word} ttl={chance.randrange(3600)}"
        elif kind < 0.95:
            queue = chance.choice(["mail", "pdf"])
            said = f"INFO  [worker] job {word} finished in {chance.random() * 3:.2f}s queue={queue}"
        else:
            said = f"WARN  [billing] retry {chance.randrange(1, 4)} for invoice inv_{word[:8]}"
        out.append(f"{clock.isoformat(timespec='milliseconds')}Z {said}\n")
    return "".join(out)


@cache
def records(count=1_000):
    """Accounts; one is in an odd state, one takes far too long."""
    chance = random.Random(5)
    rows = [
        {
            "id": 10_000 + number,
            "user": chance.choice(["mia", "leo", "ana", "kim"]) + str(chance.randrange(99)),
            "region": chance.choice(["eu", "us", "ap"]),
            "state": "ok",
            "latency_ms": chance.randrange(20, 90),
            "active": True,
        }
        for number in range(count)
    ]
    rows[613]["state"] = "quarantined"
    rows[777]["latency_ms"] = 48_211
    return rows


def as_csv(rows, delimiter=","):
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, rows[0].keys(), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def as_json_lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def download(failing=True):
    """A progress bar that rewrites its line, colours, and how it ended."""
    bar = "".join(f"\rmodel.bin  {done}% |{'#' * (done // 4):<25}| {done * 3}MB/300MB" for done in range(101))
    end = "\x1b[31mERROR\x1b[0m: checksum mismatch: expected 3fa9 got 77b1\n" if failing else "ok\n"
    return f"Starting download\n{bar}\nVerifying checksum\n{end}" + "".join(f"retry {n} after 5 s\n" for n in range(30))
