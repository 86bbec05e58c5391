"""Watches what Python does to the outside world: sockets, processes, writing to files.

An audit hook sees what a replaced `open` would miss, such as C code. It cannot be taken out again, so it
sleeps unless `watched` is entered.
"""

import contextlib
import os
import sys

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_NEVER = (
    "socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn",
    "os.mkdir", "os.remove", "os.rename",
    "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.putenv", "tempfile.",
    "shutil.", "sqlite3.", "urllib.",
)  # fmt: skip
_seen = None


def _writes(args):
    flags = args[2] if len(args) > 2 and isinstance(args[2], int) else 0
    mode = args[1] if len(args) > 1 and isinstance(args[1], str) else ""
    return bool(flags & _WRITES) or any(letter in mode for letter in "wax+")


def _hook(event, args):
    if _seen is not None and (event.startswith(_NEVER) or (event == "open" and _writes(args))):
        _seen.append(f"{event} {args!r:.200}")


sys.addaudithook(_hook)


@contextlib.contextmanager
def watched():
    """A list that holds, at the end of the block, what was done to the outside."""
    global _seen
    _seen = events = []
    try:
        yield events
    finally:
        _seen = None
