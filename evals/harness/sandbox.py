"""Runs a command that is not to be trusted: what a model wrote, with limits, in an environment of its own.

It sees none of the user's environment variables, starts in an empty folder, is ended after `wall` seconds with every
process it started, and may use so much of processor, memory, processes and files. On Linux, where the kernel permits
namespaces, it has no network, sees no other process, and can write to its folder only (`jail.py`). Where they are not
permitted `closed()` is False: the limits hold, but network and the user's files are not closed off, and a process that
leaves its group could outlive the run if `processes` lets it start any. Root becomes nobody.

This holds off what a model writes by mistake and the mischief one can think of. It is no boundary against somebody who
attacks the kernel; for that use a virtual machine.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, NamedTuple

from .data import DataError

_JAIL = Path(__file__).with_name("jail.py")
_KEPT = 100_000  # bytes of output


class Limits(NamedTuple):
    """What a run may use; bytes and seconds. `processes` are those it may start; threads count as such."""

    wall: float = 10.0
    cpu: int = 5
    memory: int = 512 * 2**20  # of each process
    processes: int = 0
    file: int = 2**20  # each file, and the output
    disk: int = 16 * 2**20  # its folder, in memory where it is closed off


class Ended(NamedTuple):
    """How a run ended. The code is 128 + the number of the signal that ended it; None: it was out of time."""

    code: int | None
    output: str  # stdout and stderr, the end of them
    seconds: float


def run(
    command: Sequence[str], limits: Limits, given: bytes = b"", folder: Path | None = None, close: bool = True
) -> Ended:
    """The command's end; `given` is its stdin. Without a folder it gets an empty one, which is gone afterwards. One
    that is given stays; where root runs it, all in it belongs to nobody then.

    "python" as the command is this interpreter without any installed packages. `close=False` has the limits only.

    Raises:
        DataError: there is no such program, or this machine cannot run it apart from root.
    """
    return _run(command, limits, given, folder, close and closed())


@cache
def closed() -> bool:
    """Whether this machine permits namespaces."""
    if sys.platform != "linux":
        return False
    said = _run(["python", "-I", "-S", "-c", "print('there')"], Limits(wall=30), b"", None, closed=True).output
    return said == "there\n"


def _run(command: Sequence[str], limits: Limits, given: bytes, folder: Path | None, closed: bool) -> Ended:
    with tempfile.TemporaryDirectory(prefix="sandbox-", ignore_cleanup_errors=True) as made:
        place = Path(folder or made).resolve()
        user = _user()
        if user is not None:
            _hand_over(place, user)
        moved = _moved_python(closed and folder is None) if command[0] == "python" else None
        settings = {
            "closed": closed,
            "folder": str(place),
            "disk": 0 if folder else limits.disk,
            "python": str(moved) if moved else None,
            "user": user,
            "limits": _named(limits),
            "command": _resolved(command, place, moved),
            "environment": _environment(place, moved),
        }
        return _ended(settings, limits.wall, given)


def _ended(settings: dict[str, object], wall: float, given: bytes) -> Ended:
    # Files rather than pipes: the limit of a file's size is that of the output, and nobody holds them open.
    command = [sys.executable, "-I", "-S", str(_JAIL), json.dumps(settings)]
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as out:
        stdin.write(given)
        stdin.seek(0)
        start = time.monotonic()
        process = subprocess.Popen(command, stdin=stdin, stdout=out, stderr=out, env={}, start_new_session=True)
        code: int | None
        try:
            code = process.wait(wall)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            _end_group(process)
        seconds = round(time.monotonic() - start, 3)
        return Ended(None if code is None else code if code >= 0 else 128 - code, _end_of(out), seconds)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Everything in the process's group, also what is left when it has ended by itself."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _end_of(out: IO[bytes]) -> str:
    size = out.seek(0, os.SEEK_END)
    out.seek(max(0, size - _KEPT))
    return out.read().decode("utf-8", "replace")


def _named(limits: Limits) -> dict[str, int]:
    return {
        "CPU": limits.cpu,
        "AS": limits.memory,
        "FSIZE": limits.file,
        "NOFILE": 256,
        "CORE": 0,
        "NPROC": limits.processes,
    }


def _user() -> int | None:
    """Whom to run as instead of root: its processes cannot be limited, and its files are everybody's."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def _hand_over(place: Path, user: int) -> None:
    for path in [place, *place.rglob("*")]:
        os.chown(path, user, user, follow_symlinks=False)


def _interpreter() -> Path:
    """The interpreter that the virtual environment was made from."""
    return Path(getattr(sys, "_base_executable", None) or sys.executable).resolve()


def _moved_python(may_move: bool) -> Path | None:
    """The installation that must be shown elsewhere, since nobody may not look into root's home."""
    if _user() is None or all(parent.stat().st_mode & 0o001 for parent in _interpreter().parents):
        return None
    if not may_move:
        raise DataError(
            f"as root the sandbox runs as nobody, who may not read {_interpreter()}: run it as another user, or with "
            "an interpreter that everybody may read."
        )
    return Path(sys.base_prefix).resolve()


def _resolved(command: Sequence[str], place: Path, moved: Path | None) -> list[str]:
    first, *rest = command
    if first == "python":
        python = _interpreter()
        return [str(place / ".python" / python.relative_to(moved) if moved else python), *rest]
    found = shutil.which(first)
    if found is None:
        raise DataError(f"no program {first!r} to run in the sandbox.")
    return [found, *rest]


def _environment(place: Path, moved: Path | None) -> dict[str, str]:
    found = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": str(place), "TMPDIR": str(place)}
    return {**found, "LD_LIBRARY_PATH": str(place / ".python" / "lib")} if moved else found
