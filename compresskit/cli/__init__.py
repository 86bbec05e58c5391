"""The command line: compresskit compress, show, restore, retrieve, bill, doctor, ledger, recipes, pipe, run, hook.

Re-exports only, at first use. Reads and writes files; every decision about a text is the library's.
"""

from .._lazy import loader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .commands import cli
    from .entry import main

__all__ = ["cli", "main"]

__getattr__ = loader(__name__, {"cli": "commands", "main": "entry"})
