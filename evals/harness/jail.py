"""Closes a process off and becomes the command it is given: `python -I jail.py JSON`; `sandbox.py` starts it.

Run by itself, so it imports nothing of the evals. On Linux, where the kernel permits it, the command gets namespaces
of its own: no network, no other processes to see or signal, every file read-only but one folder, /run hidden (sockets
of daemons). All its processes end with it. Everywhere: limits, no new privileges, and another user instead of root.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import struct
import sys
from typing import Any

# Numbers of Linux's interface: <sched.h>, <sys/mount.h>, <linux/mount.h>, <sys/prctl.h>; 442 on every architecture.
_NEW_MOUNTS, _NEW_IPC, _NEW_USER, _NEW_PID, _NEW_NETWORK = 0x20000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
_NO_SUID, _NO_DEVICES, _NO_EXEC, _BIND, _RECURSIVE, _PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
_MOUNT_SETATTR, _THIS_FOLDER, _ALL_BELOW, _READ_ONLY = 442, -100, 0x8000, 1
_PARENT_DEATH_SIGNAL, _NO_NEW_PRIVILEGES = 1, 38
NOT_CLOSED = 125  # exit code: the kernel does not permit it, or there is no such command


def main(given: dict[str, Any]) -> None:
    """Never returns; the exit code is the command's, or 128 + the signal that ended it."""
    _prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if given["closed"]:
        _enter_namespaces()
        _wait_for_a_child()
        _prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        _close_files(given["folder"], given["disk"], given["python"])
        _wait_for_a_child()  # the first process of a namespace ignores signals, limits' among them
    os.chdir(given["folder"])
    _drop(given["user"])
    _limit(given["limits"])
    os.execve(given["command"][0], given["command"], given["environment"])


def _enter_namespaces() -> None:
    user, group = os.getuid(), os.getgid()
    ours = _NEW_MOUNTS | _NEW_IPC | _NEW_PID | _NEW_NETWORK
    _called(_libc().unshare(ours if user == 0 else ours | _NEW_USER), "unshare")
    if user:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)


def _wait_for_a_child() -> None:
    """Goes on in a child; this process waits and ends as it does."""
    child = os.fork()
    if child == 0:
        return
    ended, status = os.wait()
    while ended != child:  # orphans, where this is the first process of the namespace
        ended, status = os.wait()
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def _close_files(folder: str, disk: int, python: str | None) -> None:
    """All read-only but the folder; with `disk` it is a new one in memory of that many bytes."""
    _mount(None, "/", None, _RECURSIVE | _PRIVATE)
    if disk:
        _mount("tmpfs", folder, "tmpfs", _NO_SUID | _NO_DEVICES, f"size={disk},mode=0777")
    else:
        _mount(folder, folder, None, _BIND)
    if python:
        os.mkdir(f"{folder}/.python")
        _mount(python, f"{folder}/.python", None, _BIND)
    if os.path.isdir("/run"):
        _mount("tmpfs", "/run", "tmpfs", _NO_SUID | _NO_DEVICES, "size=4096")
    _set_attributes("/", _ALL_BELOW, _READ_ONLY, 0)
    _set_attributes(folder, 0, 0, _READ_ONLY)
    try:
        _mount("proc", "/proc", "proc", _NO_SUID | _NO_DEVICES | _NO_EXEC)
    except OSError:  # not permitted where parts of the present /proc are hidden; that of other processes must go
        _mount("tmpfs", "/proc", "tmpfs", _NO_SUID | _NO_DEVICES, "size=4096")


def _drop(user: int | None) -> None:
    if user is not None:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
    _prctl(_NO_NEW_PRIVILEGES, 1)
    os.umask(0o077)


def _limit(limits: dict[str, int]) -> None:
    for name, value in limits.items():
        with contextlib.suppress(ValueError, OSError):  # more than the user may have, or not known to this system
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))


def _mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    texts = [None if text is None else text.encode() for text in (source, target, kind, options)]
    _called(_libc().mount(*texts[:3], ctypes.c_ulong(flags), texts[3]), f"mount {target}")


def _set_attributes(path: str, flags: int, attributes: int, cleared: int) -> None:
    value = struct.pack("QQQQ", attributes, cleared, 0, 0)
    done = _libc().syscall(_MOUNT_SETATTR, _THIS_FOLDER, path.encode(), flags, value, len(value))
    _called(done, f"mount_setattr {path}")


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        _called(_libc().prctl(option, value, 0, 0, 0), "prctl")


def _called(result: int, what: str) -> None:
    if result:
        raise OSError(ctypes.get_errno(), what)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


if __name__ == "__main__":
    try:
        main(json.loads(sys.argv[1]))
    except OSError as error:
        print(f"jail: {error}", file=sys.stderr)
        os._exit(NOT_CLOSED)
