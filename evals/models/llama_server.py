"""llama.cpp's OpenAI-compatible server on a free port of this machine, for as long as a block runs.

The server is the program `llama-server`, or, if that is not installed, the one in the package `xllamacpp` (see
`xllamacpp_server.py`), which pip installs without a compiler.
"""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from evals.harness.data import DataError

PROGRAM = "llama-server"
_START = 300  # seconds: a large file on a slow disk
_STOP = 10  # seconds, after which it is killed


@contextmanager
def serving(gguf: Path, program: str, context: int, threads: int | None = None) -> Iterator[str]:
    """Starts the server with a model of `context` tokens; gives its API's address, and stops it by its process.

    Without `threads` the server decides how many it takes.

    Raises:
        DataError: there is no such file or program, or the server does not come up.
    """
    command = _command(program)
    if not gguf.is_file():
        raise DataError(f"no model at {gguf}: expected a GGUF file.")
    port = _free_port()
    command += ["--model", str(gguf), "--host", "127.0.0.1", "--port", str(port), "--ctx-size", str(context)]
    command += ["--threads", str(threads), "--threads-batch", str(threads)] if threads else []
    command += ["--parallel", "1", "--jinja"]  # one slot has the whole context
    with tempfile.TemporaryFile("w+b") as log, _ended_by_signals():
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait(process, f"http://127.0.0.1:{port}", log)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            _stop(process)


def _command(program: str) -> list[str]:
    found = shutil.which(program)
    if found:
        return [found]
    if program == PROGRAM and find_spec("xllamacpp"):
        return [sys.executable, str(Path(__file__).with_name("xllamacpp_server.py"))]
    raise DataError(
        f"no program {program!r}: install llama.cpp or `pip install xllamacpp`, or name a server with --llama-server."
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], address: str, log: IO[bytes]) -> None:
    """Until the model is loaded."""
    end = time.monotonic() + _START
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):  # not up yet, or 503 while it loads
            time.sleep(0.1)
    log.seek(0)
    said = log.read().decode(errors="replace").strip().splitlines()[-3:]
    state = "did not come up" if process.poll() is None else f"ended with {process.returncode}"
    raise DataError(f"the server {state}: {' / '.join(said) or 'it said nothing'}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM unwinds the block as Ctrl-C does, so that the server does not outlive this process."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _leave(number: int, _frame: Any) -> None:
    sys.exit(128 + number)
