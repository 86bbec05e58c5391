"""Items for the engine's tests, in a module of their own: other processes import them by name."""

import argparse
import os
import signal
import time
from pathlib import Path

from evals.harness import running


def options(**given):
    """What the engine reads of a command line."""
    return argparse.Namespace(
        **{"jobs": None, "resume": None, "budget": None, "ray": None, "json": None, "eval": "made up", **given}
    )


def row(number, cost=None):
    return {"case": str(number), "group": "g", "unit": str(number), "compressor": "c", "error": None,
            "square": number * number, **({} if cost is None else {"cost": cost})}  # fmt: skip


def noted(path, number, cost=None):
    """Leaves a line for every time that it runs."""
    with open(path, "a") as file:
        file.write(f"{number}\n")
    return row(number, cost)


def by_whom(number):
    time.sleep(0.05)
    return {**row(number), "pid": os.getpid()}


def breaks(number):
    if number == 1:
        raise ValueError("one is odd")
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return row(number) if number else object()


def compressed_by_whom(case, compressor):
    return {**running.run_one(case, compressor), "pid": os.getpid()}


def holds(number, folder):
    """From the third on it waits until its process is ended, unless it may go on."""
    if number < 3 or (Path(folder) / "go on").exists():
        return noted(Path(folder) / "ran", number)
    (Path(folder) / f"held {number}").touch()
    return time.sleep(60)
