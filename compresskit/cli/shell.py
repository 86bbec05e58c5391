"""The work of pipe and run: they shorten what a command writes, and keep its exit code.

It imports little, because it is behind every command of a shell.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager, suppress

from .outputs import MAX_BYTES, Settings, complain, discard_rest, shortened

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Sequence

NOT_FOUND, NOT_EXECUTABLE = 127, 126  # exit codes of a shell
_PIPE_CLOSED = 141  # 128 + SIGPIPE
_CHUNK = 1 << 16
_LINGER = 1.0  # seconds without output after a command has ended; a process behind it may hold the pipe open
_LOOK_SECONDS = 0.2  # seconds between two looks whether a command has ended
_STATUS = (b"\n[exit ", b"]")  # around the exit code that ``hook_events.piped`` writes at the end


def shorten_input(
    settings: Settings,
    command: str | None = None,
    path: str | None = None,
    patience: float | None = None,
    exit_status: bool = False,
) -> int:
    """Shortens standard input, and returns the exit code."""
    handle = sys.stdin.fileno()
    if not os.isatty(handle):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command before us ends, and its last words are shown
    status = 1 if exit_status else 0
    for data in [_whole(handle)] if patience is None else _parts(handle, patience):
        if exit_status:
            data, status = _without_status(data, status)
        _write(shortened(data, settings, command, path), status)
    return status


def _without_status(data: bytes, status: int) -> tuple[bytes, int]:
    """An output without the exit code at its end, and the exit code."""
    text, found, code = data.rpartition(_STATUS[0])
    code = code.removesuffix(_STATUS[1])
    return (text, int(code)) if found and code.isdigit() and len(code) <= 3 else (data, status)


def run_command(settings: Settings, arguments: Sequence[str], merge: bool = False) -> int:
    """Runs a command, shortens what it writes, and returns its exit code: 128 + N if signal N ended it."""
    import shlex
    import subprocess

    try:
        errors = subprocess.STDOUT if merge else None
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=errors)  # noqa: S603 - the user's command
    except OSError as error:
        complain(f"{arguments[0]}: {error.strerror}")
        return NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE
    assert process.stdout is not None  # noqa: S101 - it was opened as a pipe
    with passing_signals(process):
        data = _whole(process.stdout.fileno(), process)
        code = process.wait()
    code = 128 - code if code < 0 else code
    _write(shortened(data, settings, shlex.join(arguments)), code)
    return code


@contextmanager
def passing_signals(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Passes signals on to a command. A terminal's Ctrl-C reaches the command by itself."""

    def pass_on(number: int, _frame: object) -> None:
        if number == signal.SIGINT and _is_in_foreground():
            return
        with suppress(OSError):
            process.send_signal(number)

    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name)]
    before = {number: signal.signal(number, pass_on) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_in_foreground() -> bool:
    """Whether a terminal sends its Ctrl-C to this process, and so to the command too."""
    for stream in (0, 1, 2):
        with suppress(OSError):
            return os.tcgetpgrp(stream) == os.getpgrp()
    return False


def _whole(handle: int, process: subprocess.Popen[bytes] | None = None) -> bytes:
    """All that can be read. Above the largest size that is shortened, it is passed on at once, and none is returned."""
    data, chunks = bytearray(), _chunks(handle, process)
    for chunk in chunks:
        data += chunk
        if len(data) > MAX_BYTES:
            _write(bytes(data), 0)
            for rest in chunks:
                _write(rest, 0)
            return b""
    return bytes(data)


def _chunks(handle: int, process: subprocess.Popen[bytes] | None) -> Iterator[bytes]:
    """What can be read, as it comes: to its end, or to a pause after the command has ended."""
    import select

    while True:
        if process is not None:
            ended = process.poll() is not None
            ready, _, _ = select.select([handle], [], [], _LINGER if ended else _LOOK_SECONDS)
            if not ready and ended:
                return
            if not ready:
                continue
        chunk = os.read(handle, _CHUNK)
        if not chunk:
            return
        yield chunk


def _parts(handle: int, patience: float) -> Iterator[bytes]:
    """The input in parts: what has come after ``patience`` seconds, then after 1.5 times as many more, and so on."""
    import select
    import time

    data, end = bytearray(), time.monotonic() + patience
    while True:
        ready, _, _ = select.select([handle], [], [], max(0.0, end - time.monotonic()))
        chunk = os.read(handle, _CHUNK) if ready else b""
        data += chunk
        if ready and not chunk:
            yield bytes(data)
            return
        if time.monotonic() >= end or len(data) > MAX_BYTES:
            cut = data.rfind(b"\n")  # behind it, an exit code may not be whole yet
            if cut > 0:
                yield bytes(data[:cut])
                del data[:cut]
            patience *= 1.5
            end = time.monotonic() + patience


def _write(data: bytes, status: int) -> None:
    """Writes to standard output. If its reader is gone, it ends quietly."""
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(sys.stdout.fileno(), view) :]
    except BrokenPipeError:
        discard_rest()
        sys.exit(status or _PIPE_CLOSED)
    except OSError as error:
        complain(f"cannot write standard output: {error.strerror}")
        sys.exit(status or 4)
