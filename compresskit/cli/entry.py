"""The entry point: commands that run behind every command of a shell start without the imports of the others."""

from __future__ import annotations

import os
import signal
import sys

_LIGHT = ("pipe", "run")  # commands whose usual arguments are read without click
_CLIENTS = ("claude", "codex")  # whose events ``hook CLIENT run`` answers


def main() -> None:
    """The entry point."""
    _open_closed_streams()
    name, arguments = "".join(sys.argv[1:2]), sys.argv[2:]
    if name in _LIGHT:
        from .shell_commands import perform, read

        given = read(name, arguments)
        if given is not None:
            sys.exit(perform(name, given))
    if name == "hook" and arguments[1:2] == ["run"] and arguments[0] in _CLIENTS:
        from .shell_commands import read, settings_of

        given = read(name, arguments[2:])
        if given is not None:
            from .hook_events import answer_event

            answer_event(arguments[0], settings_of({**given, "keep": True}))
            sys.exit(0)
    # Ended from outside, leave no half-written file behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    from .commands import run

    sys.exit(run())


def _open_closed_streams() -> None:
    """Opens standard streams that the caller closed (`>&-`), so that no file which is opened later takes their number.

    Standard input is then empty, standard error goes nowhere, and a write to standard output fails.
    """
    for name, access, mode in (("stdin", os.O_RDONLY, "r"), ("stdout", os.O_RDONLY, "w"), ("stderr", os.O_WRONLY, "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.open(os.devnull, access), mode, encoding="utf-8"))  # noqa: SIM115
