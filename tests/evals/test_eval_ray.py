"""The same items through a real Ray with two workers on this machine."""

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not find_spec("ray"), reason="needs the extra: pip install 'compresskit[ray]'")

ROOT = Path(__file__).parents[2]
PROGRAM = """
import os, random
from pathlib import Path
from eval_items import breaks, compressed_by_whom, options
from evals.harness import data, engine
from evals.suites import multihop_qa

questions = data.rows(data.SAMPLES / "questions.jsonl")
given = options(target=[0.4], layouts=["apart", "together"], limit=None, seed=0, model="gpt-4o")
items = [
    engine.Item(f"{case.name} {way}", (case, way))
    for case in multihop_qa.cases(questions, 0.4, given)
    for way in ("everything", "oracle", "compresskit")
]


def run(**how):
    rows = engine.execute(items, compressed_by_whom, options(**how))
    pids = {row.pop("pid") for row in rows}
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows], pids


through_ray, workers = run(ray="local", jobs=2)
here, (own,) = run()
assert through_ray == here and len(here) == 18, (through_ray[:1], here[:1])
assert own == os.getpid() and own not in workers
print("workers:", len(workers))
"""


def test_two_workers_of_ray_give_the_rows_that_this_process_gives(tmp_path):
    """In a process of its own: Ray starts threads and servers, which end with it."""
    paths = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=tmp_path, env={**os.environ, "PYTHONPATH": paths, "HOME": str(tmp_path)},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert re.search(r"^workers: 2$", done.stdout, re.MULTILINE), done.stdout
