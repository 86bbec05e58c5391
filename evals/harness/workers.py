"""Where items run: in this process, or in several. Through Ray: `on_ray.py`.

Rows come back as JSON text, which is what journals and records hold.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol

from .attempts import attempt, failure
from .cases import Row

_STOP = 5  # seconds for an idle process to end by itself


class Crew(Protocol):
    """A context that runs up to `room` calls at once."""

    room: int

    def __enter__(self) -> Crew: ...
    def __exit__(self, kind: Any, error: Any, trace: Any) -> None: ...
    def start(self, key: str, arguments: tuple[Any, ...]) -> None:
        """Begins a call; only where fewer than `room` are running."""

    def finished(self) -> Iterator[tuple[str, str]]:
        """The key and the row, as JSON, of one or more calls that are done; waits for one."""


def crew(one: Callable[..., Row], given: argparse.Namespace) -> Crew:
    """Who works: Ray where it is asked for, else processes for more than one job, else this process."""
    if given.ray:
        from .on_ray import Cluster

        return Cluster(one, given.ray, given.jobs)
    return Processes(one, given.jobs) if given.jobs and given.jobs > 1 else Here(one)


class Here:
    """This process, one call at a time."""

    room = 1

    def __init__(self, one: Callable[..., Row]) -> None:
        self._one = one
        self._done: list[tuple[str, str]] = []

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *_: object) -> None:
        self._done.clear()

    def start(self, key: str, arguments: tuple[Any, ...]) -> None:
        """Calls at once."""
        self._done.append((key, attempt(self._one, arguments)))

    def finished(self) -> Iterator[tuple[str, str]]:
        """What was called."""
        while self._done:
            yield self._done.pop()


class Processes:
    """Processes of this machine. One that dies takes its own item with it and no other; none outlives this one."""

    def __init__(self, one: Callable[..., Row], jobs: int) -> None:
        self.room = jobs
        self._one = one
        # fork would copy the threads' locks, and the ends of other workers' pipes, which then never close.
        self._context = multiprocessing.get_context("spawn")
        self._processes: dict[Connection, Any] = {}
        self._idle: list[Connection] = []
        self._running: dict[Connection, str] = {}

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, kind: Any, *_: object) -> None:
        for connection, process in self._processes.items():
            connection.close()
            if kind is not None:
                process.terminate()
        for process in self._processes.values():
            process.join(_STOP)
            if process.is_alive():
                process.kill()
                process.join()

    def start(self, key: str, arguments: tuple[Any, ...]) -> None:
        """Gives the call to a process that has none."""
        while self._idle:
            connection = self._idle.pop()
            if self._processes[connection].is_alive() and _sent(connection, arguments):
                break
            self._bury(connection)  # it died while it had nothing to do
        else:
            connection = self._hire()
            connection.send(arguments)
        self._running[connection] = key

    def finished(self) -> Iterator[tuple[str, str]]:
        """Of every process that has said something or died."""
        for connection in wait(list(self._running)):
            key = self._running.pop(connection)
            try:
                text = connection.recv()
            except (EOFError, OSError):
                text = failure(f"its process {self._bury(connection)}")
            else:
                self._idle.append(connection)
            yield key, text

    def _hire(self) -> Connection:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(theirs, self._one), daemon=True)
        process.start()
        theirs.close()
        self._processes[ours] = process
        return ours

    def _bury(self, connection: Connection) -> str:
        process = self._processes.pop(connection)
        connection.close()
        process.join()
        code = process.exitcode
        return f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"


def _sent(connection: Connection, arguments: tuple[Any, ...]) -> bool:
    try:
        connection.send(arguments)
    except OSError:
        return False
    return True


def _serve(connection: Connection, one: Callable[..., Row]) -> None:
    """A process's life: calls until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; who started this one decides
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            arguments = connection.recv()
            connection.send(attempt(one, arguments))
        except (EOFError, OSError):
            return


def _end_with_parent() -> None:
    """Also in the middle of an item, when the parent was killed."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)
