"""Runs a program that is on the list, without a shell, and returns what it wrote.

A client that may run a program can do all that the program can do: programs that start others belong on no list.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import anyio
from anyio.abc import ByteReceiveStream, Process

from .roots import Refused, decoded

TIMEOUT = 120.0  # seconds that a command may take
MAX_BYTES = 2_000_000  # bytes of an output that are kept, maximum: of a longer one, its two ends
_LINGER = 1.0  # seconds in which a process behind the command may still write


async def run(command: str, allow: Sequence[str], folder: Path) -> tuple[str, str]:
    """How a command ended, and what it wrote to standard output and standard error.

    Raises:
        Refused: Its program is not on the list, or there is no such program.
    """
    arguments = _arguments(command, allow)
    output = _Output()
    try:
        process = await anyio.open_process(
            arguments,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            cwd=folder,
            start_new_session=True,
        )
    except OSError as error:
        raise Refused(f"{arguments[0]} could not be started: {error.strerror}.") from None
    ended = False
    try:
        with anyio.move_on_after(TIMEOUT):
            async with anyio.create_task_group() as group:
                assert process.stdout is not None  # noqa: S101 - it was opened as a pipe
                group.start_soon(output.read, process.stdout)
                await process.wait()
                ended = True
                with anyio.move_on_after(_LINGER):
                    await output.complete.wait()
                group.cancel_scope.cancel()
    finally:
        _end(process)
        with anyio.CancelScope(shield=True):
            await process.wait()
            await process.aclose()
    code = process.returncode or 0
    status = f"exit {128 - code if code < 0 else code}" if ended else f"stopped after {TIMEOUT:.0f} seconds"
    return status, output.text()


def _arguments(command: str, allow: Sequence[str]) -> list[str]:
    try:
        arguments = shlex.split(command)
    except ValueError as error:
        raise Refused(f"The command cannot be read: {error}. Quote arguments as in a shell.") from None
    if not arguments or arguments[0] not in allow:
        may = f"Allowed are: {', '.join(allow)}." if allow else "No command is allowed."
        raise Refused(
            f"This command is not allowed. {may} There is no shell: no pipes, variables or several commands. "
            "Others are allowed if the server is started with --allow NAME."
        )
    return arguments


def _end(process: Process) -> None:
    """Ends a command and everything that it has started."""
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)  # it leads a group of its own
        elif process.returncode is None:
            process.kill()


class _Output:
    """The two ends of an output."""

    def __init__(self) -> None:
        self.complete = anyio.Event()
        self._head, self._tail, self._dropped = bytearray(), bytearray(), 0

    async def read(self, stream: ByteReceiveStream) -> None:
        with suppress(anyio.EndOfStream, anyio.BrokenResourceError):
            while True:
                data = await stream.receive()
                room = MAX_BYTES // 2 - len(self._head)
                self._head += data[:room]
                self._tail += data[room:]
                if (over := len(self._tail) - MAX_BYTES // 2) > 0:
                    self._dropped += over
                    del self._tail[:over]
        self.complete.set()

    def text(self) -> str:
        gap = f"\n[… {self._dropped:,} bytes are not kept]\n".encode() if self._dropped else b""
        text = decoded(bytes(self._head + gap + self._tail))
        return f"The output is binary ({len(self._head) + len(self._tail):,} bytes)." if text is None else text
