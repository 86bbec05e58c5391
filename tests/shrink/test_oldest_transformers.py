"""LLMLingua under the oldest transformers that pyproject.toml takes, which scripts/install puts beside the others."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OLDEST = Path(sys.prefix) / "oldest"
pytestmark = pytest.mark.skipif(not OLDEST.is_dir(), reason="it is installed by scripts/install dev")


def python(*arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(OLDEST)}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_the_oldest_is_the_one_that_the_package_names():
    least = re.search(r'"transformers>=([\d.]+),', (ROOT / "pyproject.toml").read_text())
    assert least is not None
    found = python("-c", "import transformers; print(transformers.__version__)")
    assert found.startswith(f"{least[1]}.")


def test_llmlingua_does_there_what_it_does_under_the_newest():
    said = python("-m", "pytest", "-q", "-p", "no:xdist", "tests/shrink/test_llmlingua.py")
    passed = re.search(r"(\d+) passed", said)
    assert passed is not None
    assert int(passed[1]) > 100
    assert "skipped" not in said
