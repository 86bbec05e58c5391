"""headroom, in a Python of its own: its dependencies would change versions that are installed here.

``HEADROOM_PYTHON`` names that Python, in whose environment ``pip install headroom-ai`` was run. One process answers all
requests of this one, a line of JSON each. It has its default settings, and no target: it decides how far it goes.
"""

from __future__ import annotations

import json
import os
import subprocess
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

VARIABLE = "HEADROOM_PYTHON"
_WORKER = """
import json, os, sys
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what it prints is no answer
from headroom import compress
for line in sys.stdin:
    given = json.loads(line)
    try:
        answer = {"messages": compress(given["messages"], model=given["model"]).messages}
    except Exception as error:
        answer = {"error": type(error).__name__}
    answers.write(json.dumps(answer) + "\\n")
    answers.flush()
"""


def compressed(messages: list[dict[str, Any]], model: str) -> list[dict[str, Any]]:
    """The messages as headroom sends them.

    Raises:
        RuntimeError: It is not there, or it failed.
    """
    worker = _worker()
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write(json.dumps({"messages": messages, "model": model}) + "\n")
    worker.stdin.flush()
    answer = json.loads(worker.stdout.readline() or '{"error": "its process has ended"}')
    if "error" in answer:
        raise RuntimeError(f"headroom: {answer['error']}")
    found: list[dict[str, Any]] = answer["messages"]
    return found


@cache
def _worker() -> subprocess.Popen[str]:
    python = os.environ.get(VARIABLE)
    if not python:
        raise RuntimeError(f"{VARIABLE} is not set: the path of a Python with headroom-ai was expected")
    spec = find_spec("litellm")  # it has the files of tiktoken's encodings, which headroom would fetch
    bundled = str(Path(spec.origin).parent / "litellm_core_utils" / "tokenizers") if spec and spec.origin else ""
    return subprocess.Popen(
        [python, "-c", _WORKER],
        env={**os.environ, "TIKTOKEN_CACHE_DIR": bundled, "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
