"""Compressors of other projects that are installed in a virtual environment of their own, because of what they need.

    python -m venv PEERS && PEERS/bin/pip install headroom-ai leanctx
    COMPRESSKIT_PEERS=PEERS/bin/python python -m evals probes

Each runs in one process, for as long as this one, and has no network for models (HF_HUB_OFFLINE): what needs the
weights of a model that is not on this machine does without, as the package itself decides. Texts go through pipes.

headroom   headroom.compress with its defaults. It has no target: it decides how far it goes.
leanctx    leanctx.Middleware with its strategies that need no model, which take out repeated messages; its
           compressors need LLMLingua-2 or a provider.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from .cases import Outcome, Request
from .tokens import bundled_vocabularies

ENVIRONMENT = "COMPRESSKIT_PEERS"
NAMES = ("headroom", "leanctx")
_PROGRAM = Path(__file__).with_name("peers_program.py")


class PeerMissing(RuntimeError):
    """A peer is not installed, or it failed."""


def compress(name: str, request: Request) -> Outcome:
    """What a peer makes of a request, whatever the target is.

    Raises:
        PeerMissing: there is no virtual environment with it, or it raised.
    """
    answer = _asked(name, {"messages": request.messages, "model": request.model})
    return Outcome(answer["messages"], answer.get("cache") or {})


def version(name: str) -> str | None:
    """The version of a peer; None if it is not there."""
    try:
        return str(_asked(name, {"version": True})["version"])
    except PeerMissing:
        return None


def _asked(name: str, question: dict[str, Any]) -> dict[str, Any]:
    process = _process(name)
    if process.stdin is None or process.stdout is None:
        raise PeerMissing(name)
    try:
        process.stdin.write(json.dumps(question) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
    except OSError as error:
        raise PeerMissing(f"{name} has ended: {error}") from error
    answer: dict[str, Any] = (
        json.loads(line) if line else {"error": f"{name} ended; is it installed in ${ENVIRONMENT}?"}
    )
    if "error" in answer:
        raise PeerMissing(answer["error"])
    return answer


@cache
def _process(name: str) -> subprocess.Popen[str]:
    python = os.environ.get(ENVIRONMENT)
    if not python:
        raise PeerMissing(f"{name} is not here: set {ENVIRONMENT} to the Python of a virtual environment that has it")
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "TMPDIR") if key in os.environ}
    vocabularies = {"TIKTOKEN_CACHE_DIR": str(folder)} if (folder := bundled_vocabularies()) else {}
    offline = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HEADROOM_TELEMETRY": "off"}
    process = subprocess.Popen(
        [python, str(_PROGRAM), name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        env={**kept, **vocabularies, **offline},
    )
    atexit.register(process.kill)
    return process
